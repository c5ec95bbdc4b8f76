//! Compose files read without compose: what `docker compose config` would print of them, and the
//! place of each service, port and mount.
//!
//! It is for what needs no engine and no Docker. Compose refuses what it does not understand; here
//! it is left out, for who asks wants to know about the rest. A variable without a value is empty.

mod fill;
mod forms;
mod merge;
mod normalise;
mod path;
mod places;
mod ports;
mod project;
mod read;
mod service;
mod shell_words;
mod variables;
mod volumes;

pub use path::cleaned;
pub use places::{ComposePlaces, FilePlace, MountPlace, ServicePlaces};
pub use read::{ComposeFiles, read_compose_files};

#[cfg(test)]
mod tests;
