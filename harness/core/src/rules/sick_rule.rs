//! A rule that the rule engine cannot evaluate.

use serde::{Deserialize, Serialize};

use super::LoadedRule;
use crate::{Labels, UtcInstant};

/// An evaluation of an alerting rule that failed: its result is over the rule's `limit`, for
/// example, or two vectors of it match many to many.
///
/// Such an evaluation sees no alert and ends none (`rules/group.go`), so it says nothing of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SickRule {
    /// The alert's name.
    pub alert: String,
    /// The name of the rule's group.
    pub group: String,
    /// The labels that the rule itself adds.
    pub labels: Labels,
    /// The evaluation.
    pub at: UtcInstant,
    /// Why it failed, in the rule engine's own words.
    pub error: String,
}

impl SickRule {
    /// Whether it is an evaluation of `rule`.
    #[must_use]
    pub fn is_of(&self, rule: &LoadedRule) -> bool {
        (&self.alert, &self.group, &self.labels) == (&rule.alert, &rule.group, &rule.labels)
    }
}
