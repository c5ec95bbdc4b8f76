//! What a running Prometheus says of the project.

use std::collections::BTreeSet;

use serde::Deserialize;

/// What a running Prometheus says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Running {
    /// The names of all metrics that it has samples of.
    pub metric_names: BTreeSet<String>,
    /// The alerting rules that it has loaded.
    pub alerts: Vec<RunningAlert>,
    /// The targets whose last scrape failed.
    pub failed_scrapes: Vec<FailedScrape>,
}

/// An alerting rule that is loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunningAlert {
    /// The alert's name.
    pub name: String,
    /// Why its last evaluation failed, in Prometheus's own words; `None` if it did not.
    #[serde(default)]
    pub sick: Option<String>,
}

/// A target whose last scrape failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedScrape {
    /// Its job.
    pub job: String,
    /// Its label `instance`.
    pub instance: String,
    /// Why it failed, in Prometheus's own words.
    pub why: String,
}
