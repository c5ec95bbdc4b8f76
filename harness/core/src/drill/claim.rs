//! Which alerts a drill answers for.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Labels, LoadedRule, agree, includes, selector};

/// Which alerts a drill answers for, whether they must, must not or may fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The alert's name.
    pub alert: String,
    /// Labels that it must carry.
    pub labels: Labels,
}

impl Claim {
    /// The alerts that `rule` fires, as far as it tells.
    #[must_use]
    pub fn of_rule(rule: &LoadedRule) -> Self {
        Self {
            alert: rule.alert.clone(),
            labels: rule.fixed_labels(),
        }
    }

    /// Whether an alert with these labels is meant.
    #[must_use]
    pub fn covers(&self, labels: &Labels) -> bool {
        labels.get("alertname") == Some(&self.alert) && includes(labels, &self.labels)
    }

    /// Whether an alert could be meant by both: of the same name, and no label contradicts.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.alert == other.alert && agree(&self.labels, &other.labels)
    }

    /// Whether an alert with these labels is meant, or could be: one that lacks labels, but
    /// contradicts none. Aggregation may have dropped what names the culprit.
    #[must_use]
    pub fn concerns(&self, labels: &Labels) -> bool {
        labels.get("alertname") == Some(&self.alert) && agree(&self.labels, labels)
    }

    /// What is known of the labels of such an alert, its name among them.
    #[must_use]
    pub fn known_labels(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.insert("alertname".to_owned(), self.alert.clone());
        labels
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&selector(&self.alert, &self.labels))
    }
}

/// Whether an alert could be meant by one of `claims` and by one of `others`. Drills with such
/// claims do not run at once: none could tell whose alert it is.
#[must_use]
pub fn share_an_alert(claims: &[Claim], others: &[Claim]) -> bool {
    let mut claims = claims.iter();
    claims.any(|mine| others.iter().any(|theirs| mine.meets(theirs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_covers_an_alert_that_carries_all_its_labels() {
        let labels = |exchange: &str| {
            Labels::from([
                ("alertname".into(), "A".into()),
                ("exchange".into(), exchange.into()),
                ("job".into(), "x".into()),
            ])
        };
        let claim = Claim {
            alert: "A".into(),
            labels: [("exchange".into(), "okx".into())].into(),
        };
        assert!(claim.covers(&labels("okx")));
        assert!(!claim.covers(&labels("kraken")));
        let without_exchange = Labels::from([("alertname".into(), "A".into())]);
        assert!(
            claim.concerns(&labels("okx"))
                && claim.concerns(&without_exchange)
                && !claim.covers(&without_exchange)
        );
        assert!(!claim.concerns(&labels("kraken")));
        assert!(
            !Claim {
                alert: "B".into(),
                ..claim
            }
            .covers(&labels("okx"))
        );
    }
}
