//! What can be there of a metric: which job exports it, with which labels, and how sure that is.

mod family;
mod known;

pub(crate) use family::{Domain, Family, MetricKind};
pub(crate) use known::{Knowledge, Known};
