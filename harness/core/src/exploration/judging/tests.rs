use std::time::Duration;

use super::*;
use crate::exploration::{FailureKind, Movement};
use crate::{
    AlertSample, AlertState, Fault, FaultRecord, Labels, LoadedRule, ObservationError,
    RECORD_SCHEMA_VERSION, SickService, UtcInstant,
};

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

fn key() -> CellKey {
    CellKey {
        service: "api".to_owned(),
        failure: FailureKind::Stopped,
        on: None,
    }
}

fn labels() -> Labels {
    [("alertname".to_owned(), "Down".to_owned())].into()
}

/// A fault from second 0 to 60, watched until 120.
fn timeline() -> Timeline {
    Timeline {
        rules: vec![LoadedRule {
            evaluation_interval: Duration::from_secs(5),
            ..LoadedRule::example("Down")
        }],
        faults: vec![FaultRecord {
            fault: Fault::stop("api"),
            injected_at: at(0.0),
            effect_at: Some(at(1.0)),
            reverting_at: Some(at(60.0)),
            reverted_at: Some(at(61.0)),
        }],
        evaluated_until: [("Down".to_owned(), at(120.0))].into(),
        ..Timeline::begun("explore", at(120.0))
    }
}

fn alert(timeline: &mut Timeline, from_s: i32, until_s: i32, state: AlertState) {
    let mut second = from_s;
    while second <= until_s {
        timeline.samples.push(AlertSample {
            labels: labels(),
            at: at(f64::from(second)),
            state,
        });
        second += 5;
    }
}

fn delivered(timeline: &mut Timeline, second: f64) {
    timeline.deliveries.push(Delivery {
        received_at: at(second),
        receiver: "pager".to_owned(),
        group: None,
        said_again: false,
        status: DeliveryStatus::Firing,
        starts_at: None,
        labels: labels(),
        annotations: Labels::new(),
    });
}

fn judged(timeline: Timeline, moved: Vec<MovedSeries>) -> MapCell {
    let record = DrillRecord {
        schema_version: RECORD_SCHEMA_VERSION,
        drill: crate::Drill::new("explore", Fault::stop("api")),
        lane: None,
        timeline,
    };
    judge_cell(key(), &record, moved)
}

fn moved(service: &str) -> MovedSeries {
    MovedSeries {
        metric: "up".to_owned(),
        labels: Labels::new(),
        service: Some(service.to_owned()),
        how: Movement::Left,
        steady: Some([1.0, 1.0]),
        came_to: Some(0.0),
        at: at(5.0),
        strength: 1.0,
    }
}

#[test]
fn each_outcome_comes_of_what_was_seen() {
    assert_eq!(judged(timeline(), vec![]).outcome, CellOutcome::Blind);
    assert_eq!(
        judged(timeline(), vec![moved("api")]).outcome,
        CellOutcome::Unseen
    );

    let mut pending = timeline();
    alert(&mut pending, 10, 40, AlertState::Pending);
    assert_eq!(
        judged(pending, vec![moved("api")]).outcome,
        CellOutcome::PendingOnly
    );

    let mut fired = timeline();
    alert(&mut fired, 10, 20, AlertState::Pending);
    alert(&mut fired, 25, 70, AlertState::Firing);
    assert_eq!(judged(fired.clone(), vec![]).outcome, CellOutcome::Untold);

    delivered(&mut fired, 33.0);
    let cell = judged(fired, vec![]);
    assert_eq!(cell.outcome, CellOutcome::Pages);
    assert_eq!(cell.pages_after_s(), Some(25.0));
    let [page] = cell.alerts.try_into().unwrap();
    assert_eq!(page.told.unwrap().receiver, "pager");
    assert_eq!(page.resolved_at, Some(at(75.0)));
}

#[test]
fn fault_without_effect_and_one_that_could_not_be_told_apart_from_it() {
    let mut none = timeline();
    none.faults[0].effect_at = None;
    assert_eq!(judged(none.clone(), vec![]).outcome, CellOutcome::NoEffect);
    none.errors.push(ObservationError {
        at: at(1.0),
        message: "failed to stop api".to_owned(),
    });
    let cell = judged(none, vec![]);
    assert_eq!(cell.outcome, CellOutcome::NotTried);
    assert_eq!(cell.because, "failed to stop api");
}

#[test]
fn stack_that_was_unsteady_before_says_nothing_of_the_failure() {
    let mut unsteady = timeline();
    unsteady.faults.clear();
    unsteady.steady_state.active_alerts.push(labels());
    let cell = judged(unsteady, vec![]);
    assert_eq!(cell.outcome, CellOutcome::NotTried);
    assert_eq!(
        cell.because,
        "the stack was not steady before: Down is active"
    );
}

#[test]
fn alert_that_was_active_before_the_fault_is_not_of_it() {
    let mut before = timeline();
    alert(&mut before, -20, 40, AlertState::Firing);
    assert_eq!(judged(before, vec![]).outcome, CellOutcome::Blind);
}

#[test]
fn other_services_that_fell_sick_or_whose_metrics_moved_are_reached() {
    let mut sick = timeline();
    sick.sick_services = ["api", "worker"]
        .map(|service| SickService {
            service: service.to_owned(),
            at: at(10.0),
            said: "running, unhealthy".to_owned(),
        })
        .into();
    let cell = judged(sick, vec![moved("api"), moved("db"), moved("db")]);
    let reached: Vec<_> = cell
        .reached
        .iter()
        .map(|it| (it.service.as_str(), it.health.as_deref(), it.moved))
        .collect();
    assert_eq!(
        reached,
        [("db", None, 2), ("worker", Some("running, unhealthy"), 0)]
    );
}

#[test]
fn cell_that_is_judged_again_keeps_what_moved_and_takes_the_alerts() {
    let cell = judged(timeline(), vec![moved("api")]);
    let mut replayed = timeline();
    replayed.replayed = Some(crate::Replayed::default());
    alert(&mut replayed, 25, 70, AlertState::Firing);
    let record = DrillRecord {
        schema_version: RECORD_SCHEMA_VERSION,
        drill: crate::Drill::new("explore", Fault::stop("api")),
        lane: None,
        timeline: replayed,
    };
    let again = rejudged(&cell, &record);
    assert_eq!(
        (cell.outcome, again.outcome),
        (CellOutcome::Unseen, CellOutcome::Pages)
    );
    assert_eq!(again.moved, cell.moved);
}
