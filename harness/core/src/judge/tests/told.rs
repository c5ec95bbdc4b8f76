//! Who is told of an alert, and how often.

use super::*;

/// The alert was told again, to `receiver`.
fn told_again(receiver: &str, second: f64, change: impl FnOnce(&mut Delivery)) -> Story {
    Story::good()
        .notified(DeliveryStatus::Firing, receiver, &binance_down(), second)
        .with(|timeline| timeline.deliveries.iter_mut().last().map(change).unwrap())
}

#[test]
fn receiver_that_nobody_named_and_that_was_told_fails_the_drill() {
    let story = told_again("everyone", 91.0, |_| ());
    assert_fails_with(
        &story,
        ReasonKind::WrongReceiver,
        "was delivered to `everyone` at +91.0 s: neither the promised receiver `critical`",
    );
}

#[test]
fn receiver_that_may_be_told_passes() {
    let mut drill = drill();
    drill.expect[0].may_be_told = vec!["log".to_owned()];
    let story = told_again("log", 91.0, |_| ());
    assert_eq!(judge(&drill, &story.timeline).reasons, []);
}

#[test]
fn notification_that_says_something_new_of_the_group_repeats_nothing() {
    let story = told_again("critical", 95.0, |again| again.said_again = false);
    assert_eq!(story.verdict().reasons, []);
}

#[test]
fn alert_that_two_groups_tell_of_is_delivered_twice() {
    let story = told_again("critical", 95.0, |again| {
        again.group = Some("other".to_owned());
    });
    assert_fails_with(&story, ReasonKind::DeliveredTwice, "more than once");
}

#[test]
fn reminder_that_comes_no_sooner_than_promised_repeats_nothing() {
    let mut drill = drill();
    let story = told_again("critical", 105.0, |again| again.said_again = true);
    drill.expect[0].promises.reminded_after = Some(Duration::from_secs(15));
    assert_eq!(judge(&drill, &story.timeline).reasons, []);
    drill.expect[0].promises.reminded_after = Some(Duration::from_secs(16));
    let reasons = judge(&drill, &story.timeline).reasons;
    assert_eq!(reasons.len(), 1, "{reasons:#?}");
    let words =
        "more than once: at +90.0 s, at +105.0 s; its owner promises no reminder before 16 s";
    assert!(reasons[0].message.contains(words), "{reasons:#?}");
}
