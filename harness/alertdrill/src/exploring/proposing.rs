//! Rules that would have seen the blind spots: guessed from what moved, and proven by the rule
//! engine over all that was recorded.

use std::collections::BTreeMap;

use alertdrill_core::exploration::{
    Candidate, CellKey, CellOutcome, MapCell, ProposedRule, candidates_for,
};
use alertdrill_core::{AlertState, Result, RulesFile, UtcInstant};
use alertdrill_engine::replay::Evaluation;
use serde_json::json;

use super::opened::OpenSegment;

/// How many rules are proposed for a blind spot.
const PROPOSED: usize = 3;

/// Adds to each blind spot the rules that fire in it, and nowhere else.
///
/// # Errors
/// [`alertdrill_core::Error::NoAnswer`] of the replayer.
pub(super) async fn propose(
    segments: &[OpenSegment],
    cells: &mut BTreeMap<CellKey, MapCell>,
) -> Result<()> {
    let mut candidates: Vec<(usize, Candidate)> = Vec::new();
    let blind = cells
        .values()
        .filter(|cell| matches!(cell.outcome, CellOutcome::Unseen | CellOutcome::PendingOnly));
    for cell in blind {
        let is_its = |it: &OpenSegment| cell.segment.as_ref() == Some(&it.segment.name);
        if let Some(number) = segments.iter().position(is_its) {
            let segment = &segments[number];
            let found = candidates_for(cell, &segment.table, segment.table.step);
            candidates.extend(found.into_iter().map(|candidate| (number, candidate)));
        }
    }
    if candidates.is_empty() {
        return Ok(());
    }
    let files = [rules_file(candidates.iter().map(|(_, it)| it))];
    let mut fired: BTreeMap<usize, Vec<(usize, UtcInstant)>> = BTreeMap::new();
    for (number, segment) in segments.iter().enumerate() {
        let evaluation = Evaluation {
            is_kept: false,
            is_wordless: true,
            ..Evaluation::of(&files)
        };
        let said = segment
            .replayer
            .evaluate(&segment.recording, evaluation)
            .await?;
        let firing = said.said.samples.into_iter();
        for sample in firing.filter(|sample| sample.state == AlertState::Firing) {
            let name = sample.labels.get("alertname").map_or("", String::as_str);
            if let Some(candidate) = name.strip_prefix(NAME).and_then(|it| it.parse().ok()) {
                fired
                    .entry(candidate)
                    .or_default()
                    .push((number, sample.at));
            }
        }
    }
    for (number, (segment, candidate)) in candidates.into_iter().enumerate() {
        let Some(cell) = cells.get_mut(&candidate.key) else {
            continue;
        };
        let Some(after_s) = fires_only_in(cell, segment, fired.get(&number)) else {
            continue;
        };
        if cell.proposals.len() < PROPOSED {
            cell.proposals.push(ProposedRule {
                text: candidate.text(),
                because: candidate.because,
                fires_after_s: after_s,
            });
        }
    }
    Ok(())
}

/// What the names of candidates begin with, while they are evaluated: two may have one name.
const NAME: &str = "Candidate";

fn rules_file<'a>(candidates: impl Iterator<Item = &'a Candidate>) -> RulesFile {
    let rules = candidates.enumerate().map(|(number, candidate)| {
        json!({
            "alert": format!("{NAME}{number}"),
            "expr": candidate.expr,
            "for": format!("{}ms", candidate.lasts.as_millis()),
        })
    });
    let rules: Vec<_> = rules.collect();
    // JSON is YAML.
    let text = json!({"groups": [{"name": "candidates", "rules": rules}]}).to_string();
    RulesFile {
        path: "candidates.yml".to_owned(),
        text,
    }
}

/// How many seconds after the fault of `cell` a rule fired, if it did and was silent elsewhere.
fn fires_only_in(
    cell: &MapCell,
    segment: usize,
    fired: Option<&Vec<(usize, UtcInstant)>>,
) -> Option<f64> {
    let (span, fired) = (cell.span.as_ref()?, fired?);
    let is_in_it = |(number, at): &(usize, UtcInstant)| {
        *number == segment && span.injected_at <= *at && *at <= span.finished_at
    };
    let first = fired.iter().map(|(_, at)| *at).min()?;
    let all = fired.iter().all(is_in_it);
    // One that fires only once the fault is gone tells of the repair.
    let in_time = span.reverted_at.is_none_or(|reverted| first <= reverted);
    (all && in_time).then(|| first.seconds_since(span.injected_at))
}
