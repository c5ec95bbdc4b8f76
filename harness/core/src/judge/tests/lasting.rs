//! An alert lasts as long as its cause.

use super::*;

/// The alert of [`Story::good`], and a fault that is reverted 300 s after it.
fn held(samples: &[(u32, u32, u32)]) -> Story {
    let mut story = Story::silent().with(|timeline| {
        timeline.faults[0].reverting_at = Some(at(299.0));
        timeline.faults[0].reverted_at = Some(at(300.0));
        timeline.finished_at = at(400.0);
        let evaluated = ("FeedHandlerDown".to_owned(), at(400.0));
        timeline.evaluated_until.extend([evaluated]);
    });
    for (pending_s, firing_s, last_s) in samples {
        story = story.alert(&binance_down(), *pending_s, *firing_s, *last_s);
    }
    let (_, first_s, _) = samples[0];
    let (_, _, last_s) = samples[samples.len() - 1];
    notified(story, DeliveryStatus::Firing, f64::from(first_s) + 10.0)
        .with(|timeline| timeline.finished_at = at(400.0))
        .notified(
            DeliveryStatus::Resolved,
            "critical",
            &binance_down(),
            f64::from(last_s) + 30.0,
        )
}

#[test]
fn alert_that_fires_until_the_revert_lasts_as_long_as_its_cause() {
    assert_eq!(held(&[(20, 80, 305)]).verdict().reasons, []);
}

#[test]
fn alert_that_ends_before_its_cause_fails_the_drill() {
    assert_fails_with(
        &held(&[(20, 80, 215)]),
        ReasonKind::EndedEarly,
        "stopped firing at +230.0 s, and its cause lasted until at +299.0 s",
    );
}

#[test]
fn alert_that_stops_and_fires_again_flaps() {
    assert_fails_with(
        &held(&[(20, 80, 140), (185, 245, 305)]),
        ReasonKind::Flapped,
        "stopped firing at +155.0 s and fired again at +245.0 s",
    );
}

#[test]
fn alert_that_fires_again_after_the_revert_flaps_and_its_last_end_counts() {
    let again = held(&[(20, 80, 305), (335, 335, 350)]);
    let verdict = again.verdict();
    let blamed = [ReasonKind::Flapped, ReasonKind::NotResolved];
    assert_eq!(kinds(&verdict), blamed);
    let flapped = "stopped firing at +320.0 s and fired again at +335.0 s";
    assert!(verdict.reasons[0].message.ends_with(flapped));
    let resolved_at = again.verdict().alerts[0].resolved_at;
    assert_eq!(resolved_at, Some(at(365.0)));
}

#[test]
fn alert_that_only_becomes_pending_again_does_not_flap() {
    let pending_again = held(&[(20, 80, 305)]).alert(&binance_down(), 335, 999, 350);
    assert_eq!(pending_again.verdict().reasons, []);
}

#[test]
fn cause_that_is_measured_lasts_as_long_as_it_is_true() {
    let measured_from = |until_s: f64, samples: &[(u32, u32, u32)]| {
        let story = held(samples);
        let story = story.with(|timeline| {
            timeline
                .conditions
                .push(spans("up == 0", &[(10.0, until_s)]));
        });
        kinds(&judge(&measured(), &story.timeline))
    };
    // The cause is gone at 200 s, the fault only at 300 s.
    assert_eq!(measured_from(200.0, &[(20, 80, 200)]), []);
    assert_eq!(
        measured_from(298.0, &[(20, 80, 200)]),
        [ReasonKind::EndedEarly]
    );
    // A sample is seen up to an evaluation and a scrape later: 20 s.
    assert_eq!(measured_from(234.0, &[(20, 80, 200)]), []);
    assert_eq!(
        measured_from(236.0, &[(20, 80, 200)]),
        [ReasonKind::EndedEarly]
    );
}

#[test]
fn cause_of_an_alert_that_fires_a_moment_before_its_measured_onset_is_known() {
    let story = held(&[(80, 80, 200)]).with(|timeline| {
        timeline.rules[0].for_duration = Duration::ZERO;
        timeline.conditions.push(spans("up == 0", &[(80.9, 298.0)]));
    });
    let mut at_once = measured();
    at_once.expect[0].not_before = Duration::ZERO;
    let kinds = kinds(&judge(&at_once, &story.timeline));
    assert_eq!(kinds, [ReasonKind::EndedEarly]);
}

#[test]
fn alert_that_fires_again_because_its_cause_has_come_back_does_not_flap() {
    let story = held(&[(20, 80, 140), (215, 275, 305)]).with(|timeline| {
        let twice = [(10.0, 140.0), (205.0, 298.0)];
        timeline.conditions.push(spans("up == 0", &twice));
    });
    assert_eq!(judge(&measured(), &story.timeline).reasons, []);
}

#[test]
fn alert_that_fires_again_after_the_revert_while_its_cause_lasts_does_not_flap() {
    let still_there = |until_s: f64| {
        let story = held(&[(20, 80, 305), (335, 335, 350)]).with(|timeline| {
            let cause = spans("up == 0", &[(10.0, until_s)]);
            timeline.conditions.push(cause);
        });
        kinds(&judge(&measured(), &story.timeline))
    };
    assert!(!still_there(340.0).contains(&ReasonKind::Flapped));
    assert!(still_there(330.0).contains(&ReasonKind::Flapped));
}

#[test]
fn fault_that_is_over_at_once_does_not_say_how_long_its_alert_must_last() {
    let killed = held(&[(20, 80, 140)]).with(|timeline| {
        timeline.faults[0].fault = Fault::kill("feed-handler-binance", "SIGKILL");
    });
    assert_eq!(killed.verdict().reasons, []);
}

#[test]
fn alert_that_ended_early_is_known_before_the_revert() {
    let before = held(&[(20, 80, 140)]).with(|timeline| {
        timeline.faults[0].reverting_at = None;
        timeline.faults[0].reverted_at = None;
        timeline.finished_at = at(250.0);
    });
    let so_far = reasons_so_far(&drill(), &before.timeline);
    let kinds: Vec<_> = so_far.iter().map(|reason| reason.kind).collect();
    assert_eq!(kinds, [ReasonKind::EndedEarly]);
}

proptest! {
    /// An alert that goes on firing through the hold passes; one with any gap of an evaluation or
    /// more before the revert does not.
    #[test]
    fn gap_of_any_length_fails_the_drill(
        gap_from in 1_u32..9,
        gap in 0_u32..6,
    ) {
        let last_s = 80 + 15 * gap_from;
        let again_s = last_s + 15 * (gap + 1);
        let story = held(&[(20, 80, last_s), (again_s, again_s, 305)]);
        let kinds = kinds(&story.verdict());
        let expected = if gap == 0 { vec![] } else { vec![ReasonKind::Flapped] };
        prop_assert_eq!(kinds, expected);
    }
}
