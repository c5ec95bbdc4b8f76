//! Rules are judged by a recording as they are by the stack.
//!
//! The recording is a whole run of the suite. `alertdrill record --to tests/recordings/k2` makes it
//! again, after one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod drills;
mod rule_sets;
mod session;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alertdrill::replaying::{OpenRecording, ReplayedDrill};
use alertdrill::{Outcome, Placement, ReasonKind};
use rule_sets::{Catcher, DecidedBy, Files, RuleSet, rule_sets};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

async fn recording() -> OpenRecording {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let folder = root().join("tests/recordings/k2");
    OpenRecording::open(&folder, programs).await.unwrap()
}

/// The drills of the recording, judged by these rules.
async fn judged(recording: &OpenRecording, rules: &str) -> Vec<ReplayedDrill> {
    let committed = PathBuf::from("alert_rules.yml");
    let files = recording
        .with_rules_text(rules.to_owned(), &committed)
        .unwrap();
    recording.judge(&files).await.unwrap()
}

/// What the rules of a rule set decide and a recording can tell: the servers' configuration is as
/// it was.
fn can_be_replayed(rule_set: &RuleSet) -> bool {
    rule_set.routes.is_empty()
        && rule_set.prometheus.is_empty()
        && !rule_set.drill_names.is_empty()
        && rule_set.decided_by != DecidedBy::Live
}

#[tokio::test]
async fn each_rule_set_that_a_recording_can_decide_comes_to_its_verdict() {
    let recording = recording().await;
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for rule_set in rule_sets().into_iter().filter(can_be_replayed) {
        let files = Files::committed().with(&rule_set).unwrap();
        let drills = judged(&recording, &files.rules).await;
        let of_set = drills
            .iter()
            .filter(|drill| rule_set.drill_names.contains(&drill.record.drill.name));
        tried += 1;
        for ReplayedDrill { record, verdict } in of_set {
            let kinds: Vec<_> = verdict.reasons.iter().map(|reason| reason.kind).collect();
            let is_as_wanted = if rule_set.is_right() {
                verdict.outcome == Outcome::Pass
            } else {
                kinds
                    .iter()
                    .any(|kind| rule_set.caught_by.contains(&Catcher::Drill(*kind)))
            };
            if !is_as_wanted {
                let said = verdict
                    .reasons
                    .iter()
                    .map(|reason| format!("\n      {:?} {}", reason.kind, reason.message));
                wrong.push(format!(
                    "{} ({}): {}: {}, wanted {:?}{}",
                    rule_set.name,
                    rule_set.decided_by,
                    record.drill.name,
                    verdict.outcome,
                    rule_set.caught_by,
                    said.collect::<String>()
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
