//! What is asked of the replayer, and what it answers. Its own documentation (`harness/replayer`)
//! says what each means.

use alertdrill_core::Labels;
use serde::{Deserialize, Serialize};

use crate::prometheus::LoadedGroup;

/// What came of a recording of a server's samples.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Recorded {
    /// The first sample, in milliseconds since the epoch.
    pub(super) from_ms: i64,
}

/// What is in a recording that was opened.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) metrics: Vec<String>,
}

/// The instants at which groups of rules were evaluated.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Timing {
    pub(super) groups: Vec<GroupTiming>,
    #[serde(default)]
    pub(super) gaps: Vec<alertdrill_core::Gap>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct GroupTiming {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) offset_ms: Option<u64>,
}

/// What rules say of a recording.
#[derive(Debug, Deserialize)]
pub(super) struct EvaluatedAnswer {
    pub(super) groups: Vec<LoadedGroup>,
    #[serde(default)]
    pub(super) alerts: Vec<AlertStates>,
    #[serde(default)]
    pub(super) told: Vec<Told>,
    #[serde(default)]
    pub(super) sick: Vec<SickEvaluation>,
    #[serde(default)]
    pub(super) vectors: Vec<Vector>,
    #[serde(default)]
    pub(super) unknown_metrics: Vec<UnknownOfRule>,
    #[serde(default)]
    pub(super) near: u64,
    pub(super) evaluations: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct AlertStates {
    pub(super) labels: Labels,
    pub(super) state: alertdrill_core::AlertState,
    pub(super) at_ms: Vec<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) annotations: Labels,
    pub(super) at_ms: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct SickEvaluation {
    pub(super) alert: String,
    pub(super) group: String,
    #[serde(default)]
    pub(super) labels: Labels,
    pub(super) at_ms: i64,
    pub(super) error: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Vector {
    pub(super) group: String,
    pub(super) index: usize,
    pub(super) fingerprint: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct UnknownOfRule {
    pub(super) group: String,
    pub(super) rule: String,
    pub(super) metrics: Vec<String>,
}

/// Whether the loaded rules, evaluated again, give what was recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// How many samples were compared.
    pub compared: u64,
    /// How many are the same.
    pub equal: u64,
    /// The others.
    #[serde(default)]
    pub differing: Vec<Difference>,
}

/// A sample that is recorded and not replayed, or the other way round, or has another value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Its metric.
    pub metric: String,
    /// Its labels.
    pub labels: Labels,
    /// Its instant, in milliseconds since the epoch.
    pub at_ms: i64,
    /// `recorded` or `replayed`; `None` if it is in both with different values.
    pub only_in: Option<String>,
    /// What explains it; `None` if nothing does.
    pub reason: Option<String>,
    /// The facts.
    #[serde(default)]
    pub told_by: String,
}

/// A group of rules whose instants are to be told from its samples.
#[derive(Debug, Serialize)]
pub(super) struct GroupToTime {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) interval_ms: u64,
    pub(super) query_offset_ms: u64,
    pub(super) rules: Vec<RuleToTime>,
}

#[derive(Debug, Serialize)]
pub(super) struct RuleToTime {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) labels: Labels,
}
