//! What the records of a run prove.

pub(crate) mod latency;
pub(crate) mod report;
pub(crate) mod rule_coverage;
pub(crate) mod schema;
pub(crate) mod trend;
