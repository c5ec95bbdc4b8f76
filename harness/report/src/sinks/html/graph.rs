//! An alert's own expression during its drill, with its limits: why it fired, or how near it came.

use super::marks::{after, alert_bands, alert_marks, fault_bands};
use super::plot::{LineData, Number, Plot, PlotData};
use super::run_time::RunTime;
use super::time_text::duration;
use super::unit::{unit_of, with_unit};
use crate::model::DrillReport;
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
    pub(super) fn of(history: &ExpressionHistory, drill: &DrillReport, time: RunTime) -> Self {
        let fault_at = drill.fault_at().unwrap_or(history.from);
        let mut alerts = drill.alerts.iter();
        let alert = alerts.find(|alert| history.is_of(&alert.name, &alert.labels));
        let terms = history.terms.iter().map(|term| {
            let mut graph = TermGraph::of(term, history, time);
            graph.plot.data.zero = Number(time.second(fault_at));
            graph.plot.bands = fault_bands(drill, time);
            if let Some(alert) = alert {
                graph
                    .plot
                    .bands
                    .extend(alert_bands(alert, Some(fault_at), time));
                graph.plot.marks = alert_marks(alert, Some(fault_at), time);
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
    let spans: Vec<_> = history
        .holds
        .iter()
        .map(|span| {
            let lasted = duration(span.until.seconds_since(span.from));
            format!("for {lasted} from {}", after(Some(fault_at), span.from))
        })
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
    fn of(term: &TermHistory, history: &ExpressionHistory, time: RunTime) -> Self {
        let from_s = time.second(history.from);
        let mut series: Vec<_> = term.series.iter().collect();
        // Those that moved most are drawn.
        series.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
        let left_out = series.len().saturating_sub(MOST_LINES);
        series.truncate(MOST_LINES);
        let curves = series.iter().map(|one| {
            let name = name(&one.labels, &series);
            LineData::of(name, false, &one.lines, from_s)
        });
        let limits = term.limits.iter().flat_map(|limit| {
            let lines = limit.series.iter();
            lines.map(|series| LineData::of(written(limit), true, &series.lines, from_s))
        });
        let limited: Vec<_> = term.limits.iter().map(written).collect();
        let text = [term.role.to_string(), term.query.clone(), limited.join(" ")]
            .join(" ")
            .trim()
            .to_owned();
        let unit = unit_of(&term.query);
        let plot = Plot {
            label: format!("{text}; {}", extremes(&series, unit)),
            bands: Vec::new(),
            marks: Vec::new(),
            data: PlotData {
                unit: unit.to_owned(),
                from: Number(from_s),
                until: Number(time.second(history.until)),
                zero: Number(0.0),
                lines: curves.chain(limits).collect(),
            },
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

fn extremes(series: &[&LineSeries], unit: &str) -> String {
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
            with_unit(lowest, unit),
            with_unit(highest, unit)
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

    fn time() -> RunTime {
        RunTime::of(&example_report("okx"))
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
        let graph = Graph::of(&history(vec![series("okx", 1500.0)]), drill, time());
        insta::assert_snapshot!(
            format!("{}\n{}", graph.title, graph.terms[0].plot.label),
            @r#"
        FeedHandlerDown{exchange="okx"}: its expression was true for 40 s from 1 min after the fault
        lag > 1000; from 0 to 1.5 k
        "#
        );
        let quiet = ExpressionHistory {
            holds: vec![],
            ..history(vec![])
        };
        insta::assert_snapshot!(
            Graph::of(&quiet, &example_report("okx").drills[0], time()).title,
            @r#"FeedHandlerDown{exchange="okx"}: its expression was never true"#
        );
    }

    fn limits(graph: &Graph) -> Vec<&str> {
        let lines = graph.terms[0].plot.data.lines.iter();
        let limits = lines.filter(|line| line.limit);
        limits.map(|line| line.name.as_str()).collect()
    }

    #[test]
    fn graph_has_the_fault_and_what_became_of_the_alert_behind_its_lines() {
        let drill = &example_report("okx").drills[0];
        let graph = Graph::of(&history(vec![series("okx", 1500.0)]), drill, time());
        let bands: Vec<_> = graph.terms[0]
            .plot
            .bands
            .iter()
            .map(|band| band.class)
            .collect();
        assert_eq!(bands, ["fault", "window", "pending", "firing"]);
        assert_eq!(limits(&graph), ["> 1000"]);
    }

    #[test]
    fn lines_that_moved_most_are_drawn_with_the_labels_that_tell_them_apart() {
        let many = (0..12)
            .map(|number| series(&number.to_string(), f64::from(number)))
            .collect();
        let graph = Graph::of(&history(many), &example_report("okx").drills[0], time());
        let [term] = graph.terms.try_into().ok().unwrap();
        let names: Vec<_> = term
            .plot
            .data
            .lines
            .iter()
            .filter(|line| !line.limit)
            .map(|line| line.name.as_str())
            .collect();
        assert_eq!(
            (names.len(), names[0], term.left_out),
            (10, "exchange=\"11\"", 2)
        );
    }
}
