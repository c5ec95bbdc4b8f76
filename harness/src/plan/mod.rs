//! What a run would do: its drills as data, read from the suite's program or a file, against the
//! rules as they are written.
//!
//! Nothing here asks Docker or Prometheus, so a plan can be made, kept and loaded again on any
//! machine.

mod definition;
mod drill_plan;
mod outlook;
mod program;
mod text;
mod written;

pub use definition::Plan;
pub use drill_plan::{Between, DrillPlan, duration_of};
pub use outlook::Outlook;
pub use program::{PRINT_DRILLS, plan_of_program, suite_program};
pub use text::plan_text;
pub use written::Written;
