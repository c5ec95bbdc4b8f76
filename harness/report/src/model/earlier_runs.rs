//! The runs before this one, found by their reports.
//!
//! They are kept beside this run, or in the folder that `DRILL_HISTORY` names: a nightly job keeps
//! its runs' folders there.

use std::path::{Path, PathBuf};

use super::report::{REPORT_SCHEMA_VERSION, Report};
use super::run_history::{EarlierAlert, EarlierRun, compared, save_history};
use crate::store::RunFolder;
use alertdrill_core::{Error, Outcome, Result, RunInfo};

/// At most so many earlier runs are compared with, the latest ones.
const LOOK_BACK: usize = 50;

/// What of a run's report matters to later ones: the alerts of the drills that passed.
fn earlier_run(report: &Report) -> EarlierRun {
    let passed = report
        .drills
        .iter()
        .filter(|drill| drill.verdict == Outcome::Pass);
    let alerts = passed.flat_map(|drill| {
        let latencies = drill.known_latencies().into_iter().enumerate();
        latencies.map(|(number, latency)| EarlierAlert {
            drill: drill.name.clone(),
            number,
            took_s: compared(&latency),
            alert: latency.alert,
        })
    });
    EarlierRun {
        run: report.run.info.id.clone(),
        started_at: report.run.info.started_at,
        alerts: alerts.collect(),
    }
}

/// Saves with the run in `folder` what the runs before it took: those beside it, or in the folder
/// that `DRILL_HISTORY` names. Runs that have no report, or one of another version, are left out.
///
/// # Errors
/// [`Error::File`] or [`Error::BadDescription`].
pub fn record_history(folder: &RunFolder) -> Result<()> {
    let named = std::env::var_os("DRILL_HISTORY").map(PathBuf::from);
    let Some(kept) = named.as_deref().or(folder.path().parent()) else {
        return Ok(());
    };
    save_history(folder, runs_before(&folder.run()?, kept)?)
}

fn runs_before(own: &RunInfo, kept: &Path) -> Result<Vec<EarlierRun>> {
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(kept).map_err(Error::file("read the folder", kept))? {
        let entry = entry.map_err(Error::file("read the folder", kept))?;
        // `latest` is a link to one of the others.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let folder = RunFolder::existing(entry.path());
        if let Some(report) = report_of_this_version(&folder)?
            && report.run.info.id != own.id
            && report.run.info.started_at < own.started_at
        {
            runs.extend(Some(earlier_run(&report)).filter(|run| !run.alerts.is_empty()));
        }
    }
    runs.sort_by_key(|run| run.started_at);
    Ok(runs.split_off(runs.len().saturating_sub(LOOK_BACK)))
}

/// The report of a run, unless it is of another version: old runs that are kept must not keep a
/// nightly job from its report.
fn report_of_this_version(folder: &RunFolder) -> Result<Option<Report>> {
    if folder.version_of(Report::FILE)? == Some(REPORT_SCHEMA_VERSION) {
        Report::saved_in(folder)
    } else {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_report;
    use crate::model::{Milestone, compare};
    use alertdrill_core::UtcInstant;

    fn kept_run(kept: &Path, id: &str, started_s: f64) -> RunFolder {
        let mut report = example_report("okx");
        report.run.info.id = id.to_owned();
        report.run.info.started_at = UtcInstant::from_epoch_s(1_763_876_500.0 + started_s).unwrap();
        for drill in &mut report.drills {
            drill.verdict = Outcome::Pass;
        }
        let folder = RunFolder::existing(kept.join(id));
        std::fs::create_dir_all(folder.path().join("records")).unwrap();
        folder.save_run(report.run.info.clone()).unwrap();
        folder.save(Report::FILE, &report).unwrap();
        folder
    }

    #[test]
    fn history_is_that_of_the_runs_before_this_one_whose_reports_can_be_read() {
        let kept = tempfile::tempdir().unwrap();
        let [_later, _first, own, _second] = [("d", 300.0), ("a", 0.0), ("c", 200.0), ("b", 100.0)]
            .map(|(id, s)| kept_run(kept.path(), id, s));
        std::fs::create_dir(kept.path().join("killed")).unwrap();
        std::os::unix::fs::symlink("a", kept.path().join("latest")).unwrap();
        let of_another_version = kept_run(kept.path(), "newer", 50.0);
        let report = serde_json::json!({"schema_version": REPORT_SCHEMA_VERSION + 1});
        of_another_version.save(Report::FILE, &report).unwrap();
        let earlier = runs_before(&own.run().unwrap(), kept.path()).unwrap();
        let names: Vec<_> = earlier.iter().map(|run| run.run.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(
            earlier[0].alerts[0].took_s,
            [(Milestone::Firing, 65.0), (Milestone::Notified, 10.0)].into()
        );
    }

    #[test]
    fn times_of_drills_that_did_not_pass_are_no_measure() {
        let mut failed = example_report("okx");
        failed.drills[0].verdict = Outcome::Fail;
        assert_eq!(earlier_run(&failed).alerts, []);
    }

    #[test]
    fn alert_is_compared_with_itself_on_whichever_lane_it_was() {
        let run = earlier_run(&{
            let mut passed = example_report("kraken");
            passed.drills[0].verdict = Outcome::Pass;
            passed
        });
        let compared = |drill: &str| {
            let mut now = example_report("okx").drills[0].known_latencies();
            compare(drill, &mut now, &[run.clone(), run.clone()]);
            now.remove(0).trends
        };
        let firing = compared("feed_handler_stopped")
            .into_iter()
            .find(|trend| trend.until == Milestone::Firing)
            .unwrap();
        assert_eq!(firing.earlier_s, [65.0, 65.0]);
        assert!(compared("another_drill").is_empty());
    }
}
