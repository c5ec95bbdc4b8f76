use super::*;
use crate::drill::{AlertOutcome, Labels, Severity};
use crate::report::{Coverage, DrillReport, FaultReport, PanelRecord, RunInfo, RunReport};

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

fn report(label: &str) -> Report {
    let alert = AlertOutcome {
        name: "FeedHandlerDown".into(),
        labels: [("exchange".to_owned(), label.to_owned())].into(),
        severity: Some(Severity::Critical),
        window_s: Some([61.0, 72.0]),
        deadline_s: Some(120.0),
        onset_at: None,
        pending_at: Some(at(15.0)),
        firing_at: Some(at(75.0)),
        starts_at: None,
        notified_at: Some(at(85.0)),
        resolved_at: None,
        resolve_notified_at: None,
        time_to_fire_s: Some(65.0),
    };
    let fault = FaultReport { kind: "service_stopped".into(), target: label.into(), injected_at: at(10.0), reverted_at: None };
    let drill = DrillReport {
        name: "feed_handler_stopped".into(),
        kind: "fire".into(),
        lane: Some(label.into()),
        verdict: Outcome::Fail,
        reasons: vec![],
        faults: vec![fault],
        alerts: vec![alert],
        tolerated: vec![],
        panels: vec!["Targets".into()],
    };
    let info = RunInfo {
        id: "run".into(),
        started_at: at(0.0),
        finished_at: at(200.0),
        stack_ready_s: 0.3,
        rules_file: "alert_rules.yml".into(),
        rules_sha256: String::new(),
        waivers: vec![],
    };
    let run =
        RunReport { info, wall_s: 200.0, floor_s: 100.0, floor_of: String::new(), one_after_the_other_s: 150.0, measured: None };
    let coverage = Coverage { rules: 1, fired: vec![], waived: vec![], missing: vec![] };
    Report { schema_version: 1, run, drills: vec![drill], coverage, collateral: vec![Labels::new()] }
}

#[test]
fn text_that_comes_from_the_stack_is_shown_as_text() {
    let html = Page::of(&report("<script>alert(1)</script>"), None::<&PanelRecord>).render().unwrap();
    assert!(!html.contains("<script>alert(1)"));
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
}

#[test]
fn fault_that_is_not_reverted_is_drawn_to_the_edge() {
    let report = report("okx");
    let row = Row::of(&report.drills[0], Axis::of(&report));
    assert!((row.faults[0].left - 5.0).abs() < 0.01 && (row.faults[0].width - 95.0).abs() < 0.01);
    assert!(row.faults[0].title.contains("not reverted"));
}

#[test]
fn alert_is_drawn_from_its_instants_within_its_window() {
    let report = report("okx");
    let row = Row::of(&report.drills[0], Axis::of(&report));
    let spans: Vec<_> = row.alerts[0].spans.iter().map(|span| (span.class, span.left, span.left + span.width)).collect();
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let wanted = [("window", 35.5, 41.0), ("pending", 7.5, 37.5), ("firing", 37.5, 100.0)];
    for ((class, from, until), (wanted_class, wanted_from, wanted_until)) in spans.into_iter().zip(wanted) {
        assert!(class == wanted_class && near(from, wanted_from) && near(until, wanted_until), "{class} {from} {until}");
    }
}

#[test]
fn axis_has_a_mark_every_whole_minute_or_less() {
    let axis = Axis { from: at(0.0), seconds: 700.0 };
    let texts: Vec<_> = axis.ticks().into_iter().map(|tick| tick.text).collect();
    assert_eq!(texts, ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]);
}
