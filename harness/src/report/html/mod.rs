//! `index.html`: a run as a person looks at it, in one file that needs nothing else.

mod chart;
mod timeline;

use askama::Template;

use super::json::Report;
use super::record::RunFolder;
use crate::drill::{Outcome, UtcInstant};
use crate::{Error, Result};
use chart::Chart;
use timeline::Row;

/// Writes the page of `report` into the run's folder.
///
/// # Errors
/// [`Error::File`] or [`Error::BadDescription`].
pub(super) fn save(report: &Report, folder: &RunFolder) -> Result<()> {
    let panels = folder.panels()?;
    let path = folder.path().join("index.html");
    let page = Page::of(report, panels.as_ref());
    let html =
        page.render().map_err(|error| Error::BadDescription { what: path.display().to_string(), reason: error.to_string() })?;
    std::fs::write(&path, html).map_err(Error::file("write", path))
}

#[derive(Template)]
#[template(path = "index.html")]
struct Page<'a> {
    report: &'a Report,
    counts: Vec<(Outcome, usize)>,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
    charts: Vec<Chart>,
}

/// A mark on the axis of time.
struct Tick {
    left: f64,
    text: String,
}

/// The time of a run, from 0 to 100.
#[derive(Clone, Copy)]
struct Axis {
    from: UtcInstant,
    seconds: f64,
}

impl Axis {
    fn of(report: &Report) -> Self {
        let from = report.run.info.started_at;
        Self { from, seconds: report.run.info.finished_at.seconds_since(from).max(1.0) }
    }

    fn place(self, at: UtcInstant) -> f64 {
        (at.seconds_since(self.from) / self.seconds * 100.0).clamp(0.0, 100.0)
    }

    /// About eight, at whole minutes if the run is long enough.
    fn ticks(self) -> Vec<Tick> {
        let every = [10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0].into_iter().find(|every| self.seconds / every <= 8.0);
        let every = every.unwrap_or(7200.0);
        let instants = std::iter::successors(Some(0.0), |at| Some(at + every)).take_while(|at| *at < self.seconds);
        let text = |at: f64| if every < 60.0 { format!("{at:.0} s") } else { format!("{:.0} min", at / 60.0) };
        instants.map(|at| Tick { left: at / self.seconds * 100.0, text: text(at) }).collect()
    }
}

impl<'a> Page<'a> {
    fn of(report: &'a Report, panels: Option<&super::PanelRecord>) -> Self {
        let axis = Axis::of(report);
        let count = |outcome| report.drills.iter().filter(|drill| drill.verdict == outcome).count();
        let outcomes = [Outcome::Fail, Outcome::Error, Outcome::Pass, Outcome::Skipped];
        let counts = outcomes.map(|outcome| (outcome, count(outcome))).into_iter().filter(|(_, count)| *count > 0);
        let mut drills: Vec<_> = report.drills.iter().collect();
        // What needs to be looked at comes first, and then what happened first.
        drills.sort_by_key(|drill| (std::cmp::Reverse(drill.verdict), drill.faults.first().map(|fault| fault.injected_at)));
        Self {
            report,
            counts: counts.collect(),
            ticks: axis.ticks(),
            rows: drills.into_iter().map(|drill| Row::of(drill, axis)).collect(),
            charts: panels.map_or_else(Vec::new, |record| {
                record.history.panels.iter().map(|panel| Chart::of(panel, record.history.step, report, axis)).collect()
            }),
        }
    }
}

#[cfg(test)]
mod tests;
