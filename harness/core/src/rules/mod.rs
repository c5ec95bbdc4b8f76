//! Alerting rules as they are loaded or written, and when their alerts may fire.

mod cadence;
mod changed_rules;
mod duration;
mod evaluation_delays;
mod loaded_rule;
mod onset;
mod recording_rule;
mod sick_rule;
mod window;
mod written_rules;

pub use cadence::Cadence;
pub use changed_rules::{FieldChange, RuleChange, changed_rules};
pub use duration::prometheus_duration;
pub use evaluation_delays::EvaluationDelays;
pub use loaded_rule::{LoadedRule, fixed_labels, rule_for, rule_of_severity};
pub use onset::Onset;
pub use recording_rule::{RecordingRule, Recordings};
pub use sick_rule::SickRule;
pub use window::{CONDITION_RESOLUTION, Window, whole_intervals};
pub(crate) use written_rules::recorded_metrics_of;
pub use written_rules::{query_offsets_of, rules_of};
