//! How long the alerts of the runs before this one took: saved with the run, so that its report can
//! be made again when those runs are gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::latency::{Latency, LatencyStep};
use super::milestone::Milestone;
use super::trend::Trend;
use crate::store::RunFolder;
use alertdrill_core::{Result, UtcInstant};

const FILE: &str = "history.json";
/// The version of the file; raised with every change that an older reader would misread. Version 1
/// was a bare list of runs.
const HISTORY_SCHEMA_VERSION: u32 = 2;

/// How long the alerts of an earlier run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierRun {
    /// The name of its folder.
    pub run: String,
    /// When it started.
    pub started_at: UtcInstant,
    /// Its alerts.
    pub alerts: Vec<EarlierAlert>,
}

/// How long an alert of an earlier run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierAlert {
    /// The drill's name.
    pub drill: String,
    /// The alert's name.
    pub alert: String,
    /// Its number among the drill's alerts that fired. Its labels do not identify it: they name a
    /// lane, and that may be another one in each run.
    pub number: usize,
    /// The seconds that are compared, by the milestone that they lead to.
    pub took_s: BTreeMap<Milestone, f64>,
}

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
struct RunHistory {
    schema_version: u32,
    runs: Vec<EarlierRun>,
}

/// How long the alerts of the runs before this one took; empty if that was not recorded.
///
/// # Errors
/// [`alertdrill_core::Error::File`], or [`alertdrill_core::Error::BadDescription`] if it cannot be
/// read or is of another version.
pub fn saved_history(folder: &RunFolder) -> Result<Vec<EarlierRun>> {
    if folder.version_of(FILE)? == Some(1) {
        let runs: Option<Vec<EarlierRun>> = folder.read(FILE, 1..=1)?;
        return Ok(runs.unwrap_or_default());
    }
    let history: Option<RunHistory> = folder.read(FILE, 2..=HISTORY_SCHEMA_VERSION)?;
    Ok(history.map_or_else(Vec::new, |history| history.runs))
}

/// Saves how long the alerts of the runs before this one took.
///
/// # Errors
/// [`alertdrill_core::Error::File`].
pub(super) fn save_history(folder: &RunFolder, runs: Vec<EarlierRun>) -> Result<()> {
    let schema_version = HISTORY_SCHEMA_VERSION;
    folder.save(
        FILE,
        &RunHistory {
            schema_version,
            runs,
        },
    )
}

/// Compares the alerts of a drill with those of the runs before.
pub(super) fn compare(drill: &str, latencies: &mut [Latency], earlier: &[EarlierRun]) {
    for (number, latency) in latencies.iter_mut().enumerate() {
        let same = |before: &&EarlierAlert| {
            (&*before.drill, &before.alert, before.number) == (drill, &latency.alert, number)
        };
        let alerts = earlier.iter().flat_map(|run| &run.alerts);
        let before: Vec<_> = alerts.filter(same).collect();
        let trends = compared(latency).into_iter().map(|(until, now_s)| {
            let earlier_s = before.iter().filter_map(|before| before.took_s.get(&until));
            Trend::of(until, now_s, earlier_s.copied().collect())
        });
        latency.trends = trends.filter(|trend| !trend.earlier_s.is_empty()).collect();
    }
}

/// The times of an alert that are compared. The time until it fires is taken as a whole: where in
/// its interval a scrape is when the fault comes only shifts time between the steps before that.
pub(super) fn compared(latency: &Latency) -> BTreeMap<Milestone, f64> {
    let (until_firing, later): (Vec<&LatencyStep>, Vec<_>) = latency
        .steps
        .iter()
        .partition(|step| step.reached <= Milestone::Firing);
    let until_firing_s: f64 = until_firing.iter().map(|step| step.took_s).sum();
    let to_the_millisecond = |seconds: f64| (seconds * 1000.0).round() / 1000.0;
    let firing = (Milestone::Firing, to_the_millisecond(until_firing_s));
    let later = later.into_iter().map(|step| (step.reached, step.took_s));
    std::iter::once(firing).chain(later).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, RunFolder) {
        let kept = tempfile::tempdir().unwrap();
        let folder = RunFolder::existing(kept.path());
        (kept, folder)
    }

    fn run() -> EarlierRun {
        EarlierRun {
            run: "a".into(),
            started_at: UtcInstant::from_epoch_s(1_763_876_500.0).unwrap(),
            alerts: Vec::new(),
        }
    }

    #[test]
    fn history_is_read_back_and_that_of_a_run_without_one_is_empty() {
        let (_kept, folder) = folder();
        assert_eq!(saved_history(&folder).unwrap(), []);
        save_history(&folder, vec![run()]).unwrap();
        assert_eq!(saved_history(&folder).unwrap(), [run()]);
        assert_eq!(folder.version_of(FILE).unwrap(), Some(2));
    }

    #[test]
    fn history_that_is_a_bare_list_is_of_version_1_and_read() {
        let (_kept, folder) = folder();
        folder.save(FILE, &vec![run()]).unwrap();
        assert_eq!(saved_history(&folder).unwrap(), [run()]);
    }

    #[test]
    fn history_of_a_newer_version_is_refused() {
        let (_kept, folder) = folder();
        let newer = serde_json::json!({"schema_version": 3, "nights": []});
        folder.save(FILE, &newer).unwrap();
        let error = saved_history(&folder).unwrap_err().to_string();
        let words = "it is of version 3, and this alertdrill reads versions up to 2";
        assert!(error.contains(words), "{error}");
    }
}
