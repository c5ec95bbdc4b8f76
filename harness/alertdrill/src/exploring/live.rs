//! Breaks what a plan says, one failure after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use alertdrill_core::exploration::{
    CellKey, ExplorationPlan, Segment, ServiceToExplore, cell_drill, cell_drill_on_a_lane,
    judge_cell, lane_of, side_by_side,
};
use alertdrill_core::{Cadence, DrillRecord, Error, LoadedRule, Result, UtcInstant};
use alertdrill_progress::Progress;
use alertdrill_report::{ExplorationFolder, RunFolder};
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::session::Session;

/// How long a stack may take to steady state before anything is broken.
const STEADY_WITHIN: Duration = Duration::from_mins(3);
/// So many scrapes of steady state are recorded at least.
const STEADY_SCRAPES: u32 = 24;
/// So many times as long as a fault is held is steady state recorded at least.
const STEADY_HOLDS: u32 = 3;
/// And no longer than that.
const STEADY_AT_MOST: Duration = Duration::from_mins(8);

/// What is to be explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Explored<'a> {
    /// Its cells, in their order.
    pub(crate) cells: &'a [CellKey],
    /// The services of the project.
    pub(crate) services: &'a [ServiceToExplore],
    /// How long each fault is held at least.
    pub(crate) hold: Duration,
    /// How long all of it may take.
    pub(crate) within: Option<Duration>,
    /// The folder of the programs that it needs.
    pub(crate) programs: &'a Path,
}

/// Breaks them, saves what each was seen to do, and records the whole as a further segment of
/// `folder`. It ends early, and in order, if it is cancelled or no time is left.
///
/// # Errors
/// [`Error::TimedOut`] of a stack that is not steady, [`Error::File`], or what keeps it from being
/// recorded.
pub(crate) async fn explore(
    session: &Session,
    folder: &ExplorationFolder,
    explored: Explored<'_>,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<()> {
    let begun_at = now();
    require_steady(session, progress, cancel).await?;
    let rules = session.loaded_rules().await?;
    let segment = folder.new_segment()?;
    folder.become_latest()?;
    let steady = record_steady_state(explored.hold, &rules, progress, cancel).await?;
    let mut tried = 0;
    let batches = side_by_side(explored.cells, explored.services);
    for batch in batches {
        let spent = now().time_since(begun_at);
        let is_over =
            |within: Duration| spent + ExplorationPlan::a_cell_takes(explored.hold) > within;
        if cancel.is_cancelled() || explored.within.is_some_and(is_over) {
            break;
        }
        let records = try_beside(session, &batch, explored, &rules, progress, cancel).await?;
        // What was cut off says nothing; it is tried again.
        if cancel.is_cancelled() {
            break;
        }
        for (key, record) in batch.iter().zip(&records) {
            segment.save_record(record)?;
            tried += 1;
            progress.line(&cell_line(key, record, explored.cells.len() - tried));
        }
        segment.save_run(session.run_info(&segment, &[]).await)?;
        ExplorationFolder::save_segment(&segment, &segment_of(&segment, begun_at, steady))?;
    }
    if tried > 0 {
        record(session, &segment, explored.programs, progress).await?;
    }
    Ok(())
}

/// Tries cells side by side; gives what each was seen to do.
async fn try_beside(
    session: &Session,
    batch: &[CellKey],
    explored: Explored<'_>,
    rules: &[LoadedRule],
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Vec<DrillRecord>> {
    let settings = session.stack().project().settings();
    let drills: Vec<_> = batch
        .iter()
        .map(|key| {
            let drill = cell_drill(key, explored.hold, rules);
            match lane_of(key, explored.services).filter(|_| batch.len() > 1) {
                Some(lane) => cell_drill_on_a_lane(drill, lane, settings),
                None => drill,
            }
        })
        .collect();
    let takes = ExplorationPlan::a_cell_takes(explored.hold);
    let mut runs = Vec::new();
    for drill in &drills {
        let ticket = session.queue(drill, takes)?;
        runs.push(session.run(drill, ticket, None, progress, cancel));
    }
    Ok(join_all(runs).await)
}

/// Records a segment whose cells were tried, while its Prometheus still has the samples.
///
/// # Errors
/// As [`Session::record_into`].
pub(super) async fn record(
    session: &Session,
    segment: &RunFolder,
    programs: &Path,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("exploration", "recording it");
    let into = ExplorationFolder::recording_of(segment);
    let recorded = session.record_into(segment, programs, &into).await;
    step.done(if recorded.is_ok() {
        "recorded"
    } else {
        "failed"
    });
    recorded
}

/// The cells that earlier segments have tried.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] of a record that cannot be read.
pub(crate) fn tried_before(
    folder: &ExplorationFolder,
    cells: &[CellKey],
) -> Result<BTreeSet<CellKey>> {
    let mut tried = BTreeSet::new();
    for segment in folder.segments()? {
        let has_recording = ExplorationFolder::recording_of(&segment)
            .recording()
            .is_ok();
        for record in segment.records()?.iter().filter(|_| has_recording) {
            let is_tried = !record.timeline.faults.is_empty();
            let key = CellKey::of_drill(cells, &record.drill.name);
            tried.extend(key.filter(|_| is_tried).cloned());
        }
    }
    Ok(tried)
}

async fn require_steady(
    session: &Session,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<()> {
    let state = session
        .wait_until_steady(STEADY_WITHIN, progress, cancel)
        .await?;
    if state.is_reached() {
        return Ok(());
    }
    Err(Error::TimedOut {
        awaited: "the stack to be steady before anything is broken".to_owned(),
        last_seen: state.shortfalls().join("; "),
        waited: STEADY_WITHIN,
    })
}

/// Lets a while of steady state pass: what moves later is held against it.
async fn record_steady_state(
    hold: Duration,
    rules: &[LoadedRule],
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<[UtcInstant; 2]> {
    let scrapes = Cadence::of(rules).scrape_interval;
    let lasts = (STEADY_HOLDS * hold).max(STEADY_SCRAPES * scrapes);
    let lasts = lasts.min(STEADY_AT_MOST);
    let begun = now();
    let step = progress.step(
        "exploration",
        format!("recording steady state for {} s", lasts.as_secs()),
    );
    tokio::select! {
        () = cancel.cancelled() => return Err(Error::Interrupted),
        () = tokio::time::sleep(lasts) => {}
    }
    step.done("done");
    Ok([begun, now()])
}

fn segment_of(folder: &RunFolder, begun_at: UtcInstant, steady: [UtcInstant; 2]) -> Segment {
    Segment {
        schema_version: Segment::SCHEMA_VERSION,
        name: folder.id(),
        begun_at,
        ended_at: now(),
        steady,
    }
}

/// What was seen so far; which metrics moved is known at the end.
fn cell_line(key: &CellKey, record: &DrillRecord, left: usize) -> String {
    let cell = judge_cell(key.clone(), record, Vec::new());
    let mut furthest: BTreeMap<&str, (u8, String)> = BTreeMap::new();
    for alert in &cell.alerts {
        let came_to = match (&alert.told, alert.firing_at) {
            (Some(told), _) => (2, format!("{} told {}", alert.alert, told.receiver)),
            (None, Some(_)) => (1, format!("{} fired", alert.alert)),
            (None, None) => (0, format!("{} was pending", alert.alert)),
        };
        let known = furthest.entry(&alert.alert).or_insert(came_to.clone());
        *known = known.clone().max(came_to);
    }
    let seen: Vec<_> = furthest.into_values().map(|(_, seen)| seen).collect();
    let seen = if !cell.because.is_empty() {
        cell.because
    } else if seen.is_empty() {
        "no alert".to_owned()
    } else {
        seen.join(", ")
    };
    format!("{key}: {seen} ({left} left)")
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}
