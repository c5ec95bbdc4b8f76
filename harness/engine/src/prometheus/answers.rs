//! The answers of Prometheus's HTTP API, as far as they are read.

use std::time::Duration;

use alertdrill_core::{Labels, UtcInstant};
use serde::Deserialize;

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
pub(super) struct Answer<T> {
    pub(super) status: String,
    pub(super) data: Option<T>,
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
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
pub(super) struct LoadedGroups {
    pub(super) groups: Vec<LoadedGroup>,
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
    pub(super) scrape_interval: String,
    pub(super) scrape_timeout: String,
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) health: String,
    #[serde(default)]
    pub(super) last_error: String,
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
