//! The life of a drill, and what is done about faults that a killed run left behind.

mod checks;
mod evidence;
mod life;
mod mending;
mod neighbours;
mod steady;

pub use checks::check_afterwards;
pub(crate) use evidence::look_closer;
pub use life::{Surroundings, run};
pub(crate) use life::{never_begun, note};
pub use mending::heal;
pub use neighbours::Neighbourhood;

use crate::drill::UtcInstant;

fn now() -> UtcInstant {
    jiff::Timestamp::now().into()
}
