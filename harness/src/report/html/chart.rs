//! A panel of the dashboard over the run's time, with the faults that moved it behind its lines.

use super::super::json::Report;
use super::Axis;
use super::timeline::Span;
use crate::dashboard::{PanelHistory, SeriesHistory, Step};

/// The height of a chart in its own units; its width is 100, the run's time.
const HEIGHT: f64 = 100.0;
/// As many colours as the style has.
const COLOURS: usize = 10;

/// A panel.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) highest: String,
    pub(super) lowest: String,
    pub(super) bands: Vec<Span>,
    pub(super) moved_by: String,
    /// From the top.
    pub(super) threshold: Option<f64>,
    pub(super) lines: Vec<Line>,
}

/// A series.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) colour: usize,
    /// An SVG path.
    pub(super) path: String,
}

impl Chart {
    pub(super) fn of(panel: &PanelHistory, step: Step, report: &Report, axis: Axis) -> Self {
        let values = || panel.series.iter().flat_map(|series| &series.values).flatten().copied();
        let threshold = panel.thresholds.last().copied();
        let highest = values().fold(f64::NEG_INFINITY, f64::max);
        // A threshold that the values never come near would make a flat line of them.
        let threshold = threshold.filter(|threshold| highest >= threshold / 2.0);
        let highest = highest.max(threshold.unwrap_or(f64::NEG_INFINITY));
        let lowest = values().fold(f64::INFINITY, f64::min).min(if highest >= 0.0 { 0.0 } else { highest });
        let (highest, lowest) = if highest.is_finite() { (highest, lowest) } else { (1.0, 0.0) };
        let height = if highest > lowest { highest - lowest } else { 1.0 };
        let from_top = |value: f64| HEIGHT - (value - lowest) / height * HEIGHT;
        let movers: Vec<_> = report.drills.iter().filter(|drill| drill.panels.contains(&panel.title)).collect();
        let bands = movers.iter().flat_map(|drill| {
            drill.faults.iter().map(|fault| {
                let until = fault.reverted_at.map_or(100.0, |at| axis.place(at));
                Span::of("fault", axis.place(fault.injected_at), until, format!("{}: {}", drill.name, fault.target))
            })
        });
        let lines = panel.series.iter().enumerate().map(|(number, series)| Line {
            name: series.name.clone(),
            colour: number % COLOURS,
            path: path(series, |number| axis.place(step.at(number)), from_top),
        });
        let unit = panel.unit.as_deref().unwrap_or_default();
        Self {
            title: panel.title.clone(),
            highest: with_unit(highest, unit),
            lowest: with_unit(lowest, unit),
            bands: bands.collect(),
            moved_by: movers.iter().map(|drill| drill.name.as_str()).collect::<Vec<_>>().join(", "),
            threshold: threshold.map(from_top),
            lines: lines.collect(),
        }
    }
}

/// A line is broken where there is no value.
fn path(series: &SeriesHistory, left: impl Fn(usize) -> f64, from_top: impl Fn(f64) -> f64) -> String {
    let mut draws = false;
    let points = series.values.iter().enumerate().filter_map(|(number, value)| {
        let command = if std::mem::replace(&mut draws, value.is_some()) { 'L' } else { 'M' };
        value.map(|value| format!("{command}{:.2} {:.1}", left(number), from_top(value)))
    });
    points.collect()
}

/// A value in Grafana's unit, short enough for an axis.
fn with_unit(value: f64, unit: &str) -> String {
    let short = |value: f64, suffixes: [&str; 4], factor: f64| {
        let power = (0..3).take_while(|power| value.abs() >= factor.powi(power + 1)).count();
        let scaled = value / factor.powi(i32::try_from(power).unwrap_or_default());
        let digits = usize::from(scaled.abs() < 10.0 && scaled.fract() != 0.0);
        format!("{scaled:.digits$} {}", suffixes[power]).trim_end().to_owned()
    };
    match unit {
        "bytes" => short(value, ["B", "KiB", "MiB", "GiB"], 1024.0),
        "percent" => format!("{value:.0} %"),
        "s" | "dateTimeFromNow" => format!("{value:.1} s"),
        "m" => format!("{value:.1} min"),
        "cps" => format!("{value:.1}/s"),
        _ => short(value, ["", "k", "M", "G"], 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::Concerns;
    use crate::drill::Labels;

    #[test]
    fn line_is_broken_where_there_is_no_value() {
        let values = vec![Some(1.0), Some(2.0), None, Some(3.0)];
        let series = SeriesHistory { query: 0, name: String::new(), labels: Labels::new(), concerns: Concerns::Nothing, values };
        #[allow(clippy::cast_precision_loss, reason = "it is small")]
        let path = path(&series, |number| number as f64, |value| 10.0 - value);
        assert_eq!(path, "M0.00 9.0L1.00 8.0M3.00 7.0");
    }

    #[test]
    fn values_are_written_in_their_units() {
        assert_eq!(with_unit(3.0 * 1024.0 * 1024.0, "bytes"), "3 MiB");
        assert_eq!(with_unit(1500.0, "short"), "1.5 k");
        assert_eq!(with_unit(0.0, "short"), "0");
        assert_eq!(with_unit(50.04, "cps"), "50.0/s");
    }
}
