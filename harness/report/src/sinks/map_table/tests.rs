use std::collections::BTreeMap;

use alertdrill_core::exploration::{
    AcceptedBlindSpot, BASELINE_SCHEMA_VERSION, Baseline, CellChange, CellKey,
};

use super::*;
use crate::sinks::map_examples::example_map;

fn plain(text: &str) -> String {
    style::harmless(text)
}

#[test]
fn map_is_a_table_of_services_and_failures_with_a_word_in_each_cell() {
    insta::assert_snapshot!(plain(&map_table(&example_map())), @r"
    service  stopped     hung      cut_off      slow
    redis                blind     told nobody  no effect
    worker   pages 14 s  no alert
    ");
    insta::assert_snapshot!(map_tally(&example_map()), @"1 pages, 1 told nobody, 1 no alert, 1 blind, 1 no effect");
}

#[test]
fn blind_spot_is_told_with_what_moved_what_it_reached_and_a_rule_for_it() {
    insta::assert_snapshot!(plain(&blind_spots_text(&example_map())), @r#"
    worker:hung: a metric moved, and no alert came
        12 series moved: up{job="worker"<b>"} left its range
        it reached redis
        a rule that fires here after 12 s, and nowhere else in the recording:
          - alert: WorkerHung
            expr: 'up{job="worker"} == 0'
    redis:cut_off:back: an alert fired, and nobody was told
        WorkerDown fired, and nobody was told
    redis:hung: it failed, and no metric moved
    redis:slow: no effect: within 30 s, redis was not seen to be slow
    "#);
}

#[test]
fn plan_says_what_fits_what_cannot_be_and_why() {
    let key = |failure| CellKey {
        service: "api".to_owned(),
        failure,
        on: None,
    };
    let planned = |failure, not_applicable: Option<&str>| PlannedCell {
        key: key(failure),
        not_applicable: not_applicable.map(str::to_owned),
    };
    let cells = [
        planned(FailureKind::Stopped, None),
        planned(FailureKind::Hung, None),
        planned(FailureKind::OutOfMemory, Some("it has no memory limit")),
    ];
    let batches = [
        vec![key(FailureKind::Stopped)],
        vec![key(FailureKind::Hung)],
    ];
    insta::assert_snapshot!(exploration_text(&cells, &batches, 90.0, Some(100.0)), @r"
    api:stopped
    api:hung  (no time is left for it)

    not applicable: api:out_of_memory: it has no memory limit
    2 failures, each about 90 s: about 3 min
    ");
}

#[test]
fn what_differs_from_the_accepted_blind_spots_is_told_each_in_a_line() {
    let baseline = Baseline {
        schema_version: BASELINE_SCHEMA_VERSION,
        blind_spots: vec![
            AcceptedBlindSpot {
                key: example_map().cells[1].key.clone(),
                outcome: CellOutcome::Unseen,
                reason: "known".to_owned(),
            },
            AcceptedBlindSpot {
                key: example_map().cells[0].key.clone(),
                outcome: CellOutcome::Unseen,
                reason: String::new(),
            },
        ],
    };
    let comparison = baseline.compared_with(&example_map());
    insta::assert_snapshot!(plain(&baseline_text(&comparison)), @r"
    new blind spot: redis:cut_off:back: an alert fired, and nobody was told
    new blind spot: redis:hung: it failed, and no metric moved
    accepted without a reason: worker:stopped
    no blind spot any more: worker:stopped: take it out of the baseline
    1 blind spots are accepted
    ");
}

#[test]
fn other_rules_are_told_by_what_they_catch_lose_and_cry_in_vain() {
    let change = |number: usize, after, gained: &[&str], lost: &[&str]| CellChange {
        key: example_map().cells[number].key.clone(),
        before: example_map().cells[number].outcome,
        after,
        gained: gained.iter().map(|alert| (*alert).to_owned()).collect(),
        lost: lost.iter().map(|alert| (*alert).to_owned()).collect(),
    };
    let change = RuleSetChange {
        cells: vec![
            change(1, CellOutcome::Pages, &["WorkerHung"], &[]),
            change(0, CellOutcome::Unseen, &[], &["WorkerDown"]),
        ],
        in_vain: BTreeMap::from([("WorkerHung".to_owned(), 2)]),
        undecided: vec![example_map().cells[4].key.clone()],
    };
    insta::assert_snapshot!(plain(&rule_changes_text(&change)), @r"
    worker:hung: no alert → pages; now fires: WorkerHung
    worker:stopped: pages → no alert; no longer fires: WorkerDown
    in vain: WorkerHung fires 2 times more while nothing is broken
    not decided: redis:hung: the rules that were loaded, evaluated again, come to something else there than what came
    ");
    let nothing = rule_changes_text(&RuleSetChange::default());
    assert_eq!(nothing, "these rules change nothing of the map");
}
