//! The map by other rules: no service is broken again.
//!
//! The rules that were loaded are judged again as well, so that only the rules differ between the
//! two maps. A cell in which they do not come to what came of it live is not decided.

use std::collections::BTreeMap;
use std::path::Path;

use alertdrill_core::exploration::{
    ExplorationMap, MapCell, RuleSetChange, changes_of_the_map, fired_outside, rejudged,
};
use alertdrill_core::{RecordedRun, Result, RulesSaid, UtcInstant, replayed};
use alertdrill_report::ExplorationFolder;

use crate::replaying::{OpenRecording, about_rules_in};

/// The map by other rules, and what they change.
pub(crate) struct Rejudged {
    /// The map.
    pub(crate) map: ExplorationMap,
    /// What differs from the rules that were loaded.
    pub(crate) change: RuleSetChange,
    /// How many evaluations there were.
    pub(crate) evaluations: u64,
}

/// Judges the exploration in `folder` by `rules`.
///
/// # Errors
/// As [`OpenRecording::open`] of each segment, and of rules that Prometheus does not load.
pub(crate) async fn rejudge(
    folder: &ExplorationFolder,
    rules: &Path,
    programs: &Path,
) -> Result<Rejudged> {
    let recorded = folder.map()?;
    let (mut before, mut after) = (recorded.clone(), recorded.clone());
    let (mut fired_before, mut fired_after) = (BTreeMap::new(), BTreeMap::new());
    let mut evaluations = 0;
    for segment in folder.segments()? {
        let recording = ExplorationFolder::recording_of(&segment);
        if !recording.path().is_dir() {
            continue;
        }
        let open = OpenRecording::open_as_it_is(recording.path(), programs).await?;
        let run = open.run()?;
        let loaded = open.evaluate(&open.recording.rules).await?;
        let files = open.with_rules(rules)?;
        let others = open.evaluate(&files).await;
        let others = others.map_err(about_rules_in(Some(rules)))?;
        evaluations += others.evaluations;
        let name = segment.id();
        let spans = spans_in(&before, &name);
        judge_again(&mut before, &name, run, &loaded.said);
        judge_again(&mut after, &name, run, &others.said);
        add(&mut fired_before, fired_outside(&loaded.said, &spans));
        add(&mut fired_after, fired_outside(&others.said, &spans));
    }
    after.judged_by = Some(rules.display().to_string());
    let change = changes_of_the_map(&recorded, &before, &after, (&fired_before, &fired_after));
    Ok(Rejudged {
        map: after,
        change,
        evaluations,
    })
}

fn spans_in(map: &ExplorationMap, segment: &str) -> Vec<(UtcInstant, UtcInstant)> {
    let own = map
        .cells
        .iter()
        .filter(|cell| cell.segment.as_deref() == Some(segment));
    let spans = own.filter_map(|cell| cell.span.as_ref());
    spans
        .map(|span| (span.injected_at, span.finished_at))
        .collect()
}

fn judge_again(map: &mut ExplorationMap, segment: &str, run: &RecordedRun, said: &RulesSaid) {
    for cell in &mut map.cells {
        let name = cell.key.drill_name();
        let is_its = cell.segment.as_deref() == Some(segment);
        let mut drills = run.drills.iter();
        let recorded = drills.find(|it| is_its && it.record.drill.name == name);
        if let Some(recorded) = recorded {
            let again = rejudged(cell, &replayed(recorded, run, said));
            // A rule that is there now needs no proposal.
            let proposals = if again.outcome.is_blind_spot() {
                again.proposals.clone()
            } else {
                Vec::new()
            };
            *cell = MapCell { proposals, ..again };
        }
    }
}

fn add(counts: &mut BTreeMap<String, usize>, more: BTreeMap<String, usize>) {
    for (alert, count) in more {
        *counts.entry(alert).or_default() += count;
    }
}
