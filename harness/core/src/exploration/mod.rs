//! An exploration: every failure of every service, and who would be told of it.
//!
//! The plan, the movement of metrics, the judging of one cell, the map, its comparison with a
//! baseline and with other rules: all of it is data and pure functions over what was recorded.

mod baseline;
mod cell;
mod change;
mod failure;
mod judging;
mod movement;
mod plan;
mod proposal;
mod reach;
mod record;
mod series;

pub use baseline::{AcceptedBlindSpot, BASELINE_SCHEMA_VERSION, Baseline, BaselineComparison};
pub use cell::{
    CellAlert, CellOutcome, CellSpan, Delivered, MapCell, MovedSeries, Movement, ProposedRule,
    TouchedService,
};
pub use change::{CellChange, RuleSetChange, changes_of_the_map, fired_outside};
pub use failure::{CellKey, FailureKind};
pub use judging::{judge_cell, rejudged};
pub use movement::{Spans, drawn_values, moved_series, of_the_lane, without_restless};
pub use plan::{
    ExplorationPlan, Only, PlannedCell, ServiceLane, ServiceToExplore, cell_drill,
    cell_drill_on_a_lane, exploration_plan, lane_of, side_by_side,
};
pub use proposal::{Candidate, candidates_for};
pub use reach::{series_service, touched_services};
pub use record::{ExplorationMap, MAP_SCHEMA_VERSION, Segment};
pub use series::{SeriesTable, TabledSeries};
