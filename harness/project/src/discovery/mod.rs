//! What can be found of a project by its files: which service is Prometheus, which files it reads,
//! whom it tells, and what it scrapes.
//!
//! Only files are read. Each guess is told in [`Discovered::notes`]; where a guess would be a coin
//! toss, the error says what to write.

mod addresses;
mod alertmanager;
mod command_line;
mod configuration_path;
mod discover;
mod dockerfile;
mod found;
mod glob;
mod grafana;
mod mounts;
mod prometheus_configuration;
mod prometheus_service;
mod relabelling;
mod rule_files;
mod scrape_jobs;
mod written_yaml;

pub use discover::discover;
pub use found::{Discovered, FoundServer, MountedFile, ScrapeJob, ScrapeTarget, Wishes};
pub use rule_files::loaded_rules;

pub(crate) use addresses::Addresses;

#[cfg(test)]
mod tests;
