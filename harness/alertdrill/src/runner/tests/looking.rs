//! Drills that expect nothing: whatever comes of the fault is seen, and the fault is held until
//! nothing more is to come.

use std::time::Duration;

use alertdrill_core::exploration::{CellKey, CellOutcome, FailureKind, cell_drill, judge_cell};
use alertdrill_core::{DrillRecord, RECORD_SCHEMA_VERSION, Timeline};

use super::judged::{lived_in, rule};
use crate::runner::simulated::rule::{Mistake, SimulatedRule};
use crate::runner::simulated::world::{RECEIVER, World};

/// What an exploration comes to that stops the service `api` in this world.
fn explored(rules: Vec<SimulatedRule>, hold_s: u64) -> (CellOutcome, Timeline) {
    let key = CellKey {
        service: "api".to_owned(),
        failure: FailureKind::Stopped,
        on: None,
    };
    let loaded: Vec<_> = rules.iter().map(|rule| rule.loaded.clone()).collect();
    let world = World::new(rules);
    let drill = cell_drill(&key, Duration::from_secs(hold_s), &loaded);
    let (_, _, timeline) = lived_in(world, &drill, |_| {});
    let record = DrillRecord {
        schema_version: RECORD_SCHEMA_VERSION,
        drill,
        lane: None,
        timeline: timeline.clone(),
    };
    (judge_cell(key, &record, Vec::new()).outcome, timeline)
}

/// How long the fault was held.
fn held_s(timeline: &Timeline) -> f64 {
    let fault = timeline.first_fault().unwrap();
    fault
        .reverting_at
        .unwrap()
        .seconds_since(fault.effect_at.unwrap())
}

#[test]
fn fault_is_held_until_a_pending_alert_has_fired_and_somebody_was_told() {
    let (outcome, timeline) = explored(vec![rule()], 10);
    assert_eq!(outcome, CellOutcome::Pages);
    assert_eq!(timeline.deliveries[0].receiver, RECEIVER);
    assert!(held_s(&timeline) > 10.5, "{}", held_s(&timeline));
    assert!(timeline.steady_end.unwrap().is_reached());
}

#[test]
fn alert_that_nobody_is_told_of_ends_the_wait_for_its_delivery() {
    let (outcome, timeline) = explored(vec![rule().mistaken(Mistake::NotDelivered)], 10);
    assert_eq!(outcome, CellOutcome::Untold);
    assert!(held_s(&timeline) < 200.0, "{}", held_s(&timeline));
}

#[test]
fn alert_that_never_fires_is_waited_for_no_longer_than_its_rule_may_take() {
    let (outcome, timeline) = explored(vec![rule().mistaken(Mistake::NeverFires)], 10);
    assert_eq!(outcome, CellOutcome::PendingOnly);
    assert!(held_s(&timeline) < 60.0, "{}", held_s(&timeline));
}

#[test]
fn failure_that_no_rule_knows_is_held_as_long_as_asked_and_comes_to_no_alert() {
    let (outcome, timeline) = explored(vec![SimulatedRule::new("DbDown", "db")], 20);
    assert_eq!(outcome, CellOutcome::Blind);
    assert!(
        (20.0..25.0).contains(&held_s(&timeline)),
        "{}",
        held_s(&timeline)
    );
}
