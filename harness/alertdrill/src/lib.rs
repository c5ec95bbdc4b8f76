//! **alertdrill** breaks a running data pipeline on purpose and proves that its Prometheus alerts
//! work: each fires in time, not too early, with the right labels, is delivered, resolves once the
//! fault is gone, and nothing else fires beside it.
//!
//! Data flows one way: a [`Drill`] is data; the [`runner`] injects its faults into a target, lets the
//! engine's observer write down what happens, and hands that to the pure judge; the reports show what
//! the saved records say. A suite of drills needs the [`prelude`] and nothing else.

pub mod bug;
pub mod child;
mod clock;
pub mod commands;
mod job;
mod keeper;
pub mod prelude;
mod provenance;
pub mod runner;
pub mod servers;
pub mod session;
mod signals;
pub mod suite;
pub mod suite_program;
mod topics;
pub mod written;

pub use alertdrill_core::{self as core, *};
pub use alertdrill_engine as engine;
#[cfg(feature = "kafka")]
pub use alertdrill_kafka as kafka;
pub use alertdrill_progress::{self as progress, Progress};
pub use alertdrill_report as report;
pub use alertdrill_target as target;

pub use clock::SystemClock;
