//! Whatever fails, whenever a drill is cancelled or killed: no fault is lost, the timeline is
//! whole, and nothing passes that was not seen.
//!
//! First errors of any number and order: nothing that is said may be false. Then the errors end,
//! and `heal` on the same world must bring all back. A failure prints its seed, and proptest keeps
//! it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use alertdrill_core::memory::{Response, Service, spoiling};
use alertdrill_core::{
    Drill, ExpectedAlert, Fault, Outcome, ReasonKind, Target as _, Timeline, judge,
};
use proptest::prelude::*;
use serde_json::json;

use crate::runner::sight::BLIND_FOR;

use crate::runner::simulated::rule::{SimulatedRule, down};
use crate::runner::simulated::simulated_stack::{SimulatedStack, simulated};
use crate::runner::simulated::world::World;

/// How long after the servers answer again a look has seen it, and before they fail a look had not.
const SEEN_AGAIN_WITHIN: Duration = Duration::from_secs(6);

/// What befalls the life of a drill.
#[derive(Clone, Copy, Debug, Default)]
struct Adversity {
    /// Which calls go wrong.
    seed: u64,
    /// How many of 1,000 calls go wrong.
    permille: u64,
    /// When it is cancelled, if it is.
    cancelled_after: Option<Duration>,
    /// After how many polls it is dropped, as if its process were killed, if it is.
    killed_after: Option<usize>,
}

/// What is left of a life.
struct Remains {
    /// The drill, and what it saw, unless it was killed.
    seen: Option<(Drill, Timeline)>,
    /// How many faults the journal was told of, and which of them it holds open.
    opened: usize,
    open: Vec<Fault>,
    /// Whether something is otherwise than before, before it was healed and after.
    was_broken: bool,
    is_broken: bool,
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn faults() -> Vec<Fault> {
    let good = json!({"mode": "good"});
    let switched = Fault::switch_behaviour("api", 8080, "/mode", good);
    let (inject, revert) = (words(["touch", "/broken"]), words(["rm", "-f", "/broken"]));
    let command = Fault::run_command("api", inject, revert);
    let faults = vec![
        Fault::stop("api"),
        Fault::kill("api", "SIGKILL"),
        Fault::kill("api", "SIGTERM"),
        Fault::pause("api"),
        Fault::restart("api"),
        Fault::oom_kill("api"),
        Fault::flap("api", Duration::from_secs(4), Duration::from_secs(3)),
        Fault::slow("api", 0.02),
        Fault::fill_volume("api", "/data"),
        Fault::keep_restarting("api", Duration::from_secs(4)),
        Fault::cut_off("api", "front"),
        Fault::poison("orders", "no number", "billing", "api"),
        Fault::displace_consumer("orders", "billing", "api"),
        switched
            .to(json!({"mode": "bad"}), Duration::from_secs(1))
            .into(),
        command.effect(words(["test", "-e", "/broken"])).into(),
    ];
    let kinds: std::collections::BTreeSet<_> = faults.iter().map(Fault::kind).collect();
    assert_eq!(
        kinds.len(),
        Fault::KINDS.len(),
        "a kind of fault is missing here"
    );
    faults
}

fn any_drill() -> impl Strategy<Value = Drill> {
    let some = prop::sample::subsequence(faults(), 1..=2).prop_shuffle();
    (some, prop::option::of(prop::sample::select(faults()))).prop_map(|(faults, later)| {
        let alert = ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(60));
        let mut drill = Drill::new("any", Fault::stop("api")).expect_alert(alert.when(down("api")));
        drill.faults = faults;
        drill.once_pending = later.into_iter().collect();
        drill
    })
}

fn any_adversity() -> impl Strategy<Value = Adversity> {
    let permille = prop_oneof![Just(0), Just(3), Just(30), Just(200)];
    let cancelled_after = prop::option::of((0_u64..120_000).prop_map(Duration::from_millis));
    (any::<u64>(), permille, cancelled_after).prop_map(|(seed, permille, cancelled_after)| {
        Adversity {
            seed,
            permille,
            cancelled_after,
            killed_after: None,
        }
    })
}

/// Polls `life` so many times, then drops it.
async fn killed_after<T>(polls: Option<usize>, life: impl Future<Output = T>) -> Option<T> {
    let mut life = Box::pin(life);
    let mut left = polls.unwrap_or(usize::MAX);
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        life.as_mut().poll(context).map(Some)
    })
    .await
}

/// The services, whenever they were started.
fn services(stack: &SimulatedStack) -> BTreeMap<String, Service> {
    let mut services = stack.world.target.snapshot().services;
    for service in services.values_mut() {
        service.state.started_at = None;
    }
    services
}

/// What is otherwise than in `before`, the displaced consumer and the lag of its topic among it.
fn is_broken(stack: &SimulatedStack, before: &BTreeMap<String, Service>) -> bool {
    let now = stack.world.target.snapshot();
    services(stack) != *before || !now.displaced.is_empty() || now.lags.values().any(|lag| *lag > 0)
}

fn remains(drill: &Drill, adversity: Adversity) -> Remains {
    simulated(async {
        let stack = SimulatedStack::new(World::new([SimulatedRule::new("ApiDown", "api")]));
        let good = json!({"mode": "good"});
        stack
            .world
            .target
            .post("api", 8080, "/mode", &good)
            .await
            .unwrap();
        let before = services(&stack);
        let mut spoiled = spoiling(adversity.seed, adversity.permille);
        stack
            .world
            .plan
            .follow(move |call| match (call.verb, spoiled()) {
                // Nothing but the server itself knows: a confirmation that lies cannot be told.
                ("post" | "commit_past", Response::NoEffect) => Response::AnswerLost,
                (_, response) => response,
            });
        let cancel = stack.cancel.clone();
        tokio::spawn(async move {
            if let Some(after) = adversity.cancelled_after {
                tokio::time::sleep(after).await;
                cancel.cancel();
            }
        });
        let seen = killed_after(adversity.killed_after, stack.live(drill)).await;
        // What went on for a fault ends with its process.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let open = stack.journal.read().unwrap().open.into_iter();
        let open: Vec<_> = open.map(|open| open.fault).collect();
        let journal = std::fs::read_to_string(stack.journal.path()).unwrap_or_default();
        let opened = journal.matches(r#""entry":"opened""#).count();
        let was_broken = is_broken(&stack, &before);
        stack.world.plan.spoil_nothing();
        stack.heal().await.unwrap();
        assert_eq!(stack.journal.read().unwrap().open, []);
        Remains {
            seen,
            opened,
            open,
            was_broken,
            is_broken: is_broken(&stack, &before),
        }
    })
}

/// That the timeline tells all that was done, and the verdict claims no more than was seen.
fn timeline_is_whole(drill: &Drill, timeline: &Timeline, remains: &Remains) {
    assert_eq!(
        timeline.faults.len(),
        remains.opened,
        "a fault was injected and is not recorded"
    );
    let left = timeline
        .faults
        .iter()
        .filter(|record| record.reverted_at.is_none());
    let mut left: Vec<_> = left.map(|record| record.fault.to_string()).collect();
    let mut open: Vec<_> = remains.open.iter().map(ToString::to_string).collect();
    left.sort();
    open.sort();
    assert_eq!(
        left, open,
        "a fault is neither reverted nor open, or it is both"
    );
    for record in &timeline.faults {
        let instants = [
            Some(record.injected_at),
            record.effect_at,
            record.reverted_at,
        ];
        assert!(
            instants
                .into_iter()
                .flatten()
                .all(|at| at <= timeline.finished_at)
        );
    }
    let verdict = judge(drill, timeline);
    let is_whole = timeline.errors.is_empty()
        && timeline.steady_end.is_some()
        && timeline.faults.len() == drill.all_faults().count()
        && timeline
            .faults
            .iter()
            .all(|record| record.effect_at.is_some());
    if !is_whole {
        assert_ne!(
            verdict.outcome,
            Outcome::Pass,
            "a life that was not whole has passed"
        );
        assert!(!verdict.reasons.is_empty());
    }
    if !remains.open.is_empty() {
        assert!(
            !timeline.errors.is_empty(),
            "a revert failed and no error is noted"
        );
    }
}

proptest! {
    #[test]
    fn every_fault_is_reverted_or_open_and_the_timeline_is_whole_whatever_fails(
        drill in any_drill(),
        adversity in any_adversity(),
    ) {
        let remains = remains(&drill, adversity);
        let (drill, timeline) = remains.seen.as_ref().expect("it was not killed");
        timeline_is_whole(drill, timeline, &remains);
        if adversity.permille == 0 {
            prop_assert!(remains.open.is_empty(), "nothing has failed, and a fault was left");
        }
        prop_assert!(!remains.was_broken || !remains.open.is_empty(), "a fault was lost");
        prop_assert!(!remains.is_broken, "something is still broken after all was healed");
    }

    #[test]
    fn life_that_is_killed_at_any_await_leaves_nothing_that_heal_does_not_revert(
        drill in any_drill(),
        adversity in any_adversity(),
        polls in 0_usize..900,
    ) {
        let killed_after = Some(polls);
        let remains = remains(&drill, Adversity { killed_after, ..adversity });
        prop_assert!(!remains.was_broken || !remains.open.is_empty(), "a fault was lost");
        prop_assert!(!remains.is_broken, "something is still broken after all was healed");
    }

    #[test]
    fn drill_that_was_blind_for_too_long_never_passes(blind_from_s in 0_u64..120) {
        let alert = ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(60));
        let drill = Drill::new("blind", Fault::stop("api")).expect_alert(alert);
        let (drill, timeline, lasted) = simulated(async {
            let stack = SimulatedStack::new(World::new([SimulatedRule::new("ApiDown", "api")]));
            let clock = stack.world.clock.clone();
            let from = Duration::from_secs(blind_from_s);
            let blind = from..from + BLIND_FOR + SEEN_AGAIN_WITHIN;
            stack.world.plan.follow(move |call| {
                let is_look = matches!(call.verb, "are_true" | "alert_samples" | "deliveries");
                let is_spoiled = is_look && blind.contains(&clock.monotonic());
                if is_spoiled { Response::Refused } else { Response::Done }
            });
            let (drill, timeline) = stack.live(&drill).await;
            (drill, timeline, stack.world.clock.monotonic())
        });
        let verdict = judge(&drill, &timeline);
        let was_blind = Duration::from_secs(blind_from_s) + BLIND_FOR + SEEN_AGAIN_WITHIN < lasted;
        if was_blind || !timeline.errors.is_empty() {
            let kinds: Vec<_> = verdict.reasons.iter().map(|reason| reason.kind).collect();
            prop_assert_eq!(verdict.outcome, Outcome::Error);
            prop_assert!(kinds.contains(&ReasonKind::CouldNotObserve), "{:?}", kinds);
        } else {
            prop_assert_eq!(verdict.outcome, Outcome::Pass, "{:?}", verdict.reasons);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn same_seed_gives_the_same_life(drill in any_drill(), adversity in any_adversity()) {
        let timelines = [(); 2].map(|()| {
            let (_, timeline) = remains(&drill, adversity).seen.expect("it was not killed");
            serde_json::to_string(&timeline).unwrap()
        });
        prop_assert_eq!(&timelines[0], &timelines[1]);
    }
}

#[test]
fn life_may_be_killed_at_each_of_its_awaits() {
    let alert = ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(60));
    let drill = Drill::new("killed", Fault::stop("api")).expect_alert(alert);
    let mut broken_at = 0;
    for polls in 0.. {
        let killed_after = Some(polls);
        let remains = remains(
            &drill,
            Adversity {
                killed_after,
                ..Adversity::default()
            },
        );
        assert!(
            !remains.was_broken || !remains.open.is_empty(),
            "lost after {polls} polls"
        );
        assert!(!remains.is_broken, "not healed after {polls} polls");
        broken_at += usize::from(remains.was_broken);
        if remains.seen.is_some() {
            assert!(
                broken_at > 10,
                "the life was killed only {broken_at} times while it was broken"
            );
            return;
        }
    }
}
