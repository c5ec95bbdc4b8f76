//! YAML as a tree in which each value knows where it stands: for what points at lines of files that
//! others wrote, whatever their form.
//!
//! `granit-parser` was chosen because `serde-saphyr`, which reads `alertdrill.yml`, is made on it:
//! both take the same texts for YAML. Aliases are followed and merge keys (`<<`) are merged, so that
//! who reads the tree sees what the file means.

mod build;
mod node;
mod place;

pub use build::{NotYaml, parse};
pub use node::{Node, Value};
pub use place::Place;

#[cfg(test)]
mod tests;
