//! A drill as a row: what was broken, what its alerts did, and when they had to.

use super::axis::Axis;
use super::graph::Graph;
use super::latency_bar::LatencyBars;
use super::marks::{Band, Mark, alert_bands, alert_marks, fault_bands};
use crate::model::DrillReport;
use crate::sinks::phrases::alert_times;
use alertdrill_core::{AlertOutcome, ExpressionHistory, Outcome, UtcInstant};

/// A drill.
pub(super) struct DrillRow {
    pub(super) name: String,
    pub(super) verdict: Outcome,
    /// Whether it is shown with its details at once.
    pub(super) is_open: bool,
    pub(super) lane: String,
    pub(super) kind: &'static str,
    pub(super) faults: Vec<Band>,
    pub(super) alerts: Vec<AlertLine>,
    pub(super) reasons: Vec<String>,
    pub(super) tolerated: Vec<String>,
    pub(super) cut_short: &'static str,
    pub(super) not_decided: Vec<String>,
    pub(super) panels: String,
    pub(super) latencies: Vec<LatencyBars>,
    pub(super) graphs: Vec<Graph>,
}

/// One alert of a drill.
pub(super) struct AlertLine {
    pub(super) text: String,
    pub(super) bands: Vec<Band>,
    pub(super) marks: Vec<Mark>,
}

impl DrillRow {
    pub(super) fn of(drill: &DrillReport, expressions: &[ExpressionHistory], axis: Axis) -> Self {
        let fault_at = drill.fault_at();
        let alerts = drill.alerts.iter();
        let reasons = drill.reasons.iter();
        let graphs = expressions.iter();
        let kind = if drill.kind == "fire" {
            "must fire"
        } else {
            "near miss"
        };
        Self {
            name: drill.name.clone(),
            verdict: drill.verdict,
            is_open: !matches!(drill.verdict, Outcome::Pass | Outcome::Skipped),
            lane: drill.lane.clone().unwrap_or_default(),
            kind,
            faults: fault_bands(drill, axis),
            alerts: alerts
                .map(|alert| AlertLine::of(alert, fault_at, axis))
                .collect(),
            reasons: reasons.map(|reason| reason.message.clone()).collect(),
            tolerated: drill.tolerated.clone(),
            cut_short: drill.watched_until.cut_short().unwrap_or_default(),
            not_decided: drill.not_decided.clone(),
            panels: drill.panels.join(", "),
            latencies: drill
                .known_latencies()
                .iter()
                .map(LatencyBars::of)
                .collect(),
            graphs: graphs
                .map(|expression| Graph::of(expression, drill))
                .collect(),
        }
    }
}

impl AlertLine {
    fn of(alert: &AlertOutcome, fault_at: Option<UtcInstant>, axis: Axis) -> Self {
        Self {
            text: alert_times(alert, fault_at),
            bands: alert_bands(alert, fault_at, axis),
            marks: alert_marks(alert, fault_at, axis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use crate::examples::example_report;

    fn row(report: &Report) -> DrillRow {
        let run = &report.run.info;
        let axis = Axis::of(run.started_at, run.finished_at, run.started_at);
        DrillRow::of(&report.drills[0], &[], axis)
    }

    #[test]
    fn fault_that_is_not_reverted_is_drawn_to_the_edge() {
        let report = example_report("okx");
        let row = row(&report);
        assert!(
            (row.faults[0].left - 5.0).abs() < 0.01 && (row.faults[0].width - 95.0).abs() < 0.01
        );
        assert!(row.faults[0].title.contains("not reverted"));
    }

    #[test]
    fn alert_is_drawn_from_its_instants_within_its_window() {
        let report = example_report("okx");
        let row = row(&report);
        let bands: Vec<_> = row.alerts[0]
            .bands
            .iter()
            .map(|band| (band.class, band.left, band.left + band.width))
            .collect();
        let near = |a: f64, b: f64| (a - b).abs() < 0.01;
        let wanted = [
            ("window", 35.5, 41.0),
            ("pending", 7.5, 37.5),
            ("firing", 37.5, 100.0),
        ];
        for ((class, from, until), (wanted_class, wanted_from, wanted_until)) in
            bands.into_iter().zip(wanted)
        {
            assert!(
                class == wanted_class && near(from, wanted_from) && near(until, wanted_until),
                "{class} {from} {until}"
            );
        }
    }

    #[test]
    fn what_lies_beyond_the_end_of_the_run_is_not_drawn() {
        let mut report = example_report("okx");
        report.drills[0].alerts[0].window_s = Some([180.0, 250.0]);
        report.drills[0].alerts[0].deadline_s = Some(300.0);
        let row = row(&report);
        let window = &row.alerts[0].bands[0];
        assert!(
            (window.left + window.width - 100.0).abs() < 0.01,
            "it ends at the edge"
        );
        assert!(
            row.alerts[0]
                .marks
                .iter()
                .all(|mark| mark.class != "deadline")
        );
        assert!(row.alerts[0].text.contains("deadline 300 s"));
    }
}
