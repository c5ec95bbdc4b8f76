//! A near miss: near enough, and not too near.

use super::*;

/// Down for 60 s and more, the alert would be right to fire.
fn too_near_from_60_s() -> Drill {
    let mut drill = near_miss();
    let silent = drill
        .silent
        .remove(0)
        .too_near("up == 0", Duration::from_secs(60));
    drill.silent(silent)
}

fn down_for(seconds: f64) -> Story {
    Story::silent().with(|timeline| {
        let down = (99.0 - seconds, 99.0);
        timeline.conditions.push(spans("up == 0", &[down]));
    })
}

#[track_caller]
fn assert_is_no_verdict(story: &Story, words: &str) {
    let verdict = judge(&too_near_from_60_s(), &story.timeline);
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (Outcome::Error, vec![ReasonKind::CameTooNear])
    );
    let message = &verdict.reasons[0].message;
    assert!(message.contains(words), "{message}");
}

#[test]
fn false_alarm_of_a_near_miss_that_came_too_near_is_no_verdict_on_the_rule() {
    let fired = down_for(63.0).alert(&binance_down(), 40, 95, 110);
    assert_is_no_verdict(
        &fired,
        "`up == 0` was true for 64 s, and a near miss is less than 60 s; it overshot by 4 s",
    );
}

#[test]
fn notification_of_a_near_miss_that_came_too_near_is_no_verdict_on_the_rule() {
    let told = down_for(63.0).notified(DeliveryStatus::Firing, "critical", &binance_down(), 98.0);
    assert_is_no_verdict(&told, "it overshot by 4 s");
}

#[test]
fn silence_of_a_near_miss_that_came_too_near_proves_nothing() {
    assert_is_no_verdict(&down_for(59.0), "it overshot by 0 s");
}

#[test]
fn false_alarm_of_a_near_miss_that_stayed_a_near_miss_is_the_rules_fault() {
    let fired = down_for(58.0).alert(&binance_down(), 45, 90, 105);
    let verdict = judge(&too_near_from_60_s(), &fired.timeline);
    assert_eq!(kinds(&verdict), [ReasonKind::FalseAlarm]);
    let silent = judge(&too_near_from_60_s(), &down_for(58.0).timeline);
    assert_eq!(kinds(&silent), []);
}

#[test]
fn near_miss_passes_when_the_alert_stays_silent_and_may_be_pending() {
    let verdict = judge(
        &near_miss(),
        &silence().alert(&binance_down(), 20, 999, 95).timeline,
    );
    assert_eq!((verdict.outcome, verdict.reasons), (Outcome::Pass, vec![]));
    let alert = &verdict.alerts[0];
    assert_eq!(
        (alert.onset_at, alert.pending_at, alert.firing_at),
        (Some(at(20.0)), Some(at(20.0)), None)
    );
}

#[test]
fn alert_that_fires_in_a_near_miss_is_a_false_alarm() {
    let verdict = judge(
        &near_miss(),
        &silence().alert(&binance_down(), 20, 80, 95).timeline,
    );
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (Outcome::Fail, vec![ReasonKind::FalseAlarm])
    );
    assert!(
        verdict.reasons[0]
            .message
            .contains("fired at +80.0 s, and must stay silent"),
        "{:?}",
        verdict.reasons
    );
}

#[test]
fn alert_that_lost_its_labels_is_a_false_alarm_too() {
    let blind = labels(&[("alertname", "FeedHandlerDown"), ("severity", "critical")]);
    let verdict = judge(&near_miss(), &silence().alert(&blind, 20, 80, 95).timeline);
    assert_eq!(kinds(&verdict), [ReasonKind::FalseAlarm]);
}

#[test]
fn notification_of_a_silent_alert_is_a_false_alarm_even_if_no_evaluation_saw_it() {
    let story = silence().notified(DeliveryStatus::Firing, "critical", &binance_down(), 90.0);
    let verdict = judge(&near_miss(), &story.timeline);
    assert_eq!(kinds(&verdict), [ReasonKind::FalseAlarm]);
    assert!(
        verdict.reasons[0]
            .message
            .contains("`critical` was notified at +90.0 s"),
        "{:?}",
        verdict.reasons
    );
}

#[test]
fn near_miss_that_was_not_near_enough_proves_nothing() {
    for (spans_s, words) in [
        (&[][..], "`up == 0` was never true"),
        (
            &[(20.0, 90.0)],
            "was true from at +20.0 s until at +90.0 s, and not until the revert (at +99.0 s)",
        ),
        (
            &[(65.0, 105.0)],
            "was true for 34 s before the revert, 40 s are required",
        ),
    ] {
        let story =
            Story::silent().with(|timeline| timeline.conditions.push(spans("up == 0", spans_s)));
        let verdict = judge(&near_miss(), &story.timeline);
        assert_eq!(
            (verdict.outcome, kinds(&verdict)),
            (Outcome::Error, vec![ReasonKind::FaultWithoutEffect])
        );
        assert!(
            verdict.reasons[0].message.contains(words),
            "{:?}",
            verdict.reasons
        );
    }
}

#[test]
fn near_miss_of_a_rule_that_is_not_loaded_proves_nothing_and_fails() {
    let story = silence().with(|timeline| {
        timeline.faults.clear();
        timeline.rules.clear();
    });
    assert_eq!(
        kinds(&judge(&near_miss(), &story.timeline)),
        [ReasonKind::NoSuchRule]
    );
}
