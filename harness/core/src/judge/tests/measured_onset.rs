//! What is measured from the onset, as it was seen beside the rule.

use super::*;

#[test]
fn onset_that_comes_sooner_than_it_may_leaves_no_more_time_after_it() {
    // The onset may take 30 s, so that 90 s of the promised 120 s are left after it.
    let mut drill = measured();
    drill.expect[0].onset.latest = Duration::from_secs(30);
    for (onset_s, is_late) in [(12.0, true), (21.0, false)] {
        let story = Story::silent()
            .with(|timeline| {
                timeline
                    .conditions
                    .push(spans("up == 0", &[(onset_s, 130.0)]));
            })
            .alert(&binance_down(), 20, 105, 125)
            .notified(DeliveryStatus::Firing, "critical", &binance_down(), 115.0)
            .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 150.0);
        let reasons = judge(&drill, &story.timeline).reasons;
        let kinds: Vec<_> = reasons.iter().map(|reason| reason.kind).collect();
        assert_eq!(kinds.contains(&ReasonKind::Late), is_late, "{reasons:?}");
    }
}

#[test]
fn what_is_promised_not_to_come_sooner_counts_from_the_measured_onset() {
    // Firing at 80 s, promised not before 60 s; an onset is measured to the second.
    for (onset_s, kinds_expected) in [
        (20.0, vec![]),
        (0.0, vec![]),
        (21.5, vec![ReasonKind::TooEarly]),
    ] {
        let story = Story::good().with(|timeline| {
            timeline
                .conditions
                .push(spans("up == 0", &[(onset_s, 110.0)]));
        });
        assert_eq!(
            kinds(&judge(&measured(), &story.timeline)),
            kinds_expected,
            "onset {onset_s}"
        );
    }
}

#[test]
fn alert_without_for_may_fire_a_second_before_its_measured_onset() {
    // The onset is measured to the second, and may really have been that much earlier.
    let story = |firing_s| {
        Story::silent()
            .alert(&binance_down(), firing_s, firing_s, 110)
            .notified(
                DeliveryStatus::Firing,
                "critical",
                &binance_down(),
                f64::from(firing_s + 10),
            )
            .notified(DeliveryStatus::Resolved, "critical", &binance_down(), 150.0)
            .with(|timeline| {
                timeline.rules[0].for_duration = Duration::ZERO;
                timeline.conditions.push(spans("up == 0", &[(21.0, 110.0)]));
            })
    };
    let mut at_once = measured();
    at_once.expect[0].not_before = Duration::ZERO;
    assert_eq!(kinds(&judge(&at_once, &story(20).timeline)), []);
    assert_eq!(
        kinds(&judge(&at_once, &story(19).timeline)),
        [ReasonKind::TooEarly]
    );
}

#[test]
fn alert_without_its_condition_is_neither_blamed_nor_praised() {
    let story = Story::silent().with(|timeline| timeline.conditions.push(spans("up == 0", &[])));
    let verdict = judge(&measured(), &story.timeline);
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (Outcome::Error, vec![ReasonKind::FaultWithoutEffect])
    );
}

#[test]
fn alert_that_fires_though_its_condition_was_never_true_is_too_early() {
    let story = Story::good().with(|timeline| timeline.conditions.push(spans("up == 0", &[])));
    let verdict = judge(&measured(), &story.timeline);
    assert_eq!(
        (verdict.outcome, kinds(&verdict)),
        (Outcome::Fail, vec![ReasonKind::TooEarly])
    );
}
