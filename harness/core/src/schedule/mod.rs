//! Which drills may run side by side, and in which order: pure, so that a run can be simulated.

mod holdings;
mod mistakes;
mod places;
mod simulation;
mod spread;
mod turn;

pub use holdings::{
    Holdings, all_conditions, conditions_for, disturbed_by, held_exclusively, holdings_of,
};
pub use places::{Place, places};
pub use simulation::{Slot, TimedDrill, Underway, hinders, simulate, time_left};
pub use spread::spread;
pub use turn::{InLine, LineState};
