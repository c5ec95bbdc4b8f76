//! What a run leaves behind, and how it is shown. Reports are made from the saved records alone, so
//! that they can be made again, and so that any number of processes can write records side by side.

mod coverage;
mod coverage_text;
mod failure;
mod github;
mod html;
mod json;
mod junit;
mod latency;
mod phrases;
mod record;
mod schema;
mod summary;
mod table;
mod terminal;
mod trend;

pub use coverage::{Coverage, RuleCoverage, rule_coverage, uncovered};
pub use coverage_text::CoverageText;
pub use failure::failure_text;
pub use github::{annotations, slower_annotations};
pub use json::{
    Agreement, DrillReport, FaultReport, Measured, REPORT_SCHEMA_VERSION, Report, RunReport,
};
pub use latency::{Latency, LatencyStep, Milestone};
pub use record::RunFolder;
pub use schema::report_schema;
pub use summary::save_summary;
pub use table::end_table;
pub use terminal::{drill_line, measured_lines};
pub use trend::{EarlierAlert, EarlierRun, Trend};
