//! A rules file that is wrong must not get through: the drill fails, for the right reason, with the promised exit code.
//!
//! Each runs the suite as a user does, with `ALERT_RULES` naming a candidate.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::path::Path;
use std::process::Command;

use alertdrill::drill::{Outcome, ReasonKind};
use alertdrill::report::Report;

struct Ended {
    code: Option<i32>,
    printed: String,
}

/// `cargo test --test alerts feed_handler_stopped` with the committed rules, `original` replaced by `replacement`.
fn drill_with(original: &str, replacement: &str) -> Ended {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(root.join("docker/prometheus/alert_rules.yml")).unwrap();
    assert!(committed.contains(original), "no rule says `{original}` any more");
    let folder = tempfile::tempdir().unwrap();
    let candidate = folder.path().join("candidate.yml");
    std::fs::write(&candidate, committed.replace(original, replacement)).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--test", "alerts", "feed_handler_stopped"])
        .current_dir(root)
        .env("ALERT_RULES", &candidate)
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    Ended { code: output.status.code(), printed: String::from_utf8_lossy(&printed).into_owned() }
}

/// The reasons of the newest report, which says `fail` for its one drill.
fn failed_for(ended: &Ended) -> Vec<ReasonKind> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/drills/latest/report.json");
    let report: Report = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(report.outcome(), Outcome::Fail, "{}", ended.printed);
    assert_eq!(report.drills.iter().map(|drill| drill.faults.len()).sum::<usize>(), 0, "something was broken all the same");
    report.drills[0].reasons.iter().map(|reason| reason.kind).collect()
}

#[test]
fn renamed_alert_fails_the_drill_before_anything_is_broken() {
    let ended = drill_with("alert: FeedHandlerDown", "alert: FeedHandlerGone");
    assert_eq!(failed_for(&ended), [ReasonKind::NoSuchRule]);
    assert!(ended.printed.contains("no rule for FeedHandlerDown"), "{}", ended.printed);
    assert_eq!(ended.code, Some(1), "{}", ended.printed);
}

#[test]
fn rule_that_waits_ten_minutes_fails_the_drill_before_anything_is_broken() {
    let ended = drill_with("for: 1m", "for: 10m");
    assert_eq!(failed_for(&ended), [ReasonKind::Late]);
    assert!(ended.printed.contains("its deadline is 120 s: `for` is 600 s"), "{}", ended.printed);
    assert_eq!(ended.code, Some(1), "{}", ended.printed);
}

#[test]
fn rules_that_prometheus_refuses_could_not_be_tested_and_its_own_message_is_shown() {
    let ended = drill_with("expr: up{job=\"feed-handler\"} == 0", "expr: up{job=\"feed-handler\" == 0");
    assert!(ended.printed.contains("Prometheus refuses the rules of"), "{}", ended.printed);
    assert!(ended.printed.contains("could not parse expression"), "{}", ended.printed);
    assert_eq!(ended.code, Some(2), "{}", ended.printed);
}
