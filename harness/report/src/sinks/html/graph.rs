//! An alert's own expression during its drill, with its limits: why it fired, or how near it came.

use super::axis::Axis;
use super::marks::{alert_bands, alert_marks, fault_bands};
use super::plot::{NamedLines, Plot, with_unit};
use crate::model::DrillReport;
use crate::sinks::phrases::since;
use alertdrill_core::{
    ExpressionHistory, Labels, LimitHistory, LineSeries, TermHistory, UtcInstant, selector,
};

/// A reader can tell at most so many lines apart.
const MOST_LINES: usize = 10;

/// An expression.
pub(super) struct Graph {
    /// The alert, and when its expression was true.
    pub(super) title: String,
    pub(super) terms: Vec<TermGraph>,
}

/// A term of it.
pub(super) struct TermGraph {
    /// The term as `PromQL`, with how it joins those before.
    pub(super) text: String,
    pub(super) plot: Plot,
    /// How many lines are not drawn.
    pub(super) left_out: usize,
}

impl Graph {
    /// The graph of an expression, with the drill's faults and what became of the alert behind its
    /// lines.
    pub(super) fn of(history: &ExpressionHistory, drill: &DrillReport) -> Self {
        let fault_at = drill.fault_at().unwrap_or(history.from);
        let axis = Axis::of(history.from, history.until, fault_at);
        let mut alerts = drill.alerts.iter();
        let alert = alerts.find(|alert| history.is_of(&alert.name, &alert.labels));
        let terms = history.terms.iter().map(|term| {
            let mut graph = TermGraph::of(term, axis);
            graph.plot.bands = fault_bands(drill, axis);
            if let Some(alert) = alert {
                graph
                    .plot
                    .bands
                    .extend(alert_bands(alert, Some(fault_at), axis));
                graph.plot.marks = alert_marks(alert, Some(fault_at), axis);
            }
            graph
        });
        Self {
            title: title(history, fault_at),
            terms: terms.collect(),
        }
    }
}

fn title(history: &ExpressionHistory, fault_at: UtcInstant) -> String {
    let at = |instant| since(Some(fault_at), instant);
    let spans: Vec<_> = history
        .holds
        .iter()
        .map(|span| format!("{} to {}", at(span.from), at(span.until)))
        .collect();
    let was_true = if spans.is_empty() {
        "never true".to_owned()
    } else {
        format!("true {}", spans.join(", "))
    };
    format!(
        "{}: its expression was {was_true}",
        selector(&history.alert, &history.labels)
    )
}

impl TermGraph {
    fn of(term: &TermHistory, axis: Axis) -> Self {
        let mut series: Vec<_> = term.series.iter().collect();
        // Those that moved most are drawn.
        series.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
        let left_out = series.len().saturating_sub(MOST_LINES);
        series.truncate(MOST_LINES);
        let curve = |one: &&LineSeries| (name(&one.labels, &series), one.lines.clone());
        let curves: Vec<NamedLines> = series.iter().map(curve).collect();
        let limits: Vec<NamedLines> = term.limits.iter().flat_map(limit_lines).collect();
        let limited: Vec<_> = term.limits.iter().map(written).collect();
        let text = [term.role.to_string(), term.query.clone(), limited.join(" ")]
            .join(" ")
            .trim()
            .to_owned();
        let plot = Plot {
            label: format!("{text}; {}", extremes(&series)),
            ..Plot::of(axis, "", &curves, &limits)
        };
        Self {
            text,
            plot,
            left_out,
        }
    }
}

fn written(limit: &LimitHistory) -> String {
    format!("{} {}", limit.operator, limit.query)
}

fn limit_lines(limit: &LimitHistory) -> impl Iterator<Item = NamedLines> {
    limit
        .series
        .iter()
        .map(|series| (written(limit), series.lines.clone()))
}

fn extremes(series: &[&LineSeries]) -> String {
    let values = || series.iter().flat_map(|series| series.values());
    let (lowest, highest) = (
        values().fold(f64::INFINITY, f64::min),
        values().fold(f64::NEG_INFINITY, f64::max),
    );
    if highest < lowest {
        "no value".to_owned()
    } else {
        format!(
            "from {} to {}",
            with_unit(lowest, ""),
            with_unit(highest, "")
        )
    }
}

/// The distance from the lowest to the highest value of a series.
fn spread(series: &LineSeries) -> f64 {
    series.values().fold(f64::NEG_INFINITY, f64::max)
        - series.values().fold(f64::INFINITY, f64::min)
}

/// The labels that distinguish a series from the others; all labels of a single series.
fn name(labels: &Labels, all: &[&LineSeries]) -> String {
    let tells_apart = |name: &str, value: &String| {
        all.len() == 1
            || all
                .iter()
                .any(|other| other.labels.get(name) != Some(value))
    };
    let own = labels
        .iter()
        .filter(|(name, value)| *name != "__name__" && tells_apart(name, value));
    let shown: Vec<_> = own
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::examples::example_report;
    use alertdrill_core::Span;
    use alertdrill_core::promql::Role;

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn series(exchange: &str, value: f64) -> LineSeries {
        let labels = [("exchange", exchange), ("job", "lag")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        LineSeries {
            labels: labels.into(),
            lines: vec![vec![(0.0, 0.0), (40.0, 0.0), (120.0, value)]],
        }
    }

    fn history(series: Vec<LineSeries>) -> ExpressionHistory {
        let limit = LineSeries {
            labels: Labels::new(),
            lines: vec![vec![(0.0, 1000.0), (130.0, 1000.0)]],
        };
        let limits = vec![LimitHistory {
            operator: ">".into(),
            query: "1000".into(),
            series: vec![limit],
        }];
        ExpressionHistory {
            alert: "FeedHandlerDown".into(),
            labels: [("exchange".to_owned(), "okx".to_owned())].into(),
            query: "lag > 1000".into(),
            from: at(-20.0),
            until: at(110.0),
            every: Duration::from_secs(1),
            holds: vec![Span {
                from: at(70.0),
                until: at(110.0),
            }],
            terms: vec![TermHistory {
                role: Role::First,
                query: "lag".into(),
                series,
                limits,
            }],
        }
    }

    #[test]
    fn graph_says_in_words_when_the_expression_was_true_and_how_far_its_value_went() {
        let drill = &example_report("okx").drills[0];
        let graph = Graph::of(&history(vec![series("okx", 1500.0)]), drill);
        insta::assert_snapshot!(
            format!("{}\n{}", graph.title, graph.terms[0].plot.label),
            @r#"
        FeedHandlerDown{exchange="okx"}: its expression was true +60.0 s to +100.0 s
        lag > 1000; from 0 to 1.5 k
        "#
        );
        let quiet = ExpressionHistory {
            holds: vec![],
            ..history(vec![])
        };
        insta::assert_snapshot!(
            Graph::of(&quiet, &example_report("okx").drills[0]).title,
            @r#"FeedHandlerDown{exchange="okx"}: its expression was never true"#
        );
    }

    #[test]
    fn graph_has_the_fault_and_what_became_of_the_alert_behind_its_lines() {
        let drill = &example_report("okx").drills[0];
        let graph = Graph::of(&history(vec![series("okx", 1500.0)]), drill);
        let bands: Vec<_> = graph.terms[0]
            .plot
            .bands
            .iter()
            .map(|band| band.class)
            .collect();
        assert_eq!(bands, ["fault", "window", "pending", "firing"]);
        assert_eq!(graph.terms[0].plot.limits[0].name, "> 1000");
    }

    #[test]
    fn lines_that_moved_most_are_drawn_with_the_labels_that_tell_them_apart() {
        let many = (0..12)
            .map(|number| series(&number.to_string(), f64::from(number)))
            .collect();
        let graph = Graph::of(&history(many), &example_report("okx").drills[0]);
        let [term] = graph.terms.try_into().ok().unwrap();
        let names: Vec<_> = term
            .plot
            .curves
            .iter()
            .map(|curve| curve.name.as_str())
            .collect();
        assert_eq!(
            (names.len(), names[0], term.left_out),
            (10, "exchange=\"11\"", 2)
        );
    }
}
