//! What a run leaves behind, and how it is shown. Reports are made from the saved records alone, so that they can be made
//! again, and so that any number of processes can write records side by side.

mod coverage;
mod coverage_text;
mod failure;
mod html;
mod json;
mod record;
mod table;
mod terminal;

pub use coverage::{Coverage, RuleCoverage, rule_coverage, uncovered};
pub use coverage_text::CoverageText;
pub use failure::failure_text;
pub use json::{Agreement, DrillReport, FaultReport, Measured, REPORT_SCHEMA_VERSION, Report, RunReport};
pub use record::{DrillRecord, PanelRecord, RECORD_SCHEMA_VERSION, RunFolder, RunInfo, Waiver};
pub use table::end_table;
pub use terminal::{drill_line, measured_lines};
