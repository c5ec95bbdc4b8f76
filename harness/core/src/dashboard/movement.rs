//! Which drills moved which panels: a value left the band that it has in steady state, so that a
//! person who looks sees it.
//!
//! Each drill begins in steady state. So the steady values of a series are those just before the
//! faults of the drills that may disturb what it tells of, and those while none of them is under
//! way: a panel looks minutes back, so before a fault it may show the drill before. The middle of
//! its band is their median. The band reaches to both sides by six times the median deviation of
//! all series of its query, and by a quarter of the middle at least: less is not seen on a panel.
//!
//! Drills run side by side, so a series counts for a drill only if it tells of what the drill may
//! disturb. What is scraped comes late, so it counts until another drill disturbs the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::history::{BoardHistory, PanelHistory, SeriesHistory};
use crate::{Cadence, UtcInstant};

/// The waits of the system, as numbers of steps of a history.
#[derive(Clone, Copy, Debug)]
struct StepCounts {
    /// How long the system has been steady at a fault: as long as a scrape needs to show it.
    steady_for: usize,
    /// How many values in a row must be missing.
    gap_after: usize,
    /// How old a value may be that a panel still shows: a scrape's interval and more.
    still_shown: usize,
}

impl StepCounts {
    fn of(history: &BoardHistory, cadence: Cadence) -> Self {
        let every_s = history.sampling.every.as_secs_f64().max(f64::MIN_POSITIVE);
        let steps = (cadence.scrape_interval.as_secs_f64() / every_s).ceil();
        // A scrape has few steps.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is above 0 and small"
        )]
        let scrape = steps.clamp(1.0, 1e6) as usize;
        Self {
            steady_for: scrape,
            gap_after: scrape + 1,
            still_shown: 2 * scrape,
        }
    }
}

/// What a drill broke, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Disturbance {
    /// The drill's name.
    pub drill: String,
    /// Its first fault.
    pub from: UtcInstant,
    /// Its end.
    pub until: UtcInstant,
    /// What it may have disturbed: lanes, services, paths.
    pub disturbed: BTreeSet<String>,
}

/// Per drill, the titles of the panels that it moved, in the dashboard's order. What a drill does
/// is seen within the cadence of the system.
#[must_use]
pub fn moved_panels(
    history: &BoardHistory,
    drills: &[Disturbance],
    cadence: Cadence,
) -> BTreeMap<String, Vec<String>> {
    let waits = StepCounts::of(history, cadence);
    let names = drills.iter().map(|disturbance| disturbance.drill.clone());
    let mut moved: BTreeMap<_, Vec<_>> = names.map(|name| (name, Vec::new())).collect();
    for panel in &history.panels {
        let bands = steady_bands(panel, history, drills, waits);
        for disturbance in drills {
            let until = seen_until(disturbance, drills, cadence);
            let steps = steps_of(history, disturbance.from, until);
            if is_moved(panel, &bands, disturbance, &steps, waits) {
                let titles = moved.entry(disturbance.drill.clone()).or_default();
                titles.push(panel.title.clone());
            }
        }
    }
    moved
}

/// Whether a series of the panel shows the disturbance in one of these steps.
fn is_moved(
    panel: &PanelHistory,
    bands: &[Option<SteadyBand>],
    disturbance: &Disturbance,
    steps: &RangeInclusive<usize>,
    waits: StepCounts,
) -> bool {
    let is_own = |series: &SeriesHistory| series.concerns.disturbed_by(&disturbance.disturbed);
    let mut series = panel.series.iter().zip(bands);
    series.any(|(series, band)| {
        if !is_own(series) {
            return false;
        }
        let is_beside = |other: &&SeriesHistory| other.query == series.query && !is_own(other);
        let beside: Vec<_> = panel.series.iter().filter(is_beside).collect();
        leaves(series, *band, steps.clone(), waits) || ends(series, &beside, steps.clone(), waits)
    })
}

/// Until when what a drill does can be seen: until another drill disturbs the same.
fn seen_until(disturbance: &Disturbance, drills: &[Disturbance], cadence: Cadence) -> UtcInstant {
    let is_next = |other: &&Disturbance| {
        !other.disturbed.is_disjoint(&disturbance.disturbed) && other.from > disturbance.until
    };
    let next = drills.iter().filter(is_next).map(|other| other.from);
    let seen = disturbance.until.plus(cadence.seen_within);
    next.fold(seen, UtcInstant::min)
}

/// The values that a series has in steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
struct SteadyBand {
    middle: f64,
    /// How far it reaches from there to both sides.
    reach: f64,
}

impl SteadyBand {
    fn distance_of(self, value: f64) -> f64 {
        (value - self.middle).abs()
    }
}

/// Per series of a panel, its values in steady state; `None` if it has none then.
fn steady_bands(
    panel: &PanelHistory,
    history: &BoardHistory,
    drills: &[Disturbance],
    waits: StepCounts,
) -> Vec<Option<SteadyBand>> {
    let steady_values = |series: &SeriesHistory| -> Vec<f64> {
        let is_own = |drill: &&Disturbance| series.concerns.disturbed_by(&drill.disturbed);
        let own = drills.iter().filter(is_own);
        let during: Vec<_> = own
            .map(|drill| steps_of(history, drill.from, drill.until))
            .collect();
        let is_steady = |step: &usize| {
            let before_a_fault = |steps: &RangeInclusive<usize>| {
                (steps.start().saturating_sub(waits.steady_for)..=*steps.start()).contains(step)
            };
            during.iter().any(before_a_fault) || !during.iter().any(|steps| steps.contains(step))
        };
        let steps = (0..series.values.len()).filter(is_steady);
        steps.filter_map(|step| value_at(series, step)).collect()
    };
    let mut middles = Vec::new();
    let mut deviations: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for series in &panel.series {
        let values = steady_values(series);
        let middle = median(values.clone());
        if let Some(middle) = middle {
            let own = values.iter().map(|value| (value - middle).abs());
            deviations.entry(series.query).or_default().extend(own);
        }
        middles.push(middle);
    }
    let bands = panel.series.iter().zip(middles).map(|(series, middle)| {
        let middle = middle?;
        let deviation = median(deviations.get(&series.query)?.clone())?;
        Some(SteadyBand {
            middle,
            reach: (6.0 * deviation).max(0.25 * middle.abs()),
        })
    });
    bands.collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn shown_at(series: &SeriesHistory, step: usize, waits: StepCounts) -> Option<f64> {
    let mut steps = (step.saturating_sub(waits.still_shown)..=step).rev();
    steps.find_map(|step| value_at(series, step))
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

/// Whether the series leaves its band. If it was outside at the fault, that is what another drill
/// left behind: then it has to go further, or to come back first.
fn leaves(
    series: &SeriesHistory,
    band: Option<SteadyBand>,
    steps: RangeInclusive<usize>,
    waits: StepCounts,
) -> bool {
    if counts_up(series) {
        return false;
    }
    let at_the_fault = shown_at(series, *steps.start(), waits);
    let mut values = steps.skip(1).filter_map(|step| value_at(series, step));
    let Some(band) = band else {
        return values.next().is_some();
    };
    let was_off_by = at_the_fault.map_or(0.0, |value| band.distance_of(value));
    let was_outside = was_off_by > band.reach;
    let mut limit = if was_outside {
        was_off_by + band.reach
    } else {
        band.reach
    };
    values.any(|value| {
        if band.distance_of(value) <= band.reach {
            limit = band.reach;
        }
        band.distance_of(value) > limit
    })
}

/// Whether the line of the series ends, and not those of all others too: then it is their exporter
/// that is gone.
fn ends(
    series: &SeriesHistory,
    beside: &[&SeriesHistory],
    steps: RangeInclusive<usize>,
    waits: StepCounts,
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

    fn disturbance(drill: &str, disturbed: &str, [from, until]: [u32; 2]) -> Disturbance {
        Disturbance {
            drill: drill.to_owned(),
            from: at(from),
            until: at(until),
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
        let drills = [("on_a", "a"), ("on_b", "b")];
        moved_by(
            &drills.map(|(drill, lane)| disturbance(drill, lane, [10, 30])),
            series,
        )
    }

    /// Which of these drills moved a panel with these series.
    fn moved_by(drills: &[Disturbance], series: Vec<SeriesHistory>) -> Vec<String> {
        let panel = PanelHistory {
            title: "panel".into(),
            unit: None,
            thresholds: vec![],
            states: vec![],
            series,
        };
        let sampling = Sampling {
            from: at(0),
            every: Duration::from_secs(5),
        };
        let history = BoardHistory {
            sampling,
            panels: vec![panel],
        };
        let moved = moved_panels(&history, drills, cadence()).into_iter();
        let moved = moved.filter(|(_, panels)| !panels.is_empty());
        moved.map(|(drill, _)| drill).collect()
    }

    fn falls_at(step: usize, lowest: f64) -> impl Fn(usize) -> Option<f64> {
        move |now| Some(if now < step { 50.0 } else { lowest })
    }

    #[test]
    fn value_that_leaves_its_band_is_the_doing_of_who_disturbs_what_it_tells_of() {
        let series = vec![lane("a", falls_at(15, 0.0)), lane("b", falls_at(99, 0.0))];
        assert_eq!(moved(series), ["on_a"]);
    }

    #[test]
    fn value_that_hardly_moves_shows_nothing() {
        let series = vec![lane("a", falls_at(15, 40.0)), lane("b", falls_at(99, 0.0))];
        assert_eq!(moved(series), [""; 0]);
    }

    #[test]
    fn what_was_out_of_its_band_before_the_fault_is_not_its_doing() {
        let steady = || lane("b", falls_at(99, 0.0));
        let before = vec![lane("a", falls_at(5, 0.0)), steady(), steady()];
        assert_eq!(moved(before), [""; 0]);
        let after = vec![lane("a", falls_at(36, 0.0)), steady()];
        assert_eq!(moved(after), [""; 0]);
    }

    #[test]
    fn what_a_panel_shows_of_the_drills_before_is_not_its_steady_value() {
        let early = [("first", [2, 4]), ("second", [5, 7])];
        let drills = [early[0], early[1], ("third", [20, 25])];
        let drills = drills.map(|(drill, steps)| disturbance(drill, "a", steps));
        let starts = |step| {
            Some(if step < 8 || (22..30).contains(&step) {
                1.0
            } else {
                0.0
            })
        };
        assert_eq!(moved_by(&drills, vec![lane("a", starts)]), ["third"]);
    }

    #[test]
    fn line_that_ends_is_seen() {
        let ends = |step| (step < 15).then_some(50.0);
        let series = vec![lane("a", ends), lane("b", falls_at(99, 0.0))];
        assert_eq!(moved(series), ["on_a"]);
    }

    #[test]
    fn lines_that_all_end_are_the_doing_of_who_stopped_their_exporter() {
        let ends = |step| (step < 15).then_some(50.0);
        let series = vec![lane("a", ends), lane("b", ends), lane("c", ends)];
        assert_eq!(moved(series), [""; 0]);
    }

    #[test]
    fn error_that_is_the_first_of_its_kind_is_seen() {
        let errors = |step| Some(if step < 15 { 0.0 } else { 1.0 });
        let series = vec![lane("a", errors), lane("b", |_| Some(0.0))];
        assert_eq!(moved(series), ["on_a"]);
    }

    #[test]
    fn sum_over_what_several_may_disturb_is_nobodys_and_a_count_has_no_steady_state() {
        let sum = |concerns| vec![series(concerns, falls_at(15, 0.0))];
        assert_eq!(moved(sum(Concerns::All(names(["a", "b"])))), [""; 0]);
        assert_eq!(moved(sum(Concerns::All(names(["a"])))), ["on_a"]);
        assert_eq!(moved(sum(Concerns::Nothing)), [""; 0]);
        #[allow(clippy::cast_precision_loss, reason = "it is small")]
        let rows = |step| Some(step as f64);
        assert_eq!(moved(vec![lane("a", rows)]), [""; 0]);
    }
}
