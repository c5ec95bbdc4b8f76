//! The answers of vmalert's HTTP API, as far as they are not those of Prometheus.

use alertdrill_core::{Labels, UtcInstant};
use serde::Deserialize;

/// The answer of `/api/v1/rules`, with what Prometheus's has not.
#[derive(Debug, Deserialize)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) alerts: Vec<ActiveAlert>,
}

/// An alert that is pending or fires.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveAlert {
    pub(super) labels: Labels,
    pub(super) state: String,
    /// The instant that the evaluation looked at which saw it first.
    pub(super) active_at: UtcInstant,
}

/// The answer of `/api/v1/rule`.
#[derive(Debug, Deserialize)]
pub(super) struct RuleHistory {
    /// Its latest evaluations.
    #[serde(default)]
    pub(super) updates: Vec<Update>,
}

/// An evaluation of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Update {
    /// When it was.
    pub(super) time: UtcInstant,
    /// The instant that it looked at.
    pub(super) at: UtcInstant,
}
