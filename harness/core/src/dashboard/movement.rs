//! Which drills moved which panels: a value left the band that it has in steady state, and somebody
//! who looks would see that.
//!
//! Each drill begins in steady state, so what a series shows just before a drill's fault is what it
//! shows when all is well: its middle is the median of that over the drills that may disturb what
//! it tells of. How far it strays by itself is taken from all series of its query: six times the
//! median of that, and at least a quarter of its middle, for what is less shows on no panel. A
//! series counts for a drill only if it tells of what the drill may disturb, for drills run side by
//! side; and until another drill breaks the same, for what is scraped comes late.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::history::{BoardHistory, PanelHistory, SeriesHistory};
use crate::{Cadence, UtcInstant};

/// The waits of the system, in steps of a history.
#[derive(Clone, Copy, Debug)]
struct Steps {
    /// For how long the system has been steady at a fault: as long as all that is scraped needs to show
    /// it.
    steady_for: usize,
    /// How many values in a row must be missing.
    gap_after: usize,
    /// How old the value may be that a panel still shows at an instant: a scrape's interval and more.
    still_shown: usize,
}

impl Steps {
    fn of(history: &BoardHistory, cadence: Cadence) -> Self {
        let every = history.sampling.every.as_secs_f64().max(f64::MIN_POSITIVE);
        // A scrape has few steps.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is above 0 and small"
        )]
        let scrape = (cadence.scrape_interval.as_secs_f64() / every)
            .ceil()
            .clamp(1.0, 1e6) as usize;
        Self {
            steady_for: scrape,
            gap_after: scrape + 1,
            still_shown: 2 * scrape,
        }
    }
}

/// What a drill broke, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The drill's name.
    pub drill: String,
    /// Its first fault.
    pub from: UtcInstant,
    /// Its end.
    pub until: UtcInstant,
    /// What it may have disturbed: lanes, services, paths.
    pub disturbed: BTreeSet<String>,
}

/// Per drill, the titles of the panels that it moved, in the dashboard's order. What a drill does is
/// seen within the cadence of the system.
#[must_use]
pub fn moved_panels(
    history: &BoardHistory,
    drills: &[Broken],
    cadence: Cadence,
) -> BTreeMap<String, Vec<String>> {
    let waits = Steps::of(history, cadence);
    let mut moved: BTreeMap<_, Vec<_>> = drills
        .iter()
        .map(|broken| (broken.drill.clone(), Vec::new()))
        .collect();
    for panel in &history.panels {
        let usual = usual(panel, history, drills, waits);
        for broken in drills {
            let is_own = |series: &SeriesHistory| series.concerns.disturbed_by(&broken.disturbed);
            let steps = steps_of(history, broken.from, seen_until(broken, drills, cadence));
            let shows_it = |(series, usual): (&SeriesHistory, &Option<Usual>)| {
                let others = panel
                    .series
                    .iter()
                    .filter(|other| other.query == series.query && !is_own(other));
                leaves(series, *usual, steps.clone(), waits)
                    || ends(series, &others.collect::<Vec<_>>(), steps.clone(), waits)
            };
            if panel
                .series
                .iter()
                .zip(&usual)
                .filter(|(series, _)| is_own(series))
                .any(shows_it)
            {
                moved
                    .entry(broken.drill.clone())
                    .or_default()
                    .push(panel.title.clone());
            }
        }
    }
    moved
}

fn seen_until(broken: &Broken, drills: &[Broken], cadence: Cadence) -> UtcInstant {
    let others = drills.iter().filter(|other| {
        !other.disturbed.is_disjoint(&broken.disturbed) && other.from > broken.until
    });
    others
        .map(|other| other.from)
        .fold(broken.until.plus(cadence.seen_within), UtcInstant::min)
}

/// What a series shows in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Usual {
    middle: f64,
    /// How far it strays from there to both sides.
    reach: f64,
}

impl Usual {
    fn strays_by(self, value: f64) -> f64 {
        (value - self.middle).abs()
    }
}

/// Per series of a panel, what it shows in steady state; `None` if it shows nothing then.
fn usual(
    panel: &PanelHistory,
    history: &BoardHistory,
    drills: &[Broken],
    waits: Steps,
) -> Vec<Option<Usual>> {
    let steady = |series: &SeriesHistory| -> Vec<f64> {
        let own = drills
            .iter()
            .filter(|broken| series.concerns.disturbed_by(&broken.disturbed));
        let faults = own.filter_map(|broken| history.sampling.last_until(broken.from));
        faults
            .flat_map(|fault| {
                (fault.saturating_sub(waits.steady_for)..=fault)
                    .filter_map(|step| value_at(series, step))
            })
            .collect()
    };
    let steady: Vec<_> = panel.series.iter().map(steady).collect();
    let middles: Vec<_> = steady.iter().map(|values| median(values.clone())).collect();
    let mut strays: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for ((series, values), middle) in panel.series.iter().zip(&steady).zip(&middles) {
        if let Some(middle) = middle {
            strays
                .entry(series.query)
                .or_default()
                .extend(values.iter().map(|value| (value - middle).abs()));
        }
    }
    let strays: BTreeMap<_, _> = strays
        .into_iter()
        .filter_map(|(query, values)| Some((query, median(values)?)))
        .collect();
    let reach = |query, middle: f64| {
        (6.0 * strays.get(&query).copied().unwrap_or_default()).max(0.25 * middle.abs())
    };
    let usual = panel.series.iter().zip(middles).map(|(series, middle)| {
        let middle = middle?;
        Some(Usual {
            middle,
            reach: reach(series.query, middle),
        })
    });
    usual.collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn shown_at(series: &SeriesHistory, step: usize, waits: Steps) -> Option<f64> {
    (step.saturating_sub(waits.still_shown)..=step)
        .rev()
        .find_map(|step| value_at(series, step))
}

/// A count of what has been so far has no steady state: it grows.
fn counts_up(series: &SeriesHistory) -> bool {
    let values: Vec<_> = series.values.iter().flatten().collect();
    let rises = values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falls = values.windows(2).filter(|pair| pair[0] > pair[1]).count();
    falls == 0 && 2 * rises > values.len()
}

/// From the last step before the fault on.
fn steps_of(history: &BoardHistory, from: UtcInstant, until: UtcInstant) -> RangeInclusive<usize> {
    let number = |at| history.sampling.last_until(at).unwrap_or_default();
    number(from)..=number(until)
}

fn value_at(series: &SeriesHistory, step: usize) -> Option<f64> {
    series.values.get(step).copied().flatten()
}

/// Whether the series strays further than it does by itself; and than it did at the fault, for what
/// another drill left behind is not this one's doing.
fn leaves(
    series: &SeriesHistory,
    usual: Option<Usual>,
    steps: RangeInclusive<usize>,
    waits: Steps,
) -> bool {
    if counts_up(series) {
        return false;
    }
    let at_the_fault = shown_at(series, *steps.start(), waits);
    let mut values = steps.skip(1).filter_map(|step| value_at(series, step));
    let Some(usual) = usual else {
        return values.next().is_some();
    };
    let strayed_by = at_the_fault.map_or(0.0, |value| usual.strays_by(value));
    let mut limit = if strayed_by > usual.reach {
        strayed_by + usual.reach
    } else {
        usual.reach
    };
    values.any(|value| {
        if usual.strays_by(value) <= usual.reach {
            limit = usual.reach;
        }
        usual.strays_by(value) > limit
    })
}

/// Whether the line of the series ends, and not those of all others too: then it is their exporter
/// that is gone.
fn ends(
    series: &SeriesHistory,
    beside: &[&SeriesHistory],
    steps: RangeInclusive<usize>,
    waits: Steps,
) -> bool {
    if shown_at(series, *steps.start(), waits).is_none() {
        return false;
    }
    let goes_on =
        |step| beside.is_empty() || beside.iter().any(|other| value_at(other, step).is_some());
    let steps: Vec<_> = steps.skip(1).collect();
    steps.windows(waits.gap_after).any(|gap| {
        gap.iter()
            .all(|step| value_at(series, *step).is_none() && goes_on(*step))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::concerns::Concerns;
    use super::super::history::Sampling;
    use super::*;
    use crate::Labels;

    fn at(step: u32) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + 5.0 * f64::from(step)).unwrap()
    }

    fn cadence() -> Cadence {
        let [evaluation_interval, scrape_interval, seen_within] =
            [5, 15, 25].map(Duration::from_secs);
        Cadence {
            evaluation_interval,
            scrape_interval,
            seen_within,
        }
    }

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    fn broken(drill: &str, disturbed: &str) -> Broken {
        Broken {
            drill: drill.to_owned(),
            from: at(10),
            until: at(30),
            disturbed: names([disturbed]),
        }
    }

    fn series(concerns: Concerns, value: impl Fn(usize) -> Option<f64>) -> SeriesHistory {
        SeriesHistory {
            query: 0,
            name: String::new(),
            labels: Labels::new(),
            concerns,
            values: (0..40).map(value).collect(),
        }
    }

    fn lane(name: &str, value: impl Fn(usize) -> Option<f64>) -> SeriesHistory {
        series(Concerns::Any(names([name])), value)
    }

    /// Which of the drills on the lanes `a` and `b` moved a panel with these series.
    fn moved(series: Vec<SeriesHistory>) -> Vec<String> {
        let panel = PanelHistory {
            title: "panel".into(),
            unit: None,
            thresholds: vec![],
            series,
        };
        let history = BoardHistory {
            sampling: Sampling {
                from: at(0),
                every: Duration::from_secs(5),
            },
            panels: vec![panel],
        };
        let moved = moved_panels(
            &history,
            &[broken("on_a", "a"), broken("on_b", "b")],
            cadence(),
        );
        moved
            .into_iter()
            .filter(|(_, panels)| !panels.is_empty())
            .map(|(drill, _)| drill)
            .collect()
    }

    fn falls_at(step: usize, lowest: f64) -> impl Fn(usize) -> Option<f64> {
        move |now| Some(if now < step { 50.0 } else { lowest })
    }

    #[test]
    fn value_that_leaves_its_band_is_the_doing_of_who_disturbs_what_it_tells_of() {
        assert_eq!(
            moved(vec![
                lane("a", falls_at(15, 0.0)),
                lane("b", falls_at(99, 0.0))
            ]),
            ["on_a"]
        );
    }

    #[test]
    fn value_that_hardly_moves_shows_nothing() {
        assert!(
            moved(vec![
                lane("a", falls_at(15, 40.0)),
                lane("b", falls_at(99, 0.0))
            ])
            .is_empty()
        );
    }

    #[test]
    fn what_was_out_of_its_band_before_the_fault_is_not_its_doing() {
        let steady = || falls_at(99, 0.0);
        assert!(
            moved(vec![
                lane("a", falls_at(5, 0.0)),
                lane("b", steady()),
                lane("b", steady())
            ])
            .is_empty()
        );
        assert!(moved(vec![lane("a", falls_at(36, 0.0)), lane("b", steady())]).is_empty());
    }

    #[test]
    fn line_that_ends_is_seen() {
        let ends = |step| (step < 15).then_some(50.0);
        assert_eq!(
            moved(vec![lane("a", ends), lane("b", falls_at(99, 0.0))]),
            ["on_a"]
        );
    }

    #[test]
    fn lines_that_all_end_are_the_doing_of_who_stopped_their_exporter() {
        let ends = |step| (step < 15).then_some(50.0);
        assert!(moved(vec![lane("a", ends), lane("b", ends), lane("c", ends)]).is_empty());
    }

    #[test]
    fn error_that_is_the_first_of_its_kind_is_seen() {
        let errors = |step| Some(if step < 15 { 0.0 } else { 1.0 });
        assert_eq!(
            moved(vec![lane("a", errors), lane("b", |_| Some(0.0))]),
            ["on_a"]
        );
    }

    #[test]
    fn sum_over_what_several_may_disturb_is_nobodys_and_a_count_has_no_steady_state() {
        assert!(
            moved(vec![series(
                Concerns::All(names(["a", "b"])),
                falls_at(15, 0.0)
            )])
            .is_empty()
        );
        assert_eq!(
            moved(vec![series(Concerns::All(names(["a"])), falls_at(15, 0.0))]),
            ["on_a"]
        );
        assert!(moved(vec![series(Concerns::Nothing, falls_at(15, 0.0))]).is_empty());
        #[allow(clippy::cast_precision_loss, reason = "it is small")]
        let rows = |step| Some(step as f64);
        assert!(moved(vec![lane("a", rows)]).is_empty());
    }
}
