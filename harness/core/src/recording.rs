//! A recording: what a run made happen, so that any rules can be judged by it.
//!
//! Its samples are in a TSDB of Prometheus beside it; here is what those do not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rules::recorded_metrics_of;
use crate::{DrillRecord, Labels, Routes, RunInfo, Settings, UtcInstant, Verdict, seconds};

/// The version of a recording's description; raised with every change that an older reader would
/// misread.
pub const RECORDING_SCHEMA_VERSION: u32 = 1;

/// What a recording holds beside its samples.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// [`RECORDING_SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// The server that evaluated the rules.
    pub server: RecordedServer,
    /// The first instant at which its rules may be evaluated again.
    pub from: UtcInstant,
    /// The last one.
    pub until: UtcInstant,
    /// The rules that were loaded, by file.
    pub rules: Vec<RulesFile>,
    /// When each group of them was evaluated.
    pub groups: Vec<RecordedGroup>,
    /// When the server did not run.
    pub gaps: Vec<Gap>,
    /// Whether these rules, evaluated again, gave what was recorded.
    pub proof: RecordedProof,
    /// The drills of the run, and what they were judged by; `None` of a recording of a server that
    /// nobody broke.
    pub run: Option<RecordedRun>,
}

/// The server that evaluated the rules, as far as that decides what they yield.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedServer {
    /// Its program: `prometheus`.
    pub program: String,
    /// Its version.
    pub version: String,
    /// How long a sample without a successor counts (`--query.lookback-delta`).
    #[serde(with = "seconds", rename = "look_back_s")]
    pub look_back: Duration,
    /// The evaluation interval of groups that name none.
    #[serde(with = "seconds", rename = "evaluation_interval_s")]
    pub evaluation_interval: Duration,
    /// The longest scrape interval of its targets.
    #[serde(with = "seconds", rename = "scrape_interval_s")]
    pub scrape_interval: Duration,
    /// The longest scrape timeout of its targets.
    #[serde(with = "seconds", rename = "scrape_timeout_s")]
    pub scrape_timeout: Duration,
    /// The longest time that a scrape that succeeded took.
    #[serde(with = "seconds", rename = "usual_scrape_s")]
    pub usual_scrape: Duration,
    /// The labels that it adds to what leaves it.
    pub external_labels: Labels,
    /// The address that links in its notifications begin with.
    pub external_url: String,
    /// The experimental features that it was started with (`--enable-feature`).
    pub features: BTreeSet<String>,
}

/// A file of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesFile {
    /// Its path, as the server has loaded it: the instants of evaluation depend on it.
    pub path: String,
    /// Its content.
    pub text: String,
}

/// When a group of rules was evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedGroup {
    /// The path of its file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// The milliseconds between two evaluations.
    pub interval_ms: u64,
    /// An evaluation's instant, in milliseconds since the epoch, modulo the interval. `None` if no
    /// recorded sample tells it: it is computed as the server does.
    pub offset_ms: Option<u64>,
}

/// A span in which the server did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The last sample before it, in milliseconds since the epoch.
    pub last_ms: i64,
    /// The first sample after it.
    pub first_ms: i64,
    /// Whether the server was started anew in it; `None` if that is not known.
    pub restarted: Option<bool>,
}

/// Whether the rules that were loaded, evaluated again, gave what was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedProof {
    /// How many samples of alerts and of recording rules were compared.
    pub compared: u64,
    /// How many are the same.
    pub equal: u64,
    /// How many differ for which reason.
    pub explained: BTreeMap<String, u64>,
    /// Those that differ for no reason that is known, in words.
    pub unexplained: Vec<String>,
}

/// The drills of a recorded run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedRun {
    /// What the run was.
    pub info: RunInfo,
    /// The project's settings.
    pub settings: Settings,
    /// Alertmanager's routes.
    pub routes: Option<Routes>,
    /// Per drill, what happened and what became of it.
    pub drills: Vec<RecordedDrill>,
}

/// A drill of a recorded run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedDrill {
    /// The drill and what it saw, without what the samples tell and what all drills share.
    pub record: DrillRecord,
    /// What became of it.
    pub verdict: Verdict,
}

impl Recording {
    /// The metrics that its recording rules have recorded. No rule may read them: they are what a
    /// replay is held against.
    #[must_use]
    pub fn outputs(&self) -> BTreeSet<String> {
        let texts = self.rules.iter().map(|file| file.text.as_str());
        texts.flat_map(recorded_metrics_of).collect()
    }
}

impl RecordedDrill {
    /// What is to be recorded of a drill that came to `verdict`.
    #[must_use]
    pub fn of(mut record: DrillRecord, verdict: Verdict) -> Self {
        let timeline = &mut record.timeline;
        timeline.rules.clear();
        timeline.routes = None;
        timeline.samples.clear();
        timeline.evaluated_until.clear();
        timeline.sick_rules.clear();
        timeline.deliveries.clear();
        timeline.suppressions.clear();
        timeline.evidence.clear();
        Self { record, verdict }
    }
}
