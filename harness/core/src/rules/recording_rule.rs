//! Recording rules, which stand between a metric and the alert that reads it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::promql::{metrics_now_of, metrics_of};

/// A rule that records the result of an expression under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRule {
    /// The metric that it records.
    pub metric: String,
    /// The expression.
    pub query: String,
    /// The interval of its group.
    pub evaluation_interval: Duration,
    /// Why its last evaluation failed; `None` if it did not.
    pub sick: Option<String>,
}

/// The recording rules that an expression reads, those that they read among them.
#[derive(Clone, Copy, Debug)]
pub struct Recordings<'a>(pub &'a [RecordingRule]);

impl<'a> Recordings<'a> {
    /// The longest that what `expression` reads is behind the metrics that are scraped: an interval
    /// for each recording rule in between.
    #[must_use]
    pub fn delay_of(self, expression: &str) -> Duration {
        self.longest(expression, &mut BTreeSet::new())
    }

    /// Whether `expression` reads `up` itself, be it by a recording rule: a scrape that fails makes
    /// no sample of it before its timeout.
    ///
    /// # Errors
    /// Why it is no `PromQL`.
    pub fn read_up(self, expression: &str) -> Result<bool, String> {
        let read = self.between(expression);
        let mut expressions = read.iter().map(|rule| rule.query.as_str());
        Ok(metrics_now_of(expression)?.contains("up")
            || expressions.any(|it| metrics_now_of(it).is_ok_and(|read| read.contains("up"))))
    }

    /// A recording rule that `expression` needs and that cannot be evaluated, with the reason.
    #[must_use]
    pub fn sick_one_of(self, expression: &str) -> Option<String> {
        self.between(expression).into_iter().find_map(|rule| {
            let error = rule.sick.as_ref()?;
            Some(format!(
                "{}, which it reads, is not recorded: {error}",
                rule.metric
            ))
        })
    }

    /// The recording rules between `expression` and the metrics that are scraped.
    fn between(self, expression: &str) -> Vec<&'a RecordingRule> {
        let mut found: Vec<&RecordingRule> = self.read_by(expression).collect();
        let mut next = 0;
        while let Some(rule) = found.get(next).copied() {
            let further: Vec<_> = self
                .read_by(&rule.query)
                .filter(|it| !found.contains(it))
                .collect();
            found.extend(further);
            next += 1;
        }
        found
    }

    fn longest(self, expression: &str, above: &mut BTreeSet<&'a str>) -> Duration {
        let mut longest = Duration::ZERO;
        for rule in self.read_by(expression) {
            // A rule may read what it has recorded before: no chain goes on from there.
            if above.insert(&rule.metric) {
                longest = longest.max(rule.evaluation_interval + self.longest(&rule.query, above));
                above.remove(rule.metric.as_str());
            }
        }
        longest
    }

    fn read_by(self, expression: &str) -> impl Iterator<Item = &'a RecordingRule> {
        let read = metrics_of(expression).unwrap_or_default();
        self.0
            .iter()
            .filter(move |rule| read.contains(&rule.metric))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(metric: &str, query: &str, interval_s: u64) -> RecordingRule {
        RecordingRule {
            metric: metric.to_owned(),
            query: query.to_owned(),
            evaluation_interval: Duration::from_secs(interval_s),
            sick: (metric == "sick").then(|| "many-to-many".to_owned()),
        }
    }

    #[test]
    fn each_recording_rule_in_between_delays_by_its_interval() {
        let rules = [
            rule("job:lag:max", "max by (job) (lag)", 15),
            rule("lag:total", "sum(job:lag:max)", 60),
            rule("itself", "itself + lag", 5),
        ];
        let delay_s = |expression: &str| Recordings(&rules).delay_of(expression).as_secs();
        assert_eq!(delay_s("lag > 5"), 0);
        assert_eq!(delay_s("job:lag:max > 5 and lag > 1"), 15);
        assert_eq!(
            delay_s("min_over_time(lag:total[5m]) > 5 or job:lag:max > 2"),
            75
        );
        assert_eq!(delay_s("itself > 0"), 5);
    }

    #[test]
    fn recording_rule_that_reads_up_or_cannot_be_evaluated_is_seen_through_another_one() {
        let rules = [
            rule("jobs:up", "sum by (job) (up)", 5),
            rule("sick", "jobs:up", 5),
            rule("all:up", "sum(sick)", 5),
        ];
        let recordings = Recordings(&rules);
        assert_eq!(recordings.read_up("up{job=\"a\"} == 0"), Ok(true));
        let over_a_range = "x > 0 and on (job) max_over_time(up[15m] offset 2m) == 1";
        assert_eq!(recordings.read_up(over_a_range), Ok(false));
        assert_eq!(
            recordings.read_up("last_over_time(upstream_lag[1m]) > 3"),
            Ok(false)
        );
        assert!(recordings.read_up("up ==").is_err());
        assert_eq!(recordings.read_up("all:up < 1"), Ok(true));
        assert_eq!(recordings.read_up("lag > 1"), Ok(false));
        assert_eq!(
            recordings.sick_one_of("all:up < 1").as_deref(),
            Some("sick, which it reads, is not recorded: many-to-many")
        );
        assert_eq!(recordings.sick_one_of("jobs:up < 1"), None);
    }
}
