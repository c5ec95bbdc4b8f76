//! Alerting rules as they are loaded or written, when their alerts may fire, and how Alertmanager
//! groups them.

mod cadence;
mod configuration;
mod duration;
mod loaded_rule;
mod routing;
mod sick_rule;
mod window;

pub use cadence::Cadence;
pub use configuration::{query_offsets_of, routing_of, rules_of};
pub use duration::prometheus_duration;
pub use loaded_rule::{LoadedRule, fixed_labels, rule_for};
pub use routing::Routing;
pub use sick_rule::SickRule;
pub use window::{CONDITION_RESOLUTION, Window};
