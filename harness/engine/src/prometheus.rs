//! Prometheus: which rules it has loaded, and which alerts its evaluations saw.

mod answers;
mod as_rule_engine;
mod loaded_rules;
mod query_offset;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alertdrill_core::{Error, Labels, RecordingRule, Result, prometheus_duration, seconds};
use serde::de::DeserializeOwned;

use self::answers::{
    ActiveTargets, BuildInfo, LoadedConfiguration, QueryData, ScrapeTarget, VectorSample,
};
pub(crate) use self::answers::{Answer, LoadedGroup, LoadedGroups, MatrixSeries, RuleKind};
pub(crate) use self::as_rule_engine::{alert_series, numbers};
pub(crate) use self::loaded_rules::{
    ScrapeWaits, alerting_rules_of, evaluations_of, recording_rules_of,
};
pub(crate) use self::query_offset::QueryOffsets;
pub use self::query_offset::WrittenOffsets;
use crate::http::{Api, Locate};

/// Has VictoriaMetrics answer of the instant that is asked about. Without it, what is younger than
/// its `-search.latencyOffset` is answered of an instant before that; Prometheus does not know it.
const AS_OF_NOW: (&str, &str) = ("nocache", "1");

/// A client of Prometheus's HTTP API
/// (<https://prometheus.io/docs/prometheus/latest/querying/api/>).
#[derive(Clone, Debug)]
pub struct Prometheus {
    api: Api,
    query_offsets: QueryOffsets,
    /// What is added to each query.
    always_asked: Vec<(&'static str, &'static str)>,
}

impl Prometheus {
    /// A client of the server at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("Prometheus", address),
            query_offsets: QueryOffsets::default(),
            always_asked: Vec::new(),
        }
    }

    /// A client of the VictoriaMetrics at `address`, which answers as Prometheus does.
    #[must_use]
    pub fn victoria_metrics(address: &str) -> Self {
        Self {
            api: Api::new("VictoriaMetrics", address),
            always_asked: vec![AS_OF_NOW],
            ..Self::new(address)
        }
    }

    /// The same client, which calls `locate` to find the server again when nobody answers at its
    /// address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
            ..self
        }
    }

    /// The same client, whose rules have the offsets that `written` tells; without them, none.
    #[must_use]
    pub fn with_query_offsets(self, written: WrittenOffsets) -> Self {
        Self {
            query_offsets: QueryOffsets::written(written),
            ..self
        }
    }

    /// The names of the metrics that it has samples of.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn metric_names(&self) -> Result<BTreeSet<String>> {
        self.get("/api/v1/label/__name__/values", &[]).await
    }

    /// Its version.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn version(&self) -> Result<String> {
        let build: BuildInfo = self.get("/api/v1/status/buildinfo", &[]).await?;
        Ok(build.version)
    }

    /// The targets (`instance`) that have exported `metric` within the last `window`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn exporters_of(&self, metric: &str, window: Duration) -> Result<BTreeSet<String>> {
        let seconds = window.as_secs().max(1);
        let query = format!("count by (instance) (last_over_time({metric}[{seconds}s]))");
        let samples = self.vector(&query).await?.into_iter();
        let instances = samples.filter_map(|mut sample| sample.metric.remove("instance"));
        Ok(instances.collect())
    }

    /// The longest time that a successful scrape took within the last `window`; zero if none is
    /// known.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn longest_scrape(&self, window: Duration) -> Result<Duration> {
        let window_s = window.as_secs().max(15);
        let good = "scrape_duration_seconds and on (job, instance) up == 1";
        let query = format!("max(max_over_time(({good})[{window_s}s:5s]))");
        duration(self.value(&query).await?.unwrap_or_default())
    }

    /// The value of `query`, which yields at most one sample.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn value(&self, query: &str) -> Result<Option<f64>> {
        let samples = self.vector(query).await?;
        let first = samples.first();
        Ok(first.and_then(|sample| sample.value.1.parse().ok()))
    }

    /// Makes it load its configuration and rules again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses them.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }

    async fn groups(&self) -> Result<LoadedGroups> {
        let mut loaded: LoadedGroups = self.get("/api/v1/rules", &[("type", "alert")]).await?;
        self.query_offsets.fill_in(&mut loaded.groups)?;
        Ok(loaded)
    }

    /// Every recording rule that is loaded.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn recording_rules(&self) -> Result<Vec<RecordingRule>> {
        let loaded: LoadedGroups = self.get("/api/v1/rules", &[("type", "record")]).await?;
        recording_rules_of(&loaded.groups)
    }

    /// Every group of rules that is loaded.
    pub(crate) async fn all_groups(&self) -> Result<Vec<LoadedGroup>> {
        let mut loaded: LoadedGroups = self.get("/api/v1/rules", &[]).await?;
        self.query_offsets.fill_in(&mut loaded.groups)?;
        Ok(loaded.groups)
    }

    /// Its own metrics, as it exposes them.
    pub(crate) async fn exposed_metrics(&self) -> Result<String> {
        self.api.text("/metrics").await
    }

    /// Its flags (`/api/v1/status/flags`).
    pub(crate) async fn flags(&self) -> Result<BTreeMap<String, String>> {
        self.get("/api/v1/status/flags", &[]).await
    }

    /// Its configuration, as it has completed it (`/api/v1/status/config`).
    pub(crate) async fn configuration(&self) -> Result<String> {
        let loaded: LoadedConfiguration = self.get("/api/v1/status/config", &[]).await?;
        Ok(loaded.yaml)
    }

    /// Its address, as this machine reaches it.
    #[must_use]
    pub fn url(&self) -> String {
        self.api.url()
    }

    /// The labels of the targets whose last scrape failed, each with the reason.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn failed_scrapes(&self) -> Result<Vec<(Labels, String)>> {
        let targets = self.targets().await?.into_iter();
        let failed = targets.filter(|target| target.health == "down");
        Ok(failed
            .map(|failed| (failed.labels, failed.last_error))
            .collect())
    }

    async fn targets(&self) -> Result<Vec<ScrapeTarget>> {
        let path = "/api/v1/targets";
        let answer: ActiveTargets = self.get(path, &[("state", "active")]).await?;
        Ok(answer.active_targets)
    }

    /// The longest scrape interval and the longest scrape timeout of all targets.
    pub(crate) async fn scrape_waits(&self) -> Result<(Duration, Duration)> {
        let (mut interval, mut timeout) = (Duration::ZERO, Duration::ZERO);
        for target in self.targets().await? {
            interval = interval.max(prometheus_duration(target.scrape_interval())?);
            timeout = timeout.max(prometheus_duration(target.scrape_timeout())?);
        }
        Ok((interval, timeout))
    }

    async fn vector(&self, query: &str) -> Result<Vec<VectorSample>> {
        match self.query(query).await? {
            QueryData::Vector(samples) => Ok(samples),
            QueryData::Scalar(value) | QueryData::String(value) => {
                let metric = Labels::new();
                Ok(vec![VectorSample { metric, value }])
            }
            QueryData::Matrix(_) => Err(bad_answer(query, "it is a matrix, not a vector")),
        }
    }

    pub(crate) async fn matrix(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Vec<MatrixSeries>> {
        if let QueryData::Matrix(series) = self.ask(path, form).await? {
            return Ok(series);
        }
        let query = form.iter().find(|(name, _)| *name == "query");
        let query = query.map_or(path, |(_, query)| query);
        Err(bad_answer(query, "it is no matrix"))
    }

    async fn query(&self, query: &str) -> Result<QueryData> {
        self.ask("/api/v1/query", &[("query", query)]).await
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str, form: &[(&str, &str)]) -> Result<T> {
        let form = [form, &self.always_asked].concat();
        self.complete(path, self.api.ask(path, &form).await?)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        self.complete(path, self.api.get(path, query).await?)
    }

    fn complete<T>(&self, path: &str, answer: Answer<T>) -> Result<T> {
        let bad = |reason| Error::BadAnswer {
            attempted: self.api.attempt(path),
            reason,
        };
        answer.complete().map_err(bad)
    }
}

pub(crate) fn bad_answer(query: &str, reason: &str) -> Error {
    Error::BadAnswer {
        attempted: format!("ask Prometheus for `{query}`"),
        reason: reason.to_owned(),
    }
}

pub(crate) fn duration(seconds: f64) -> Result<Duration> {
    seconds::duration(seconds).map_err(|reason| Error::BadAnswer {
        attempted: "ask Prometheus for its rules".to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests;
