//! What a drill is, what it saw, and what that proves. Pure: no clock, no I/O, so that every
//! verdict can be tested with literal values and given again, offline, from a saved timeline.

mod alert;
mod definition;
mod expression;
mod fault;
mod instant;
mod judge;
mod lease;
pub(crate) mod seconds;
mod timeline;
mod verdict;
mod watched_until;
mod window;

pub(crate) use alert::selector;
pub use alert::{Claim, ExpectedAlert, Onset, Severity, SilentAlert, Tolerated};
pub use definition::{Check, Drill, LANE, Moment};
pub use expression::{ExpressionHistory, LimitHistory, LineSeries, Subject, TermHistory, subjects};
pub use fault::{Behaviour, Fault};
pub use instant::UtcInstant;
pub(crate) use judge::{DELIVERY_ALLOWANCE, rule_for};
pub use judge::{alert_outcomes, hopeless, judge, so_far};
pub use lease::{Lease, LeaseMode};
pub use timeline::{
    AlertSample, AlertState, CheckRecord, ConditionRecord, Delivery, DeliveryStatus, Episode,
    Evidence, FaultRecord, Labels, LoadedRule, Neighbour, ObservationError, RESOLVED_IS_TOLD_FOR,
    Routing, Span, SteadyState, Suppression, TIMELINE_SCHEMA_VERSION, Timeline, episodes,
};
pub use verdict::{AlertOutcome, Outcome, Reason, ReasonKind, Verdict};
pub use watched_until::WatchedUntil;
pub(crate) use window::CONDITION_RESOLUTION;
pub use window::Window;
