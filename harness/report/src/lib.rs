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
    RunReport, Trend, Unfinished, record_history, report_schema, saved_history, term_names,
    undecided, undecided_text,
};
pub use sinks::{
    CoverageTable, FindingsText, JudgedDrill, SavedRules, annotations, drill_line, end_table,
    failure_text, findings_json, findings_sarif, findings_schema, firings_table, incident_table,
    incident_totals, measured_lines, mutation_json, mutation_text, near_text, refused_text,
    replay_summary, save_report, save_so_far, save_summary, saved_again_text, saved_text,
    slower_annotations, tally, untold_lines, verdict_changes_text,
};
pub use store::{BegunRun, RecordingFolder, RunFolder};
