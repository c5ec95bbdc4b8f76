//! `index.html`: a run as a person looks at it, in one file that needs nothing else.

use std::collections::BTreeMap;

use askama::Template;

use super::axis::{Axis, Tick};
use super::chart::Chart;
use super::drill_row::Row;
use crate::model::report::{DrillReport, Report};
use crate::store::RunFolder;
use alertdrill_core::PanelRecord;
use alertdrill_core::{Error, Result};
use alertdrill_core::{ExpressionHistory, Outcome};

/// Per drill, what the expressions of its alerts were.
pub(crate) type Expressions = BTreeMap<String, Vec<ExpressionHistory>>;

/// So many of the drills that did not pass are shown with their details at once.
const OPEN_AT_ONCE: usize = 20;

/// Writes the page of `report` into the run's folder.
///
/// # Errors
/// [`Error::File`] or [`Error::BadDescription`].
pub(crate) fn save(report: &Report, folder: &RunFolder) -> Result<()> {
    let panels = folder.panels()?;
    let names = report.drills.iter().map(|drill| &drill.name);
    let expressions = names
        .map(|name| Ok((name.clone(), folder.expressions(name)?)))
        .collect::<Result<_>>()?;
    let path = folder.path().join("index.html");
    let page = Page::of(report, panels.as_ref(), &expressions);
    let html = page.render().map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })?;
    std::fs::write(&path, html).map_err(Error::file("write", path))
}

#[derive(Template)]
#[template(path = "index.html")]
pub(crate) struct Page<'a> {
    report: &'a Report,
    counts: Vec<(Outcome, usize)>,
    /// The alerts that have become slower than usual.
    pub(crate) slower: Vec<String>,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
    charts: Vec<Chart>,
}

impl<'a> Page<'a> {
    pub(crate) fn of(
        report: &'a Report,
        panels: Option<&PanelRecord>,
        expressions: &Expressions,
    ) -> Self {
        let run = &report.run.info;
        let axis = Axis::of(run.started_at, run.finished_at, run.started_at);
        let count = |outcome| {
            report
                .drills
                .iter()
                .filter(|drill| drill.verdict == outcome)
                .count()
        };
        let outcomes = [
            Outcome::Fail,
            Outcome::Error,
            Outcome::Pass,
            Outcome::Skipped,
        ];
        let counts = outcomes
            .map(|outcome| (outcome, count(outcome)))
            .into_iter()
            .filter(|(_, count)| *count > 0);
        let mut drills: Vec<_> = report.drills.iter().collect();
        // What needs to be looked at comes first, and then what happened first.
        drills.sort_by_key(|drill| {
            (
                std::cmp::Reverse(drill.verdict),
                drill.faults.first().map(|fault| fault.injected_at),
            )
        });
        let expressions_of = |name: &String| expressions.get(name).map_or(&[][..], Vec::as_slice);
        let mut rows: Vec<_> = drills
            .into_iter()
            .map(|drill| Row::of(drill, expressions_of(&drill.name), axis))
            .collect();
        rows.iter_mut()
            .skip(OPEN_AT_ONCE)
            .for_each(|row| row.is_open = false);
        Self {
            report,
            counts: counts.collect(),
            slower: report.drills.iter().flat_map(slower).collect(),
            ticks: axis.ticks(),
            rows,
            charts: panels.map_or_else(Vec::new, |record| {
                record
                    .history
                    .panels
                    .iter()
                    .map(|panel| Chart::of(panel, record.history.sampling, report, axis))
                    .collect()
            }),
        }
    }
}

fn slower(drill: &DrillReport) -> impl Iterator<Item = String> {
    let trends = drill
        .latencies
        .iter()
        .flat_map(|latency| latency.slower().map(move |trend| (&latency.alert, trend)));
    trends.map(|(alert, trend)| format!("{}: {alert} is slower than usual: {trend}", drill.name))
}
