//! **alertdrill** breaks a running system on purpose and proves that its Prometheus alerts work:
//! each alert fires, in time, not too early and with the right labels; it is delivered, and it
//! resolves once the fault is gone; and nothing else fires beside it.
//!
//! Data flows one way. A [`Drill`] is data. The [`runner`] injects its faults into a target while
//! the engine's observer records what happens. The pure judge gets that record and gives a verdict.
//! The reports show what the saved records say.
//!
//! The author of drills needs the [`prelude`] and nothing else.

mod async_runtime;
pub mod bug;
pub mod child;
pub mod commands;
mod exploring;
mod job;
mod keeper;
mod latest_run;
mod message_broker;
mod mutating;
pub mod prelude;
mod provenance;
mod recorder;
mod replayer_program;
pub mod replaying;
pub mod runner;
mod saves;
pub mod servers;
pub mod session;
mod signals;
mod suite;
pub mod suite_program;
mod system_clock;
pub mod written;

pub use alertdrill_core::{self as core, *};
pub use alertdrill_engine as engine;
#[cfg(feature = "kafka")]
pub use alertdrill_kafka as kafka;
pub use alertdrill_progress::{self as progress, Progress};
pub use alertdrill_project as project;
pub use alertdrill_report as report;
pub use alertdrill_target as target;

pub use system_clock::SystemClock;
