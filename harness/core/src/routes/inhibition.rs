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
    /// Whether an alert of which the labels `target` are known could be muted by one of which the
    /// labels `source` are known. Two alerts that are both source and target do not mute each
    /// other.
    #[must_use]
    pub fn could_mute(&self, target: &Labels, source: &Labels) -> bool {
        let could_be = |matchers, known| all_match_known(matchers, known) != Some(false);
        let is = |matchers, known| all_match_known(matchers, known) == Some(true);
        let mut alike = self
            .equal
            .iter()
            .map(|name| (target.get(name), source.get(name)));
        let differs = |pair| matches!(pair, (Some(one), Some(other)) if one != other);
        could_be(&self.target, target)
            && could_be(&self.source, source)
            && !alike.any(differs)
            && !(is(&self.source, target) && is(&self.target, source))
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
