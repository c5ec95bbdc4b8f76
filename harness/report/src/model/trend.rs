//! What an alert took in the runs before this one, and whether it has become slower than they let
//! expect.
//!
//! The earlier runs are those that are kept beside this one, or in the folder that `DRILL_HISTORY`
//! names: a nightly job keeps its runs' folders there. What of them matters is saved with the run,
//! so that its report can be made again when they are gone.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::latency::{Latency, Milestone};
use crate::model::report::Report;
use crate::store::RunFolder;
use alertdrill_core::{Error, Result};
use alertdrill_core::{Outcome, UtcInstant};

/// So many earlier runs in which an alert did what it must are looked at, the latest ones.
const LOOK_BACK: usize = 50;
/// With fewer times before, nothing is usual.
const ENOUGH: usize = 5;
/// Beyond the third quartile by so many times the distance of the quartiles, a value is an outlier
/// (Tukey's fence).
const FENCE: f64 = 1.5;
/// Instants are known to the second: what is slower by less is not known to be.
const KNOWN_TO_S: f64 = 1.0;

/// What the alerts of an earlier run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierRun {
    /// The name of its folder.
    pub run: String,
    /// When it started.
    pub started_at: UtcInstant,
    /// Its alerts.
    pub alerts: Vec<EarlierAlert>,
}

/// What an alert of an earlier run took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlierAlert {
    /// The drill's name.
    pub drill: String,
    /// The alert's name.
    pub alert: String,
    /// Its number among the drill's alerts that fired: its labels name a lane, and that may be
    /// another one each time.
    pub number: usize,
    /// What is compared of it.
    pub took_s: BTreeMap<Milestone, f64>,
}

/// What an alert took until a milestone, now and before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// The milestone. The time until [`Milestone::Firing`] counts from the fault, of the others as
    /// in a [`Latency`].
    pub until: Milestone,
    /// Seconds in this run.
    pub now_s: f64,
    /// Seconds in the runs before, the latest last.
    pub earlier_s: Vec<f64>,
    /// From where to where they usually are; `None` if there are too few.
    pub usual_s: Option<[f64; 2]>,
    /// Whether it has become slower than they let expect.
    pub is_slower: bool,
}

impl Trend {
    fn of(until: Milestone, now_s: f64, earlier_s: Vec<f64>) -> Self {
        let usual_s = usual(&earlier_s);
        let is_slower = usual_s.is_some_and(|[_, latest_s]| {
            now_s > latest_s.max(quartile(&earlier_s, 3) + KNOWN_TO_S)
        });
        Self {
            until,
            now_s,
            earlier_s,
            usual_s,
            is_slower,
        }
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = match self.until {
            Milestone::Notified => "notified after firing",
            Milestone::Resolved => "resolved after the revert",
            Milestone::ResolveNotified => "resolve notified after resolving",
            _ => "fired after the fault",
        };
        let runs = match self.earlier_s.len() {
            1 => "1 run".to_owned(),
            count => format!("{count} runs"),
        };
        write!(f, "{since}: {:.1} s", self.now_s)?;
        match self.usual_s {
            Some([earliest_s, latest_s]) => write!(
                f,
                ", usually {earliest_s:.1} to {latest_s:.1} s in {runs} before"
            ),
            None => write!(f, ", {runs} before"),
        }
    }
}

/// Compares the alerts of a drill with those of the runs before.
pub(crate) fn compare(drill: &str, latencies: &mut [Latency], earlier: &[EarlierRun]) {
    for (number, latency) in latencies.iter_mut().enumerate() {
        let same = |before: &&EarlierAlert| {
            (&*before.drill, &before.alert, before.number) == (drill, &latency.alert, number)
        };
        let before: Vec<_> = earlier
            .iter()
            .flat_map(|run| &run.alerts)
            .filter(same)
            .collect();
        let trends = compared(latency).into_iter().map(|(until, now_s)| {
            let earlier_s = before
                .iter()
                .filter_map(|before| before.took_s.get(&until))
                .copied()
                .collect();
            Trend::of(until, now_s, earlier_s)
        });
        latency.trends = trends.filter(|trend| !trend.earlier_s.is_empty()).collect();
    }
}

/// What of an alert is compared: until it fires as a whole, for where in its interval a scrape is
/// when the fault comes only shifts the steps before that.
fn compared(latency: &Latency) -> BTreeMap<Milestone, f64> {
    let until_firing: f64 = latency
        .steps
        .iter()
        .filter(|step| step.reached <= Milestone::Firing)
        .map(|step| step.took_s)
        .sum();
    let to_the_millisecond = |seconds: f64| (seconds * 1000.0).round() / 1000.0;
    let later = latency
        .steps
        .iter()
        .filter(|step| step.reached > Milestone::Firing)
        .map(|step| (step.reached, step.took_s));
    std::iter::once((Milestone::Firing, to_the_millisecond(until_firing)))
        .chain(later)
        .collect()
}

/// Tukey's fences around the quartiles, not below zero.
fn usual(times_s: &[f64]) -> Option<[f64; 2]> {
    let (low_s, high_s) = (quartile(times_s, 1), quartile(times_s, 3));
    let beyond_s = FENCE * (high_s - low_s);
    (times_s.len() >= ENOUGH).then_some([(low_s - beyond_s).max(0.0), high_s + beyond_s])
}

/// The first, second or third quartile, between the two values that are nearest to it; 0 of
/// nothing.
fn quartile(times_s: &[f64], number: usize) -> f64 {
    let mut sorted = times_s.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quarters = number * sorted.len().saturating_sub(1);
    let (below, above) = (sorted.get(quarters / 4), sorted.get(quarters.div_ceil(4)));
    // Of a handful.
    #[allow(clippy::cast_precision_loss, reason = "it is below 4")]
    let part = (quarters % 4) as f64 / 4.0;
    below
        .zip(above)
        .map_or(0.0, |(below, above)| below + (above - below) * part)
}

impl EarlierRun {
    /// What of a run's report matters to later ones: the alerts of the drills that passed.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let passed = report
            .drills
            .iter()
            .filter(|drill| drill.verdict == Outcome::Pass);
        let alerts = passed.flat_map(|drill| {
            let alerts =
                drill
                    .known_latencies()
                    .into_iter()
                    .enumerate()
                    .map(|(number, latency)| EarlierAlert {
                        drill: drill.name.clone(),
                        number,
                        took_s: compared(&latency),
                        alert: latency.alert,
                    });
            alerts.collect::<Vec<_>>()
        });
        Self {
            run: report.run.info.id.clone(),
            started_at: report.run.info.started_at,
            alerts: alerts.collect(),
        }
    }
}

impl RunFolder {
    /// Saves what the runs before this one took: those beside it, or in the folder that
    /// `DRILL_HISTORY` names. Runs of which there is no report, or one of another version, are left
    /// out.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn record_history(&self) -> Result<()> {
        let named = std::env::var_os("DRILL_HISTORY").map(PathBuf::from);
        let Some(from) = named.as_deref().or(self.path().parent()) else {
            return Ok(());
        };
        self.save_history(&self.earlier_runs(from)?)
    }

    fn earlier_runs(&self, from: &Path) -> Result<Vec<EarlierRun>> {
        let own = self.run()?;
        let mut runs = Vec::new();
        for entry in std::fs::read_dir(from).map_err(Error::file("read the folder", from))? {
            let entry = entry.map_err(Error::file("read the folder", from))?;
            // `latest` is a link to one of the others.
            if entry.file_type().is_ok_and(|kind| kind.is_dir())
                && let Some(report) = Self::existing(entry.path()).report_of_this_version()?
                && report.run.info.id != own.id
                && report.run.info.started_at < own.started_at
            {
                runs.extend(Some(EarlierRun::of(&report)).filter(|run| !run.alerts.is_empty()));
            }
        }
        runs.sort_by_key(|run| run.started_at);
        Ok(runs.split_off(runs.len().saturating_sub(LOOK_BACK)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::html::tests::report;

    fn trend(now_s: f64, earlier_s: &[f64]) -> Trend {
        Trend::of(Milestone::Firing, now_s, earlier_s.to_vec())
    }

    #[test]
    fn alert_is_slower_when_it_took_longer_than_the_spread_of_the_runs_before() {
        let before = [60.0, 62.0, 64.0, 66.0, 68.0];
        assert_eq!(trend(70.0, &before).usual_s, Some([56.0, 72.0]));
        assert!(!trend(72.0, &before).is_slower);
        let slower = trend(75.0, &before);
        assert!(slower.is_slower);
        insta::assert_snapshot!(slower, @"fired after the fault: 75.0 s, usually 56.0 to 72.0 s in 5 runs before");
    }

    #[test]
    fn alert_of_which_there_is_little_to_compare_with_is_not_slower() {
        assert_eq!(trend(500.0, &[60.0; 4]).usual_s, None);
        assert!(!trend(500.0, &[60.0; 4]).is_slower);
        insta::assert_snapshot!(trend(500.0, &[60.0; 4]), @"fired after the fault: 500.0 s, 4 runs before");
    }

    #[test]
    fn alert_that_always_takes_the_same_is_not_slower_for_less_than_a_second() {
        assert!(!trend(10.9, &[10.0; 6]).is_slower);
        assert!(trend(11.1, &[10.0; 6]).is_slower);
    }

    fn kept_run(kept: &Path, id: &str, started_s: f64) -> RunFolder {
        let mut report = report("okx");
        report.run.info.id = id.to_owned();
        report.run.info.started_at = UtcInstant::from_epoch_s(1_763_876_500.0 + started_s).unwrap();
        for drill in &mut report.drills {
            drill.verdict = Outcome::Pass;
        }
        let folder = RunFolder::existing(kept.join(id));
        std::fs::create_dir_all(folder.path().join("records")).unwrap();
        folder.save_run(report.run.info.clone()).unwrap();
        report.save(&folder).unwrap();
        folder
    }

    #[test]
    fn history_is_that_of_the_runs_before_this_one() {
        let kept = tempfile::tempdir().unwrap();
        let [_later, _first, own, _second] = [("d", 300.0), ("a", 0.0), ("c", 200.0), ("b", 100.0)]
            .map(|(id, s)| kept_run(kept.path(), id, s));
        std::fs::create_dir(kept.path().join("killed")).unwrap();
        std::os::unix::fs::symlink("a", kept.path().join("latest")).unwrap();
        let earlier = own.earlier_runs(kept.path()).unwrap();
        assert_eq!(
            earlier
                .iter()
                .map(|run| run.run.as_str())
                .collect::<Vec<_>>(),
            ["a", "b"]
        );
        assert_eq!(
            earlier[0].alerts[0].took_s,
            [(Milestone::Firing, 65.0), (Milestone::Notified, 10.0)].into()
        );
    }

    #[test]
    fn times_of_drills_that_did_not_pass_are_no_measure() {
        let mut failed = report("okx");
        failed.drills[0].verdict = Outcome::Fail;
        assert_eq!(EarlierRun::of(&failed).alerts, []);
    }

    #[test]
    fn alert_is_compared_with_itself_on_whichever_lane_it_was() {
        let run = EarlierRun::of(&{
            let mut passed = report("kraken");
            passed.drills[0].verdict = Outcome::Pass;
            passed
        });
        let compared = |drill: &str| {
            let mut now = report("okx").drills[0].known_latencies();
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
