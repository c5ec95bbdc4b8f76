//! `report.json`: what tools may rely on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::floor::{Floor, took_s};
use super::latency::Latency;
use super::rule_coverage::Coverage;
use super::run_history::{compare, saved_history};
use super::trend::Trend;
use crate::store::RunFolder;
use alertdrill_core::{
    AlertOutcome, DrillRecord, ExpressionHistory, Labels, Outcome, Reason, Result, RunInfo,
    UtcInstant, Verdict, WatchedUntil, judge,
};

/// The version of `report.json`; raised with every change that an older reader would misread.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// A whole run, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of this form; raised with every change that an older reader would misread.
    #[schemars(extend("const" = REPORT_SCHEMA_VERSION))]
    pub schema_version: u32,
    /// What was run.
    pub run: RunReport,
    /// Per drill, its verdict and the evidence for it.
    pub drills: Vec<DrillReport>,
    /// Which rules were made to fire.
    pub coverage: Coverage,
    /// Alerts that fired and that no drill declared.
    pub collateral: Vec<Labels>,
}

/// What was run, how long it took and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// What the run was.
    #[serde(flatten)]
    pub info: RunInfo,
    /// Seconds from the process's start to the last verdict.
    pub wall_s: f64,
    /// The longest time that any single drill may need by its rule's own constants.
    pub floor_s: f64,
    /// The drill that may need so long, and the terms of that sum.
    pub floor_of: String,
    /// The sum of the drills' times, each from its steady state to its last observation: what they
    /// would take one after the other.
    pub one_after_the_other_s: f64,
    /// What else was measured; absent in a report that was made again from the records.
    #[serde(default)]
    pub measured: Option<Measured>,
}

/// What a run cost, and how true its instants are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Seconds from the process's start to the first fault.
    pub first_fault_s: Option<f64>,
    /// The firing instants, against Prometheus's first firing sample.
    pub firing_in_prometheus: Option<Agreement>,
    /// The firing instants, against Alertmanager's `startsAt`.
    pub firing_in_alertmanager: Option<Agreement>,
    /// What the stack's containers used on average over the last 3 minutes.
    pub stack_memory_gib: Option<f64>,
    /// How many processor cores they used, over the same time.
    pub stack_cores: Option<f64>,
    /// The largest resident memory of this process.
    pub peak_memory_mib: Option<f64>,
}

/// How far instants are from what another program says of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// How many instants there are.
    pub of: usize,
    /// How many of them the other program knows.
    pub found: usize,
    /// By how much they differ at most.
    pub off_ms: f64,
}

impl Agreement {
    /// Of pairs of instants, each `None` where the other program knows none; `None` if there is
    /// nothing to compare.
    #[must_use]
    pub fn of(pairs: impl Iterator<Item = Option<(UtcInstant, UtcInstant)>>) -> Option<Self> {
        let pairs: Vec<_> = pairs.collect();
        let differences = pairs
            .iter()
            .flatten()
            .map(|(own, others)| own.seconds_since(*others).abs());
        let off_ms = differences
            .map(|seconds| seconds * 1000.0)
            .fold(0.0, f64::max);
        (!pairs.is_empty()).then(|| Self {
            of: pairs.len(),
            found: pairs.iter().flatten().count(),
            off_ms,
        })
    }
}

/// One drill, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DrillReport {
    /// The drill's name.
    pub name: String,
    /// `fire` or `near_miss`.
    pub kind: String,
    /// The lane that it ran on, if it needed one.
    pub lane: Option<String>,
    /// Its verdict.
    pub verdict: Outcome,
    /// How far it was watched: the verdict says nothing of what comes after that.
    #[serde(default)]
    pub watched_until: WatchedUntil,
    /// Why it did not pass.
    pub reasons: Vec<Reason>,
    /// What was broken, and when.
    pub faults: Vec<FaultReport>,
    /// What became of each alert that had to fire or to stay silent.
    pub alerts: Vec<AlertOutcome>,
    /// What fired beside them and was tolerated, with the reason.
    pub tolerated: Vec<String>,
    /// What its verdict says nothing of, because it was replayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_decided: Vec<String>,
    /// The panels of the dashboard that it moved; empty if the stack has no dashboard.
    #[serde(default)]
    pub panels: Vec<String>,
    /// Seconds from the observation that finds the stack steady to the drill's last one.
    #[serde(default)]
    pub took_s: f64,
    /// Where the time of each alert that fired went.
    #[serde(default)]
    pub latencies: Vec<Latency>,
}

/// A fault and its instants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaultReport {
    /// The fault's kind.
    pub kind: String,
    /// What it was aimed at.
    pub target: String,
    /// Just before it was injected.
    pub injected_at: UtcInstant,
    /// When it was seen to be reverted.
    pub reverted_at: Option<UtcInstant>,
}

impl Report {
    /// The name of its file in the run's folder.
    pub(crate) const FILE: &str = "report.json";

    /// Judges the saved records of a run.
    ///
    /// # Errors
    /// If a file of the run cannot be read.
    pub fn of(folder: &RunFolder) -> Result<Self> {
        Self::judged(folder, folder.run()?, &folder.records()?)
    }

    /// Judges `records`, which are those of the run in `folder`, or the first ones of them.
    ///
    /// # Errors
    /// If a file of the run cannot be read.
    pub(super) fn judged(
        folder: &RunFolder,
        info: RunInfo,
        records: &[DrillRecord],
    ) -> Result<Self> {
        let earlier = saved_history(folder)?;
        let panels = folder.panels()?;
        let mut moved = panels.map(|panels| panels.moved).unwrap_or_default();
        let judged = records
            .iter()
            .map(|record| (record, judge(&record.drill, &record.timeline)));
        let judged: Vec<_> = judged.collect();
        let coverage = Coverage::of(&judged, &info, folder.terms()?);
        let collateral = judged
            .iter()
            .flat_map(|(_, verdict)| verdict.collateral.clone());
        let collateral = collateral.collect();
        let drills = judged.into_iter().map(|(record, verdict)| {
            let name = &record.drill.name;
            let panels = moved.remove(name).unwrap_or_default();
            let mut drill = DrillReport::of(record, verdict, panels);
            drill.latencies = drill.latencies_with(&folder.expressions(name)?);
            compare(name, &mut drill.latencies, &earlier);
            Ok(drill)
        });
        Ok(Self {
            schema_version: REPORT_SCHEMA_VERSION,
            drills: drills.collect::<Result<_>>()?,
            run: RunReport::of(info, records),
            coverage,
            collateral,
        })
    }

    /// The report that was saved in the run's folder, if one was.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`], or [`alertdrill_core::Error::BadDescription`] if it cannot
    /// be read or is of another version.
    pub fn saved_in(folder: &RunFolder) -> Result<Option<Self>> {
        folder.read(Self::FILE, 1..=REPORT_SCHEMA_VERSION)
    }

    /// Every alert that fired, with the instant of its drill's fault.
    pub fn fired(&self) -> impl Iterator<Item = (UtcInstant, &AlertOutcome)> {
        self.drills.iter().flat_map(DrillReport::fired)
    }

    /// The worst verdict of its drills.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let verdicts = self.drills.iter().map(|drill| drill.verdict);
        verdicts.max().unwrap_or(Outcome::Pass)
    }
}

impl RunReport {
    fn of(info: RunInfo, records: &[DrillRecord]) -> Self {
        let floors = records.iter().map(Floor::of);
        let floor = floors.max_by(|a, b| a.seconds().total_cmp(&b.seconds()));
        Self {
            wall_s: info.finished_at.seconds_since(info.started_at),
            floor_s: floor.as_ref().map_or(0.0, Floor::seconds),
            floor_of: floor.map_or_else(String::new, |floor| floor.to_string()),
            one_after_the_other_s: records.iter().map(took_s).sum(),
            measured: None,
            info,
        }
    }
}

impl DrillReport {
    /// Every alert of it that fired, with the instant of its fault.
    pub fn fired(&self) -> impl Iterator<Item = (UtcInstant, &AlertOutcome)> {
        let fault_at = self.fault_at();
        let fired = self.alerts.iter();
        let fired = fired.filter(|alert| alert.firing_at.is_some());
        fired.filter_map(move |alert| Some((fault_at?, alert)))
    }

    pub(crate) fn of(record: &DrillRecord, verdict: Verdict, panels: Vec<String>) -> Self {
        let faults = record.timeline.faults.iter().map(|fault| FaultReport {
            kind: fault.fault.kind().to_owned(),
            target: fault.fault.target().to_owned(),
            injected_at: fault.injected_at,
            reverted_at: fault.reverted_at,
        });
        let kind = if record.drill.is_to_fire() {
            "fire"
        } else {
            "near_miss"
        };
        Self {
            name: record.drill.name.clone(),
            kind: kind.to_owned(),
            lane: record.lane.clone(),
            verdict: verdict.outcome,
            watched_until: record.timeline.watched_until,
            reasons: verdict.reasons,
            faults: faults.collect(),
            alerts: verdict.alerts,
            tolerated: verdict.tolerated,
            not_decided: verdict.not_decided,
            panels,
            took_s: took_s(record),
            latencies: Vec::new(),
        }
    }

    /// Where the time of each alert that fired went. A report that was saved before latencies were
    /// part of it has none: they are derived from its alerts.
    pub(crate) fn known_latencies(&self) -> Vec<Latency> {
        if self.latencies.is_empty() {
            self.latencies_with(&[])
        } else {
            self.latencies.clone()
        }
    }

    fn latencies_with(&self, expressions: &[ExpressionHistory]) -> Vec<Latency> {
        let Some(fault_at) = self.fault_at() else {
            return Vec::new();
        };
        let latency = |alert| Latency::of(alert, fault_at, self.last_reverted_at(), expressions);
        self.alerts.iter().filter_map(latency).collect()
    }

    /// When its first fault was injected; `None` if it broke nothing.
    pub(crate) fn fault_at(&self) -> Option<UtcInstant> {
        self.faults.first().map(|fault| fault.injected_at)
    }

    /// When the last of its faults was seen to be reverted; `None` if none was.
    pub(crate) fn last_reverted_at(&self) -> Option<UtcInstant> {
        self.faults
            .iter()
            .filter_map(|fault| fault.reverted_at)
            .max()
    }

    /// The times of its alerts that have become longer than usual, each with its alert.
    pub(crate) fn slower(&self) -> impl Iterator<Item = (&Latency, &Trend)> {
        let latencies = self.latencies.iter();
        latencies.flat_map(|latency| latency.slower().map(move |trend| (latency, trend)))
    }
}
