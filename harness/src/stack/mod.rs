//! The stack under drill: a compose project, from its images to its steady state, and back to nothing.

mod configuration;
mod containers;
mod engine;
mod files;
mod images;
mod lifecycle;
mod lock;
mod project;
mod steady_state;

pub use containers::{ContainerState, Containers, Health};
pub(crate) use images::build_stale;
pub use lifecycle::{Stack, StackStart};
pub(crate) use lifecycle::{keep_stack, take_down};
pub use lock::StackLock;
pub use project::{Endpoint, Project, Settings, SteadyCondition};
pub use steady_state::{SteadyWait, wait_for_steady_state};
