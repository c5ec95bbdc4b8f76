//! The stack under drill: a compose project, from its images to its steady state, and back to
//! nothing.

mod actions;
mod compose;
mod configuration;
mod containers;
mod engine;
mod files;
mod images;
mod leases;
mod lifecycle;
mod lock;
mod project;
mod secrets;
mod steady_state;
mod waiting_line;

pub use actions::Ended;
pub(crate) use compose::COMPOSE_FILE;
pub(crate) use configuration::rules_file;
pub use containers::{ContainerState, Containers, Health};
pub(crate) use images::build_stale;
#[cfg(test)]
pub(crate) use leases::tests;
pub use leases::{Holdings, Leased, Leases, all_conditions, conditions_for, disturbed_by};
pub use lifecycle::{Candidate, Stack, StackStart};
pub(crate) use lifecycle::{remove_if_unused, take_down};
pub use lock::StackLock;
pub use project::{Endpoint, Pathway, Project, Settings, SteadyCondition};
pub use steady_state::{SteadyWait, wait_for_steady_state};
pub use waiting_line::{Part, Slot, Ticket, WaitingLine, rehearse};
