use super::{axis::*, drill_row::*, page::*};
use crate::Report;
use crate::{Coverage, DrillReport, FaultReport, Milestone, RunReport, Trend};
use alertdrill_core::Outcome;
use alertdrill_core::RunInfo;
use alertdrill_core::{AlertOutcome, Labels, UtcInstant, WatchedUntil};
use askama::Template as _;

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

/// A drill whose alert fired and did not resolve, and whose fault was not reverted.
pub(crate) fn report(label: &str) -> Report {
    let alert = AlertOutcome {
        name: "FeedHandlerDown".into(),
        labels: [("exchange".to_owned(), label.to_owned())].into(),
        severity: Some("critical".to_owned()),
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
    let fault = FaultReport {
        kind: "service_stopped".into(),
        target: label.into(),
        injected_at: at(10.0),
        reverted_at: None,
    };
    let drill = DrillReport {
        name: "feed_handler_stopped".into(),
        kind: "fire".into(),
        lane: Some(label.into()),
        verdict: Outcome::Fail,
        reasons: vec![],
        faults: vec![fault],
        alerts: vec![alert],
        tolerated: vec![],
        watched_until: WatchedUntil::default(),
        panels: vec!["Targets".into()],
        took_s: 190.0,
        latencies: vec![],
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
    let run = RunReport {
        info,
        wall_s: 200.0,
        floor_s: 100.0,
        floor_of: String::new(),
        one_after_the_other_s: 150.0,
        measured: None,
    };
    let coverage = Coverage {
        rules: 1,
        fired: vec![],
        waived: vec![],
        missing: vec![],
    };
    Report {
        schema_version: 1,
        run,
        drills: vec![drill],
        coverage,
        collateral: vec![Labels::new()],
    }
}

fn row(report: &Report) -> Row {
    let run = &report.run.info;
    Row::of(
        &report.drills[0],
        &[],
        Axis::of(run.started_at, run.finished_at, run.started_at),
    )
}

#[test]
fn text_that_comes_from_the_stack_is_shown_as_text() {
    let html = Page::of(
        &report("<script>alert(1)</script>"),
        None,
        &Expressions::new(),
    )
    .render()
    .unwrap();
    assert!(!html.contains("<script>alert(1)"));
    assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
}

#[test]
fn fault_that_is_not_reverted_is_drawn_to_the_edge() {
    let report = report("okx");
    let row = row(&report);
    assert!((row.faults[0].left - 5.0).abs() < 0.01 && (row.faults[0].width - 95.0).abs() < 0.01);
    assert!(row.faults[0].title.contains("not reverted"));
}

#[test]
fn alert_is_drawn_from_its_instants_within_its_window() {
    let report = report("okx");
    let row = row(&report);
    let spans: Vec<_> = row.alerts[0]
        .spans
        .iter()
        .map(|span| (span.class, span.left, span.left + span.width))
        .collect();
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let wanted = [
        ("window", 35.5, 41.0),
        ("pending", 7.5, 37.5),
        ("firing", 37.5, 100.0),
    ];
    for ((class, from, until), (wanted_class, wanted_from, wanted_until)) in
        spans.into_iter().zip(wanted)
    {
        assert!(
            class == wanted_class && near(from, wanted_from) && near(until, wanted_until),
            "{class} {from} {until}"
        );
    }
}

#[test]
fn what_lies_beyond_the_end_of_the_run_is_not_drawn() {
    let mut report = report("okx");
    report.drills[0].alerts[0].window_s = Some([180.0, 250.0]);
    report.drills[0].alerts[0].deadline_s = Some(300.0);
    let row = row(&report);
    let window = &row.alerts[0].spans[0];
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

#[test]
fn alert_that_has_become_slower_is_named_above_all_drills() {
    let mut report = report("okx");
    let drill = &mut report.drills[0];
    drill.latencies = drill.known_latencies();
    let earlier_s = vec![50.0; 5];
    let slow = Trend {
        until: Milestone::Firing,
        now_s: 65.0,
        earlier_s,
        usual_s: Some([50.0, 50.0]),
        is_slower: true,
    };
    let usual = Trend {
        until: Milestone::Notified,
        is_slower: false,
        ..slow.clone()
    };
    drill.latencies[0].trends = vec![slow, usual];
    insta::assert_snapshot!(
        Page::of(&report, None, &Expressions::new()).slower.join("\n"),
        @"feed_handler_stopped: FeedHandlerDown is slower than usual: fired after the fault: 65.0 s, usually 50.0 to 50.0 s in 5 runs before"
    );
}
