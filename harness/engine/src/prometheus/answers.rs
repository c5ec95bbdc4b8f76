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
pub(super) struct MatrixSeries {
    pub(super) metric: Labels,
    #[serde(default)]
    pub(super) values: Vec<(f64, String)>,
}

/// The answer of `/api/v1/rules`.
#[derive(Debug, Deserialize)]
pub(super) struct LoadedGroups {
    pub(super) groups: Vec<LoadedGroup>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoadedGroup {
    pub(super) name: String,
    pub(super) interval: f64,
    pub(super) last_evaluation: UtcInstant,
    /// How far back its evaluations look. No answer tells it: it is filled in.
    #[serde(skip)]
    pub(super) query_offset: Duration,
    pub(super) rules: Vec<RuleAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleAnswer {
    pub(super) name: String,
    pub(super) query: String,
    #[serde(default)]
    pub(super) duration: f64,
    #[serde(default)]
    pub(super) keep_firing_for: f64,
    #[serde(default)]
    pub(super) labels: Labels,
    #[serde(default)]
    pub(super) annotations: Labels,
    pub(super) health: String,
    #[serde(default)]
    pub(super) last_error: String,
    #[serde(default)]
    pub(super) last_evaluation: Option<UtcInstant>,
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
