//! A compose project that is started, broken and removed: from its images to healthy services, and
//! back to nothing.

mod actions;
mod command;
mod compose_files;
mod containers;
mod copies;
mod description;
mod docker;
mod drilled_files;
mod files;
mod fingerprint;
mod folders;
mod foreign;
mod health;
mod images;
mod lock;
mod opening;
mod portable_program;
mod project;
mod project_path;
mod reload;
mod removal;
mod runbooks;
mod secrets;
mod sink_image;
mod stack;
mod staging;
mod starting;
mod tools;

pub use containers::Containers;
pub use description::compose_model;
pub use drilled_files::{DrilledFile, DrilledFiles};
pub use files::hash_of_file;
pub use folders::target_folder;
pub use foreign::{ForeignProject, foreign_project};
pub use images::build_stale;
pub use lock::StackLock;
pub use project::Project;
pub use project_path::{ProjectPath, find_project};
pub use reload::{Reload, ServerAddresses};
pub use removal::{keep_stack, remove_if_unused, take_down};
pub use runbooks::runbooks;
pub use sink_image::{SINK_PORT, sink_image};
pub use stack::{Candidate, Stack};
pub use staging::failed_rule_tests;
pub use starting::StackStart;
