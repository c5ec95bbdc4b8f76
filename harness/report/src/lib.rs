//! What a run leaves behind, and how it is shown. Reports are made from the saved records alone, so
//! that they can be made again, and so that any number of processes can write records side by side.

mod model;
mod sinks;
mod store;

pub use model::latency::{Latency, LatencyStep, Milestone};
pub use model::report::{
    Agreement, DrillReport, FaultReport, Measured, REPORT_SCHEMA_VERSION, Report, RunReport,
};
pub use model::rule_coverage::{Coverage, RuleCoverage, rule_coverage, uncovered};
pub use model::schema::report_schema;
pub use model::trend::{EarlierAlert, EarlierRun, Trend};
pub use sinks::annotations::{annotations, slower_annotations};
pub use sinks::coverage_table::CoverageText;
pub use sinks::drill_line::{drill_line, measured_lines};
pub use sinks::end_table::end_table;
pub use sinks::failure::failure_text;
pub use sinks::job_summary::save_summary;
pub use store::RunFolder;
