//! The life of a drill.

mod breaking;
mod checks;
mod ending;
mod evidence;
mod firing;
mod life;
mod looking;
mod near_miss;
mod neighbours;
mod reverting;
mod sight;
#[cfg(test)]
mod simulated;
mod state;
mod steady;
#[cfg(test)]
mod tests;
mod under_way;
mod watching;

pub use checks::check_afterwards;
pub(crate) use evidence::look_closer;
pub use life::run;
pub use neighbours::Neighbourhood;
pub use state::Surroundings;
pub(crate) use state::{never_begun, note};
pub use steady::wait_for_all;
pub use under_way::UnderWay;
