//! A drill as a row: what was broken, what its alerts did, and when they had to.

use super::graph::Graph;
use super::latency_bar::LatencyBars;
use super::marks::{Band, Mark, alert_bands, alert_marks, fault_bands};
use super::run_time::RunTime;
use super::story::{Event, silence, story};
use crate::model::DrillReport;
use crate::sinks::phrases::alert_times;
use alertdrill_core::{ExpressionHistory, Outcome};

/// How a drill stands that has not ended.
pub(super) const RUNNING: &str = "running";
/// How a drill stands that will never end.
pub(super) const BROKEN_OFF: &str = "unfinished";

/// A drill.
pub(super) struct DrillRow {
    pub(super) name: String,
    /// Its verdict, or how it stands if it has none yet; a name in the style sheet, too.
    pub(super) verdict: String,
    /// Whether it is shown with its details at once.
    pub(super) is_open: bool,
    pub(super) lane: String,
    pub(super) kind: &'static str,
    pub(super) bands: Vec<Band>,
    pub(super) marks: Vec<Mark>,
    pub(super) reasons: Vec<String>,
    pub(super) story: Vec<Event>,
    pub(super) silent: Vec<String>,
    /// Per alert, its instants to the tenth of a second.
    pub(super) exact: Vec<String>,
    pub(super) tolerated: Vec<String>,
    pub(super) cut_short: &'static str,
    pub(super) not_decided: Vec<String>,
    pub(super) panels: String,
    pub(super) latencies: Vec<LatencyBars>,
    pub(super) graphs: Vec<Graph>,
}

impl DrillRow {
    pub(super) fn of(drill: &DrillReport, all: &[ExpressionHistory], time: RunTime) -> Self {
        let fault_at = drill.fault_at();
        let alerts = || drill.alerts.iter();
        let reasons = drill.reasons.iter();
        let kind = if drill.kind == "fire" {
            "must fire"
        } else {
            "near miss"
        };
        let mut bands = fault_bands(drill, time);
        bands.extend(alerts().flat_map(|alert| alert_bands(alert, fault_at, time)));
        let marks = alerts().flat_map(|alert| alert_marks(alert, fault_at, time));
        let latencies = drill.known_latencies();
        Self {
            name: drill.name.clone(),
            verdict: drill.verdict.to_string(),
            is_open: !matches!(drill.verdict, Outcome::Pass | Outcome::Skipped),
            lane: drill.lane.clone().unwrap_or_default(),
            kind,
            bands: told_once(bands),
            marks: marks.collect(),
            reasons: reasons.map(|reason| reason.message.clone()).collect(),
            story: story(drill),
            silent: alerts()
                .filter_map(|alert| silence(alert, fault_at))
                .collect(),
            exact: alerts().map(|alert| alert_times(alert, fault_at)).collect(),
            tolerated: drill.tolerated.clone(),
            cut_short: drill.watched_until.cut_short().unwrap_or_default(),
            not_decided: drill.not_decided.clone(),
            panels: drill.panels.join(", "),
            latencies: latencies.iter().map(LatencyBars::of).collect(),
            graphs: all.iter().map(|one| Graph::of(one, drill, time)).collect(),
        }
    }
}

impl DrillRow {
    /// A drill that has begun and not ended.
    pub(super) fn unended(drill: &DrillReport, is_going_on: bool, time: RunTime) -> Self {
        Self {
            verdict: if is_going_on { RUNNING } else { BROKEN_OFF }.to_owned(),
            is_open: true,
            ..Self::of(drill, &[], time)
        }
    }
}

/// `bands` without those of which there is one alike: a drill may wait for twenty alerts that do
/// the same.
fn told_once(mut bands: Vec<Band>) -> Vec<Band> {
    let mut told = std::collections::BTreeSet::new();
    bands.retain(|band| told.insert((band.class, band.style())));
    bands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;
    use crate::examples::example_report;

    fn row(report: &Report) -> DrillRow {
        DrillRow::of(&report.drills[0], &[], RunTime::of(report))
    }

    fn drawn(row: &DrillRow) -> Vec<String> {
        let bands = row.bands.iter();
        bands
            .map(|band| format!("{} {}", band.class, band.style()))
            .collect()
    }

    #[test]
    fn fault_that_is_not_reverted_is_drawn_to_the_end_of_the_run() {
        let row = row(&example_report("okx"));
        assert_eq!(drawn(&row)[0], "fault --a:0.0;--b:190.0");
        assert!(row.bands[0].title.ends_with("not reverted"));
    }

    #[test]
    fn alert_is_drawn_from_its_instants_within_its_window_and_alike_ones_once() {
        let mut report = example_report("okx");
        let alert = report.drills[0].alerts[0].clone();
        report.drills[0].alerts.push(alert);
        let row = row(&report);
        assert_eq!(
            drawn(&row)[1..],
            [
                "window --a:61.0;--b:72.0",
                "pending --a:5.0;--b:65.0",
                "firing --a:65.0;--b:190.0"
            ]
        );
    }
}
