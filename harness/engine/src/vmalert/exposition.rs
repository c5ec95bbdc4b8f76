//! Metrics as a server exposes them
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).

use alertdrill_core::Labels;

/// A sample of a metric.
#[derive(Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: Labels,
    pub(super) value: f64,
}

/// The samples of the metric `name` in `text`.
pub(super) fn samples_of(name: &str, text: &str) -> Vec<Sample> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let samples = lines.filter_map(|rest| {
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(rest) => labels_and_rest(rest)?,
            None if rest.starts_with(' ') => (Labels::new(), rest),
            None => return None,
        };
        let value = rest.split_whitespace().next()?.parse().ok()?;
        Some(Sample { labels, value })
    });
    samples.collect()
}

/// The labels that `text` begins with, and what follows the brace behind them.
fn labels_and_rest(mut text: &str) -> Option<(Labels, &str)> {
    let mut labels = Labels::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, quoted) = text.split_once("=\"")?;
        let (value, rest) = unquoted(quoted)?;
        labels.insert(name.to_owned(), value);
        text = rest;
    }
}

/// The text up to the quotation mark that ends it, and what follows.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_those_of_its_whole_name_with_their_labels() {
        let text = "# TYPE a counter\na_total 9\na{b=\"x\\\"y,}\", c=\"\"} 2\na 1.5\naa{} 3\n";
        let samples = samples_of("a", text);
        let labels = [("b", "x\"y,}"), ("c", "")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = [
            Sample {
                labels: labels.into(),
                value: 2.0,
            },
            Sample {
                labels: Labels::new(),
                value: 1.5,
            },
        ];
        assert_eq!(samples, expected);
        assert_eq!(samples_of("a", "a{b=\"open} 1"), []);
    }
}
