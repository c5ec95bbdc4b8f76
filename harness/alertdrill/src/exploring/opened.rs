//! The segments of an exploration, opened: their records, and every series around them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use alertdrill_core::exploration::{CellKey, Segment, SeriesTable, TabledSeries};
use alertdrill_core::{DrillRecord, Error, Labels, Recording, Result, UtcInstant};
use alertdrill_engine::Ranges as _;
use alertdrill_engine::replay::Replayer;
use alertdrill_report::{ExplorationFolder, RunFolder};

use crate::replayer_program::find_replayer;

/// Every series there is.
const ALL_SERIES: &str = "{__name__!=\"\"}";
/// So many steps are asked for at once: an answer is one line.
const STEPS_AT_ONCE: u32 = 60;

/// A segment, opened.
pub(super) struct OpenSegment {
    pub(super) segment: Segment,
    pub(super) recording: Recording,
    pub(super) replayer: Replayer,
    pub(super) table: SeriesTable,
    /// Per cell that was tried, what it saw.
    pub(super) records: Vec<(CellKey, DrillRecord)>,
}

/// Opens the segments of `folder` that were recorded, with the cells that `cells` name.
///
/// # Errors
/// [`Error::File`], [`Error::BadDescription`] of a file that cannot be read, [`Error::NoReplayer`],
/// [`Error::NoAnswer`].
pub(super) async fn open_segments(
    folder: &ExplorationFolder,
    cells: &[CellKey],
    programs: &Path,
) -> Result<Vec<OpenSegment>> {
    let mut opened = Vec::new();
    for run in folder.segments()? {
        opened.extend(open(&run, cells, programs).await?);
    }
    Ok(opened)
}

async fn open(run: &RunFolder, cells: &[CellKey], programs: &Path) -> Result<Option<OpenSegment>> {
    let files = ExplorationFolder::recording_of(run);
    let segment = ExplorationFolder::segment(run)?;
    let (Some(segment), true) = (segment, files.path().is_dir()) else {
        return Ok(None);
    };
    let recording = files.recording()?;
    let mut replayer = Replayer::start(&find_replayer(programs)?).await?;
    // Steady state is looked at too, whichever instants rules may be evaluated at.
    let begin = recording.from.min(segment.steady[0]);
    let wide = Recording {
        from: begin,
        ..recording.clone()
    };
    replayer.open(&wide, &files.samples()).await?;
    let step = recording.server.scrape_interval;
    let span = (segment.steady[0], recording.until);
    let table = table_of(&replayer, span, step).await?;
    let records = run.records()?.into_iter().filter_map(|record| {
        let key = CellKey::of_drill(cells, &record.drill.name)?;
        Some((key.clone(), record))
    });
    Ok(Some(OpenSegment {
        records: records.collect(),
        segment,
        recording,
        replayer,
        table,
    }))
}

async fn table_of(
    replayer: &Replayer,
    (from, until): (UtcInstant, UtcInstant),
    step: Duration,
) -> Result<SeriesTable> {
    if step.is_zero() {
        return Err(Error::BadDescription {
            what: "the recording of the exploration".to_owned(),
            reason: "it names no scrape interval".to_owned(),
        });
    }
    let mut table = SeriesTable {
        start: Some(from),
        step,
        series: Vec::new(),
    };
    let steps = table.step_at(until) + 1;
    let mut known: BTreeMap<Labels, usize> = BTreeMap::new();
    let mut begin = from;
    while begin <= until {
        let end = begin.plus(step * (STEPS_AT_ONCE - 1)).min(until);
        for series in replayer.range(ALL_SERIES, (begin, end), step).await? {
            let place = *known.entry(series.labels.clone()).or_insert_with(|| {
                let mut labels = series.labels.clone();
                table.series.push(TabledSeries {
                    metric: labels.remove("__name__").unwrap_or_default(),
                    labels,
                    values: vec![None; steps],
                });
                table.series.len() - 1
            });
            for (at, value) in series.values {
                let number = table.step_at(at);
                let values = table.series.get_mut(place).map(|it| &mut it.values);
                if let Some(slot) = values.and_then(|values| values.get_mut(number)) {
                    *slot = Some(value);
                }
            }
        }
        begin = end.plus(step);
    }
    Ok(table)
}
