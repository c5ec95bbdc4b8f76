//! A panel of the dashboard over the run's time, with the faults that moved it behind its lines.

use super::marks::{Band, fault_bands};
use super::plot::{LineData, Number, Plot, PlotData};
use super::run_time::RunTime;
use super::unit::with_unit;
use crate::model::Report;
use alertdrill_core::dashboard::{PanelHistory, Sampling, SeriesHistory};
use alertdrill_core::{Labels, LineSeries, UtcInstant};

/// Queries whose values differ by more than this cannot be read on one axis.
const MOST_APART: f64 = 1000.0;

/// A panel, or one query of it.
pub(super) struct Chart {
    pub(super) title: String,
    /// The panel's own title.
    pub(super) panel: String,
    pub(super) plot: Plot,
}

impl Chart {
    /// What `panel` shows, on one chart; on one for each of its queries, if it has no unit and they
    /// are too far apart.
    pub(super) fn all_of(
        panel: &PanelHistory,
        step: Sampling,
        report: &Report,
        time: RunTime,
    ) -> Vec<Self> {
        let mut queries: Vec<_> = panel.series.iter().map(|series| series.query).collect();
        queries.dedup();
        let highest_of = |query: &usize| {
            let series = panel.series.iter().filter(|series| series.query == *query);
            highest(series)
        };
        let highest: Vec<_> = queries.iter().map(highest_of).collect();
        let least = highest.iter().copied().fold(f64::INFINITY, f64::min);
        let most = highest.iter().copied().fold(0.0, f64::max);
        if panel.unit.is_some() || queries.len() < 2 || most < least.max(1e-9) * MOST_APART {
            return vec![Self::of(panel, step, report, time)];
        }
        let apart = queries.into_iter().map(|query| {
            let series = panel.series.iter().filter(|series| series.query == query);
            let series: Vec<_> = series.cloned().collect();
            let names: Vec<_> = series.iter().map(|series| series.name.as_str()).collect();
            let alone = PanelHistory {
                series: series.clone(),
                ..panel.clone()
            };
            let mut chart = Self::of(&alone, step, report, time);
            chart.title = format!("{}: {}", panel.title, names.join(", "));
            chart
        });
        apart.collect()
    }

    fn of(panel: &PanelHistory, step: Sampling, report: &Report, time: RunTime) -> Self {
        let highest = highest(panel.series.iter());
        // A threshold far above the values would make a flat line of them.
        let threshold = panel.thresholds.last().copied();
        let threshold = threshold.filter(|threshold| highest >= threshold / 2.0);
        let unit = panel.unit.as_deref().unwrap_or_default();
        let limit = |value| {
            let line = vec![(0.0, value), (time.until_s, value)];
            LineData::of(
                format!("threshold {}", with_unit(value, unit)),
                true,
                &[line],
                0.0,
            )
        };
        let curves = panel.series.iter();
        let curves = curves.map(|series| curve(series, step, time));
        let lines = curves.chain(threshold.map(limit)).collect();
        let movers = report.drills.iter();
        let movers: Vec<_> = movers
            .filter(|drill| drill.panels.contains(&panel.title))
            .collect();
        let faults = movers.iter().flat_map(|drill| fault_bands(drill, time));
        let label = match movers.as_slice() {
            [] => panel.title.clone(),
            [one] => format!("{}, moved by {}", panel.title, one.name),
            [one, others @ ..] => {
                let others = others.len();
                format!("{}, moved by {} and {others} more", panel.title, one.name)
            }
        };
        Self {
            title: panel.title.clone(),
            panel: panel.title.clone(),
            plot: Plot {
                label,
                bands: merged(faults.collect()),
                marks: Vec::new(),
                data: PlotData {
                    unit: unit.to_owned(),
                    from: Number(0.0),
                    until: Number(time.until_s),
                    zero: Number(0.0),
                    lines,
                },
            },
        }
    }
}

fn highest<'a>(series: impl Iterator<Item = &'a SeriesHistory>) -> f64 {
    let values = series.flat_map(|series| series.values.iter().flatten());
    values.copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The line of a series; what was before the run's first fault is left out.
fn curve(series: &SeriesHistory, step: Sampling, time: RunTime) -> LineData {
    let values = series.values.iter().enumerate();
    let values = values.filter_map(|(number, value)| Some((step.at(number), (*value)?)));
    let begins_at = time.zero.minus(step.every);
    let values: Vec<(UtcInstant, f64)> = values.filter(|(at, _)| *at >= begins_at).collect();
    let line = LineSeries::through(Labels::new(), &values, time.zero, step.every);
    LineData::of(series.name.clone(), false, &line.lines, 0.0)
}

/// The time that any of `bands` covers, in one tone: many on top of each other drown the lines.
fn merged(mut bands: Vec<Band>) -> Vec<Band> {
    bands.sort_by(|a, b| a.from_s.total_cmp(&b.from_s));
    let mut merged: Vec<Band> = Vec::new();
    for band in bands {
        match merged.last_mut() {
            Some(last) if band.from_s <= last.until_s => {
                last.until_s = last.until_s.max(band.until_s);
            }
            _ => merged.push(Band {
                title: String::new(),
                ..band
            }),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::examples::{at, example_report};
    use alertdrill_core::dashboard::Concerns;

    fn series(query: usize, value: f64) -> SeriesHistory {
        SeriesHistory {
            query,
            name: format!("query {query}"),
            labels: Labels::new(),
            concerns: Concerns::Nothing,
            values: vec![Some(value); 40],
        }
    }

    fn charts(unit: Option<&str>, series: Vec<SeriesHistory>) -> Vec<Chart> {
        let panel = PanelHistory {
            title: "Targets".to_owned(),
            unit: unit.map(str::to_owned),
            thresholds: vec![],
            states: vec![],
            series,
        };
        let step = Sampling {
            from: at(0.0),
            every: Duration::from_secs(5),
        };
        let report = example_report("okx");
        Chart::all_of(&panel, step, &report, RunTime::of(&report))
    }

    #[test]
    fn faults_that_overlap_are_one_band() {
        let band = |from_s, until_s| Band {
            class: "fault",
            from_s,
            until_s,
            title: "a".to_owned(),
        };
        let merged = merged(vec![band(20.0, 30.0), band(0.0, 5.0), band(4.0, 9.0)]);
        let ends: Vec<_> = merged.iter().map(|b| (b.from_s, b.until_s)).collect();
        assert_eq!(ends, [(0.0, 9.0), (20.0, 30.0)]);
    }

    #[test]
    fn panel_begins_with_the_first_fault_and_has_the_faults_of_the_drills_that_moved_it() {
        let charts = charts(None, vec![series(0, 3.0)]);
        let [chart] = charts.as_slice() else {
            panic!("{} charts", charts.len());
        };
        assert_eq!(chart.plot.label, "Targets, moved by feed_handler_stopped");
        assert_eq!(chart.plot.bands.len(), 1);
        assert!(chart.plot.data.lines[0].points[0][0].0 >= -5.0);
    }

    #[test]
    fn queries_without_a_unit_that_are_far_apart_have_a_chart_each() {
        let apart = || vec![series(0, 2.0), series(1, 2e9)];
        let titles: Vec<_> = charts(None, apart())
            .into_iter()
            .map(|chart| chart.title)
            .collect();
        assert_eq!(titles, ["Targets: query 0", "Targets: query 1"]);
        assert_eq!(charts(Some("bytes"), apart()).len(), 1);
    }
}
