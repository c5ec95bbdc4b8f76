//! The lines of the series that moved, around the time in which they did.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::exploration::{CellKey, MapCell, MovedSeries, Movement, drawn_values};
use alertdrill_report::{CellGraphs, GraphLine};

use super::opened::OpenSegment;

/// How many series of a cell are drawn.
const DRAWN: usize = 6;
/// How many steps before the fault and after the end are drawn.
const STEPS_AROUND: u32 = 12;

/// The lines of each cell, by its name.
pub(super) fn graphs_of(
    segments: &[OpenSegment],
    cells: &BTreeMap<CellKey, MapCell>,
) -> CellGraphs {
    let mut graphs = CellGraphs::default();
    for (key, cell) in cells {
        let is_its = |it: &&OpenSegment| cell.segment.as_ref() == Some(&it.segment.name);
        let Some(segment) = segments.iter().find(is_its) else {
            continue;
        };
        let moved = cell.moved.iter().take(DRAWN);
        let lines = moved.filter_map(|moved| line_of(segment, cell, moved));
        graphs.0.insert(key.to_string(), lines.collect());
    }
    graphs
}

fn line_of(segment: &OpenSegment, cell: &MapCell, moved: &MovedSeries) -> Option<GraphLine> {
    let (table, span) = (&segment.table, cell.span.as_ref()?);
    let mut series = table.series.iter();
    let series = series.find(|it| it.metric == moved.metric && it.labels == moved.labels)?;
    let around: Duration = table.step * STEPS_AROUND;
    let from = table.step_at(span.injected_at.minus(around));
    let until = table.step_at(span.finished_at.plus(around));
    let values = drawn_values(series, moved.how, table.step);
    let points = (from..=until.min(values.len().saturating_sub(1))).filter_map(|step| {
        let at = table.instant_of(step)?;
        Some((at.epoch_s(), values.get(step).copied().flatten()))
    });
    let what = if moved.how == Movement::Pace {
        ", how much it rises a second"
    } else {
        ""
    };
    Some(GraphLine {
        name: format!("{}{what}", moved.selector()),
        steady: moved.steady,
        points: points.collect(),
    })
}
