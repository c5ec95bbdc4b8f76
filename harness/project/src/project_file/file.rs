//! What a file says, as others use it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use alertdrill_core::plan::Plan;
use alertdrill_core::settings::{Demand, Instances, Pathway, SteadyCondition, Usage};
use alertdrill_core::{Promises, WaivedFinding};

use super::source_text::SourceText;
use super::written::WrittenFile;

/// What an `alertdrill.yml` says. Paths are as they are written: relative to the file's folder.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// The file.
    pub path: PathBuf,
    /// The compose files; none: those that compose itself finds.
    pub compose: Vec<PathBuf>,
    /// The compose profiles to start.
    pub profiles: Vec<String>,
    /// The Prometheus service, if it is written.
    pub prometheus: Option<ServerName>,
    /// The service that evaluates the rules, if it is written.
    pub rule_engine: Option<ServerName>,
    /// The Alertmanager service, if it is written.
    pub alertmanager: Option<ServerName>,
    /// Whether it is written that the project has no Alertmanager (`alertmanager: none`).
    pub has_no_alertmanager: bool,
    /// The running project that is drilled as it is; `None`: one is started for the drills.
    pub attach: Option<Attach>,
    /// The services that faults may touch; `None`: all, unless it is attached.
    pub may_break: Option<BTreeSet<String>>,
    /// The drills and waivers. What only the project can tell is empty in it until
    /// [`ProjectFile::complete`].
    pub plan: Plan,
    /// As [`alertdrill_core::Settings::receivers`].
    pub receivers: BTreeMap<String, String>,
    /// As [`alertdrill_core::Settings::may_be_told`].
    pub may_be_told: Vec<String>,
    /// Findings of the doctor that are known and kept.
    pub waived_findings: Vec<WaivedFinding>,
    /// As [`alertdrill_core::Settings::promises`].
    pub promises: Promises,
    /// As [`alertdrill_core::Settings::culprits`].
    pub culprits: Vec<String>,
    /// As [`alertdrill_core::Settings::instances`].
    pub instances: Vec<Instances>,
    /// As [`alertdrill_core::Settings::runbook`].
    pub runbook: Option<String>,
    /// As [`alertdrill_core::Settings::coverage`].
    pub coverage: Demand,
    /// As [`alertdrill_core::Settings::watchdogs`].
    pub watchdogs: Vec<String>,
    /// As [`alertdrill_core::Settings::rule_tests`].
    pub rule_tests: Vec<PathBuf>,
    /// As [`alertdrill_core::Settings::recording`].
    pub recording: Option<PathBuf>,
    /// As [`alertdrill_core::Settings::waived_mutants`].
    pub waived_mutants: Option<PathBuf>,
    /// As [`alertdrill_core::Settings::annotations`].
    pub annotations: Vec<String>,
    /// As [`alertdrill_core::Settings::kafka`].
    pub kafka: Option<String>,
    /// As [`alertdrill_core::Settings::dashboard`].
    pub dashboard: Option<PathBuf>,
    /// As [`alertdrill_core::Settings::grafana`], whose port may have to be found.
    pub grafana: Option<ServerName>,
    /// As [`alertdrill_core::Settings::usage`].
    pub usage: Option<Usage>,
    /// As [`alertdrill_core::Settings::watched_by`].
    pub watched_by: Vec<String>,
    /// As [`alertdrill_core::Settings::paths`].
    pub paths: Vec<Pathway>,
    /// As [`alertdrill_core::Settings::steady_state`].
    pub steady_state: Vec<SteadyCondition>,
    pub(super) written: WrittenFile,
    pub(super) source: SourceText,
}

/// A server of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerName {
    /// The service, as the compose file names it.
    pub service: String,
    /// The port inside its container; `None`: it has to be found.
    pub port: Option<u16>,
}

/// A project that runs already and is drilled as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attach {
    /// The running project's name; `None`: the name that compose gives the project.
    pub project: Option<String>,
}
