//! A system in memory: tests break it in milliseconds, without containers.
//!
//! [`MemoryTarget`] does what a real system does as far as faults can tell. A [`Plan`] decides
//! which calls fail, or have no effect, so that a test can try what a real system does once a year.

mod clock;
mod plan;
mod system;
mod target;
mod topics;

pub use clock::MemoryClock;
pub use plan::{Call, Plan, Response, spoiling};
pub use system::{Service, Snapshot};
pub use target::{LATENCY, MemoryTarget};
