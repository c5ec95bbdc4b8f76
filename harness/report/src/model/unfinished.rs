//! A run that has not ended, or that never will: what is known of it so far.

use alertdrill_core::{DrillRecord, Outcome, Result, UtcInstant, Verdict, alert_outcomes};

use super::report::{DrillReport, Report};
use crate::store::{BegunRun, RunFolder};

/// A run that has not ended, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// What came of the drills that have ended.
    pub report: Report,
    /// The drills that have not.
    pub rest: Rest,
}

/// The drills of a run that have not ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    /// Whether a process still runs them; else the run was broken off.
    pub is_going_on: bool,
    /// Until when it is known what happened.
    pub as_of: UtcInstant,
    /// Those that have begun. Their verdict is not known: what stands there says nothing.
    pub running: Vec<DrillReport>,
    /// The names of those that have not begun.
    pub waiting: Vec<String>,
}

impl Unfinished {
    /// What is known `now` of the run in `folder`; `None` if it has ended.
    ///
    /// # Errors
    /// If a file of the run cannot be read.
    pub fn of(folder: &RunFolder, now: UtcInstant) -> Result<Option<Self>> {
        let Some(begun) = folder.begun()? else {
            return Ok(None);
        };
        // Before the records are read: what ends meanwhile is then not taken for broken off.
        let is_going_on = folder.is_going_on()?;
        let (so_far, records) = (folder.so_far()?, folder.records()?);
        let is_in = |records: &[DrillRecord], name: &String| {
            records.iter().any(|record| record.drill.name == *name)
        };
        let unended = begun.drills.iter().filter(|name| !is_in(&records, name));
        let unended: Vec<_> = unended.cloned().collect();
        if folder.has_run() && !is_going_on && unended.is_empty() {
            return Ok(None);
        }
        let rest = Rest::of(is_going_on, now, &so_far, &records, unended);
        let report = so_far_of(folder, begun, &records, rest.as_of)?;
        Ok(Some(Self { report, rest }))
    }
}

impl Rest {
    fn of(
        is_going_on: bool,
        now: UtcInstant,
        so_far: &[DrillRecord],
        ended: &[DrillRecord],
        unended: Vec<String>,
    ) -> Self {
        let all = so_far.iter().chain(ended);
        let last_seen = all.map(|record| record.timeline.finished_at).max();
        let running: Vec<_> = so_far.iter().map(running).collect();
        let has_begun = |name: &String| running.iter().any(|drill| drill.name == *name);
        let waiting = unended.into_iter().filter(|name| !has_begun(name));
        Self {
            is_going_on,
            as_of: last_seen.filter(|_| !is_going_on).unwrap_or(now),
            waiting: waiting.collect(),
            running,
        }
    }
}

fn so_far_of(
    folder: &RunFolder,
    begun: BegunRun,
    records: &[DrillRecord],
    as_of: UtcInstant,
) -> Result<Report> {
    let mut run = begun.run;
    run.finished_at = as_of;
    Report::judged(folder, run, records)
}

/// A drill that has not ended. Its alerts are as they were seen last; nothing is judged.
fn running(record: &DrillRecord) -> DrillReport {
    let nothing = Verdict {
        outcome: Outcome::Skipped,
        reasons: Vec::new(),
        alerts: alert_outcomes(&record.drill, &record.timeline),
        tolerated: Vec::new(),
        collateral: Vec::new(),
        not_decided: Vec::new(),
    };
    DrillReport::of(record, nothing, Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_record, example_report};

    fn begun(drills: &[&str]) -> (tempfile::TempDir, RunFolder) {
        let target = tempfile::tempdir().unwrap();
        std::fs::create_dir(target.path().join("records")).unwrap();
        let folder = RunFolder::existing(target.path());
        let begun = BegunRun {
            run: example_report("okx").run.info,
            drills: drills.iter().map(|name| (*name).to_owned()).collect(),
        };
        folder.save_begun(begun).unwrap();
        (target, folder)
    }

    fn unfinished(folder: &RunFolder) -> Option<Unfinished> {
        Unfinished::of(folder, at(1000.0)).unwrap()
    }

    fn named(name: &str) -> DrillRecord {
        let mut record = example_record();
        name.clone_into(&mut record.drill.name);
        name.clone_into(&mut record.timeline.drill);
        record
    }

    #[test]
    fn run_that_goes_on_has_drills_that_ended_that_run_and_that_wait() {
        let (_target, folder) = begun(&["one", "two", "three"]);
        let _hold = folder.hold().unwrap();
        folder.save_record(&named("one")).unwrap();
        folder.save_so_far(&named("two")).unwrap();
        let Unfinished { report, rest } = unfinished(&folder).unwrap();
        let names = |drills: &[DrillReport]| -> Vec<_> {
            drills.iter().map(|drill| drill.name.clone()).collect()
        };
        assert_eq!(names(&report.drills), ["one"]);
        assert_eq!(names(&rest.running), ["two"]);
        assert_eq!(rest.waiting, ["three"]);
        assert!(rest.is_going_on);
        assert_eq!(
            (rest.as_of, report.run.info.finished_at),
            (at(1000.0), at(1000.0))
        );
    }

    #[test]
    fn run_whose_process_was_killed_was_broken_off_when_its_last_drill_was_last_seen() {
        let (_target, folder) = begun(&["one", "two"]);
        drop(folder.hold().unwrap());
        let seen = named("two");
        folder.save_so_far(&seen).unwrap();
        let rest = unfinished(&folder).unwrap().rest;
        assert!(!rest.is_going_on);
        assert_eq!(rest.as_of, seen.timeline.finished_at);
        assert_eq!(rest.waiting, ["one"]);
    }

    #[test]
    fn running_drill_is_not_judged() {
        let drill = running(&example_record());
        assert_eq!(drill.reasons, []);
        assert!(!drill.alerts.is_empty() && !drill.faults.is_empty());
    }

    #[test]
    fn run_of_which_every_drill_and_its_end_is_saved_is_finished() {
        let (_target, folder) = begun(&["one"]);
        folder.save_record(&named("one")).unwrap();
        assert!(unfinished(&folder).is_some(), "its end is not saved");
        folder.save_run(example_report("okx").run.info).unwrap();
        assert_eq!(unfinished(&folder), None);
        let _hold = folder.hold().unwrap();
        assert!(unfinished(&folder).is_some(), "a process still runs it");
    }

    #[test]
    fn run_of_a_time_when_nothing_was_saved_of_its_beginning_is_finished() {
        let (_target, folder) = begun(&[]);
        std::fs::remove_file(folder.path().join("begun.json")).unwrap();
        assert_eq!(unfinished(&folder), None);
    }
}
