use super::*;
use crate::exploration::{FailureKind, MAP_SCHEMA_VERSION, MapCell};

fn key(service: &str, failure: FailureKind) -> CellKey {
    CellKey {
        service: service.to_owned(),
        failure,
        on: None,
    }
}

fn map(cells: &[(&str, FailureKind, CellOutcome)]) -> ExplorationMap {
    let cells = cells.iter();
    ExplorationMap {
        schema_version: MAP_SCHEMA_VERSION,
        project: "shop".to_owned(),
        rules_file: "rules.yml".to_owned(),
        rules_sha256: String::new(),
        judged_by: None,
        hold_s: 60.0,
        segments: Vec::new(),
        services: vec!["api".to_owned(), "db".to_owned()],
        cells: cells
            .map(|(service, failure, outcome)| {
                MapCell::unknown(key(service, *failure), *outcome, "")
            })
            .collect(),
    }
}

fn baseline(spots: &[(&str, FailureKind, CellOutcome, &str)]) -> Baseline {
    let spots = spots.iter();
    Baseline {
        schema_version: BASELINE_SCHEMA_VERSION,
        blind_spots: spots
            .map(|(service, failure, outcome, reason)| AcceptedBlindSpot {
                key: key(service, *failure),
                outcome: *outcome,
                reason: (*reason).to_owned(),
            })
            .collect(),
    }
}

use CellOutcome::{Blind, NotTried, Pages, Unseen};
use FailureKind::{Hung, Slow, Stopped};

#[test]
fn new_blind_spot_a_worse_one_and_one_without_a_reason_fail() {
    let found = map(&[
        ("api", Hung, Unseen),
        ("api", Slow, Blind),
        ("db", Slow, Unseen),
    ]);
    let accepted = baseline(&[("api", Slow, Unseen, "known"), ("db", Slow, Unseen, " ")]);
    let comparison = accepted.compared_with(&found);
    assert_eq!(comparison.new, [(key("api", Hung), Unseen)]);
    assert_eq!(comparison.worse, [(key("api", Slow), Unseen, Blind)]);
    assert_eq!(comparison.without_reason, [key("db", Slow)]);
    assert!(!comparison.is_as_accepted());
}

#[test]
fn accepted_blind_spot_that_pages_now_is_to_be_removed_and_what_was_not_tried_is_not() {
    let accepted = baseline(&[
        ("api", Hung, Unseen, "known"),
        ("api", Slow, Unseen, "known"),
        ("db", Stopped, Unseen, "of a part that was not looked at"),
    ]);
    let comparison = accepted.compared_with(&map(&[("api", Hung, Pages), ("api", Slow, NotTried)]));
    assert_eq!(comparison.gone, [key("api", Hung)]);
    let found = map(&[
        ("api", Hung, Unseen),
        ("api", Slow, Unseen),
        ("db", Stopped, Unseen),
    ]);
    assert!(accepted.compared_with(&found).is_as_accepted());
}

#[test]
fn baseline_that_is_written_anew_keeps_the_reasons_and_what_was_not_tried() {
    let earlier = baseline(&[
        ("api", Hung, Blind, "nobody needs it"),
        ("db", Slow, Unseen, "known"),
    ]);
    let found = map(&[
        ("api", Hung, Unseen),
        ("api", Stopped, Unseen),
        ("db", Slow, NotTried),
    ]);
    let written = Baseline::of(&found, Some(&earlier));
    let reasons: Vec<_> = written
        .blind_spots
        .iter()
        .map(|spot| (spot.key.to_string(), spot.reason.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("api:stopped".to_owned(), ""),
            ("api:hung".to_owned(), "nobody needs it"),
            ("db:slow".to_owned(), "known"),
        ]
    );
    let json = serde_json::to_string(&written).unwrap();
    assert_eq!(serde_json::from_str::<Baseline>(&json).unwrap(), written);
}
