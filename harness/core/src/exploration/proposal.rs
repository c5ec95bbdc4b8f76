//! Rules that would see a blind spot: each on one series that moved, with a threshold between what
//! it came to there and what it was in all the rest of the recording.
//!
//! A candidate is a guess: the rule engine evaluates it over the whole recording, and it becomes a
//! proposal only if it fires in the cell and nowhere else.

use std::time::Duration;

use super::{CellKey, MapCell, MovedSeries, Movement, SeriesTable};
use crate::labels::escaped;
use crate::{Labels, Replica, UtcInstant};

/// How many candidates a blind spot gets.
const AT_MOST: usize = 6;
/// Labels that tell who scraped, and not what is told of.
const WITHOUT: [&str; 1] = ["instance"];

/// A rule that may see a blind spot.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The cell.
    pub key: CellKey,
    /// The alert's name.
    pub alert: String,
    /// Its expression.
    pub expr: String,
    /// How long it has to hold.
    pub lasts: Duration,
    /// What moved.
    pub because: String,
}

impl Candidate {
    /// The rule as it stands in a rules file, an item of `rules`.
    #[must_use]
    pub fn text(&self) -> String {
        let Self {
            key, alert, expr, ..
        } = self;
        let summary = format!("{} is {}", key.service, key.failure.words());
        format!(
            "- alert: {alert}\n  expr: {expr}\n  for: {lasts}\n  labels:\n    severity: warning\n  \
             annotations:\n    summary: \"{summary}\"\n",
            expr = quoted(expr),
            lasts = in_promql(self.lasts),
        )
    }
}

/// As Prometheus writes it: whole seconds if it has no others.
fn in_promql(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}

/// A YAML scalar that is `PromQL` with quotes and braces.
fn quoted(expr: &str) -> String {
    format!("'{}'", expr.replace('\'', "''"))
}

/// Rules that may see `cell`, the most telling first. `table` is what was recorded around it, and
/// `step` from one scrape to the next.
#[must_use]
pub fn candidates_for(cell: &MapCell, table: &SeriesTable, step: Duration) -> Vec<Candidate> {
    let Some(span) = &cell.span else {
        return Vec::new();
    };
    let until = span.reverting_at.unwrap_or(span.finished_at);
    let window = (span.injected_at, until);
    let service = Replica::of(&cell.key.service).service;
    let own = cell
        .moved
        .iter()
        .filter(|series| series.service.as_deref() == Some(service));
    let others = cell
        .moved
        .iter()
        .filter(|series| series.service.as_deref() != Some(service));
    let mut candidates = Vec::new();
    for series in own.chain(others) {
        if candidates.len() >= AT_MOST {
            break;
        }
        candidates.extend(candidate_on(series, cell, table, window, step));
    }
    candidates
}

fn candidate_on(
    moved: &MovedSeries,
    cell: &MapCell,
    table: &SeriesTable,
    window: (UtcInstant, UtcInstant),
    step: Duration,
) -> Option<Candidate> {
    let labels: Labels = moved
        .labels
        .iter()
        .filter(|(name, _)| !WITHOUT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let selected = selector_in_promql(&moved.metric, &labels);
    let expr = match moved.how {
        Movement::Ended => format!("absent({selected})"),
        Movement::Began => selected,
        Movement::Left | Movement::Pace => {
            let subject = if moved.how == Movement::Pace {
                let over = in_promql(step.saturating_mul(4));
                format!("rate({selected}[{over}])")
            } else {
                selected
            };
            compared(&subject, moved, table, window)?
        }
    };
    Some(Candidate {
        key: cell.key.clone(),
        alert: alert_name(&cell.key),
        expr,
        lasts: step.saturating_mul(2),
        because: in_words(moved),
    })
}

/// A comparison with a limit between what the series came to here and what it was elsewhere.
fn compared(
    subject: &str,
    moved: &MovedSeries,
    table: &SeriesTable,
    (from, until): (UtcInstant, UtcInstant),
) -> Option<String> {
    let came_to = moved.came_to?;
    let [low, high] = moved.steady?;
    let is_above = came_to > high;
    let mut elsewhere = vec![low, high];
    if moved.how == Movement::Left {
        let mut series = table.series.iter();
        let series = series.find(|it| it.metric == moved.metric && it.labels == moved.labels)?;
        let (first, last) = (table.step_at(from), table.step_at(until) + 2);
        let outside = series.values.iter().enumerate();
        let outside = outside.filter(|(step, _)| *step < first || *step > last);
        elsewhere.extend(outside.filter_map(|(_, value)| *value));
    }
    let nearest = elsewhere.into_iter().filter(|value| value.is_finite());
    let nearest = if is_above {
        nearest.fold(f64::NEG_INFINITY, f64::max)
    } else {
        nearest.fold(f64::INFINITY, f64::min)
    };
    let parts = if is_above {
        came_to > nearest
    } else {
        came_to < nearest
    };
    if !parts || !nearest.is_finite() {
        return None;
    }
    // A state has few values: it is told by its name.
    if came_to == 0.0 && low >= 1.0 {
        return Some(format!("{subject} == 0"));
    }
    let limit = rounded(f64::midpoint(nearest, came_to), (nearest - came_to).abs());
    let sign = if is_above { ">" } else { "<" };
    Some(format!("{subject} {sign} {limit}"))
}

/// With no more digits than tell it apart.
fn rounded(value: f64, apart: f64) -> f64 {
    if !(apart > 0.0 && apart.is_finite()) {
        return value;
    }
    let unit = 10_f64.powf((apart / 4.0).log10().floor());
    let rounded = (value / unit).round() * unit;
    // What a decimal fraction cannot hold in binary is not shown.
    format!("{rounded:.9}").parse().unwrap_or(value)
}

/// As it is evaluated: [`crate::selector`] is what people read.
fn selector_in_promql(metric: &str, labels: &Labels) -> String {
    let labels: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    if labels.is_empty() {
        metric.to_owned()
    } else {
        format!("{metric}{{{}}}", labels.join(","))
    }
}

/// `WorkerHung`, of the service `worker` that hangs.
fn alert_name(key: &CellKey) -> String {
    let named = format!("{} {}", key.service, key.failure.name());
    let words = named.split(|char: char| !char.is_ascii_alphanumeric());
    let capitalised = words.filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    capitalised.collect()
}

fn in_words(moved: &MovedSeries) -> String {
    let series = moved.selector();
    match (moved.how, moved.steady, moved.came_to) {
        (Movement::Left, Some([low, high]), Some(came_to)) if low < high => {
            format!("{series} came to {came_to:.4}; it is {low:.4} to {high:.4} in steady state")
        }
        (Movement::Left, Some([low, _]), Some(came_to)) => {
            format!("{series} came to {came_to:.4}; it is {low:.4} in steady state")
        }
        (Movement::Pace, Some([low, high]), Some(came_to)) => format!(
            "{series} rose by {came_to:.4} a second; it does by {low:.4} to {high:.4} in steady \
             state"
        ),
        _ => format!("{series} {}", moved.how.words()),
    }
}

#[cfg(test)]
mod tests;
