//! A panel of the dashboard over the run's time, with the faults that moved it behind its lines.

use super::axis::Axis;
use super::marks::Band;
use super::plot::{NamedLines, Plot};
use crate::model::Report;
use alertdrill_core::dashboard::{PanelHistory, Sampling, SeriesHistory};
use alertdrill_core::{Labels, LineSeries, UtcInstant};

/// A panel.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) plot: Plot,
}

impl Chart {
    pub(super) fn of(panel: &PanelHistory, step: Sampling, report: &Report, axis: Axis) -> Self {
        let values = panel.series.iter().flat_map(|series| &series.values);
        let highest = values.flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        // A threshold far above the values would make a flat line of them.
        let threshold = panel.thresholds.last().copied();
        let threshold = threshold.filter(|threshold| highest >= threshold / 2.0);
        let limit = |value| {
            let line = vec![(0.0, value), (axis.seconds, value)];
            (format!("threshold {value}"), vec![line])
        };
        let limits: Vec<_> = threshold.map(limit).into_iter().collect();
        let curves: Vec<_> = panel
            .series
            .iter()
            .map(|series| curve(series, step, axis))
            .collect();
        let unit = panel.unit.as_deref().unwrap_or_default();
        let mut plot = Plot::of(axis, unit, &curves, &limits);
        let movers = report.drills.iter();
        let movers: Vec<_> = movers
            .filter(|drill| drill.panels.contains(&panel.title))
            .collect();
        let bands = movers.iter().flat_map(|drill| {
            drill.faults.iter().map(|fault| {
                let until = fault.reverted_at.map_or(100.0, |at| axis.place(at));
                let title = format!("{}: {}", drill.name, fault.target);
                Band::of("fault", axis.place(fault.injected_at), until, title)
            })
        });
        plot.bands = bands.collect();
        let moved_by: Vec<_> = movers.iter().map(|drill| drill.name.as_str()).collect();
        let moved_by = moved_by.join(", ");
        plot.label = if moved_by.is_empty() {
            panel.title.clone()
        } else {
            format!("{}, moved by {moved_by}", panel.title)
        };
        Self {
            title: panel.title.clone(),
            plot,
        }
    }
}

fn curve(series: &SeriesHistory, step: Sampling, axis: Axis) -> NamedLines {
    let values = series.values.iter().enumerate();
    let values: Vec<(UtcInstant, f64)> = values
        .filter_map(|(number, value)| Some((step.at(number), (*value)?)))
        .collect();
    let line = LineSeries::through(Labels::new(), &values, axis.from, step.every);
    (series.name.clone(), line.lines)
}
