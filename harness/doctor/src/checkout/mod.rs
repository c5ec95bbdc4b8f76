//! What the files of a project say, with the place of each word.
//!
//! A checkout may hold several ways to run it (a compose file for production beside one for the
//! tests): each Prometheus with its own configuration is a variant.

mod alertmanager;
mod compose_projects;
mod container;
mod files;
mod loaded_files;
mod lone_files;
mod mounts;
mod prometheus;
mod read;
mod rule;
mod rules_file;
mod running;
mod source_file;
mod sources;
mod unloaded;
mod variant;

pub use read::Wishes;
pub use running::{FailedScrape, Running, RunningAlert};

pub(crate) use alertmanager::Alertmanager;
pub(crate) use mounts::MissingMount;
pub(crate) use prometheus::{AlertmanagerTarget, Job, Prometheus, RuleFilesPattern, Target};
pub(crate) use rule::{Expression, Group, Rule, RuleKind, Text};
pub(crate) use rules_file::{NotLoaded, RulesFile, UnloadedFile};
pub(crate) use source_file::SourceFile;

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
    /// Its compose project; `None` if it has none.
    pub(crate) compose: Option<ComposeModel>,
    /// Where its compose files say it, as seen from the checkout's folder.
    pub(crate) compose_places: ComposePlaces,
    /// What its Prometheus and Alertmanager mount and is not in the checkout.
    pub(crate) missing_mounts: Vec<MissingMount>,
    /// Files that Prometheus's container sees, with their paths in it.
    pub(crate) in_container: BTreeMap<PathBuf, String>,
    /// Names of services in other compose files of the checkout, which may run beside it.
    pub(crate) services_elsewhere: Vec<String>,
    /// Its Prometheus; `None` if there are only rules.
    pub(crate) prometheus: Option<Prometheus>,
    /// The rules files that Prometheus loads; without a Prometheus, all that are there.
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

    /// The rules that alert.
    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Rule> {
        self.rules().filter(|rule| rule.kind == RuleKind::Alert)
    }
}

#[cfg(test)]
mod look_tmp {
    #[test]
    #[ignore]
    fn look() {
        for folder in std::env::var("LOOK").unwrap().split_whitespace() {
            println!("== {folder}");
            let read =
                super::Checkout::read(std::path::Path::new(folder), &super::Wishes::default());
            match read {
                Err(e) => println!("  ERR {}", e.explained()),
                Ok(vs) => {
                    for v in vs {
                        println!(
                            "  variant compose={:?} elsewhere={:?}",
                            v.compose
                                .as_ref()
                                .map(|c| c.services.keys().collect::<Vec<_>>()),
                            v.services_elsewhere
                        );
                        if let Some(p) = &v.prometheus {
                            println!(
                                "   prometheus {:?} {} rule_files={:?}",
                                p.service,
                                p.file.path.display(),
                                p.rule_files
                                    .iter()
                                    .map(|r| (&r.pattern.text, r.matches, &r.why_none))
                                    .collect::<Vec<_>>()
                            );
                            for j in &p.jobs {
                                println!(
                                    "    job {} {:?} finds={}",
                                    j.name.text,
                                    j.targets
                                        .iter()
                                        .map(|t| (&t.address.text, &t.service))
                                        .collect::<Vec<_>>(),
                                    j.finds_targets
                                );
                            }
                            println!(
                                "    am {:?} finds={}",
                                p.alertmanagers
                                    .iter()
                                    .map(|t| (&t.address.text, &t.service))
                                    .collect::<Vec<_>>(),
                                p.finds_alertmanagers
                            );
                        }
                        println!(
                            "   rules {:?}",
                            v.rules_files
                                .iter()
                                .map(|f| (
                                    f.file.path.display().to_string(),
                                    f.rules.len(),
                                    &f.complaints
                                ))
                                .collect::<Vec<_>>()
                        );
                        println!(
                            "   unloaded {:?}",
                            v.unloaded
                                .iter()
                                .map(|f| (f.file.path.display().to_string(), &f.why))
                                .collect::<Vec<_>>()
                        );
                        println!(
                            "   alertmanager {:?}",
                            v.alertmanager
                                .as_ref()
                                .map(|a| (a.file.path.display().to_string(), &a.service))
                        );
                        println!(
                            "   missing {:?}",
                            v.missing_mounts
                                .iter()
                                .map(|m| (&m.source, &m.target, &m.nearest))
                                .collect::<Vec<_>>()
                        );
                        println!(
                            "   sources {}: {:?}",
                            v.sources.len(),
                            v.sources
                                .iter()
                                .map(|s| s.path.display().to_string())
                                .take(12)
                                .collect::<Vec<_>>()
                        );
                    }
                }
            }
        }
    }
}
