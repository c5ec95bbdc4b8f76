//! Whole lives of drills, judged: each mistake of a rule, of the target and of the observation
//! leads to its own reason.

use std::time::Duration;

use alertdrill_core::memory::Response;
use alertdrill_core::{
    Drill, ExpectedAlert, Fault, Outcome, ReasonKind, SilentAlert, Timeline, judge,
};

use crate::runner::simulated::rule::{Mistake, SimulatedRule, down};
use crate::runner::simulated::simulated_stack::{SimulatedStack, simulated};
use crate::runner::simulated::world::{ENGINE, World};

pub(super) fn alert() -> ExpectedAlert {
    ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(60))
        .when(down("api"))
        .not_before(Duration::from_secs(7))
}

pub(super) fn api_stopped() -> Drill {
    Drill::new("api_stopped", Fault::stop("api")).expect_alert(alert())
}

/// The fault lasts for less long than the rule's `for`.
fn near_miss() -> Drill {
    let silent = SilentAlert::new("ApiDown").near(down("api"), Duration::from_secs(20));
    let silent = silent.hold(Duration::from_secs(3));
    Drill::new("api_back_in_time", Fault::stop("api")).silent(silent)
}

pub(super) fn rule() -> SimulatedRule {
    SimulatedRule::new("ApiDown", "api")
}

/// What a life comes to in a world with `rules` that `prepare` has prepared; whatever it is, the
/// fault must be reverted.
fn lived(
    drill: &Drill,
    rules: Vec<SimulatedRule>,
    prepare: impl FnOnce(&SimulatedStack),
) -> (Outcome, Vec<ReasonKind>, Timeline) {
    lived_in(World::new(rules), drill, prepare)
}

/// The same, in this world.
pub(super) fn lived_in(
    world: World,
    drill: &Drill,
    prepare: impl FnOnce(&SimulatedStack),
) -> (Outcome, Vec<ReasonKind>, Timeline) {
    simulated(async {
        let stack = SimulatedStack::new(world);
        prepare(&stack);
        let (drill, timeline) = stack.live(drill).await;
        assert_eq!(stack.journal.read().unwrap().open, []);
        assert!(stack.world.target.works("api"));
        let verdict = judge(&drill, &timeline);
        let mut with_evidence = timeline.clone();
        with_evidence.evidence.clear();
        assert_eq!(
            judge(&drill, &with_evidence),
            verdict,
            "evidence has changed the verdict"
        );
        let kinds = verdict.reasons.iter().map(|reason| reason.kind).collect();
        (verdict.outcome, kinds, timeline)
    })
}

pub(super) fn comes_to(drill: &Drill, rules: Vec<SimulatedRule>) -> (Outcome, Vec<ReasonKind>) {
    let (outcome, kinds, _) = lived(drill, rules, |_| {});
    (outcome, kinds)
}

#[test]
fn drill_whose_alert_does_all_that_it_must_passes() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |_| {});
    assert_eq!((outcome, kinds), (Outcome::Pass, vec![]));
    assert!(timeline.errors.is_empty() && timeline.steady_end.is_some());
    assert!(timeline.evidence.is_empty(), "nothing was amiss");
}

#[test]
fn each_kind_of_fault_that_takes_the_service_down_makes_its_alert_fire() {
    let longer = Duration::from_secs(40);
    let faults = [
        Fault::kill("api", "SIGKILL"),
        Fault::flap("api", longer, Duration::from_secs(1)),
    ];
    for fault in faults {
        let drill = Drill::new("api_down", fault).expect_alert(alert());
        assert_eq!(
            comes_to(&drill, vec![rule()]),
            (Outcome::Pass, vec![]),
            "{drill:?}"
        );
    }
}

#[test]
fn each_mistake_of_a_rule_is_told_by_its_own_reason() {
    let mistakes = [
        (Mistake::NeverFires, ReasonKind::Missed),
        (Mistake::FiresAtOnce, ReasonKind::TooEarly),
        (
            Mistake::FiresLater(Duration::from_secs(50)),
            ReasonKind::Late,
        ),
        (Mistake::OtherSeverity, ReasonKind::WrongLabels),
        (Mistake::NotDelivered, ReasonKind::NotDelivered),
        (Mistake::DeliveredTwice, ReasonKind::DeliveredTwice),
        (Mistake::NoAnnotations, ReasonKind::MissingAnnotations),
        (Mistake::EndNotDelivered, ReasonKind::ResolveNotDelivered),
    ];
    for (mistake, reason) in mistakes {
        let (outcome, kinds) = comes_to(&api_stopped(), vec![rule().mistaken(mistake)]);
        assert_eq!(
            (outcome, kinds),
            (Outcome::Fail, vec![reason]),
            "{mistake:?}"
        );
    }
}

#[test]
fn nothing_is_broken_for_an_alert_whose_rule_cannot_be_evaluated() {
    let sick_rule = (Outcome::Fail, vec![ReasonKind::SickRule]);
    for drill in [api_stopped(), near_miss()] {
        let rules = vec![rule().mistaken(Mistake::Sick)];
        // It is first evaluated while the drill waits for steady state.
        let (outcome, kinds, timeline) = lived(&drill, rules, |stack| {
            let clock = stack.world.clock.clone();
            stack.world.plan.follow(move |call| {
                let is_unknown = clock.monotonic() < Duration::from_secs(10);
                if call.verb == "are_true" && is_unknown {
                    Response::Refused
                } else {
                    Response::Done
                }
            });
        });
        assert_eq!((outcome, kinds), sick_rule);
        assert!(timeline.faults.is_empty());
    }
}

#[test]
fn rule_that_falls_sick_during_its_drill_fails_it_in_the_words_of_the_engine() {
    for drill in [api_stopped(), near_miss()] {
        let rules = vec![rule().mistaken(Mistake::SickWhileTrue)];
        let (outcome, kinds, timeline) = lived(&drill, rules, |_| {});
        assert_eq!(
            (outcome, kinds),
            (Outcome::Fail, vec![ReasonKind::SickRule])
        );
        let verdict = judge(&drill, &timeline);
        let message = &verdict.reasons[0].message;
        let said = "exceeded limit of 1 with 2 alerts; ";
        assert!(message.contains(said), "{message}");
    }
}

#[test]
fn sick_rule_does_not_touch_the_drill_of_another_one() {
    for mistake in [Mistake::Sick, Mistake::SickWhileTrue] {
        let sick = SimulatedRule::new("ShopDown", "api").mistaken(mistake);
        let mut of_the_same_name = rule().mistaken(mistake);
        let labels = &mut of_the_same_name.loaded.labels;
        labels.insert("cause".to_owned(), "another".to_owned());
        for other in [sick, of_the_same_name] {
            let comes_to = comes_to(&api_stopped(), vec![rule(), other]);
            assert_eq!(comes_to, (Outcome::Pass, vec![]), "{mistake:?}");
        }
    }
}

#[test]
fn alert_that_goes_on_firing_is_not_resolved_and_leaves_the_stack_unsteady() {
    let comes_to = comes_to(
        &api_stopped(),
        vec![rule().mistaken(Mistake::NeverResolves)],
    );
    let reasons = vec![ReasonKind::NotResolved, ReasonKind::UnsteadyEnd];
    assert_eq!(comes_to, (Outcome::Fail, reasons));
}

#[test]
fn alert_must_go_on_firing_for_as_long_as_its_fault_is_held() {
    let held = |rule: SimulatedRule| {
        let held = alert().held_for(Duration::from_secs(60));
        let drill = Drill::new("api_down_for_long", Fault::stop("api")).expect_alert(held);
        let (outcome, kinds, timeline) = lived(&drill, vec![rule], |_| {});
        let fault = timeline.first_fault().unwrap();
        let broken_for = fault.reverting_at.unwrap().time_since(fault.injected_at);
        (outcome, kinds, broken_for.as_secs())
    };
    let (outcome, kinds, broken_for_s) = held(rule());
    assert_eq!((outcome, kinds), (Outcome::Pass, vec![]));
    assert!(broken_for_s > 70, "reverted after {broken_for_s} s");

    let (after, for_ever) = (Duration::from_secs(30), Duration::MAX);
    let (outcome, kinds, _) = held(rule().mistaken(Mistake::Blind(after, for_ever)));
    assert_eq!(
        (outcome, kinds),
        (Outcome::Fail, vec![ReasonKind::EndedEarly])
    );

    let flaps = Mistake::Blind(after, Duration::from_secs(10));
    let (outcome, kinds, _) = held(rule().mistaken(flaps));
    assert_eq!((outcome, kinds), (Outcome::Fail, vec![ReasonKind::Flapped]));
}

#[test]
fn what_is_broken_once_an_alert_is_pending_waits_for_the_first_one_alone() {
    let db = ExpectedAlert::new("DbDown", "critical", Duration::from_secs(120));
    let drill = api_stopped()
        .once_pending(Fault::stop("db"))
        .expect_alert(db.onset(Duration::ZERO, Duration::from_secs(60)));
    let rules = vec![rule(), SimulatedRule::new("DbDown", "db")];
    let (outcome, kinds, timeline) = lived(&drill, rules, |_| {});
    assert_eq!((outcome, kinds), (Outcome::Pass, vec![]));
    assert_eq!(timeline.faults.len(), 2);
}

#[test]
fn nothing_is_broken_for_an_alert_that_no_rule_can_fire() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![], |_| {});
    assert_eq!(
        (outcome, kinds),
        (Outcome::Fail, vec![ReasonKind::NoSuchRule])
    );
    assert!(timeline.faults.is_empty());
}

#[test]
fn alert_that_nobody_declared_is_collateral() {
    let rules = vec![rule(), SimulatedRule::new("ShopDown", "api")];
    assert_eq!(
        comes_to(&api_stopped(), rules),
        (Outcome::Fail, vec![ReasonKind::Collateral])
    );
}

#[test]
fn near_miss_passes_if_its_alert_stays_silent_and_fails_if_it_fires() {
    assert_eq!(
        comes_to(&near_miss(), vec![rule()]),
        (Outcome::Pass, vec![])
    );
    let hasty = rule().mistaken(Mistake::FiresAtOnce);
    let false_alarm = (Outcome::Fail, vec![ReasonKind::FalseAlarm]);
    assert_eq!(comes_to(&near_miss(), vec![hasty]), false_alarm);
}

#[test]
fn near_miss_that_does_not_come_near_proves_nothing() {
    let mut drill = near_miss();
    drill.faults = vec![Fault::cut_off("api", "front")];
    let proves_nothing = (Outcome::Error, vec![ReasonKind::FaultWithoutEffect]);
    assert_eq!(comes_to(&drill, vec![rule()]), proves_nothing);
}

#[test]
fn fault_without_effect_blames_and_praises_no_alert() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |stack| {
        stack.world.plan.follow(|call| match call.verb {
            "stop" => Response::NoEffect,
            _ => Response::Done,
        });
    });
    assert_eq!(
        (outcome, kinds),
        (Outcome::Error, vec![ReasonKind::FaultWithoutEffect])
    );
    assert!(
        !timeline.evidence.is_empty(),
        "what is amiss is looked at while it is so"
    );
}

#[test]
fn fault_that_was_done_though_its_answer_was_lost_is_reverted_and_proves_nothing() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |stack| {
        stack.world.plan.follow(|call| match call.verb {
            "stop" => Response::AnswerLost,
            _ => Response::Done,
        });
    });
    assert_eq!(outcome, Outcome::Error);
    assert!(kinds.contains(&ReasonKind::CouldNotObserve), "{kinds:?}");
    assert!(timeline.faults[0].reverted_at.is_some());
}

#[test]
fn revert_that_fails_at_first_is_tried_again() {
    let (outcome, kinds, _) = lived(&api_stopped(), vec![rule()], |stack| {
        let mut failures = 2;
        stack.world.plan.follow(move |call| {
            if call.verb != "start" || failures == 0 {
                return Response::Done;
            }
            failures -= 1;
            Response::Refused
        });
    });
    assert_eq!((outcome, kinds), (Outcome::Pass, vec![]));
}

#[test]
fn drill_that_cannot_see_for_too_long_ends_as_an_error() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |stack| {
        let clock = stack.world.clock.clone();
        stack.world.plan.follow(move |call| {
            let is_blind = call.verb == "alert_samples"
                && clock.monotonic() > Duration::from_secs(20)
                && clock.monotonic() < Duration::from_secs(70);
            if is_blind {
                Response::Refused
            } else {
                Response::Done
            }
        });
    });
    assert_eq!(
        (outcome, kinds),
        (Outcome::Error, vec![ReasonKind::CouldNotObserve])
    );
    assert!(
        timeline.faults[0].reverted_at.is_some(),
        "blind or not, nothing stays broken"
    );
}

#[test]
fn drill_that_stops_what_watches_is_blind_and_its_fault_is_reverted() {
    let drill = Drill::new("blind", Fault::stop(ENGINE)).expect_alert(alert());
    let (outcome, kinds, timeline) = lived(&drill, vec![rule()], |_| {});
    assert_eq!(outcome, Outcome::Error);
    assert!(kinds.contains(&ReasonKind::CouldNotObserve), "{kinds:?}");
    assert!(timeline.faults[0].reverted_at.is_some());
}

#[test]
fn stack_that_is_not_steady_is_not_broken() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |stack| {
        stack.world.plan.follow(|call| match call.verb {
            "evaluations" => Response::Refused,
            _ => Response::Done,
        });
    });
    assert_eq!(outcome, Outcome::Error, "{kinds:?}");
    assert!(timeline.faults.is_empty());
}

#[test]
fn drill_that_is_cancelled_reverts_and_says_that_it_was_interrupted() {
    let (outcome, kinds, timeline) = lived(&api_stopped(), vec![rule()], |stack| {
        let cancel = stack.cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(12)).await;
            cancel.cancel();
        });
    });
    assert_eq!(
        (outcome, kinds),
        (Outcome::Error, vec![ReasonKind::CouldNotObserve])
    );
    assert_eq!(
        timeline.errors[0].message.lines().next(),
        Some("interrupted")
    );
    assert!(timeline.faults[0].reverted_at.is_some());
}
