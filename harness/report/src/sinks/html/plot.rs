//! Lines over time, as data: the page's library draws them when somebody looks at them.

use serde::{Serialize, Serializer};

use super::marks::{Band, Mark};

/// Lines over time.
pub(super) struct Plot {
    /// What it shows, in words.
    pub(super) label: String,
    pub(super) bands: Vec<Band>,
    pub(super) marks: Vec<Mark>,
    pub(super) data: PlotData,
}

/// What is drawn, as the page's script reads it.
#[derive(Serialize)]
pub(super) struct PlotData {
    /// Grafana's name of the unit.
    pub(super) unit: String,
    /// The seconds of the run's time at which the drawing begins and ends.
    pub(super) from: Number,
    pub(super) until: Number,
    /// The second that the axis counts from.
    pub(super) zero: Number,
    pub(super) lines: Vec<LineData>,
}

/// A line.
#[derive(Serialize)]
pub(super) struct LineData {
    pub(super) name: String,
    /// Whether it is what the others are held against.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) limit: bool,
    /// Per time without a gap: second, value, second, value …
    pub(super) points: Vec<Vec<Number>>,
}

/// A number that is written no longer than one can see: six digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// A whole number below this is exact, and is written without a fraction.
const EXACT_BELOW: f64 = 1e15;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = if self.0.abs() < 1e6 {
            format!("{:.5e}", self.0).parse().unwrap_or(self.0)
        } else {
            self.0.round()
        };
        if shown.fract() == 0.0 && shown.abs() < EXACT_BELOW {
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
            return serializer.serialize_i64(shown as i64);
        }
        serializer.serialize_f64(shown)
    }
}

impl LineData {
    /// A line through `lines`, whose points are seconds after the run's second `from_s`, and
    /// values.
    pub(super) fn of(name: String, limit: bool, lines: &[Vec<(f64, f64)>], from_s: f64) -> Self {
        let numbers = |line: &Vec<(f64, f64)>| {
            let points = line.iter();
            let points = points.map(|(second, value)| (to_tenths(second + from_s), *value));
            points
                .flat_map(|(second, value)| [Number(second), Number(value)])
                .collect()
        };
        Self {
            name,
            limit,
            points: lines.iter().map(numbers).collect(),
        }
    }
}

fn to_tenths(second: f64) -> f64 {
    (second * 10.0).round() / 10.0
}

impl Plot {
    /// The data as they stand in the page: JSON that no text in it can end.
    pub(super) fn json(&self) -> String {
        in_page(&self.data)
    }
}

/// JSON as it may stand in a script element.
pub(super) fn in_page(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).unwrap_or_default();
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_no_longer_than_one_can_see() {
        let written = [0.0, 1.5, 1e9 / 3.0, 0.123_456_789, 30.0, -2.0].map(Number);
        let written = serde_json::to_string(&written).unwrap();
        assert_eq!(written, "[0,1.5,333333333,0.123457,30,-2]");
    }

    #[test]
    fn line_is_broken_where_there_is_no_value_and_counts_from_the_runs_first_fault() {
        let lines = [vec![(0.0, 1.5), (1.0, 2.0)], vec![(3.04, 1e9)]];
        let line = LineData::of("a</script>".to_owned(), false, &lines, 10.0);
        assert_eq!(
            in_page(&line),
            r#"{"name":"a\u003c/script>","points":[[10,1.5,11,2],[13,1000000000]]}"#
        );
    }
}
