//! A panel of the dashboard over the run's time, with the faults that moved it behind its lines.

use super::axis::Axis;
use super::drill_row::Band;
use super::plot::{Lines, Plot};
use crate::model::report::Report;
use alertdrill_core::dashboard::{PanelHistory, Sampling, SeriesHistory};
use alertdrill_core::{Labels, LineSeries, UtcInstant};

/// A panel.
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) plot: Plot,
}

impl Chart {
    pub(crate) fn of(panel: &PanelHistory, step: Sampling, report: &Report, axis: Axis) -> Self {
        let values = panel
            .series
            .iter()
            .flat_map(|series| &series.values)
            .flatten()
            .copied();
        let highest = values.fold(f64::NEG_INFINITY, f64::max);
        // A threshold that the values never come near would make a flat line of them.
        let threshold = panel
            .thresholds
            .last()
            .copied()
            .filter(|threshold| highest >= threshold / 2.0);
        let limits = threshold.map(|value| {
            (
                format!("threshold {value}"),
                vec![vec![(0.0, value), (axis.seconds, value)]],
            )
        });
        let curves: Vec<_> = panel
            .series
            .iter()
            .map(|series| curve(series, step, axis))
            .collect();
        let mut plot = Plot::of(
            axis,
            panel.unit.as_deref().unwrap_or_default(),
            &curves,
            &limits.into_iter().collect::<Vec<_>>(),
        );
        let movers: Vec<_> = report
            .drills
            .iter()
            .filter(|drill| drill.panels.contains(&panel.title))
            .collect();
        let bands = movers.iter().flat_map(|drill| {
            drill.faults.iter().map(|fault| {
                let until = fault.reverted_at.map_or(100.0, |at| axis.place(at));
                Band::of(
                    "fault",
                    axis.place(fault.injected_at),
                    until,
                    format!("{}: {}", drill.name, fault.target),
                )
            })
        });
        plot.bands = bands.collect();
        let moved_by = movers
            .iter()
            .map(|drill| drill.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
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

fn curve(series: &SeriesHistory, step: Sampling, axis: Axis) -> Lines {
    let values = series.values.iter().enumerate();
    let values: Vec<(UtcInstant, f64)> = values
        .filter_map(|(number, value)| Some((step.at(number), (*value)?)))
        .collect();
    (
        series.name.clone(),
        LineSeries::through(Labels::new(), &values, axis.from, step.every).lines,
    )
}
