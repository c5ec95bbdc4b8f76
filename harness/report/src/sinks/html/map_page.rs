//! The page of a map: services × failures, and below it what happened in each cell.

use askama::Template;
use serde::Serialize;

use super::map_cell::{CellGraphs, CellRow, class_of, sign_of};
use super::page::{UPLOT_LICENCE, UPLOT_SCRIPT, UPLOT_STYLE};
use super::plot::{Number, in_page};
use super::time_text::{day_and_clock, duration};
use alertdrill_core::exploration::{CellOutcome, ExplorationMap, FailureKind, MapCell};
use alertdrill_core::{Error, Result, UtcInstant};

/// At most so many blind spots are shown with their details at once.
const OPEN_AT_ONCE: usize = 8;

/// The page of `map`, with the lines of the series that moved.
///
/// # Errors
/// [`Error::BadDescription`] if the template cannot be rendered.
pub fn map_page(map: &ExplorationMap, graphs: &CellGraphs) -> Result<String> {
    let rendered = MapPage::of(map, graphs).render();
    rendered.map_err(|error| Error::BadDescription {
        what: "the page of the map".to_owned(),
        reason: error.to_string(),
    })
}

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage<'a> {
    map: &'a ExplorationMap,
    begun: String,
    held: String,
    counts: Vec<OutcomeCount>,
    failures: Vec<FailureKind>,
    services: Vec<ServiceRow<'a>>,
    rows: Vec<CellRow<'a>>,
    run_data: String,
    until_s: f64,
    uplot_script: String,
    uplot_style: &'static str,
}

struct OutcomeCount {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    meaning: &'static str,
    cells: usize,
}

struct ServiceRow<'a> {
    name: &'a str,
    /// Per failure, its cells.
    cells: Vec<Vec<TableCell<'a>>>,
}

struct TableCell<'a> {
    cell: &'a MapCell,
    name: String,
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    /// How soon it pages.
    after: String,
    title: String,
}

/// The time and the faults of the exploration, as the script reads them.
#[derive(Serialize)]
struct RunData {
    zero: f64,
    until: Number,
    /// Per cell, its faults.
    faults: Vec<(String, Vec<FaultData>)>,
}

/// From when until when it lasted, and what it was.
type FaultData = (Number, Number, String);

impl<'a> MapPage<'a> {
    fn of(map: &'a ExplorationMap, graphs: &CellGraphs) -> Self {
        let spans = || map.cells.iter().filter_map(|cell| cell.span.as_ref());
        let zero = spans().map(|span| span.injected_at).min();
        let zero = zero.unwrap_or(UtcInstant::EPOCH);
        let until = spans().map(|span| span.finished_at).max();
        let until_s = until.map_or(1.0, |until| until.seconds_since(zero));
        let failures: Vec<_> = FailureKind::ALL
            .into_iter()
            .filter(|failure| map.cells.iter().any(|cell| cell.key.failure == *failure))
            .collect();
        let mut told: Vec<_> = map
            .cells
            .iter()
            .filter(|cell| cell.outcome != CellOutcome::NotApplicable)
            .collect();
        told.sort_by_key(|cell| (!cell.outcome.is_blind_spot(), cell.outcome));
        let rows = told.iter().enumerate().map(|(number, cell)| {
            let is_open = cell.outcome.is_blind_spot() && number < OPEN_AT_ONCE;
            CellRow::of(cell, graphs, zero, is_open)
        });
        Self {
            map,
            begun: map
                .segments
                .first()
                .map_or_else(String::new, |segment| day_and_clock(segment.begun_at)),
            held: duration(map.hold_s),
            counts: counts(map),
            services: map
                .services
                .iter()
                .map(|service| service_row(map, service, &failures))
                .collect(),
            failures,
            rows: rows.collect(),
            run_data: run_data(map, zero, until_s),
            until_s,
            // A licence that asks to be with each copy is.
            uplot_script: format!("/*\n{UPLOT_LICENCE}\n*/\n{UPLOT_SCRIPT}"),
            uplot_style: UPLOT_STYLE,
        }
    }
}

fn counts(map: &ExplorationMap) -> Vec<OutcomeCount> {
    let shown = CellOutcome::ALL.into_iter().rev();
    let shown = shown.filter(|outcome| *outcome != CellOutcome::NotApplicable);
    shown
        .map(|outcome| OutcomeCount {
            class: class_of(outcome),
            sign: sign_of(outcome),
            words: outcome.words(),
            meaning: outcome.meaning(),
            cells: map.count(outcome),
        })
        .collect()
}

fn service_row<'a>(
    map: &'a ExplorationMap,
    service: &'a str,
    failures: &[FailureKind],
) -> ServiceRow<'a> {
    let cells = failures.iter().map(|failure| {
        let cells = map.cells_at(service, *failure);
        cells.map(table_cell).collect()
    });
    ServiceRow {
        name: service,
        cells: cells.collect(),
    }
}

fn table_cell(cell: &MapCell) -> TableCell<'_> {
    let after = cell.pages_after_s().map(duration).unwrap_or_default();
    let on = cell.key.on.as_ref();
    let on = on.map_or_else(String::new, |on| format!(" ({on})"));
    let because = if cell.because.is_empty() {
        cell.outcome.meaning()
    } else {
        &cell.because
    };
    TableCell {
        name: cell.key.to_string(),
        class: class_of(cell.outcome),
        sign: sign_of(cell.outcome),
        words: cell.outcome.words(),
        after: if cell.outcome == CellOutcome::Pages {
            after
        } else {
            String::new()
        },
        title: format!("{}{on}: {because}", cell.key.failure.words()),
        cell,
    }
}

fn run_data(map: &ExplorationMap, zero: UtcInstant, until_s: f64) -> String {
    let faults = map.cells.iter().filter_map(|cell| {
        let span = cell.span.as_ref()?;
        let second = |at: UtcInstant| Number(at.seconds_since(zero));
        let until = span.reverted_at.unwrap_or(span.finished_at);
        let name = cell.key.to_string();
        let fault = (second(span.injected_at), second(until), name.clone());
        Some((name, vec![fault]))
    });
    in_page(&RunData {
        zero: zero.epoch_s(),
        until: Number(until_s),
        faults: faults.collect(),
    })
}

#[cfg(test)]
mod tests;
