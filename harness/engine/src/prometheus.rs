//! Prometheus: which rules it has loaded, and which alerts its evaluations saw.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use async_trait::async_trait;

use crate::http::{Api, Locate};
use crate::{AlertSeries, Evaluated, RuleEngine, Series};
use alertdrill_core::promql::metrics_now_of;
use alertdrill_core::{
    AlertState, Labels, LoadedRule, UtcInstant, prometheus_duration, seconds, selector,
};
use alertdrill_core::{Error, Result};

/// The label that tells the conditions of one query apart.
const CONDITION_NUMBER: &str = "alertdrill_condition";
/// What stands there for the server's clock.
const CLOCK: &str = "clock";

/// A client of Prometheus's HTTP API
/// (<https://prometheus.io/docs/prometheus/latest/querying/api/>).
#[derive(Clone, Debug)]
pub struct Prometheus {
    api: Api,
}

#[derive(Debug, Deserialize)]
struct Answer<T> {
    status: String,
    data: Option<T>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
enum QueryData {
    Vector(Vec<VectorSample>),
    Matrix(Vec<MatrixSeries>),
    Scalar((f64, String)),
    String((f64, String)),
}

#[derive(Debug, Deserialize)]
struct VectorSample {
    metric: Labels,
    value: (f64, String),
}

#[derive(Debug, Deserialize)]
struct MatrixSeries {
    metric: Labels,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

#[derive(Debug, Deserialize)]
struct BuildInfo {
    version: String,
}

#[derive(Debug, Deserialize)]
struct LoadedRules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    interval: f64,
    last_evaluation: UtcInstant,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    name: String,
    query: String,
    #[serde(default)]
    duration: f64,
    #[serde(default)]
    keep_firing_for: f64,
    #[serde(default)]
    labels: Labels,
    health: String,
    #[serde(default)]
    last_error: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets {
    active_targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    scrape_interval: String,
    scrape_timeout: String,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    health: String,
    #[serde(default)]
    last_error: String,
}

impl Prometheus {
    /// A client of the server at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("Prometheus", address),
        }
    }

    /// The same, which looks for the server anew by `locate` when nobody answers at its address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
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
        let query = format!(
            "count by (instance) (last_over_time({metric}[{}s]))",
            window.as_secs().max(1)
        );
        let samples = self.vector(&query).await?;
        Ok(samples
            .into_iter()
            .filter_map(|mut sample| sample.metric.remove("instance"))
            .collect())
    }

    /// How long scrapes that succeeded have taken at most over the last `window`; zero if none is
    /// known.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn longest_scrape(&self, window: Duration) -> Result<Duration> {
        let seconds = window.as_secs().max(15);
        let query = format!(
            "max(max_over_time((scrape_duration_seconds and on (job, instance) up == 1)[{seconds}s:5s]))"
        );
        duration(self.value(&query).await?.unwrap_or_default())
    }

    /// The value of `query`, which yields at most one sample.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn value(&self, query: &str) -> Result<Option<f64>> {
        Ok(self
            .vector(query)
            .await?
            .first()
            .and_then(|sample| sample.value.1.parse().ok()))
    }

    /// Makes it load its configuration and rules again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses them.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }

    async fn rules(&self) -> Result<LoadedRules> {
        let rules: LoadedRules = self.get("/api/v1/rules", &[("type", "alert")]).await?;
        let sick = rules
            .groups
            .iter()
            .flat_map(|group| &group.rules)
            .find(|rule| rule.health == "err");
        match sick {
            Some(rule) => Err(Error::BadAnswer {
                attempted: format!("evaluate the rule {}", rule.name),
                reason: rule.last_error.clone(),
            }),
            None => Ok(rules),
        }
    }

    async fn scrape_waits(&self) -> Result<(Duration, Duration)> {
        let targets: Targets = self.get("/api/v1/targets", &[("state", "active")]).await?;
        let longest = |text: fn(&Target) -> &str| {
            targets
                .active_targets
                .iter()
                .map(|target| prometheus_duration(text(target)))
                .try_fold(Duration::ZERO, |longest, duration| {
                    Ok::<_, Error>(longest.max(duration?))
                })
        };
        Ok((
            longest(|target| &target.scrape_interval)?,
            longest(|target| &target.scrape_timeout)?,
        ))
    }

    async fn vector(&self, query: &str) -> Result<Vec<VectorSample>> {
        match self.query(query).await? {
            QueryData::Vector(samples) => Ok(samples),
            QueryData::Scalar(value) | QueryData::String(value) => Ok(vec![VectorSample {
                metric: Labels::new(),
                value,
            }]),
            QueryData::Matrix(_) => Err(bad_answer(query, "it is a matrix, not a vector")),
        }
    }

    async fn query(&self, query: &str) -> Result<QueryData> {
        self.ask("/api/v1/query", &[("query", query)]).await
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<T> {
        self.complete(path, self.api.ask(path, form).await?)
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T> {
        self.complete(path, self.api.get(path, query).await?)
    }

    /// What was answered, if it is an answer, and all of it.
    fn complete<T>(&self, path: &str, answer: Answer<T>) -> Result<T> {
        let bad = |reason: String| Error::BadAnswer {
            attempted: self.api.attempt(path),
            reason,
        };
        if !answer.warnings.is_empty() {
            return Err(bad(format!(
                "it may be incomplete: {}",
                answer.warnings.join("; ")
            )));
        }
        match (answer.status.as_str(), answer.data) {
            ("success", Some(data)) => Ok(data),
            (status, _) => Err(bad(format!(
                "status {status}: {}",
                answer.error.unwrap_or_default()
            ))),
        }
    }
}

#[async_trait]
impl RuleEngine for Prometheus {
    async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>> {
        let (scrape_interval, scrape_timeout) = self.scrape_waits().await?;
        let usual = self.longest_scrape(window).await?;
        let mut loaded = Vec::new();
        for group in self.rules().await?.groups {
            let evaluation_interval = duration(group.interval)?;
            for rule in group.rules {
                let scrape_duration = if reads_up(&rule.query)? {
                    scrape_timeout
                } else {
                    usual
                };
                loaded.push(LoadedRule {
                    alert: rule.name,
                    group: group.name.clone(),
                    labels: rule.labels,
                    query: rule.query,
                    for_duration: duration(rule.duration)?,
                    keep_firing_for: duration(rule.keep_firing_for)?,
                    evaluation_interval,
                    // The API does not tell it (2.53): taken to be the default. A rule that has one
                    // fires later than its window says.
                    query_offset: Duration::ZERO,
                    scrape_interval,
                    scrape_duration,
                });
            }
        }
        Ok(loaded)
    }

    async fn evaluated_until(&self) -> Result<BTreeMap<String, Evaluated>> {
        let mut evaluated: BTreeMap<String, Evaluated> = BTreeMap::new();
        for group in self.rules().await?.groups {
            let of_group = Evaluated {
                until: group.last_evaluation,
                interval: duration(group.interval)?,
            };
            for rule in group.rules {
                let known = evaluated.entry(rule.name).or_insert(of_group);
                known.until = known.until.min(of_group.until);
                known.interval = known.interval.max(of_group.interval);
            }
        }
        Ok(evaluated)
    }

    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>> {
        let query = format!("ALERTS[{}s]", window.as_secs().max(1));
        let bad = |reason: &str| bad_answer(&query, reason);
        let QueryData::Matrix(series) = self.query(&query).await? else {
            return Err(bad("it is no matrix"));
        };
        let mut all = Vec::new();
        for MatrixSeries { metric, values } in series {
            let mut labels = without_name(metric);
            let state = match labels.remove("alertstate").as_deref() {
                Some("pending") => AlertState::Pending,
                Some("firing") => AlertState::Firing,
                other => return Err(bad(&format!("alertstate is {other:?}"))),
            };
            let instants = values
                .into_iter()
                .map(|(epoch_s, _)| UtcInstant::from_epoch_s(epoch_s));
            let at = instants
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| bad("a timestamp is out of range"))?;
            all.push(AlertSeries { labels, state, at });
        }
        Ok(all)
    }

    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>> {
        let query = format!(
            "last_over_time(ALERTS{{alertstate=\"firing\"}}[{}s])",
            window.as_secs()
        );
        let mut fired: Vec<_> = self
            .vector(&query)
            .await?
            .into_iter()
            .map(|sample| without_name(sample.metric))
            .collect();
        for labels in &mut fired {
            labels.remove("alertstate");
        }
        Ok(fired)
    }

    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>> {
        let samples = self
            .vector("prometheus_rule_group_iterations_missed_total")
            .await?;
        let missed = samples.into_iter().filter_map(|sample| {
            // The label is the rules file and the group's name.
            let group = sample
                .metric
                .get("rule_group")?
                .rsplit(';')
                .next()?
                .to_owned();
            Some((group, sample.value.1.parse().ok()?))
        });
        Ok(missed.collect())
    }

    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)> {
        let labelled = |expression: &str, label: &str| {
            format!(r#"label_replace({expression}, "{CONDITION_NUMBER}", "{label}", "", "")"#)
        };
        let parts = conditions.iter().enumerate();
        let numbered = parts.map(|(number, condition)| {
            labelled(&format!("count({condition})"), &number.to_string())
        });
        let query = numbered
            .chain([labelled("vector(time())", CLOCK)])
            .collect::<Vec<_>>()
            .join(" or ");
        let mut are_true = vec![false; conditions.len()];
        let mut clock = None;
        for sample in self.vector(&query).await? {
            let label = sample.metric.get(CONDITION_NUMBER).map(String::as_str);
            if label == Some(CLOCK) {
                clock = sample
                    .value
                    .1
                    .parse()
                    .ok()
                    .and_then(UtcInstant::from_epoch_s);
            } else if let Some(is_true) =
                label.and_then(|number| are_true.get_mut(number.parse::<usize>().ok()?))
            {
                *is_true = true;
            }
        }
        let clock = clock.ok_or_else(|| bad_answer(&query, "it does not say what time it is"))?;
        Ok((are_true, clock))
    }

    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>> {
        let (start, end) = (span.0.epoch_s().to_string(), span.1.epoch_s().to_string());
        let step = step.as_secs_f64().to_string();
        let form = [
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", &step),
        ];
        let QueryData::Matrix(series) = self.ask("/api/v1/query_range", &form).await? else {
            return Err(bad_answer(query, "it is no matrix"));
        };
        let number = |(epoch_s, value): (f64, String)| {
            Some((UtcInstant::from_epoch_s(epoch_s)?, value.parse().ok()?))
        };
        let all = series.into_iter().map(|MatrixSeries { metric, values }| {
            Some(Series {
                labels: metric,
                values: values.into_iter().map(number).collect::<Option<_>>()?,
            })
        });
        all.collect::<Option<_>>()
            .ok_or_else(|| bad_answer(query, "a timestamp or a value is no number"))
    }

    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>> {
        Ok(self
            .vector(query)
            .await?
            .into_iter()
            .map(|sample| (sample.metric, sample.value.1))
            .collect())
    }

    async fn lost_targets(&self) -> Result<Vec<String>> {
        let targets: Targets = self.get("/api/v1/targets", &[("state", "active")]).await?;
        let lost = targets
            .active_targets
            .into_iter()
            .filter(|target| target.health == "down");
        Ok(lost
            .map(|target| format!("{}: {}", selector("up", &target.labels), target.last_error))
            .collect())
    }
}

fn bad_answer(query: &str, reason: &str) -> Error {
    Error::BadAnswer {
        attempted: format!("ask Prometheus for `{query}`"),
        reason: reason.to_owned(),
    }
}

/// Whether a rule's expression reads `up` as it is: a scrape that fails makes no sample of it
/// before its time-out.
fn reads_up(query: &str) -> Result<bool> {
    Ok(metrics_now_of(query)
        .map_err(|reason| bad_answer(query, &reason))?
        .contains("up"))
}

fn without_name(mut labels: Labels) -> Labels {
    labels.remove("__name__");
    labels
}

fn duration(seconds: f64) -> Result<Duration> {
    seconds::duration(seconds).map_err(|reason| Error::BadAnswer {
        attempted: "ask Prometheus for its rules".to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests;
