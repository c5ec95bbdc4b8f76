//! `report.json`: what tools may rely on.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trend;
use crate::model::latency::Latency;
use crate::model::rule_coverage::Coverage;
use crate::store::{RunFolder, write_json};
use alertdrill_core::Result;
use alertdrill_core::{
    AlertOutcome, ExpressionHistory, Labels, Outcome, Reason, UtcInstant, Verdict, WatchedUntil,
    Window, judge, rule_for,
};
use alertdrill_core::{DrillRecord, RunInfo};

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
    /// Per drill, its verdict and what it rests on.
    pub drills: Vec<DrillReport>,
    /// Which rules were made to fire.
    pub coverage: Coverage,
    /// Alerts that fired and that no drill declared.
    pub collateral: Vec<Labels>,
}

/// What was run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// What the run was.
    #[serde(flatten)]
    pub info: RunInfo,
    /// Seconds from the process's start to the last verdict.
    pub wall_s: f64,
    /// The longest time that any single drill may need by its rule's own constants.
    pub floor_s: f64,
    /// The drill that may need so long, and of what that is the sum.
    pub floor_of: String,
    /// The sum of the drills' times, from steady state to their last look: what they take one after
    /// the other.
    pub one_after_the_other_s: f64,
    /// What else was measured; nothing of a report that is made again from the records.
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
    /// What they used of the processors.
    pub stack_cores: Option<f64>,
    /// The most that this process used.
    pub peak_memory_mib: Option<f64>,
}

/// How far instants are from what somebody else says of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    /// How many instants there are.
    pub of: usize,
    /// How many of them the other one knows.
    pub found: usize,
    /// By how much they differ at most.
    pub off_ms: f64,
}

impl Agreement {
    /// Of pairs of instants, `None` where the other one knows none; `None` if there is nothing to
    /// compare.
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
    /// What it came to.
    pub verdict: Outcome,
    /// How far it was watched: of what comes after that, the verdict says nothing.
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
    /// The panels of the dashboard that it moved; nothing if the stack has no dashboard.
    #[serde(default)]
    pub panels: Vec<String>,
    /// Seconds from the look that finds the stack steady to its last one.
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
    /// Judges the saved records of a run.
    ///
    /// # Errors
    /// If a record cannot be read.
    pub fn of(folder: &RunFolder) -> Result<Self> {
        let info = folder.run()?;
        let records = folder.records()?;
        let floor = records
            .iter()
            .map(Floor::of)
            .max_by(|a, b| a.seconds().total_cmp(&b.seconds()));
        let mut moved = folder
            .panels()?
            .map(|panels| panels.moved)
            .unwrap_or_default();
        let judged: Vec<_> = records
            .iter()
            .map(|record| (record, judge(&record.drill, &record.timeline)))
            .collect();
        let earlier = folder.history()?;
        Ok(Self {
            schema_version: REPORT_SCHEMA_VERSION,
            coverage: Coverage::of(&judged, &info.waivers),
            run: RunReport {
                wall_s: info.finished_at.seconds_since(info.started_at),
                floor_s: floor.as_ref().map_or(0.0, Floor::seconds),
                floor_of: floor.map_or_else(String::new, |floor| floor.to_string()),
                one_after_the_other_s: records.iter().map(took_s).sum(),
                measured: None,
                info,
            },
            collateral: judged
                .iter()
                .flat_map(|(_, verdict)| verdict.collateral.clone())
                .collect(),
            drills: judged
                .into_iter()
                .map(|(record, verdict)| {
                    let name = &record.drill.name;
                    let mut drill =
                        DrillReport::of(record, verdict, moved.remove(name).unwrap_or_default());
                    drill.latencies = drill.latencies_with(&folder.expressions(name)?);
                    trend::compare(name, &mut drill.latencies, &earlier);
                    Ok(drill)
                })
                .collect::<Result<_>>()?,
        })
    }

    /// Writes it as `report.json`, `junit.xml` and `index.html` into the run's folder.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`] or [`alertdrill_core::Error::BadDescription`].
    pub fn save(&self, folder: &RunFolder) -> Result<()> {
        write_json(&folder.path().join("report.json"), self)?;
        crate::sinks::junit::save(self, folder)?;
        crate::sinks::html::page::save(self, folder)
    }

    /// Every alert that fired, with the instant of its drill's fault.
    pub fn fired(&self) -> impl Iterator<Item = (UtcInstant, &AlertOutcome)> {
        self.drills.iter().flat_map(|drill| {
            let fault_at = drill.faults.first().map(|fault| fault.injected_at);
            drill
                .alerts
                .iter()
                .filter(|alert| alert.firing_at.is_some())
                .filter_map(move |alert| Some((fault_at?, alert)))
        })
    }

    /// The worst verdict of its drills.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.drills
            .iter()
            .map(|drill| drill.verdict)
            .max()
            .unwrap_or(Outcome::Pass)
    }
}

impl DrillReport {
    pub(crate) fn of(record: &DrillRecord, verdict: Verdict, panels: Vec<String>) -> Self {
        let faults = record.timeline.faults.iter().map(|fault| FaultReport {
            kind: fault.fault.kind().to_owned(),
            target: fault.fault.target().to_owned(),
            injected_at: fault.injected_at,
            reverted_at: fault.reverted_at,
        });
        Self {
            name: record.drill.name.clone(),
            kind: if record.drill.is_to_fire() {
                "fire"
            } else {
                "near_miss"
            }
            .to_owned(),
            lane: record.lane.clone(),
            verdict: verdict.outcome,
            watched_until: record.timeline.watched_until,
            reasons: verdict.reasons,
            faults: faults.collect(),
            alerts: verdict.alerts,
            tolerated: verdict.tolerated,
            panels,
            took_s: took_s(record),
            latencies: Vec::new(),
        }
    }

    /// Where the time of each alert that fired went; also of a report of a time when that was not
    /// in it.
    pub(crate) fn known_latencies(&self) -> Vec<Latency> {
        if self.latencies.is_empty() {
            self.latencies_with(&[])
        } else {
            self.latencies.clone()
        }
    }

    fn latencies_with(&self, expressions: &[ExpressionHistory]) -> Vec<Latency> {
        let Some(fault_at) = self.faults.first().map(|fault| fault.injected_at) else {
            return Vec::new();
        };
        let reverted_at = self
            .faults
            .iter()
            .filter_map(|fault| fault.reverted_at)
            .max();
        self.alerts
            .iter()
            .filter_map(|alert| Latency::of(alert, fault_at, reverted_at, expressions))
            .collect()
    }
}

/// From the look that finds the stack steady to the drill's last one.
fn took_s(record: &DrillRecord) -> f64 {
    let timeline = &record.timeline;
    let lived = timeline
        .first_fault()
        .map(|fault| timeline.finished_at.seconds_since(fault.injected_at));
    timeline.steady_state.waited_s + lived.unwrap_or_default()
}

/// The longest that a drill may need by its rules' own constants.
struct Floor<'a> {
    drill: &'a str,
    terms: Vec<(&'static str, Duration)>,
}

impl<'a> Floor<'a> {
    /// Onset, window and resolve of its slowest alert at their latest; of a near miss, onset and
    /// hold.
    fn of(record: &'a DrillRecord) -> Self {
        let rules = &record.timeline.rules;
        let expected = record.drill.expect.iter().filter_map(|expected| {
            let rule = rule_for(&expected.alert, &expected.labels, rules)?;
            let fires = Window::derive(rule, expected.onset)
                .latest
                .saturating_sub(expected.onset.latest);
            let ends = ("resolve", Window::latest_resolve(rule, expected.recovery));
            let ends = Some(ends).filter(|_| !record.timeline.watched_until.is_cut_short());
            let fires = [
                ("onset", expected.onset.latest),
                ("`for`, scrape, evaluation", fires),
            ];
            Some(fires.into_iter().chain(ends).collect())
        });
        let silent = record.drill.silent.iter().filter_map(|silent| {
            let rule = rule_for(&silent.alert, &silent.labels, rules)?;
            Some(vec![
                ("onset", silent.onset),
                ("hold", silent.hold_with(rule)),
            ])
        });
        let terms = expected.chain(silent).max_by_key(|terms| {
            terms
                .iter()
                .map(|(_, duration)| *duration)
                .sum::<Duration>()
        });
        Self {
            drill: &record.drill.name,
            terms: terms.unwrap_or_default(),
        }
    }

    fn seconds(&self) -> f64 {
        self.terms
            .iter()
            .map(|(_, duration)| duration.as_secs_f64())
            .sum()
    }
}

impl fmt::Display for Floor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<_> = self
            .terms
            .iter()
            .map(|(what, duration)| format!("{what} {:.0} s", duration.as_secs_f64()))
            .collect();
        write!(f, "{}: {}", self.drill, terms.join(" + "))
    }
}
