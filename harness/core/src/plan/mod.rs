//! What a run would do: its drills as data, against the rules as they are written.
//!
//! Nothing here asks Docker or Prometheus, so a plan can be made, kept and loaded again on any
//! machine.

mod drill_plan;
mod forecast;
mod outlook;
mod saved_plan;
mod text;

pub use drill_plan::{Between, DrillPlan, duration_of};
pub use forecast::{Forecast, Standing};
pub use outlook::Outlook;
pub use saved_plan::Plan;
pub use text::plan_text;
