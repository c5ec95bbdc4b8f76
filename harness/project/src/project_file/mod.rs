//! `alertdrill.yml`: what a person says of a project and of its drills.
//!
//! A file is read in three steps. [`yaml`] makes the types of [`written`] of its text: what stands
//! there, each name with its place. [`drills`] makes the core's own drills of these. Then
//! [`checks`] compares every name with what the project really has. All three complain of a place
//! in the file, which [`source_text`] shows.
//!
//! The types of [`written`] are not the core's: those are tagged by a field, and serde loses the
//! places of values in such types.

mod checks;
mod drills;
mod durations;
mod faults;
mod file;
mod names;
mod reading;
mod schema;
mod settings;
mod source_text;
mod waived_findings;
mod written;
mod yaml;

#[cfg(test)]
mod tests;

pub use file::{Attach, ProjectFile, ServerName};
pub use reading::{parse_project_file, read_project_file};
pub use schema::project_file_schema;
