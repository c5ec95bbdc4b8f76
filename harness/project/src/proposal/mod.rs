//! Drills that are proposed for a project's rules: for each alert a fault that should bring it, and
//! the reason for it.
//!
//! What a rule says leaves little doubt where it reads `up`; then the drill is certain. Where the
//! nearest service is guessed by its name, by what it depends on or by what an exporter watches,
//! the drill is a proposal and marked as one. Where no fault brings the alert, the reason is given.

mod cause;
mod effect;
mod file_text;
mod names;
mod promises;
mod propose;
mod proposed;
mod reading;
mod reasons;
mod timing;
mod topology;
mod yaml_text;

pub use file_text::{FileHeading, found_in_words, proposed_file};
pub use propose::propose;
pub use proposed::{ProposedAlert, ProposedDrill, ProposedPlan, Tolerance, Undrilled, Verb};

#[cfg(test)]
mod tests;
