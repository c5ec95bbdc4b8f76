//! A near miss that came too near.

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
