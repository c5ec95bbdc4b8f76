//! Faults: how each is injected, how its effect is seen, how it is reverted. One kind, one file.
//!
//! Injecting and reverting are idempotent, so that whatever a killed run left behind can be
//! reverted from the [`Journal`] alone, by whoever comes next.

mod behaviour_switched;
mod command_run;
mod consumer_displaced;
mod group_member;
mod journal;
mod network_cut;
mod operations;
mod poison_message;
mod service_flapping;
mod service_killed;
mod service_oom_killed;
mod service_restarted;
mod service_stopped;
mod site;

pub use journal::{Journal, OpenFault, Reading, decode};
pub use operations::{Ongoing, inject, revert, settles_within, wait_for_effect};
pub use site::Site;
