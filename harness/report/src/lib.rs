//! What a run leaves behind, and how it is shown. Reports are made from the saved records alone, so
//! that they can be made again, and so that any number of processes can write records side by side.
//!
//! Data flows one way: from the [`store`] of a run's files to the [`model`] of what they prove, and
//! from there to the [`sinks`], one for each form in which people and tools read it.

#[cfg(test)]
mod examples;
mod model;
mod sinks;
mod store;

pub use model::{
    Agreement, Coverage, DrillReport, EarlierAlert, EarlierRun, FaultReport, Latency, LatencyStep,
    Measured, Milestone, PlannedCoverage, Proof, Proven, REPORT_SCHEMA_VERSION, Report, Rest,
    RunReport, Trend, Unfinished, map_schema, record_history, report_schema, saved_history,
    term_names, undecided, undecided_text,
};
pub use sinks::{
    CellGraphs, CoverageTable, FindingsText, GraphLine, JudgedDrill, SavedRules, annotations,
    baseline_text, blind_spots_text, drill_line, end_table, exploration_text, failure_text,
    findings_json, findings_sarif, findings_schema, firings_table, incident_table, incident_totals,
    map_page, map_table, map_tally, measured_lines, mutants_page, mutation_json, mutation_text,
    near_text, refused_text, replay_summary, rule_changes_text, save_report, save_so_far,
    save_summary, saved_again_text, saved_text, slower_annotations, tally, untold_lines,
    verdict_changes_text,
};
pub use store::{BegunRun, ExplorationFolder, RecordingFolder, RunFolder};
