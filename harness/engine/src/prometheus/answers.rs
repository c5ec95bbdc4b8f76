//! The answers of Prometheus's HTTP API, as far as they are read.

use std::time::Duration;

use alertdrill_core::{Labels, UtcInstant};
use serde::Deserialize;

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

impl<T> Answer<T> {
    /// Its data, if it succeeded and nothing is missing from it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn complete(self) -> Result<T, String> {
        if !self.warnings.is_empty() {
            let warnings = self.warnings.join("; ");
            return Err(format!("it may be incomplete: {warnings}"));
        }
        match (self.status.as_str(), self.data) {
            ("success", Some(data)) => Ok(data),
            (status, _) => {
                let error = self.error.unwrap_or_default();
                Err(format!("status {status}: {error}"))
            }
        }
    }
}

/// What a query yields.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum QueryData {
    Vector(Vec<VectorSample>),
    Matrix(Vec<MatrixSeries>),
    Scalar((f64, String)),
    String((f64, String)),
}

#[derive(Debug, Deserialize)]
pub(super) struct VectorSample {
    pub(super) metric: Labels,
    pub(super) value: (f64, String),
}

#[derive(Debug, Deserialize)]
pub(crate) struct MatrixSeries {
    pub(crate) metric: Labels,
    #[serde(default)]
    pub(crate) values: Vec<(f64, String)>,
}

/// The answer of `/api/v1/rules`.
#[derive(Debug, Deserialize)]
pub(crate) struct LoadedGroups {
    pub(crate) groups: Vec<LoadedGroup>,
}

/// A group of rules that is loaded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadedGroup {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) file: String,
    pub(crate) interval: f64,
    #[serde(default)]
    pub(crate) limit: u64,
    pub(crate) last_evaluation: UtcInstant,
    /// How far back its evaluations look. No answer of a server tells it: it is filled in.
    #[serde(default, with = "alertdrill_core::seconds")]
    pub(crate) query_offset: Duration,
    pub(crate) rules: Vec<RuleAnswer>,
}

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RuleKind {
    Alerting,
    Recording,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuleAnswer {
    #[serde(rename = "type")]
    pub(crate) kind: RuleKind,
    pub(crate) name: String,
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) duration: f64,
    #[serde(default)]
    pub(crate) keep_firing_for: f64,
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) annotations: Labels,
    pub(crate) health: String,
    #[serde(default)]
    pub(crate) last_error: String,
    #[serde(default)]
    pub(crate) last_evaluation: Option<UtcInstant>,
}

/// The answer of `/api/v1/targets`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveTargets {
    pub(super) active_targets: Vec<ScrapeTarget>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScrapeTarget {
    #[serde(default)]
    scrape_interval: String,
    #[serde(default)]
    scrape_timeout: String,
    /// VictoriaMetrics tells both here alone.
    #[serde(default)]
    discovered_labels: Labels,
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) health: String,
    #[serde(default)]
    pub(super) last_error: String,
}

impl ScrapeTarget {
    pub(super) fn scrape_interval(&self) -> &str {
        self.told(&self.scrape_interval, "__scrape_interval__")
    }

    pub(super) fn scrape_timeout(&self) -> &str {
        self.told(&self.scrape_timeout, "__scrape_timeout__")
    }

    fn told<'a>(&'a self, field: &'a str, label: &str) -> &'a str {
        let label = self.discovered_labels.get(label);
        let label = label.filter(|_| field.is_empty());
        label.map_or(field, String::as_str)
    }
}

/// The answer of `/api/v1/status/buildinfo`.
#[derive(Debug, Deserialize)]
pub(super) struct BuildInfo {
    pub(super) version: String,
}

/// The answer of `/api/v1/status/config`.
#[derive(Debug, Deserialize)]
pub(super) struct LoadedConfiguration {
    pub(super) yaml: String,
}
