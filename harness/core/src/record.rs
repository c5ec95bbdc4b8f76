//! What is saved of a run: what it was, and per drill the drill and what it saw.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dashboard::{BoardHistory, Disturbance};
use crate::schedule::disturbed_by;
use crate::{Drill, ExpressionHistory, Settings, Timeline, UtcInstant};

/// The version of a drill's record; raised with every change that an older reader would misread.
pub const RECORD_SCHEMA_VERSION: u32 = 2;

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
    /// The rules that the suite excuses from being drilled.
    pub waivers: Vec<Waiver>,
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
            ..other
        }
    }
}

/// A rule that no drill fires, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// The rule: the alert's name, and in braces the labels that it adds, its severity apart.
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

/// What the dashboard showed during a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PanelRecord {
    /// What each panel showed.
    pub history: BoardHistory,
    /// Per drill, the panels that it moved.
    pub moved: BTreeMap<String, Vec<String>>,
}
