//! A drill as a row: what was broken, what its alerts did, and when they had to.

use super::axis::Axis;
use super::graph::Graph;
use super::latency_bar::LatencyBar;
use crate::model::report::DrillReport;
use crate::sinks::phrases::{alert_times, since};
use alertdrill_core::{AlertOutcome, ExpressionHistory, Outcome, UtcInstant};

/// A drill.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) verdict: Outcome,
    /// Whether it is shown with its details at once.
    pub(crate) is_open: bool,
    pub(crate) lane: String,
    pub(crate) kind: &'static str,
    pub(crate) faults: Vec<Band>,
    pub(crate) alerts: Vec<AlertLine>,
    pub(crate) reasons: Vec<String>,
    pub(crate) tolerated: Vec<String>,
    pub(crate) cut_short: &'static str,
    pub(crate) panels: String,
    pub(crate) latencies: Vec<LatencyBar>,
    pub(crate) graphs: Vec<Graph>,
}

/// One alert of a drill.
pub(crate) struct AlertLine {
    pub(crate) text: String,
    pub(crate) spans: Vec<Band>,
    pub(crate) marks: Vec<Mark>,
}

/// A time from an instant to another; both as parts of the run's time, in percent.
pub(crate) struct Band {
    pub(crate) class: &'static str,
    pub(crate) left: f64,
    pub(crate) width: f64,
    pub(crate) title: String,
}

/// An instant.
pub(crate) struct Mark {
    pub(crate) class: &'static str,
    pub(crate) left: f64,
    pub(crate) title: String,
}

impl Mark {
    pub(crate) fn style(&self) -> String {
        format!("left:{:.2}%", self.left)
    }
}

impl Band {
    pub(crate) fn of(class: &'static str, from: f64, until: f64, title: String) -> Self {
        Self {
            class,
            left: from,
            width: (until - from).max(0.0),
            title,
        }
    }

    pub(crate) fn style(&self) -> String {
        format!("left:{:.2}%;width:{:.2}%", self.left, self.width)
    }
}

impl Row {
    pub(crate) fn of(drill: &DrillReport, expressions: &[ExpressionHistory], axis: Axis) -> Self {
        let began_at = drill.faults.first().map(|fault| fault.injected_at);
        Self {
            name: drill.name.clone(),
            verdict: drill.verdict,
            is_open: !matches!(drill.verdict, Outcome::Pass | Outcome::Skipped),
            lane: drill.lane.clone().unwrap_or_default(),
            kind: if drill.kind == "fire" {
                "must fire"
            } else {
                "near miss"
            },
            faults: fault_spans(drill, axis),
            alerts: drill
                .alerts
                .iter()
                .map(|alert| AlertLine::of(alert, began_at, axis))
                .collect(),
            reasons: drill
                .reasons
                .iter()
                .map(|reason| reason.message.clone())
                .collect(),
            tolerated: drill.tolerated.clone(),
            cut_short: drill.watched_until.cut_short().unwrap_or_default(),
            panels: drill.panels.join(", "),
            latencies: drill.known_latencies().iter().map(LatencyBar::of).collect(),
            graphs: expressions
                .iter()
                .map(|expression| Graph::of(expression, drill))
                .collect(),
        }
    }
}

/// The times during which the drill's faults lasted; one that was not reverted is open to the edge.
pub(crate) fn fault_spans(drill: &DrillReport, axis: Axis) -> Vec<Band> {
    let began_at = drill.faults.first().map(|fault| fault.injected_at);
    let spans = drill.faults.iter().map(|fault| {
        let until = fault.reverted_at.map_or(100.0, |at| axis.place(at));
        let ended = fault.reverted_at.map_or("not reverted".to_owned(), |at| {
            format!("reverted {}", since(began_at, at))
        });
        let title = format!(
            "{} {}: {}, {ended}",
            fault.target,
            fault.kind,
            since(began_at, fault.injected_at)
        );
        Band::of("fault", axis.place(fault.injected_at), until, title)
    });
    spans.collect()
}

impl AlertLine {
    pub(crate) fn of(alert: &AlertOutcome, began_at: Option<UtcInstant>, axis: Axis) -> Self {
        // What lies beyond the end is told in words only.
        let at = |seconds: f64| {
            began_at
                .map(|began| axis.unbound(began) + seconds / axis.seconds * 100.0)
                .filter(|at| *at <= 100.0)
        };
        let mut spans = Vec::new();
        if let (Some([earliest, latest]), Some(left)) = (
            alert.window_s,
            alert.window_s.and_then(|[earliest, _]| at(earliest)),
        ) {
            let title = format!("window: {earliest:.0} s to {latest:.0} s after the fault");
            let until = left + (latest - earliest) / axis.seconds * 100.0;
            spans.push(Band::of("window", left, until.min(100.0), title));
        }
        let ended = alert.resolved_at.map_or(100.0, |at| axis.place(at));
        if let Some(pending) = alert.pending_at {
            let until = alert.firing_at.map_or(ended, |at| axis.place(at));
            spans.push(Band::of(
                "pending",
                axis.place(pending),
                until,
                format!("pending {}", since(began_at, pending)),
            ));
        }
        if let Some(firing) = alert.firing_at {
            let ended_at = alert
                .resolved_at
                .map_or("not seen to resolve".to_owned(), |at| {
                    format!("resolved {}", since(began_at, at))
                });
            let title = format!("firing {}, {ended_at}", since(began_at, firing));
            spans.push(Band::of("firing", axis.place(firing), ended, title));
        }
        let mut marks = Vec::new();
        let mut mark = |class, left: Option<f64>, title: String| {
            marks.extend(left.map(|left| Mark { class, left, title }))
        };
        if let Some(deadline_s) = alert.deadline_s {
            mark(
                "deadline",
                at(deadline_s),
                format!("deadline {deadline_s:.0} s after the fault"),
            );
        }
        let told = |what: &str, at: Option<UtcInstant>| {
            at.map(|at| (axis.place(at), format!("{what} {}", since(began_at, at))))
        };
        for (left, title) in [
            told("notified", alert.notified_at),
            told("resolve notified", alert.resolve_notified_at),
        ]
        .into_iter()
        .flatten()
        {
            mark("notified", Some(left), title);
        }
        Self {
            text: alert_times(alert, began_at),
            spans,
            marks,
        }
    }
}
