use super::*;
use crate::{
    ExpectedAlert, Fault, FaultRecord, Outcome, ReasonKind, RunInfo, Settings, Verdict, judge,
};

const FAULT_AT_S: f64 = 1_000.0;

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

fn labels(alert: &str) -> Labels {
    [("alertname", alert), ("severity", "critical")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn rule(alert: &str) -> LoadedRule {
    let mut labels = labels(alert);
    labels.remove("alertname");
    LoadedRule {
        labels,
        ..LoadedRule::example(alert)
    }
}

/// A drill that expects `alert` within 60 s of a fault that was held from `from_s` for `held_s`.
fn recorded(drill: &str, alert: &str, from_s: f64, held_s: f64) -> RecordedDrill {
    let expected = ExpectedAlert::new(alert, "critical", Duration::from_secs(60));
    let fault = Fault::stop("api");
    let drill = Drill::new(drill, fault.clone()).expect_alert(expected);
    let timeline = Timeline {
        faults: vec![FaultRecord {
            fault,
            injected_at: at(from_s),
            effect_at: Some(at(from_s)),
            reverting_at: Some(at(from_s + held_s)),
            reverted_at: Some(at(from_s + held_s)),
        }],
        ..Timeline::begun(drill.name.clone(), at(from_s + held_s + 100.0))
    };
    let record = DrillRecord {
        schema_version: crate::RECORD_SCHEMA_VERSION,
        drill,
        lane: None,
        timeline,
    };
    let verdict = judge(&record.drill, &record.timeline);
    RecordedDrill::of(record, verdict)
}

fn run_of(drills: Vec<RecordedDrill>) -> RecordedRun {
    RecordedRun {
        info: RunInfo::example(),
        settings: Settings::example(),
        routes: None,
        drills,
    }
}

/// What rules said: each alert with the seconds from which until which it fired.
fn said(fired: &[(&str, f64, f64)]) -> RulesSaid {
    let mut samples = Vec::new();
    for (alert, from_s, until_s) in fired {
        let mut second = *from_s;
        while second <= *until_s {
            samples.push(AlertSample {
                labels: labels(alert),
                at: at(second),
                state: AlertState::Firing,
            });
            second += 5.0;
        }
    }
    samples.sort_by_key(|sample| sample.at);
    let mut rules: Vec<_> = fired.iter().map(|(alert, ..)| rule(alert)).collect();
    rules.push(rule("ApiDown"));
    rules.dedup_by_key(|rule| rule.alert.clone());
    RulesSaid {
        rules,
        samples,
        until: Some(at(10_000.0)),
        ..RulesSaid::default()
    }
}

fn verdict_of(drill: &RecordedDrill, run: &RecordedRun, said: &RulesSaid) -> Verdict {
    let record = replayed(drill, run, said);
    judge(&record.drill, &record.timeline)
}

fn kinds(verdict: &Verdict) -> Vec<ReasonKind> {
    verdict.reasons.iter().map(|reason| reason.kind).collect()
}

#[test]
fn alert_that_fires_while_the_recorded_fault_lasts_passes_and_says_what_is_not_decided() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let verdict = verdict_of(&drill, &run, &said(&[("ApiDown", 1_020.0, 1_075.0)]));
    assert_eq!(verdict.outcome, Outcome::Pass, "{:?}", verdict.reasons);
    assert!(
        verdict.not_decided[0].contains("who is told"),
        "{verdict:?}"
    );
}

#[test]
fn alert_that_never_fires_is_missed_if_the_fault_was_held_to_its_deadline_and_else_undecided() {
    for (held_s, kind) in [(61.0, ReasonKind::Missed), (30.0, ReasonKind::NotRecorded)] {
        let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, held_s);
        let run = run_of(vec![drill.clone()]);
        assert_eq!(
            kinds(&verdict_of(&drill, &run, &said(&[]))),
            [kind],
            "{held_s}"
        );
    }
}

#[test]
fn alert_that_ends_after_the_recorded_drill_is_followed_until_it_had_to_end() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let mut endless = said(&[("ApiDown", 1_020.0, 4_000.0)]);
    assert_eq!(
        kinds(&verdict_of(&drill, &run, &endless)),
        [ReasonKind::NotResolved]
    );
    endless.samples.retain(|sample| sample.at <= at(1_095.0));
    assert_eq!(kinds(&verdict_of(&drill, &run, &endless)), []);
}

#[test]
fn alert_that_fires_before_the_fault_would_have_kept_the_drill_from_its_start() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let always = said(&[("Noise", 0.0, 5_000.0), ("ApiDown", 1_020.0, 1_075.0)]);
    let kinds = kinds(&verdict_of(&drill, &run, &always));
    assert!(kinds.contains(&ReasonKind::UnsteadyStart), "{kinds:?}");
}

#[test]
fn alert_of_an_earlier_drill_that_fires_still_leaves_the_next_one_undecided() {
    let earlier = recorded("database_stopped", "DatabaseDown", FAULT_AT_S - 150.0, 70.0);
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S + 80.0, 70.0);
    let run = run_of(vec![earlier, drill.clone()]);
    let long = said(&[
        ("DatabaseDown", 870.0, 1_100.0),
        ("ApiDown", 1_100.0, 1_155.0),
    ]);
    assert_eq!(
        kinds(&verdict_of(&drill, &run, &long)),
        [ReasonKind::NotRecorded]
    );
}

#[test]
fn alert_that_another_drill_of_the_run_declares_is_no_collateral_of_this_one() {
    let other = recorded("database_stopped", "DatabaseDown", FAULT_AT_S + 5.0, 70.0);
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let both = said(&[
        ("ApiDown", 1_020.0, 1_075.0),
        ("DatabaseDown", 1_030.0, 1_080.0),
    ]);
    let beside = run_of(vec![drill.clone(), other]);
    assert_eq!(kinds(&verdict_of(&drill, &beside, &both)), []);
    let alone = run_of(vec![drill.clone()]);
    assert_eq!(
        kinds(&verdict_of(&drill, &alone, &both)),
        [ReasonKind::Collateral]
    );
}

#[test]
fn rule_that_reads_what_was_not_recorded_is_undecided_and_named() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let unknown = UnknownMetrics {
        alert: "ApiDown".to_owned(),
        labels: Labels::new(),
        metrics: vec!["upp".to_owned()],
    };
    let said = RulesSaid {
        unknown_metrics: vec![unknown],
        ..said(&[])
    };
    let verdict = verdict_of(&drill, &run, &said);
    assert_eq!(kinds(&verdict), [ReasonKind::NotRecorded]);
    assert_eq!(
        verdict.reasons[0].message,
        "the rule of ApiDown reads upp, of which the recording has no series"
    );
}

#[test]
fn rule_that_cannot_keep_its_promise_breaks_nothing_and_fails_as_it_would_live() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let mut slow = said(&[("ApiDown", 1_020.0, 1_075.0)]);
    for rule in &mut slow.rules {
        rule.for_duration = Duration::from_secs(600);
    }
    let record = replayed(&drill, &run, &slow);
    assert!(record.timeline.faults.is_empty());
    assert_eq!(
        kinds(&judge(&record.drill, &record.timeline)),
        [ReasonKind::Late]
    );
}

#[test]
fn words_are_judged_as_they_would_have_been_sent() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let mut said = said(&[("ApiDown", 1_020.0, 1_075.0)]);
    let words = |text: &str| SentWords {
        labels: labels("ApiDown"),
        annotations: [("summary".to_owned(), text.to_owned())].into(),
        at: at(1_020.0),
    };
    said.sent = vec![words("the API is <no value>")];
    assert_eq!(
        kinds(&verdict_of(&drill, &run, &said)),
        [ReasonKind::UnhelpfulWords]
    );
    said.sent = vec![words("the API is down")];
    assert_eq!(kinds(&verdict_of(&drill, &run, &said)), []);
}

#[test]
fn rule_that_is_sick_after_the_fault_fails_its_drill() {
    let drill = recorded("api_stopped", "ApiDown", FAULT_AT_S, 70.0);
    let run = run_of(vec![drill.clone()]);
    let mut said = said(&[]);
    said.sick = vec![SickRule {
        alert: "ApiDown".to_owned(),
        group: "g".to_owned(),
        labels: rule("ApiDown").labels,
        at: at(1_010.0),
        error: "many-to-many".to_owned(),
    }];
    assert_eq!(
        kinds(&verdict_of(&drill, &run, &said)),
        [ReasonKind::SickRule]
    );
}
