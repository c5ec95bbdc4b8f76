//! What the files of a project say, with the place of each word.
//!
//! A checkout may hold several ways to run it (a compose file for production beside one for the
//! tests): each Prometheus with its own configuration is a variant.

mod alertmanager;
mod broken_rules;
mod compose_projects;
mod container;
mod files;
mod headings;
mod loaded_files;
mod lone_files;
mod missing_configuration;
mod mounts;
mod prometheus;
mod read;
mod rule;
mod rules_file;
mod running;
mod source_file;
mod sources;
mod stack_names;
mod unloaded;
mod variant;
mod wishes;

pub use running::{FailedScrape, Running, RunningAlert};
pub use wishes::Wishes;

pub(crate) use alertmanager::Alertmanager;
pub(crate) use headings::Anchors;
pub(crate) use missing_configuration::MissingConfiguration;
pub(crate) use mounts::MissingMount;
pub(crate) use prometheus::{Job, Prometheus, RuleFilesPattern, Target};
pub(crate) use rule::{Expression, Group, Rule, RuleKind, Text};
pub(crate) use rules_file::{NotLoaded, RulesFile, UnloadedFile};
pub(crate) use source_file::SourceFile;
pub(crate) use stack_names::names_in_project;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use alertdrill_project::ComposeModel;
use alertdrill_project::compose_files::ComposePlaces;

/// One way to run a project.
#[derive(Debug, Default)]
pub struct Checkout {
    /// The checkout's folder, absolute: what compose's paths begin with.
    pub(crate) root: PathBuf,
    /// The paths of all its files, from that folder.
    pub(crate) files: Arc<BTreeSet<PathBuf>>,
    /// The anchors of the texts of which its alerts name a part.
    pub(crate) anchors: Arc<Anchors>,
    /// Its compose project; `None` if it has none.
    pub(crate) compose: Option<ComposeModel>,
    /// Where its compose files say it, as seen from the checkout's folder.
    pub(crate) compose_places: ComposePlaces,
    /// What its Prometheus and Alertmanager mount and is not in the checkout.
    pub(crate) missing_mounts: Vec<MissingMount>,
    /// The configurations that its Prometheus and Alertmanager look for and that are not in their
    /// containers.
    pub(crate) missing_configurations: Vec<MissingConfiguration>,
    /// Files that Prometheus's container sees, with their paths in it.
    pub(crate) in_container: BTreeMap<PathBuf, String>,
    /// Names under which its texts start its projects: containers' names begin with them.
    pub(crate) stack_names: Arc<BTreeSet<String>>,
    /// Names of services in other compose files of the checkout, which may run beside it.
    pub(crate) services_elsewhere: Vec<String>,
    /// Its Prometheus; `None` if there are only rules.
    pub(crate) prometheus: Option<Prometheus>,
    /// The rules files that Prometheus loads, and those that it is meant to load, by their name or
    /// their place; without a Prometheus, all that are there.
    pub(crate) rules_files: Vec<RulesFile>,
    /// Files that look like rules and are not loaded.
    pub(crate) unloaded: Vec<UnloadedFile>,
    /// Its Alertmanager's configuration; `None` if it has none that is a file.
    pub(crate) alertmanager: Option<Alertmanager>,
    /// The project's own programs, and what configures its exporters.
    pub(crate) sources: Vec<SourceFile>,
    /// What its running Prometheus says; `None` if none was asked.
    pub running: Option<Running>,
}

impl Checkout {
    /// All rules, in their order.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules_files.iter().flat_map(|file| &file.rules)
    }

    /// How many alerting rules there are, and in how many files.
    #[must_use]
    pub fn alerts_and_files(&self) -> (usize, usize) {
        (self.alerts().count(), self.rules_files.len())
    }

    /// Whether anything of it was examined: a Prometheus's configuration, or files of rules.
    #[must_use]
    pub fn has_anything(&self) -> bool {
        self.prometheus.is_some() || !self.rules_files.is_empty() || !self.unloaded.is_empty()
    }

    /// Whether both have an Alertmanager, with the same configuration.
    pub(crate) fn has_the_alertmanager_of(&self, other: &Self) -> bool {
        let file = |checkout: &'_ Self| {
            let alertmanager = checkout.alertmanager.as_ref();
            alertmanager.map(|alertmanager| alertmanager.file.path.clone())
        };
        file(self).is_some() && file(self) == file(other)
    }

    /// The rules that alert.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Rule> {
        self.rules().filter(|rule| rule.kind == RuleKind::Alert)
    }
}

#[cfg(test)]
mod tests;
