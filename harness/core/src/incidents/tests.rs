//! What becomes of incidents, with literal values: seconds after the fault, which is at second 0.

use super::*;
use crate::{AlertSample, AlertState, Claim, LoadedRule};

fn at(second: u32) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + f64::from(second)).unwrap()
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// An alert of okx, pending, firing and ended at these seconds.
fn down(pending: u32, firing: u32, ended: Option<u32>) -> Incident {
    Incident {
        labels: labels(&[
            ("alertname", "Down"),
            ("exchange", "okx"),
            ("severity", "critical"),
        ]),
        pending_at: (pending < firing).then(|| at(pending)),
        firing_at: at(firing),
        ended_at: ended.map(at),
    }
}

fn with(label: &str, value: &str, mut incident: Incident) -> Incident {
    incident.labels.insert(label.to_owned(), value.to_owned());
    incident
}

fn without(label: &str, mut incident: Incident) -> Incident {
    incident.labels.remove(label);
    incident
}

/// The drill that answers for the alert of okx, from second 0 to 200.
fn drill() -> DrillAtWork {
    DrillAtWork {
        fault_at: at(0),
        until: at(200),
        name: "handler_stopped".to_owned(),
        lane: None,
        claims: vec![Claim {
            alert: "Down".to_owned(),
            labels: labels(&[("exchange", "okx")]),
        }],
    }
}

fn changes(old: &[Incident], new: &[Incident], drills: &[DrillAtWork]) -> Vec<Change> {
    let compared = compared_incidents(old.to_vec(), new.to_vec(), drills);
    compared.iter().map(|one| one.change).collect()
}

const fn by(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn incident_that_fires_at_another_instant_pages_earlier_or_later() {
    let (soon, late) = ([down(5, 65, Some(90))], [down(5, 125, Some(150))]);
    assert_eq!(changes(&soon, &late, &[]), [Change::Later { by: by(60) }]);
    assert_eq!(changes(&late, &soon, &[]), [Change::Earlier { by: by(60) }]);
}

#[test]
fn incident_that_fires_at_the_same_instant_differs_by_its_end() {
    let ends = [Some(90), Some(100), None].map(|end| [down(5, 65, end)]);
    let [soon, later, never] = &ends;
    assert_eq!(changes(soon, later, &[]), [Change::EndsLater]);
    assert_eq!(changes(later, never, &[]), [Change::EndsLater]);
    assert_eq!(changes(never, soon, &[]), [Change::EndsEarlier]);
    assert_eq!(changes(never, never, &[]), [Change::Same]);
}

#[test]
fn incident_of_one_side_alone_pages_no_more_or_newly() {
    let one = [down(5, 65, Some(90))];
    assert_eq!(changes(&one, &[], &[]), [Change::NoMore]);
    assert_eq!(changes(&[], &one, &[]), [Change::Newly]);
}

#[test]
fn incidents_that_do_not_overlap_are_one_only_within_one_drill() {
    let (early, late) = ([down(5, 10, Some(20))], [down(50, 110, Some(120))]);
    let compared = compared_incidents(early.to_vec(), late.to_vec(), &[drill()]);
    assert_eq!(compared[0].change, Change::Later { by: by(100) });
    assert_eq!(compared[0].drill, Some(drill()));
    assert_eq!(changes(&early, &late, &[]), [Change::NoMore, Change::Newly]);
    let next = [down(205, 265, Some(290))];
    assert_eq!(
        changes(&early, &next, &[drill()]),
        [Change::NoMore, Change::Newly]
    );
}

#[test]
fn other_severity_and_labels_that_one_side_lacks_leave_it_the_same_incident() {
    let old = down(5, 65, Some(90));
    let warning = with("severity", "warning", without("exchange", old.clone()));
    let compared = compared_incidents(vec![old.clone()], vec![warning], &[]);
    assert_eq!(compared[0].change, Change::Same);
    assert!(compared[0].is_changed());
    assert_eq!(
        compared[0].changed_labels(),
        BTreeMap::from([
            ("exchange", (Some("okx"), None)),
            ("severity", (Some("critical"), Some("warning"))),
        ])
    );
    let of_kraken = with("exchange", "kraken", old.clone());
    assert_eq!(
        changes(&[old], &[of_kraken], &[drill()]),
        [Change::Newly, Change::NoMore]
    );
}

#[test]
fn of_several_that_could_be_the_same_it_is_the_one_with_most_labels_in_common() {
    let old = [down(5, 65, Some(90))];
    let aggregated = without("exchange", down(5, 65, Some(90)));
    let compared = compared_incidents(old.to_vec(), vec![aggregated, down(5, 70, Some(90))], &[]);
    let found: Vec<_> = compared
        .iter()
        .map(|one| (one.change, one.new.as_ref().map(|new| new.labels.len())))
        .collect();
    assert_eq!(
        found,
        [
            (Change::Later { by: by(5) }, Some(3)),
            (Change::Newly, Some(2))
        ]
    );
}

#[test]
fn alert_that_fires_twice_where_it_fired_once_ends_earlier_and_pages_anew() {
    let (once, twice) = (
        [down(5, 65, Some(190))],
        [down(5, 65, Some(90)), down(100, 110, Some(190))],
    );
    assert_eq!(
        changes(&once, &twice, &[drill()]),
        [Change::EndsEarlier, Change::Newly]
    );
}

#[test]
fn incident_is_of_the_drill_that_claims_it_and_ran_then() {
    let of = |incident: &Incident, drills: &[DrillAtWork]| {
        let compared = compared_incidents(vec![incident.clone()], vec![], drills);
        compared[0].drill.as_ref().map(|drill| drill.name.clone())
    };
    let beside = DrillAtWork {
        fault_at: at(50),
        name: "on_another_lane".to_owned(),
        claims: vec![Claim {
            alert: "Down".to_owned(),
            labels: labels(&[("exchange", "kraken")]),
        }],
        ..drill()
    };
    let both = [drill(), beside];
    let name = |name: &str| Some(name.to_owned());
    let okx = down(5, 65, None);
    assert_eq!(of(&okx, &both), name("handler_stopped"));
    assert_eq!(
        of(&with("exchange", "kraken", okx.clone()), &both),
        name("on_another_lane")
    );
    // Its labels no longer tell whose it is.
    assert_eq!(
        of(&without("exchange", okx.clone()), &both),
        name("on_another_lane")
    );
    assert_eq!(of(&with("exchange", "bybit", okx), &both), None);
    assert_eq!(of(&down(205, 265, None), &both), None);
}

#[test]
fn only_lives_that_fired_are_incidents_and_none_of_an_alert_that_always_fires() {
    let sample = |alert: &str, second: u32, state| AlertSample {
        labels: labels(&[("alertname", alert)]),
        at: at(second),
        state,
    };
    let watchdog = LoadedRule {
        is_watchdog: true,
        ..LoadedRule::example("Watchdog")
    };
    let said = RulesSaid {
        rules: vec![
            LoadedRule::example("Down"),
            LoadedRule::example("Lag"),
            watchdog,
        ],
        samples: vec![
            sample("Down", 0, AlertState::Pending),
            sample("Down", 5, AlertState::Firing),
            sample("Down", 10, AlertState::Firing),
            sample("Lag", 0, AlertState::Pending),
            sample("Watchdog", 0, AlertState::Firing),
            sample("Down", 60, AlertState::Firing),
        ],
        until: Some(at(62)),
        ..RulesSaid::default()
    };
    let incident = |pending_at, firing, ended_at| Incident {
        labels: labels(&[("alertname", "Down")]),
        pending_at,
        firing_at: at(firing),
        ended_at,
    };
    let incidents = incidents_of(&said);
    assert_eq!(
        incidents,
        [
            incident(Some(at(0)), 5, Some(at(15))),
            incident(None, 60, None),
        ]
    );
    let firings = firings(&incidents, at(62));
    let expected = Firings {
        times: 2,
        in_all: by(12),
    };
    assert_eq!(firings, BTreeMap::from([("Down", expected)]));
}
