//! A system in memory: tests break it in milliseconds, without containers.
//!
//! [`MemoryTarget`] does what a real system does as far as faults can tell. [`Mishaps`] decide
//! which calls fail, or have no effect, so that a test can try what a real system does once a year.

mod memory_clock;
mod memory_target;
mod memory_topics;
mod mishaps;
mod system;

pub use memory_clock::MemoryClock;
pub use memory_target::{LATENCY, MemoryTarget};
pub use mishaps::{Call, Mishaps, Response, spoiling};
pub use system::{Service, SystemSnapshot};
