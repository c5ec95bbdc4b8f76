//! One cell of the map, as the page shows it: its story, its alerts, and the lines that moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::marks::{Band, Mark};
use super::plot::{LineData, Number, Plot, PlotData};
use super::time_text::duration;
use alertdrill_core::UtcInstant;
use alertdrill_core::exploration::{CellAlert, CellOutcome, CellSpan, MapCell};

/// The lines that the page draws: per cell, by the cell's name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellGraphs(pub BTreeMap<String, Vec<GraphLine>>);

/// A series that moved, around the time in which it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GraphLine {
    /// The series, as a selector, and what is drawn of it.
    pub name: String,
    /// What it ranges over in steady state.
    pub steady: Option<[f64; 2]>,
    /// Its instants, in seconds since the epoch, and its values; none in a gap.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A cell with something to tell.
pub(super) struct CellRow<'a> {
    pub(super) cell: &'a MapCell,
    pub(super) name: String,
    pub(super) class: &'static str,
    pub(super) words: &'static str,
    pub(super) meaning: &'static str,
    pub(super) story: Vec<Event>,
    pub(super) moved: Vec<String>,
    pub(super) more_moved: usize,
    pub(super) reached: Vec<String>,
    pub(super) bands: Vec<Band>,
    pub(super) marks: Vec<Mark>,
    pub(super) plots: Vec<Plot>,
    pub(super) is_open: bool,
}

/// Something that happened.
pub(super) struct Event {
    pub(super) class: &'static str,
    pub(super) after: String,
    pub(super) text: String,
}

/// The class of an outcome, which gives it its colour.
pub(super) fn class_of(outcome: CellOutcome) -> &'static str {
    match outcome {
        CellOutcome::NotApplicable => "not-applicable",
        CellOutcome::NotTried => "not-tried",
        CellOutcome::NoEffect => "no-effect",
        CellOutcome::Blind => "blind",
        CellOutcome::Unseen => "unseen",
        CellOutcome::PendingOnly => "pending-only",
        CellOutcome::Untold => "untold",
        CellOutcome::Pages => "pages",
    }
}

/// The sign of an outcome: who does not tell colours apart tells signs.
pub(super) fn sign_of(outcome: CellOutcome) -> &'static str {
    match outcome {
        CellOutcome::NotApplicable => "–",
        CellOutcome::NotTried => "?",
        CellOutcome::NoEffect => "=",
        CellOutcome::Blind => "✕",
        CellOutcome::Unseen => "○",
        CellOutcome::PendingOnly => "◔",
        CellOutcome::Untold => "◑",
        CellOutcome::Pages => "●",
    }
}

impl<'a> CellRow<'a> {
    /// The row of a cell; its times count from `zero`, and end at `until_s`.
    pub(super) fn of(
        cell: &'a MapCell,
        graphs: &CellGraphs,
        zero: UtcInstant,
        is_open: bool,
    ) -> Self {
        let name = cell.key.to_string();
        let lines = graphs.0.get(&name).map(Vec::as_slice);
        let span = cell.span.as_ref();
        let bands = span.map_or_else(Vec::new, |span| bands_of(cell, span, zero));
        let plots = span.map_or_else(Vec::new, |span| {
            let lines = lines.unwrap_or_default().iter();
            lines.map(|line| plot_of(line, cell, span, zero)).collect()
        });
        Self {
            cell,
            name,
            class: class_of(cell.outcome),
            words: cell.outcome.words(),
            meaning: cell.outcome.meaning(),
            story: span.map_or_else(Vec::new, |span| story_of(cell, span)),
            moved: cell
                .moved
                .iter()
                .map(|series| format!("{} {}", series.selector(), series.how.words()))
                .collect(),
            more_moved: cell.moved_count.saturating_sub(cell.moved.len()),
            reached: cell.reached.iter().map(reached_in_words).collect(),
            bands,
            marks: marks_of(&cell.alerts, zero),
            plots,
            is_open,
        }
    }
}

fn reached_in_words(touched: &alertdrill_core::exploration::TouchedService) -> String {
    let service = &touched.service;
    let health = touched.health.as_ref();
    match (health, touched.moved) {
        (Some(health), 0) => format!("{service}: {health}"),
        (Some(health), moved) => format!("{service}: {health}; {moved} of its series moved"),
        (None, moved) => format!("{service}: {moved} of its series moved"),
    }
}

fn story_of(cell: &MapCell, span: &CellSpan) -> Vec<Event> {
    let mut events: Vec<(UtcInstant, &'static str, String)> = Vec::new();
    events.push((
        span.injected_at,
        "fault",
        "the fault is injected".to_owned(),
    ));
    if let Some(at) = span.effect_at {
        events.push((at, "fault", "it has its effect".to_owned()));
    }
    for alert in &cell.alerts {
        let instants = [
            (alert.pending_at, "pending", "is pending"),
            (alert.firing_at, "firing", "fires"),
            (alert.resolved_at, "resolved", "has ended"),
        ];
        for (at, class, what) in instants {
            events.extend(at.map(|at| (at, class, format!("{} {what}", alert.alert))));
        }
        if let Some(told) = &alert.told
            && !told.receiver.is_empty()
        {
            let text = format!("{} is told of {}", told.receiver, alert.alert);
            events.push((told.at, "notified", text));
        }
    }
    if let Some(at) = span.reverted_at {
        events.push((at, "fault", "the fault is reverted".to_owned()));
    }
    events.sort_by_key(|(at, ..)| *at);
    let event = |(at, class, text): (UtcInstant, &'static str, String)| Event {
        class,
        after: format!("+{}", duration(at.seconds_since(span.injected_at).max(0.0))),
        text,
    };
    events.into_iter().map(event).collect()
}

fn bands_of(cell: &MapCell, span: &CellSpan, zero: UtcInstant) -> Vec<Band> {
    let second = |at: UtcInstant| at.seconds_since(zero);
    let mut bands = vec![Band {
        class: "fault",
        from_s: second(span.injected_at),
        until_s: second(span.reverted_at.unwrap_or(span.finished_at)),
        title: cell.key.to_string(),
    }];
    for alert in &cell.alerts {
        let end = alert.resolved_at.unwrap_or(span.finished_at);
        if let Some(pending) = alert.pending_at {
            bands.push(Band {
                class: "pending",
                from_s: second(pending),
                until_s: second(alert.firing_at.unwrap_or(end)),
                title: format!("{} pending", alert.alert),
            });
        }
        if let Some(firing) = alert.firing_at {
            bands.push(Band {
                class: "firing",
                from_s: second(firing),
                until_s: second(end),
                title: format!("{} firing", alert.alert),
            });
        }
    }
    bands
}

fn marks_of(alerts: &[CellAlert], zero: UtcInstant) -> Vec<Mark> {
    let told = alerts.iter().filter_map(|alert| {
        let told = alert.told.as_ref()?;
        Some(Mark {
            class: "notified",
            at_s: told.at.seconds_since(zero),
            title: format!("{} told of {}", told.receiver, alert.alert),
        })
    });
    told.collect()
}

fn plot_of(line: &GraphLine, cell: &MapCell, span: &CellSpan, zero: UtcInstant) -> Plot {
    let zero_s = zero.epoch_s();
    let runs = line.points.split(|(_, value)| value.is_none());
    let runs = runs.filter(|run| !run.is_empty());
    let runs: Vec<Vec<(f64, f64)>> = runs
        .map(|run| {
            let known = run.iter();
            known
                .filter_map(|(at, value)| Some((at - zero_s, (*value)?)))
                .collect()
        })
        .collect();
    let mut lines = vec![LineData::of(line.name.clone(), false, &runs, 0.0)];
    let ends = line.points.first().zip(line.points.last());
    let (from_s, until_s) = ends.map_or((0.0, 1.0), |(first, last)| {
        (first.0 - zero_s, last.0 - zero_s)
    });
    if let Some(steady) = line.steady {
        for (name, value) in ["least in steady state", "most in steady state"]
            .into_iter()
            .zip(steady)
        {
            let level = vec![vec![(from_s, value), (until_s, value)]];
            lines.push(LineData::of(name.to_owned(), true, &level, 0.0));
        }
    }
    Plot {
        label: line.name.clone(),
        bands: bands_of(cell, span, zero),
        marks: marks_of(&cell.alerts, zero),
        data: PlotData {
            unit: String::new(),
            from: Number(from_s),
            until: Number(until_s),
            zero: Number(span.injected_at.seconds_since(zero)),
            lines,
        },
    }
}
