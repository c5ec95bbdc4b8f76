//! Which drills may run side by side, and in which order: pure, so that a run can be simulated.

mod placement;
mod simulation;
mod turn;

pub use placement::{
    Holdings, Place, Placement, all_conditions, conditions_for, disturbed_by, held_alone,
    holdings_of, places,
};
pub use simulation::{Part, Slot, simulate};
pub use turn::{InLine, LineState};
