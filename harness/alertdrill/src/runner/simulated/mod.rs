//! A world in which drills live through minutes in milliseconds: services that break, rules that
//! are evaluated, alerts that are delivered, by a clock that jumps to the next thing that happens.
//!
//! All of it is coherent: a service that is down fails its next scrape, the next evaluation sees
//! that sample, `for` counts in evaluations, and a notification comes after Alertmanager's waits.
//! What the runner uses beside it is real: the observer, the journal, the leases, the register of
//! neighbours.
//!
//! A benchmark compiles this folder too: it names nothing of its crate but `crate::runner`.

mod engine;
pub(crate) mod rule;
mod simulated_clock;
mod simulated_notifier;
pub(crate) mod simulated_stack;
pub(crate) mod world;
