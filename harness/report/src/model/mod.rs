//! What the records of a run prove: its report, as tools read it, and how that is made.

mod due;
mod earlier_runs;
mod floor;
mod latency;
mod milestone;
mod proof;
mod receivers;
mod report;
mod rule_coverage;
mod rule_line;
mod run_history;
mod schema;
mod trend;
mod undecided_terms;
mod unfinished;

pub use earlier_runs::record_history;
pub use latency::{Latency, LatencyStep};
pub use milestone::Milestone;
pub use proof::{PlannedCoverage, Proof};
pub(crate) use receivers::Receivers;
pub use report::{
    Agreement, DrillReport, FaultReport, Measured, REPORT_SCHEMA_VERSION, Report, RunReport,
};
pub use rule_coverage::{Coverage, Proven};
pub(crate) use rule_line::{line_of_reason, line_of_rule};
#[cfg(test)]
use run_history::compare;
pub use run_history::{EarlierAlert, EarlierRun, saved_history};
pub use schema::{map_schema, report_schema};
pub use trend::Trend;
pub use undecided_terms::{term_names, undecided, undecided_text};
pub use unfinished::{Rest, Unfinished};
