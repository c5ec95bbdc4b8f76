//! Alerts that mute others.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::matcher::{Matcher, all_match_known, shown};
use crate::Labels;

/// That no receiver is told of an alert while another one fires
/// (<https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhibition {
    /// The alerts that mute.
    pub source: Vec<Matcher>,
    /// The alerts that are muted.
    pub target: Vec<Matcher>,
    /// The labels that both must have alike.
    #[serde(default)]
    pub equal: Vec<String>,
}

impl Inhibition {
    /// Whether an alert of which these labels are known could be muted.
    #[must_use]
    pub fn could_mute(&self, known: &Labels) -> bool {
        all_match_known(&self.target, known) != Some(false)
    }

    /// Whether an alert of which these labels are known could mute others.
    #[must_use]
    pub fn could_be_muted_by(&self, known: &Labels) -> bool {
        all_match_known(&self.source, known) != Some(false)
    }
}

impl fmt::Display for Inhibition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", shown(&self.source), shown(&self.target))?;
        if self.equal.is_empty() {
            Ok(())
        } else {
            write!(f, " with equal {}", self.equal.join(", "))
        }
    }
}
