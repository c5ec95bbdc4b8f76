//! What every kind of fault promises, tried on a system in memory.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, join_all, select};
use futures_util::task::noop_waker;
use serde_json::{Value, json};

use super::{Fault, Site};
use crate::memory::{MemoryClock, MemoryTarget, Mishaps, Response, SystemSnapshot};
use crate::{Error, Ongoing, UtcInstant};

/// The kind whose effect only the program itself knows, which has confirmed it.
const WITHOUT_A_CHECK: &str = "behaviour_switched";
/// The services, topics and groups that an example of a fault may name.
const BROKEN: [&str; 3] = ["api", "orders", "billing"];

/// A system that the examples of faults are aimed at.
pub(super) struct Trial {
    pub(super) target: MemoryTarget,
    pub(super) site: Site,
    pub(super) plan: Mishaps,
}

impl Trial {
    pub(super) fn new() -> Self {
        let (clock, plan) = (Arc::new(MemoryClock::default()), Mishaps::default());
        let target = MemoryTarget::new(clock.clone(), plan.clone())
            .service("api", &["front", "back"])
            .service("db", &["back"])
            .consumed("orders", "billing");
        let site = Site {
            target: Arc::new(target.clone()),
            clock: clock.clone(),
        };
        let good = json!({"mode": "good"});
        run(site.target.post("api", 8080, "/mode", &good)).unwrap();
        // A start that a fault causes is later than the first one.
        clock.advance(Duration::from_secs(60));
        Self { target, site, plan }
    }

    fn now(&self) -> UtcInstant {
        self.site.clock.now()
    }
}

/// Runs `future` to its end. Nothing here waits for anything but the clock in memory, so that a
/// future that is polled this often without an end has stalled.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let waker = noop_waker();
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return done;
        }
    }
    panic!("the future has stalled");
}

/// Tries all that `fault`, an example of `kind`, promises.
pub(super) fn holds(kind: &str, fault: &Fault) {
    assert_eq!(fault.kind(), kind);
    assert!(
        BROKEN.contains(&fault.target()),
        "the contract looks at nothing else"
    );
    run(effect_is_seen_and_the_revert_brings_all_back(fault));
    run(fault_without_effect_says_what_was_awaited_and_last_seen(
        fault,
    ));
    survives_a_round_trip_through_json(fault);
}

async fn effect_is_seen_and_the_revert_brings_all_back(fault: &Fault) {
    let trial = Trial::new();
    let (site, before) = (&trial.site, trial.target.snapshot());

    let mut ongoing = Vec::new();
    for attempt in ["first", "second"] {
        let since = trial.now();
        ongoing.extend(fault.inject(site).await.unwrap());
        let seen = while_it_goes_on(&mut ongoing, fault.wait_for_effect(site, since)).await;
        seen.unwrap_or_else(|error| panic!("{attempt} time: {error}"));
    }
    let broken = trial.target.snapshot();
    assert_ne!(broken, before, "the fault has changed nothing");
    assert_eq!(
        broken.services["db"], before.services["db"],
        "another service was touched"
    );

    for Ongoing { work, stop } in ongoing {
        drop(stop);
        // Two at once are not what either of them was asked to be.
        let _ = work.await;
    }
    for attempt in ["first", "second"] {
        let reverted = fault.revert(site).await;
        reverted.unwrap_or_else(|error| panic!("{attempt} time: {error}"));
        let after = trial.target.snapshot();
        assert_eq!(
            without_starts(after),
            without_starts(before.clone()),
            "{attempt} time"
        );
    }
    assert_eq!(
        trial.target.snapshot().services["db"],
        before.services["db"]
    );
}

async fn fault_without_effect_says_what_was_awaited_and_last_seen(fault: &Fault) {
    let trial = Trial::new();
    let before = trial.target.snapshot();
    trial.plan.follow(|_| Response::NoEffect);
    let since = trial.now();
    let mut ongoing: Vec<_> = fault
        .inject(&trial.site)
        .await
        .unwrap()
        .into_iter()
        .collect();
    if ongoing.is_empty() {
        // The check tells the truth.
        trial.plan.spoil_nothing();
    }
    let waits = fault.wait_for_effect(&trial.site, since);
    match while_it_goes_on(&mut ongoing, waits).await {
        Ok(()) => assert_eq!(fault.kind(), WITHOUT_A_CHECK),
        Err(Error::TimedOut {
            awaited,
            last_seen,
            waited,
        }) => {
            assert_ne!(fault.kind(), WITHOUT_A_CHECK);
            assert!(
                !last_seen.is_empty() && waited >= Duration::from_secs(30),
                "{last_seen}"
            );
            assert!(
                BROKEN.iter().any(|broken| awaited.contains(broken)),
                "{awaited}"
            );
        }
        Err(other) => panic!("{other}"),
    }
    assert_eq!(trial.target.snapshot(), before);
}

fn survives_a_round_trip_through_json(fault: &Fault) {
    let mut json = serde_json::to_value(fault).unwrap();
    assert_eq!(json["kind"], fault.kind());
    assert_eq!(
        serde_json::from_value::<Fault>(json.clone()).unwrap(),
        *fault
    );
    json["unknown"] = Value::Null;
    let error = serde_json::from_value::<Fault>(json.clone()).unwrap_err();
    assert!(error.to_string().contains("unknown field"), "{error}");
    json["kind"] = "no_such_kind".into();
    let error = serde_json::from_value::<Fault>(json).unwrap_err();
    assert!(error.to_string().contains("unknown variant"), "{error}");
}

/// Waits for `wait`, while what the fault needs goes on.
async fn while_it_goes_on<T>(ongoing: &mut [Ongoing], wait: impl Future<Output = T>) -> T {
    let works = ongoing.iter_mut().map(|ongoing| &mut ongoing.work);
    let works: Vec<&mut BoxFuture<'static, _>> = works.collect();
    if works.is_empty() {
        return wait.await;
    }
    match select(pin!(wait), join_all(works)).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("what must go on has ended"),
    }
}

/// A service that was started again is as before.
fn without_starts(mut snapshot: SystemSnapshot) -> SystemSnapshot {
    for service in snapshot.services.values_mut() {
        service.state.started_at = None;
    }
    snapshot
}

#[test]
fn names_of_the_kinds_are_those_of_their_files_and_none_stands_twice() {
    let mut kinds = Fault::KINDS.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(
        kinds,
        Fault::KINDS,
        "the list of kinds is in the order of the alphabet"
    );
}
