//! Faults: how each is injected, how its effect is seen, how it is reverted. One kind, one file.
//!
//! Injecting and reverting are idempotent, so that whatever a killed run left behind can be reverted from the [`Journal`]
//! alone, by whoever comes next.

mod journal;
mod operations;
mod service_stopped;

pub use journal::{Journal, OpenFault};
pub use operations::{inject, revert, wait_for_effect};
