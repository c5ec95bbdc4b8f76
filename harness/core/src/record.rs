//! What is saved of a run: what it was, and per drill the drill and what it saw.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dashboard::{BoardHistory, Disturbance};
use crate::schedule::disturbed_by;
use crate::{Claim, Drill, ExpressionHistory, Settings, Timeline, UtcInstant};

/// The version of a drill's record; raised with every change that an older reader would misread.
pub const RECORD_SCHEMA_VERSION: u32 = 2;

/// The version of what is saved of a run; raised with every change that an older reader would
/// misread.
pub const RUN_SCHEMA_VERSION: u32 = 1;

/// What a run was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// The name of its folder.
    pub id: String,
    /// When the process started.
    pub started_at: UtcInstant,
    /// When its last drill ended.
    pub finished_at: UtcInstant,
    /// Seconds from the process's start to steady state.
    pub stack_ready_s: f64,
    /// The rules file that was drilled.
    pub rules_file: PathBuf,
    /// The hash of its content.
    pub rules_sha256: String,
    /// What the suite excuses from being proven.
    pub waivers: Vec<Waiver>,
    /// What had to be proven beside each rule: the alerts, with the label that names the culprit.
    #[serde(default)]
    pub to_prove: Vec<Claim>,
    /// The recorded run that it was replayed from; `None` if it was run live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_from: Option<String>,
    /// What it takes to repeat it; empty in a run that was saved before that was recorded.
    #[serde(default)]
    pub provenance: Provenance,
}

#[cfg(any(test, feature = "test-support"))]
impl RunInfo {
    /// A run of no time, as most tests want one.
    #[must_use]
    pub fn example() -> Self {
        let at = UtcInstant::EPOCH;
        Self {
            id: "a_run".to_owned(),
            started_at: at,
            finished_at: at,
            stack_ready_s: 0.0,
            rules_file: "alert_rules.yml".into(),
            rules_sha256: String::new(),
            waivers: Vec::new(),
            to_prove: Vec::new(),
            replayed_from: None,
            provenance: Provenance::default(),
        }
    }
}

impl RunInfo {
    /// This run together with what another process of it saw.
    #[must_use]
    pub fn together_with(self, other: Self) -> Self {
        Self {
            started_at: self.started_at.min(other.started_at),
            finished_at: self.finished_at.max(other.finished_at),
            // Whoever started the stack waited longest.
            stack_ready_s: self.stack_ready_s.max(other.stack_ready_s),
            provenance: self.provenance.together_with(other.provenance),
            ..other
        }
    }
}

/// What it takes to repeat a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Provenance {
    /// The commit of the project's repository; `None` if it has no repository.
    pub commit: Option<Commit>,
    /// The versions of `alertdrill` and of the servers that could be asked, by program.
    pub versions: BTreeMap<String, String>,
    /// The arguments of each process of the run, without the program's name.
    pub arguments: Vec<Vec<String>>,
    /// The environment variables that decide a run, as far as they were set.
    pub variables: BTreeMap<String, String>,
}

impl Provenance {
    /// What it takes to repeat a run of which this and `other` are two processes.
    fn together_with(mut self, other: Self) -> Self {
        for arguments in other.arguments {
            if !self.arguments.contains(&arguments) {
                self.arguments.push(arguments);
            }
        }
        self.versions.extend(other.versions);
        self.variables.extend(other.variables);
        self.commit = match (self.commit, other.commit) {
            (Some(first), Some(second)) => Some(Commit {
                is_changed: first.is_changed || second.is_changed || first.id != second.id,
                ..first
            }),
            (first, second) => first.or(second),
        };
        self
    }
}

/// A commit of the project's repository, as it was checked out for a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Its hash.
    pub id: String,
    /// Whether files differed from it: the commit alone does not repeat the run.
    pub is_changed: bool,
}

/// Something that no drill proves, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// What: a rule (the alert's name, and in braces the labels that it adds), or one of its
    /// instances (the label that names the culprit is in the braces, too).
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// A drill and what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillRecord {
    /// [`RECORD_SCHEMA_VERSION`] of the harness that wrote it.
    pub schema_version: u32,
    /// The drill, on its lane.
    pub drill: Drill,
    /// The lane that it ran on, if it needed one.
    pub lane: Option<String>,
    /// What it saw.
    pub timeline: Timeline,
}

impl DrillRecord {
    /// What the drill broke, and when; `None` if it broke nothing.
    #[must_use]
    pub fn broken(&self, settings: &Settings) -> Option<Disturbance> {
        Some(Disturbance {
            drill: self.drill.name.clone(),
            from: self.timeline.first_fault()?.injected_at,
            until: self.timeline.finished_at,
            disturbed: disturbed_by(&self.drill, settings),
        })
    }
}

/// The version of what is saved of expressions; raised with every change that an older reader would
/// misread.
pub const EXPRESSIONS_SCHEMA_VERSION: u32 = 1;

/// What the expressions of a drill's alerts were. Apart from the drill's record: a verdict does not
/// need them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpressionRecord {
    /// [`EXPRESSIONS_SCHEMA_VERSION`] of the harness that wrote it.
    pub schema_version: u32,
    /// The drill's name.
    pub drill: String,
    /// Per alert that it declares, or that fired undeclared.
    pub expressions: Vec<ExpressionHistory>,
}

/// The version of what is saved of the rules' terms; raised with every change that an older reader
/// would misread.
pub const TERMS_SCHEMA_VERSION: u32 = 1;

/// The version of what is saved of a dashboard; raised with every change that an older reader would
/// misread.
pub const PANELS_SCHEMA_VERSION: u32 = 1;

/// What the dashboard showed during a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PanelRecord {
    /// What each panel showed.
    pub history: BoardHistory,
    /// Per drill, the panels that it moved.
    pub moved: BTreeMap<String, Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provenance(id: &str, arguments: &[&str]) -> Provenance {
        let (id, is_changed) = (id.to_owned(), false);
        Provenance {
            commit: Some(Commit { id, is_changed }),
            arguments: vec![arguments.iter().map(|one| (*one).to_owned()).collect()],
            ..Provenance::default()
        }
    }

    #[test]
    fn processes_of_one_run_keep_the_arguments_of_each_and_one_commit() {
        let first = provenance("c0ffee", &["a_drill", "--exact"]);
        let both = first
            .clone()
            .together_with(provenance("c0ffee", &["another", "--exact"]))
            .together_with(first);
        assert_eq!(
            both.arguments,
            [["a_drill", "--exact"], ["another", "--exact"]]
        );
        let is_changed = both.commit.map(|commit| commit.is_changed);
        assert_eq!(is_changed, Some(false));
    }

    #[test]
    fn run_whose_processes_saw_different_commits_is_of_none_of_them_alone() {
        let both = provenance("c0ffee", &[]).together_with(provenance("deface", &[]));
        let id = "c0ffee".to_owned();
        let is_changed = true;
        assert_eq!(both.commit, Some(Commit { id, is_changed }));
    }
}
