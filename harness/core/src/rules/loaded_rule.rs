//! An alerting rule as the rule engine has loaded it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Labels, agree, seconds, selector};

/// An alerting rule as Prometheus has loaded it (`/api/v1/rules`), with the waits of what it reads
/// (`/api/v1/targets`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadedRule {
    /// The alert's name.
    pub alert: String,
    /// The name of its group.
    pub group: String,
    /// The labels that the rule itself adds.
    pub labels: Labels,
    /// The annotations that it adds, as templates.
    #[serde(default)]
    pub annotations: Labels,
    /// Why its last evaluation failed; `None` if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sick: Option<String>,
    /// Whether it always fires, to show that the way to the receiver works. The project's settings
    /// tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_watchdog: bool,
    /// The expression.
    pub query: String,
    /// How long the expression must hold before the alert fires.
    #[serde(with = "seconds", rename = "for_s")]
    pub for_duration: Duration,
    /// How long the alert goes on firing after the expression no longer holds.
    #[serde(with = "seconds", rename = "keep_firing_for_s")]
    pub keep_firing_for: Duration,
    /// The interval of its group.
    #[serde(with = "seconds", rename = "evaluation_interval_s")]
    pub evaluation_interval: Duration,
    /// How far back its evaluations look: Prometheus's `query_offset`, or what vmalert's delay and
    /// its rounding to whole intervals come to.
    #[serde(with = "seconds", rename = "query_offset_s")]
    pub query_offset: Duration,
    /// The longest that what it reads is behind the metrics that are scraped, by the recording
    /// rules in between.
    #[serde(default, with = "seconds", rename = "recorded_within_s")]
    pub recorded_within: Duration,
    /// The longest scrape interval of any target.
    #[serde(with = "seconds", rename = "scrape_interval_s")]
    pub scrape_interval: Duration,
    /// The longest time from the beginning of a scrape, which is the timestamp of its samples,
    /// until they can be seen: the time-out if the rule reads `up`, for a scrape that fails is
    /// known only then; else what scrapes really take.
    #[serde(with = "seconds", rename = "scrape_duration_s")]
    pub scrape_duration: Duration,
}

impl LoadedRule {
    /// The labels that it adds whatever it finds: a label that is a template depends on that.
    #[must_use]
    pub fn fixed_labels(&self) -> Labels {
        fixed_labels(&self.labels)
    }

    /// Its name among `rules`: the alert's, and in braces the labels that the rule adds. These tell
    /// rules of one name apart; its severity is among them only where nothing else does.
    #[must_use]
    pub fn name_among(&self, rules: &[Self]) -> String {
        let labels = self.labels_but_severity();
        let is_alike =
            |other: &&Self| other.alert == self.alert && other.labels_but_severity() == labels;
        let are_alike = rules.iter().filter(is_alike).count() > 1;
        let labels = if are_alike {
            self.fixed_labels()
        } else {
            labels
        };
        selector(&self.alert, &labels)
    }

    /// Whether it is the same alert of another severity, with conditions of its own: people want a
    /// warning first and a page later. A copy under another severity is none.
    #[must_use]
    pub fn escalates(&self, other: &Self) -> bool {
        let is_the_same =
            self.alert == other.alert && self.labels_but_severity() == other.labels_but_severity();
        let severity = |rule: &Self| rule.labels.get("severity").cloned();
        let asks_for_something_else =
            self.query != other.query || self.for_duration != other.for_duration;
        is_the_same && severity(self) != severity(other) && asks_for_something_else
    }

    fn labels_but_severity(&self) -> Labels {
        let mut labels = self.fixed_labels();
        labels.remove("severity");
        labels
    }

    /// The longest time from a change of a metric until a scrape shows it.
    #[must_use]
    pub fn scraped_within(&self) -> Duration {
        self.scrape_interval + self.scrape_duration
    }

    /// The longest time from a sample that shows a change until an evaluation sees it.
    #[must_use]
    pub fn evaluated_within(&self) -> Duration {
        self.recorded_within + self.query_offset + self.evaluation_interval
    }

    /// How far the beginning of the scrape whose samples an evaluation sees may lie before it,
    /// beside the time between two scrapes.
    #[must_use]
    pub fn looks_back(&self) -> Duration {
        self.scrape_duration + self.recorded_within + self.query_offset
    }

    /// The longest time from a change of a metric until an evaluation sees it.
    #[must_use]
    pub fn seen_within(&self) -> Duration {
        self.scraped_within() + self.evaluated_within()
    }
}

/// Those of the `labels` of a rule that are no templates.
#[must_use]
pub fn fixed_labels(labels: &Labels) -> Labels {
    let fixed = labels.iter().filter(|(_, value)| !value.contains("{{"));
    fixed
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The rule that is meant: of the alert's name, and its own labels agree with the given ones. What
/// a template makes of a label is not known, and agrees with everything.
#[must_use]
pub fn rule_for<'a>(
    alert: &str,
    labels: &Labels,
    rules: &'a [LoadedRule],
) -> Option<&'a LoadedRule> {
    let is_meant = |rule: &&LoadedRule| rule.alert == alert && agree(labels, &rule.fixed_labels());
    rules.iter().find(is_meant)
}

/// The rule that is meant, of that severity if there is one; else the one whose severity is wrong.
#[must_use]
pub fn rule_of_severity<'a>(
    alert: &str,
    labels: &Labels,
    severity: &str,
    rules: &'a [LoadedRule],
) -> Option<&'a LoadedRule> {
    let mut with_severity = labels.clone();
    with_severity.insert("severity".to_owned(), severity.to_owned());
    rule_for(alert, &with_severity, rules).or_else(|| rule_for(alert, labels, rules))
}

#[cfg(any(test, feature = "test-support"))]
impl LoadedRule {
    /// A rule without a `for`, as most tests want one.
    #[must_use]
    pub fn example(alert: &str) -> Self {
        Self {
            alert: alert.to_owned(),
            group: "g".to_owned(),
            labels: Labels::new(),
            annotations: Labels::new(),
            sick: None,
            is_watchdog: false,
            query: "up == 0".to_owned(),
            for_duration: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            evaluation_interval: Duration::from_secs(5),
            query_offset: Duration::ZERO,
            recorded_within: Duration::ZERO,
            scrape_interval: Duration::from_secs(15),
            scrape_duration: Duration::from_secs(5),
        }
    }
}
