//! How often a system is scraped and evaluated, by the rules that it has loaded.

use std::time::Duration;

use super::LoadedRule;

/// How often a system is scraped and its rules are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// The shortest interval of any group of rules. No alert sees what is shorter.
    pub evaluation_interval: Duration,
    /// The longest scrape interval of any target.
    pub scrape_interval: Duration,
    /// The longest time from a change of a metric until an evaluation sees it.
    pub seen_within: Duration,
}

impl Cadence {
    /// Of the system that has loaded `rules`; of one without rules, Prometheus's defaults
    /// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).
    #[must_use]
    pub fn of(rules: &[LoadedRule]) -> Self {
        let default = Duration::from_secs(60);
        let intervals = rules.iter().map(|rule| rule.evaluation_interval);
        let evaluation_interval = intervals.filter(|interval| !interval.is_zero()).min();
        let scrapes = rules.iter().map(|rule| rule.scrape_interval);
        let sights = rules.iter().map(LoadedRule::seen_within);
        Self {
            evaluation_interval: evaluation_interval.unwrap_or(default),
            scrape_interval: scrapes.max().unwrap_or(default),
            seen_within: sights.max().unwrap_or(2 * default),
        }
    }
}
