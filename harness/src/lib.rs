//! **alertdrill** breaks a running data pipeline on purpose and proves that its Prometheus alerts
//! work: each fires in time, not too early, with the right labels, is delivered, resolves once the
//! fault is gone, and nothing else fires beside it.
//!
//! Data flows one way: a [`drill`] is data; the [`runner`] injects its [`fault`] into the
//! [`stack`], lets [`observe`] write down what happens, and hands that to the pure judge;
//! [`report`] shows what the saved records say.

pub mod bug;
pub mod commands;
pub mod dashboard;
pub mod drill;
pub mod error;
pub mod fault;
mod github;
mod keeper;
pub mod observe;
pub mod plan;
pub mod process;
pub mod progress;
pub mod promql;
mod register;
pub mod report;
pub mod runner;
pub mod session;
mod signals;
pub mod stack;
mod style;
pub mod suite;

pub use error::{Error, Result};
