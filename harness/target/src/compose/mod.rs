//! A compose project that is started, broken and removed: from its images to healthy services, and
//! back to nothing.

mod actions;
mod command;
mod configuration;
mod containers;
mod description;
mod docker;
mod files;
mod images;
mod lock;
mod project;
mod secrets;
mod stack;

pub use configuration::rules_file;
pub use containers::Containers;
pub use description::find_compose_file;
pub use images::build_stale;
pub use lock::StackLock;
pub use project::{Project, target_folder};
pub use stack::{
    Candidate, Reload, ServerAddresses, Stack, StackStart, keep_stack, remove_if_unused, take_down,
};
