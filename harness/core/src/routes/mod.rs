//! Alertmanager's configuration: which receivers are told of an alert, how soon, and what keeps
//! them from being told.

mod grouping;
mod inhibition;
mod matcher;
mod receiver;
mod rewriting;
mod saved;
mod tree;
mod written_routes;

pub use inhibition::Inhibition;
pub use matcher::Matcher;
pub use receiver::{Integration, Receiver};
pub use rewriting::rewritten_labels_of;
pub(crate) use saved::routes_or_older;
pub use tree::{Route, Routes};
pub use written_routes::routes_of;
