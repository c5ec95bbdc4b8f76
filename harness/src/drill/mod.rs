//! What a drill is, what it saw, and what that proves. Pure: no clock, no I/O, so that every verdict can be tested with
//! literal values and given again, offline, from a saved timeline.

mod definition;
mod instant;
mod judge;
mod timeline;
mod verdict;
mod window;

pub use definition::{Drill, ExpectedAlert, Fault, Onset, Severity, Tolerated, seconds};
pub use instant::UtcInstant;
pub(crate) use judge::{DELIVERY_ALLOWANCE, rule_of};
pub use judge::{alert_outcomes, hopeless, judge};
pub use timeline::{
    AlertSample, AlertState, Delivery, DeliveryStatus, Episode, FaultRecord, Labels, LoadedRule, ObservationError, Routing,
    SteadyState, Suppression, TIMELINE_SCHEMA_VERSION, Timeline, episodes,
};
pub use verdict::{AlertOutcome, Outcome, Reason, ReasonKind, Verdict};
pub use window::Window;
