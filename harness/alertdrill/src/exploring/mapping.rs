//! The map, from what was recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use alertdrill_core::exploration::{
    CellKey, CellOutcome, ExplorationMap, ExplorationPlan, MAP_SCHEMA_VERSION, MapCell,
    ServiceToExplore, Spans, judge_cell, lane_of, moved_series, of_the_lane, without_restless,
};
use alertdrill_core::{DrillRecord, Replica, Result};
use alertdrill_progress::Progress;
use alertdrill_report::{CellGraphs, ExplorationFolder};

use super::graphs::graphs_of;
use super::opened::{OpenSegment, open_segments};
use super::proposing::propose;

/// What the map is of, beside what was recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapOf<'a> {
    /// The compose project.
    pub(crate) project: &'a str,
    /// Its services.
    pub(crate) services: &'a [ServiceToExplore],
    /// What was to be broken.
    pub(crate) plan: &'a ExplorationPlan,
    /// How long each fault was held at least.
    pub(crate) hold: Duration,
}

/// The map of what `folder` holds, and the lines that its page draws.
///
/// # Errors
/// As [`open_segments`].
pub(crate) async fn map_of(
    folder: &ExplorationFolder,
    of: MapOf<'_>,
    programs: &Path,
    progress: &Progress,
) -> Result<(ExplorationMap, CellGraphs)> {
    let step = progress.step("exploration", "judging it");
    let keys: Vec<CellKey> = of.plan.applicable().cloned().collect();
    let segments = open_segments(folder, &keys, programs).await?;
    let mut cells = judged_cells(&segments, of.services);
    propose(&segments, &mut cells).await?;
    let graphs = graphs_of(&segments, &cells);
    let shown = of.plan.cells.iter().map(|planned| {
        let key = planned.key.clone();
        match (&planned.not_applicable, cells.remove(&key)) {
            (Some(why), _) => MapCell::unknown(key, CellOutcome::NotApplicable, why),
            (None, Some(cell)) => cell,
            (None, None) => MapCell::unknown(key, CellOutcome::NotTried, "no time was left for it"),
        }
    });
    let shown: Vec<_> = shown.collect();
    let run = segments.last().and_then(|it| it.recording.run.as_ref());
    let named: BTreeSet<_> = shown.iter().map(|cell| cell.key.service.clone()).collect();
    let map = ExplorationMap {
        schema_version: MAP_SCHEMA_VERSION,
        project: of.project.to_owned(),
        rules_file: run.map_or_else(String::new, |run| run.info.rules_file.display().to_string()),
        rules_sha256: run.map_or_else(String::new, |run| run.info.rules_sha256.clone()),
        judged_by: None,
        hold_s: of.hold.as_secs_f64(),
        segments: segments.iter().map(|it| it.segment.clone()).collect(),
        services: named.into_iter().collect(),
        cells: shown,
    };
    step.done("done");
    Ok((map, graphs))
}

/// Each cell that was tried. One that was tried again counts as it was seen last.
fn judged_cells(
    segments: &[OpenSegment],
    services: &[ServiceToExplore],
) -> BTreeMap<CellKey, MapCell> {
    let names: BTreeSet<_> = services.iter().map(service_of).collect();
    let watching = services.iter().filter(|it| it.watches.is_some());
    let watching: BTreeSet<_> = watching.map(service_of).collect();
    let mut tried: Vec<(&OpenSegment, &CellKey, &DrillRecord)> = Vec::new();
    let mut moved = Vec::new();
    for segment in segments {
        for (key, record) in &segment.records {
            let spans = spans_of(segment, record);
            let mut seen = spans.map_or_else(Vec::new, |spans| {
                moved_series(&segment.table, spans, &names, &watching)
            });
            let lane = lane_of(key, services);
            if let Some(lane) = lane.filter(|_| is_beside_another(segment, key, spans)) {
                seen = of_the_lane(seen, &lane.name, &key.service);
            }
            tried.push((segment, key, record));
            moved.push((key.service.clone(), seen));
        }
    }
    let calm = without_restless(&moved);
    let judged = tried
        .into_iter()
        .zip(calm)
        .map(|((segment, key, record), moved)| {
            let cell = judge_cell(key.clone(), record, moved);
            let segment = Some(segment.segment.name.clone());
            (key.clone(), MapCell { segment, ..cell })
        });
    let mut cells: BTreeMap<CellKey, MapCell> = BTreeMap::new();
    for (key, cell) in judged {
        let is_known_already = cells.get(&key).is_some_and(|it| it.outcome.is_known());
        if cell.outcome.is_known() || !is_known_already {
            cells.insert(key, cell);
        }
    }
    cells
}

fn service_of(service: &ServiceToExplore) -> String {
    Replica::of(&service.name).service.to_owned()
}

/// Whether another cell was broken at the same time.
fn is_beside_another(segment: &OpenSegment, key: &CellKey, spans: Option<Spans>) -> bool {
    let Some(Spans { broken, .. }) = spans else {
        return false;
    };
    let others = segment.records.iter().filter(|(other, _)| other != key);
    let mut others = others.filter_map(|(_, record)| spans_of(segment, record));
    others.any(|other| other.broken.0 <= broken.1 && broken.0 <= other.broken.1)
}

fn spans_of(segment: &OpenSegment, record: &DrillRecord) -> Option<Spans> {
    let fault = record.timeline.first_fault()?;
    let until = fault.reverting_at.unwrap_or(record.timeline.finished_at);
    let [begin, end] = segment.segment.steady;
    Some(Spans {
        steady: (begin, end),
        broken: (fault.injected_at, until),
    })
}
