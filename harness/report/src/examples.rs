//! What the tests of this crate report on.

use std::time::Duration;

use crate::{Coverage, DrillReport, FaultReport, Proven, Report, RunReport};
use alertdrill_core::{
    AlertOutcome, CheckRecord, Commit, Drill, DrillRecord, ExpectedAlert, Fault, FaultRecord,
    Finding, FindingSeverity, Labels, Outcome, Provenance, RECORD_SCHEMA_VERSION, Reason,
    ReasonKind, RunInfo, Timeline, UtcInstant, Verdict, WatchedUntil,
};

/// An instant, so many seconds after that of the examples' beginning.
pub(crate) fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

/// A drill whose alert fired and did not resolve, and whose fault was not reverted.
pub(crate) fn example_report(label: &str) -> Report {
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
        not_decided: vec![],
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
        replayed_from: None,
        to_prove: vec![],
        provenance: Provenance::default(),
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
        instances: Proven::default(),
        terms: vec![],
        undecided: vec![],
        unproven: vec![],
        idle_waivers: vec![],
    };
    Report {
        schema_version: 1,
        run,
        drills: vec![drill],
        coverage,
        collateral: vec![Labels::new()],
    }
}

/// A drill that stopped a feed handler for 88 s.
pub(crate) fn example_record() -> DrillRecord {
    let alert = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120));
    let fault = Fault::stop("feed-handler-binance");
    let drill = Drill::new("feed_handler_stopped", fault.clone()).expect_alert(alert);
    let timeline = Timeline {
        faults: vec![FaultRecord {
            fault,
            injected_at: at(0.0),
            effect_at: Some(at(0.6)),
            reverting_at: Some(at(88.0)),
            reverted_at: Some(at(88.8)),
        }],
        checks: vec![CheckRecord {
            what: "no trade is lost".into(),
            holds: true,
            said: "12 trades\n".into(),
        }],
        ..Timeline::begun("feed_handler_stopped", at(120.0))
    };
    DrillRecord {
        schema_version: RECORD_SCHEMA_VERSION,
        drill,
        lane: Some("binance".into()),
        timeline,
    }
}

/// An alert that fired in its window, and whose end was not notified.
pub(crate) fn example_alert() -> AlertOutcome {
    AlertOutcome {
        name: "FeedHandlerDown".into(),
        labels: [].into(),
        severity: Some("critical".to_owned()),
        window_s: Some([60.0, 95.0]),
        deadline_s: Some(120.0),
        onset_at: Some(at(15.0)),
        pending_at: Some(at(16.5)),
        firing_at: Some(at(76.5)),
        starts_at: Some(at(76.5)),
        notified_at: Some(at(86.5)),
        resolved_at: Some(at(106.5)),
        resolve_notified_at: None,
        time_to_fire_s: Some(76.5),
    }
}

/// The verdict on [`example_alert`].
pub(crate) fn example_verdict() -> Verdict {
    verdict_on(example_alert())
}

/// The verdict on `alert` of a drill that failed.
pub(crate) fn verdict_on(alert: AlertOutcome) -> Verdict {
    let reason = Reason {
        kind: ReasonKind::ResolveNotDelivered,
        message: "`critical` was never notified".into(),
    };
    let tolerated = vec!["ServiceOOMKill{} fired at +40.0 s: known".into()];
    Verdict {
        outcome: Outcome::Fail,
        reasons: vec![reason],
        alerts: vec![alert],
        tolerated,
        not_decided: Vec::new(),
        collateral: vec![],
    }
}

/// What it takes to repeat a run of two processes, on a commit that was changed.
pub(crate) fn example_provenance() -> Provenance {
    let texts = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Provenance {
        commit: Some(Commit {
            id: "c0ffee00".into(),
            is_changed: true,
        }),
        versions: texts(&[("alertdrill", "0.1.0"), ("prometheus", "3.5.0")]),
        arguments: vec![
            vec!["feed_handler_stopped".into(), "--exact".into()],
            vec!["it's $HOME".into()],
        ],
        variables: texts(&[("ALERT_RULES", "candidate.yml")]),
    }
}

/// `text` in lines of at most 80 columns, so that a snapshot of it can be read.
pub(crate) fn folded(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        lines.extend(words.next().map(str::to_owned));
        for word in words {
            match lines.last_mut() {
                Some(last) if last.chars().count() + word.chars().count() < 80 => {
                    *last = format!("{last} {word}");
                }
                _ => lines.push(word.to_owned()),
            }
        }
    }
    lines.join("\n")
}

/// A finding that is surely one, and one that may be.
pub(crate) fn example_findings() -> Vec<Finding> {
    let surely = Finding {
        file: "prometheus/rules.yml".into(),
        line: 12,
        column: 15,
        id: "metric/not-exported",
        severity: FindingSeverity::Error,
        about: Some("HighErrorRate".to_owned()),
        message: "nothing exports `http_request_total`; the nearest is `http_requests_total`"
            .to_owned(),
        help: "name the metric as it is exported".to_owned(),
    };
    let maybe = Finding {
        line: 20,
        id: "told/route-never-matches",
        severity: FindingSeverity::Warning,
        about: None,
        message: "no alert may match".to_owned(),
        ..surely.clone()
    };
    vec![surely, maybe]
}
