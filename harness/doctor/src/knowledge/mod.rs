//! What can be there of a metric: which job exports it, with which labels, and how sure that is.
//!
//! ```text
//! source/        what a program's source says that it exports
//! exporter.rs    what a well-known exporter's data file says; catalogue.rs has all of them
//! identity.rs    what a job scrapes: a well-known exporter, a program of the project, or unknown
//! endpoint.rs    all series that it gives, after relabelling.rs
//! mentions.rs    which names the project's programs mention
//! known.rs       answers questions about a metric, in known/: how it is absent, what is known of
//!                it, what rules record (with result_labels.rs)
//! ```

mod airflow;
mod catalogue;
mod endpoint;
mod exporter;
mod family;
mod identity;
mod known;
mod likeness;
mod mentions;
mod program;
mod recognised;
mod relabelling;
mod result_labels;
mod series;
mod source;

pub(crate) use catalogue::gauge_of;
pub(crate) use family::{Born, Domain, Family, MetricKind};
pub(crate) use known::{Absence, Knowledge, Known, allows_absence};
pub(crate) use result_labels::result_labels;
pub(crate) use series::{Labels, has_label};
