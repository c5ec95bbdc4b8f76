//! What a running drill has seen so far, saved as often as that changes: so that somebody can look
//! at a run before its end. No verdict depends on it.

use std::sync::Mutex;

use alertdrill_core::{
    AlertOutcome, Drill, DrillRecord, FaultRecord, RECORD_SCHEMA_VERSION, Timeline, alert_outcomes,
};
use alertdrill_progress::Progress;
use alertdrill_report::RunFolder;

/// Where it is saved what a running drill has seen so far.
#[derive(Debug)]
pub struct UnderWay<'a> {
    folder: &'a RunFolder,
    lane: Option<String>,
    progress: &'a Progress,
    saved: Mutex<Saved>,
}

/// What was saved last.
#[derive(Debug, Default)]
struct Saved {
    faults: Vec<FaultRecord>,
    alerts: Option<Vec<AlertOutcome>>,
    has_failed: bool,
}

impl<'a> UnderWay<'a> {
    /// In the folder of its run, for a drill on this lane.
    #[must_use]
    pub fn in_folder(folder: &'a RunFolder, lane: Option<String>, progress: &'a Progress) -> Self {
        Self {
            folder,
            lane,
            progress,
            saved: Mutex::default(),
        }
    }

    /// Saves what `drill` has seen, if that is more than what is saved. What cannot be saved is
    /// told once.
    pub(super) fn save(&self, drill: &Drill, timeline: &Timeline) {
        let Ok(mut saved) = self.saved.lock() else {
            return;
        };
        let alerts = alert_outcomes(drill, timeline);
        let is_new = saved.faults != timeline.faults || saved.alerts.as_ref() != Some(&alerts);
        if saved.has_failed || !is_new {
            return;
        }
        let record = DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill: drill.clone(),
            lane: self.lane.clone(),
            timeline: timeline.clone(),
        };
        if let Err(error) = self.folder.save_so_far(&record) {
            saved.has_failed = true;
            self.progress.line(&format!(
                "{}: what it sees is not on the page before its end: {}",
                drill.name,
                error.explained()
            ));
        }
        saved.faults.clone_from(&timeline.faults);
        saved.alerts = Some(alerts);
    }
}

#[cfg(test)]
mod tests {
    use alertdrill_core::{Fault, UtcInstant};

    use super::*;

    fn fault(drill: &Drill) -> FaultRecord {
        FaultRecord {
            fault: drill.faults[0].clone(),
            injected_at: UtcInstant::EPOCH,
            effect_at: None,
            reverting_at: None,
            reverted_at: None,
        }
    }

    #[test]
    fn each_change_is_saved_and_a_look_that_shows_none_writes_nothing() {
        let target = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(target.path()).unwrap();
        let (progress, drill) = (Progress::in_a_log(), Drill::new("x", Fault::stop("kafka")));
        let under_way = UnderWay::in_folder(&folder, Some("okx".to_owned()), &progress);
        let mut timeline = Timeline::begun("x".to_owned(), UtcInstant::EPOCH);
        under_way.save(&drill, &timeline);
        assert_eq!(folder.so_far().unwrap()[0].timeline, timeline);
        std::fs::remove_file(folder.path().join("under_way/x.json")).unwrap();
        under_way.save(&drill, &timeline);
        assert_eq!(folder.so_far().unwrap(), []);
        timeline.faults.push(fault(&drill));
        under_way.save(&drill, &timeline);
        let saved = folder.so_far().unwrap().remove(0);
        assert_eq!(
            (saved.timeline, saved.lane.as_deref()),
            (timeline, Some("okx"))
        );
    }
}
