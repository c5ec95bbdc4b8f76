//! `report.json`: what tools may rely on.

use serde::{Deserialize, Serialize};

use super::coverage::Coverage;
use super::record::{DrillRecord, RunFolder, RunInfo, write_json};
use crate::Result;
use crate::drill::{AlertOutcome, Labels, Outcome, Reason, UtcInstant, Verdict, Window, judge, rule_for};

/// The version of `report.json`; raised with every change that an older reader would misread.
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// A whole run, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_SCHEMA_VERSION`] of the harness that wrote it.
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// What the run was.
    #[serde(flatten)]
    pub info: RunInfo,
    /// Seconds from the process's start to the last verdict.
    pub wall_s: f64,
    /// The longest time that any single drill may need by its rule's own constants: window and resolve at their latest.
    pub floor_s: f64,
}

/// One drill, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrillReport {
    /// The drill's name.
    pub name: String,
    /// `fire` or `near_miss`.
    pub kind: String,
    /// The lane that it ran on, if it needed one.
    pub lane: Option<String>,
    /// What it came to.
    pub verdict: Outcome,
    /// Why it did not pass.
    pub reasons: Vec<Reason>,
    /// What was broken, and when.
    pub faults: Vec<FaultReport>,
    /// What became of each alert that had to fire or to stay silent.
    pub alerts: Vec<AlertOutcome>,
    /// What fired beside them and was tolerated, with the reason.
    pub tolerated: Vec<String>,
}

/// A fault and its instants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
        let judged: Vec<_> = records.iter().map(|record| (record, judge(&record.drill, &record.timeline))).collect();
        Ok(Self {
            schema_version: REPORT_SCHEMA_VERSION,
            coverage: Coverage::of(&judged, &info.waivers),
            run: RunReport {
                wall_s: info.finished_at.seconds_since(info.started_at),
                floor_s: records.iter().map(floor_s).fold(0.0, f64::max),
                info,
            },
            collateral: judged.iter().flat_map(|(_, verdict)| verdict.collateral.clone()).collect(),
            drills: judged.into_iter().map(|(record, verdict)| DrillReport::of(record, verdict)).collect(),
        })
    }

    /// Writes it as `report.json` into the run's folder.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn save(&self, folder: &RunFolder) -> Result<()> {
        write_json(&folder.path().join("report.json"), self)
    }

    /// The worst verdict of its drills.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.drills.iter().map(|drill| drill.verdict).max().unwrap_or(Outcome::Pass)
    }
}

impl DrillReport {
    fn of(record: &DrillRecord, verdict: Verdict) -> Self {
        let faults = record.timeline.faults.iter().map(|fault| FaultReport {
            kind: fault.fault.kind().to_owned(),
            target: fault.fault.target().to_owned(),
            injected_at: fault.injected_at,
            reverted_at: fault.reverted_at,
        });
        Self {
            name: record.drill.name.clone(),
            kind: if record.drill.is_to_fire() { "fire" } else { "near_miss" }.to_owned(),
            lane: record.lane.clone(),
            verdict: verdict.outcome,
            reasons: verdict.reasons,
            faults: faults.collect(),
            alerts: verdict.alerts,
            tolerated: verdict.tolerated,
        }
    }
}

/// The longest that the drill may need by its rules' own constants: onset, window and resolve at their latest; or a near
/// miss's onset and hold.
fn floor_s(record: &DrillRecord) -> f64 {
    let rules = &record.timeline.rules;
    let expected = record.drill.expect.iter().filter_map(|expected| {
        let rule = rule_for(&expected.alert, &expected.labels, rules)?;
        Some(Window::derive(rule, expected.onset).latest + Window::latest_resolve(rule, expected.recovery))
    });
    let silent = record.drill.silent.iter().filter_map(|silent| {
        let rule = rule_for(&silent.alert, &silent.labels, rules)?;
        Some(silent.onset + silent.hold_with(rule))
    });
    expected.chain(silent).max().unwrap_or_default().as_secs_f64()
}
