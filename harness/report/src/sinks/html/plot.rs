//! Lines over time, in their own units. A path's numbers are seconds and values as they were
//! recorded, and the drawing is scaled to its place: so the page reads recorded values from it.

use super::axis::{Axis, Tick};
use super::marks::{Band, Mark};

/// The style sheet has so many colours.
const COLOURS: usize = 10;
/// The height of a plot in its own units; its width is the same.
const HEIGHT: f64 = 100.0;

/// Lines over time.
pub(super) struct Plot {
    /// What it shows, in words.
    pub(super) label: String,
    pub(super) highest: String,
    pub(super) lowest: String,
    pub(super) unit: String,
    pub(super) axis: Axis,
    pub(super) ticks: Vec<Tick>,
    pub(super) bands: Vec<Band>,
    pub(super) marks: Vec<Mark>,
    pub(super) limits: Vec<Curve>,
    pub(super) curves: Vec<Curve>,
    /// From seconds and values to the plot's own units.
    pub(super) transform: String,
}

/// A line.
pub(super) struct Curve {
    pub(super) name: String,
    pub(super) colour: usize,
    /// An SVG path, of seconds after the axis's beginning and values.
    pub(super) path: String,
}

/// What a curve is made of: its name, and its lines of seconds and values.
pub(super) type NamedLines = (String, Vec<Vec<(f64, f64)>>);

impl Plot {
    pub(super) fn of(axis: Axis, unit: &str, curves: &[NamedLines], limits: &[NamedLines]) -> Self {
        let (lowest, highest) = ends(curves.iter().chain(limits));
        let scale = if highest > lowest {
            HEIGHT / (highest - lowest)
        } else {
            HEIGHT
        };
        let (per_second, bottom) = (HEIGHT / axis.seconds, HEIGHT + lowest * scale);
        let transform = format!("matrix({per_second} 0 0 {} 0 {bottom})", -scale);
        Self {
            label: String::new(),
            highest: with_unit(highest, unit),
            lowest: with_unit(lowest, unit),
            unit: unit.to_owned(),
            axis,
            ticks: axis.ticks(),
            bands: Vec::new(),
            marks: Vec::new(),
            limits: drawn(limits),
            curves: drawn(curves),
            transform,
        }
    }
}

/// The lowest and the highest value to be drawn; zero is always in sight of values above it.
fn ends<'a>(lines: impl Iterator<Item = &'a NamedLines>) -> (f64, f64) {
    let points = lines.flat_map(|(_, lines)| lines).flatten();
    let values: Vec<_> = points.map(|(_, value)| *value).collect();
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !highest.is_finite() {
        return (0.0, 1.0);
    }
    let lowest = values.into_iter().fold(f64::INFINITY, f64::min);
    (lowest.min(highest.min(0.0)), highest)
}

fn drawn(curves: &[NamedLines]) -> Vec<Curve> {
    let drawn = curves
        .iter()
        .enumerate()
        .map(|(number, (name, lines))| Curve {
            name: name.clone(),
            colour: number % COLOURS,
            path: path(lines),
        });
    drawn.collect()
}

/// An SVG path. A line of one point is drawn one second long.
fn path(lines: &[Vec<(f64, f64)>]) -> String {
    let drawn = lines.iter().map(|line| {
        let points: Vec<_> = line
            .iter()
            .map(|(second, value)| format!("{} {value}", rounded(*second)))
            .collect();
        format!(
            "M{}{}",
            points.join("L"),
            if points.len() == 1 { "h1" } else { "" }
        )
    });
    drawn.collect()
}

fn rounded(second: f64) -> f64 {
    (second * 1000.0).round() / 1000.0
}

/// A value in Grafana's unit, short enough for an axis.
pub(super) fn with_unit(value: f64, unit: &str) -> String {
    let short = |value: f64, suffixes: [&str; 4], factor: f64| {
        let power = (0..3)
            .take_while(|power| value.abs() >= factor.powi(power + 1))
            .count();
        let scaled = value / factor.powi(i32::try_from(power).unwrap_or_default());
        let digits = usize::from(scaled.abs() < 10.0 && scaled.fract() != 0.0);
        format!("{scaled:.digits$} {}", suffixes[power])
            .trim_end()
            .to_owned()
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
    use alertdrill_core::UtcInstant;

    fn axis() -> Axis {
        let from = UtcInstant::from_epoch_s(1_763_876_500.0).unwrap();
        Axis {
            from,
            seconds: 50.0,
            zero_s: 0.0,
        }
    }

    #[test]
    fn line_is_drawn_in_its_own_units_and_broken_where_there_is_no_value() {
        assert_eq!(
            path(&[vec![(0.0, 1.5), (1.0, 2.0)], vec![(3.0, 1e9)]]),
            "M0 1.5L1 2M3 1000000000h1"
        );
    }

    #[test]
    fn plot_reaches_from_its_lowest_to_its_highest_value_or_limit() {
        let curve = ("a".to_owned(), vec![vec![(0.0, 10.0), (50.0, 20.0)]]);
        let limit = ("> 40".to_owned(), vec![vec![(0.0, 40.0), (50.0, 40.0)]]);
        let plot = Plot::of(axis(), "", &[curve], &[limit]);
        assert_eq!((plot.highest.as_str(), plot.lowest.as_str()), ("40", "0"));
        // 50 s wide and 40 high, from the bottom: 100 x 100.
        assert_eq!(plot.transform, "matrix(2 0 0 -2.5 0 100)");
    }

    #[test]
    fn plot_of_values_below_zero_begins_with_the_lowest() {
        let curve = ("a".to_owned(), vec![vec![(0.0, -10.0), (50.0, 10.0)]]);
        // -10 lies at 50 + 5 x 10 = 100, the bottom; 10 at the top.
        assert_eq!(
            Plot::of(axis(), "", &[curve], &[]).transform,
            "matrix(2 0 0 -5 0 50)"
        );
    }

    #[test]
    fn plot_of_nothing_or_of_one_value_can_be_drawn() {
        assert_eq!(
            Plot::of(axis(), "", &[], &[]).transform,
            "matrix(2 0 0 -100 0 100)"
        );
        let zero = ("a".to_owned(), vec![vec![(0.0, 0.0)]]);
        assert_eq!(
            Plot::of(axis(), "", &[zero], &[]).transform,
            "matrix(2 0 0 -100 0 100)"
        );
    }

    #[test]
    fn values_are_written_in_their_units() {
        assert_eq!(with_unit(3.0 * 1024.0 * 1024.0, "bytes"), "3 MiB");
        assert_eq!(with_unit(1500.0, "short"), "1.5 k");
        assert_eq!(with_unit(0.0, "short"), "0");
        assert_eq!(with_unit(50.04, "cps"), "50.0/s");
    }
}
