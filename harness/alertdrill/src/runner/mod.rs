//! The life of a drill.

mod checks;
mod evidence;
mod life;
mod neighbours;
mod sight;
mod steady;

pub use checks::check_afterwards;
pub(crate) use evidence::look_closer;
pub use life::{Surroundings, run};
pub(crate) use life::{never_begun, note};
pub use neighbours::Neighbourhood;
pub use steady::wait_for_all;
