//! Which series moved while something was broken, held against steady state: noise is no effect.
//!
//! The rule, for each series:
//!
//! 1. What is compared is its value; of one that only ever rises (a counter, a timestamp) it is how
//!    much it rises a second.
//! 2. Its steady range reaches from the least to the largest that was seen in the steady span at
//!    the beginning of the recording and in the last steps before the fault. The latter keep a slow
//!    drift from counting.
//! 3. It moved if it left that range by more than the range's own width, and by more than a tenth
//!    of its level; a range without a width (a state, a size) by more than a twentieth of its
//!    level, a timestamp that stands still in steady state by anything. That is the idea of Tukey's
//!    outer fences (*Exploratory Data Analysis*, 1977: far out is three times the spread beyond the
//!    quartiles), with the whole range in the place of quartiles, because a steady span has few
//!    samples.
//! 4. A series that is not constant has to be there for two samples in a row: one sample far out,
//!    or one burst of what is counted, is what noise has.
//! 5. A series that ends, or begins, moved; unless it comes and goes in steady state too.
//!
//! Then the steady span itself is held against this rule, piece by piece, each as long as the fault
//! was held and against the rest of the span: a series that would have moved in one of them is no
//! witness. And a series that moves whatever is broken says nothing of any: see
//! [`without_restless`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::{MovedSeries, Movement, SeriesTable, TabledSeries, series_service};
use crate::UtcInstant;

/// How many steps before the fault still tell of steady state.
const STEPS_BEFORE: usize = 4;
/// So many cells must have been tried before a series can be found restless.
const CELLS_TO_TELL: usize = 6;
/// Metrics of the scrape itself that vary with the machine.
const OF_THE_SCRAPE: [&str; 4] = [
    "scrape_duration_seconds",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
];

/// What of a recording is compared with what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spans {
    /// Steady state, before anything was broken.
    pub steady: (UtcInstant, UtcInstant),
    /// From the fault until what it did is no longer looked for.
    pub broken: (UtcInstant, UtcInstant),
}

/// The series that moved, the most telling first. Those of services that watch are left out,
/// whether they are up apart: what they count is the watching. So are the buckets of histograms:
/// there are many of them, seldom counted in, and their sum and count tell the same.
#[must_use]
pub fn moved_series(
    table: &SeriesTable,
    spans: Spans,
    services: &BTreeSet<String>,
    watching: &BTreeSet<String>,
) -> Vec<MovedSeries> {
    let steps = Steps::of(table, spans);
    let mut moved = Vec::new();
    for series in &table.series {
        let service = series_service(&series.labels, services);
        let is_of_watching = service.as_ref().is_some_and(|it| watching.contains(it));
        if (is_of_watching && series.metric != "up")
            || series.metric.ends_with("_bucket")
            || OF_THE_SCRAPE.contains(&series.metric.as_str())
            || series.metric.starts_with("ALERTS")
        {
            continue;
        }
        let looked_at = Looked::at(series, table);
        if looked_at.is_restless_in(&steps) {
            continue;
        }
        let Some(seen) = looked_at.moves(&steps.steady, &steps.broken) else {
            continue;
        };
        let Some(at) = table.instant_of(seen.first_step) else {
            continue;
        };
        moved.push(MovedSeries {
            metric: series.metric.clone(),
            labels: series.labels.clone(),
            service,
            how: seen.how,
            steady: seen.steady,
            came_to: seen.came_to,
            at,
            strength: seen.strength,
        });
    }
    moved.sort_by(|a, b| {
        let rank = |it: &MovedSeries| (it.metric != "up", it.how == Movement::Began);
        rank(a)
            .cmp(&rank(b))
            .then(b.strength.total_cmp(&a.strength))
            .then_with(|| a.selector().cmp(&b.selector()))
    });
    moved
}

/// Per cell, what moved, without the series that moved in at least half of all cells of at least
/// half of the services: they tell that something is broken somewhere, or nothing.
#[must_use]
pub fn without_restless(cells: &[(String, Vec<MovedSeries>)]) -> Vec<Vec<MovedSeries>> {
    let services: BTreeSet<_> = cells.iter().map(|(service, _)| service.clone()).collect();
    let mut moved_by: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    for (service, moved) in cells {
        for series in moved {
            let by = moved_by.entry(series.selector()).or_default();
            by.0 += 1;
            by.1.insert(service.clone());
        }
    }
    let can_tell = cells.len() >= CELLS_TO_TELL && services.len() > 2;
    let is_restless = |series: &MovedSeries| {
        let by = moved_by.get(&series.selector());
        let by =
            by.filter(|(count, by)| 2 * count >= cells.len() && 2 * by.len() >= services.len());
        can_tell && by.is_some()
    };
    let calm = |moved: &Vec<MovedSeries>| -> Vec<_> {
        let calm = moved.iter().filter(|series| !is_restless(series));
        calm.cloned().collect()
    };
    cells.iter().map(|(_, moved)| calm(moved)).collect()
}

/// Of what moved while other lanes were broken too, what tells of this one: a label names the lane,
/// or the service.
#[must_use]
pub fn of_the_lane(moved: Vec<MovedSeries>, lane: &str, service: &str) -> Vec<MovedSeries> {
    let is_named = |series: &MovedSeries| {
        let mut values = series.labels.values();
        let by_label = values.any(|value| value == lane || value == service);
        by_label || series.service.as_deref() == Some(service)
    };
    moved.into_iter().filter(is_named).collect()
}

/// What is compared of a series that moved so, step by step: its values, or how much it rises a
/// second.
#[must_use]
pub fn drawn_values(
    series: &TabledSeries,
    how: Movement,
    step: std::time::Duration,
) -> Vec<Option<f64>> {
    if how == Movement::Pace {
        paces(&series.values, step.as_secs_f64().max(1e-3))
    } else {
        series.values.clone()
    }
}

/// The steps of a recording that are compared.
struct Steps {
    steady: Vec<RangeInclusive<usize>>,
    broken: RangeInclusive<usize>,
    /// The steady span in pieces as long as the fault was held.
    pieces: Vec<RangeInclusive<usize>>,
}

impl Steps {
    fn of(table: &SeriesTable, spans: Spans) -> Self {
        let step = |at| table.step_at(at);
        let steady = step(spans.steady.0)..=step(spans.steady.1);
        let fault = step(spans.broken.0);
        let broken = fault + 1..=step(spans.broken.1).max(fault + 1);
        let before = fault.saturating_sub(STEPS_BEFORE)..=fault;
        let length = (broken.end() - broken.start() + 1).max(1);
        let mut pieces = Vec::new();
        let mut begin = *steady.start();
        while begin + length <= steady.end() + 1 {
            pieces.push(begin..=begin + length - 1);
            begin += length;
        }
        // One piece is all that there is to compare with.
        if pieces.len() < 2 {
            pieces.clear();
        }
        Self {
            steady: vec![steady, before],
            broken,
            pieces,
        }
    }
}

/// A series as it is compared.
struct Looked<'a> {
    series: &'a TabledSeries,
    /// What is compared, step by step: values, or increases a second.
    values: Vec<Option<f64>>,
    counts: bool,
    is_a_timestamp: bool,
}

/// How a series moved.
struct Seen {
    how: Movement,
    steady: Option<[f64; 2]>,
    came_to: Option<f64>,
    first_step: usize,
    strength: f64,
}

/// How strong a movement is that has no number.
const WITHOUT_A_NUMBER: f64 = 1_000.0;

impl<'a> Looked<'a> {
    fn at(series: &'a TabledSeries, table: &SeriesTable) -> Self {
        let counts = is_a_counter(series);
        let every_s = table.step.as_secs_f64().max(1e-3);
        let values = if counts {
            paces(&series.values, every_s)
        } else {
            series.values.clone()
        };
        let name = &series.metric;
        let is_a_timestamp = name.contains("timestamp") || name.ends_with("_time_seconds");
        Self {
            series,
            values,
            counts,
            is_a_timestamp,
        }
    }

    /// Whether it would have moved in a piece of steady state, held against the rest.
    fn is_restless_in(&self, steps: &Steps) -> bool {
        steps.pieces.iter().any(|piece| {
            let others = steps.pieces.iter().filter(|other| *other != piece);
            let others: Vec<_> = others.cloned().collect();
            self.moves(&others, piece).is_some()
        })
    }

    fn moves(
        &self,
        steady: &[RangeInclusive<usize>],
        broken: &RangeInclusive<usize>,
    ) -> Option<Seen> {
        let raw = |steps: &RangeInclusive<usize>| self.series.between(*steps.start(), *steps.end());
        let was_there = steady
            .iter()
            .any(|steps| raw(steps).iter().any(Option::is_some));
        let had_gaps = steady
            .iter()
            .any(|steps| raw(steps).iter().any(Option::is_none));
        let is_there = raw(broken).iter().position(Option::is_some);
        if !was_there {
            let first = broken.start() + is_there?;
            return Some(Seen {
                how: Movement::Began,
                steady: None,
                came_to: self.series.values.get(first).copied().flatten(),
                first_step: first,
                strength: WITHOUT_A_NUMBER,
            });
        }
        if !had_gaps && let Some(gap) = raw(broken).iter().position(Option::is_none) {
            return Some(Seen {
                how: Movement::Ended,
                steady: None,
                came_to: None,
                first_step: broken.start() + gap,
                strength: WITHOUT_A_NUMBER,
            });
        }
        let band = Band::of(steady.iter().flat_map(|steps| self.seen(steps)))?;
        let margin = band.margin(self.is_a_timestamp && !self.counts);
        // A pace is over two steps: a single burst is in two of them.
        let needed = match (band.width() > 0.0, self.counts) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 3,
        };
        let mut in_a_row = 0;
        let mut found: Option<(usize, f64)> = None;
        let mut furthest = (0.0, 0.0);
        for step in broken.clone() {
            let Some(value) = self.values.get(step).copied().flatten() else {
                continue;
            };
            let beyond = band.beyond(value);
            if beyond <= margin {
                in_a_row = 0;
                continue;
            }
            in_a_row += 1;
            if beyond > furthest.0 {
                furthest = (beyond, value);
            }
            if in_a_row >= needed && found.is_none() {
                found = Some((step + 1 - needed, value));
            }
        }
        let (first_step, _) = found?;
        let scale = band.width().max(0.05 * band.level()).max(1e-9);
        Some(Seen {
            how: if self.counts {
                Movement::Pace
            } else {
                Movement::Left
            },
            steady: Some([band.low, band.high]),
            came_to: Some(furthest.1),
            first_step,
            strength: (furthest.0 / scale).min(WITHOUT_A_NUMBER),
        })
    }

    fn seen(&self, steps: &RangeInclusive<usize>) -> impl Iterator<Item = f64> {
        let end = (steps.end() + 1).min(self.values.len());
        let values = self.values.get(*steps.start().min(&end)..end);
        values.unwrap_or_default().iter().copied().flatten()
    }
}

/// What a series ranges over in steady state.
struct Band {
    low: f64,
    high: f64,
}

impl Band {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut band: Option<Self> = None;
        for value in values.filter(|value| value.is_finite()) {
            let band = band.get_or_insert(Self {
                low: value,
                high: value,
            });
            band.low = band.low.min(value);
            band.high = band.high.max(value);
        }
        band
    }

    fn width(&self) -> f64 {
        self.high - self.low
    }

    fn level(&self) -> f64 {
        self.low.abs().max(self.high.abs())
    }

    fn margin(&self, is_a_timestamp: bool) -> f64 {
        if self.width() > 0.0 {
            self.width().max(0.1 * self.level())
        } else if is_a_timestamp {
            0.0
        } else {
            0.05 * self.level()
        }
    }

    /// How far outside a value is; what is no number is as far as can be.
    fn beyond(&self, value: f64) -> f64 {
        if value.is_nan() {
            return 0.0;
        }
        (self.low - value).max(value - self.high).max(0.0)
    }
}

/// Whether it only ever rises, or is named as what does.
fn is_a_counter(series: &TabledSeries) -> bool {
    let name = &series.metric;
    let is_named_so = ["_total", "_count", "_sum", "_bucket"]
        .iter()
        .any(|end| name.ends_with(end));
    let values: Vec<f64> = series.values.iter().copied().flatten().collect();
    let rises = values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falls = values.windows(2).filter(|pair| pair[0] > pair[1]).count();
    is_named_so || (falls <= values.len() / 20 && 2 * rises > values.len() && values.len() > 3)
}

/// How much it rises a second, over two steps: a scrape that comes a little late is no change of
/// pace. Where it falls it has begun anew, and what it has counted since when is not known.
fn paces(values: &[Option<f64>], every_s: f64) -> Vec<Option<f64>> {
    let mut paces = vec![None; values.len()];
    for step in 2..values.len() {
        let known = (values[step - 2], values[step - 1], values[step]);
        if let (Some(first), Some(second), Some(third)) = known {
            let rises = first <= second && second <= third;
            paces[step] = rises.then_some((third - first) / (2.0 * every_s));
        }
    }
    paces
}

#[cfg(test)]
#[allow(clippy::cast_precision_loss, reason = "steps are few")]
mod tests;
