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
mod rule_engine;
mod rule_files;
mod scrape_jobs;
mod written_yaml;

pub use addresses::{Addresses, host_and_port};
pub use alertmanager::{ALERTMANAGER_CONFIGURATION, alertmanager_services};
pub use command_line::{CommandLine, flag_values};
pub use configuration_path::UsualPaths;
pub use discover::{PROMETHEUS_CONFIGURATION, discover};
pub use found::{Discovered, FoundPeer, FoundServer, MountedFile, ScrapeJob, ScrapeTarget, Wishes};
pub use glob::{has_wildcards, matches as matches_pattern};
pub use mounts::{Mounts, Seen, beside, normal};
pub use prometheus_service::{images, prometheus_services, services_of_its_kind, short_name};
pub use rule_files::loaded_rules;

#[cfg(test)]
mod tests;
