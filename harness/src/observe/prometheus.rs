//! Prometheus: which rules it has loaded, and which alerts its evaluations saw.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::http::Api;
use crate::drill::{AlertSample, AlertState, Labels, LoadedRule, UtcInstant};
use crate::{Error, Result};

/// A client of Prometheus's HTTP API (<https://prometheus.io/docs/prometheus/latest/querying/api/>).
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
struct Rules {
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
}

impl Prometheus {
    /// A client of the server at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { api: Api::new("Prometheus", address) }
    }

    /// Whether `query` yields one sample, and that is 1.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`]; a query that failed is not a condition that does not hold.
    pub async fn holds(&self, query: &str) -> Result<bool> {
        let samples = self.vector(query).await?;
        Ok(matches!(samples.as_slice(), [only] if only.value.1 == "1"))
    }

    /// The value of `query`, which yields at most one sample.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn value(&self, query: &str) -> Result<Option<f64>> {
        Ok(self.vector(query).await?.first().and_then(|sample| sample.value.1.parse().ok()))
    }

    /// The alerts that are pending or firing now.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn active_alerts(&self) -> Result<Vec<Labels>> {
        Ok(self.vector("ALERTS").await?.into_iter().map(|sample| without_name(sample.metric)).collect())
    }

    /// Every raw sample of `ALERTS` of the last `window`. Their timestamps are those of the evaluations, whenever one asks.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSample>> {
        let query = format!("ALERTS[{}s]", window.as_secs().max(1));
        let bad = |reason: &str| Error::BadAnswer { attempted: format!("ask Prometheus for {query}"), reason: reason.to_owned() };
        let QueryData::Matrix(series) = self.query(&query).await? else { return Err(bad("it is no matrix")) };
        let mut samples = Vec::new();
        for MatrixSeries { metric, values } in series {
            let mut labels = without_name(metric);
            let state = match labels.remove("alertstate").as_deref() {
                Some("pending") => AlertState::Pending,
                Some("firing") => AlertState::Firing,
                other => return Err(bad(&format!("alertstate is {other:?}"))),
            };
            for (epoch_s, _) in values {
                let at = UtcInstant::from_epoch_s(epoch_s).ok_or_else(|| bad("a timestamp is out of range"))?;
                samples.push(AlertSample { labels: labels.clone(), at, state });
            }
        }
        Ok(samples)
    }

    /// Every alerting rule that is loaded, with the waits of its group and of the targets.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`], also if a rule's last evaluation failed: then it cannot be judged.
    pub async fn alerting_rules(&self) -> Result<Vec<LoadedRule>> {
        let (scrape_interval, scrape_timeout) = self.scrape_waits().await?;
        let mut loaded = Vec::new();
        for group in self.rules().await?.groups {
            let evaluation_interval = duration(group.interval)?;
            for rule in group.rules {
                loaded.push(LoadedRule {
                    alert: rule.name,
                    group: group.name.clone(),
                    labels: rule.labels,
                    query: rule.query,
                    for_duration: duration(rule.duration)?,
                    keep_firing_for: duration(rule.keep_firing_for)?,
                    evaluation_interval,
                    // The API does not tell it (2.53): taken to be the default. A rule that has one fires later than its window says.
                    query_offset: Duration::ZERO,
                    scrape_interval,
                    scrape_timeout,
                });
            }
        }
        Ok(loaded)
    }

    /// Per alert name, the latest evaluation of all its rules.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`], also if a rule's last evaluation failed.
    pub async fn evaluated_until(&self) -> Result<BTreeMap<String, UtcInstant>> {
        let mut until: BTreeMap<String, UtcInstant> = BTreeMap::new();
        for group in self.rules().await?.groups {
            for name in group.rules.into_iter().map(|rule| rule.name).collect::<BTreeSet<_>>() {
                until.entry(name).and_modify(|at| *at = (*at).min(group.last_evaluation)).or_insert(group.last_evaluation);
            }
        }
        Ok(until)
    }

    /// Makes it load its configuration and rules again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses them.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }

    async fn rules(&self) -> Result<Rules> {
        let rules: Rules = self.get("/api/v1/rules", &[("type", "alert")]).await?;
        let sick = rules.groups.iter().flat_map(|group| &group.rules).find(|rule| rule.health == "err");
        match sick {
            Some(rule) => {
                Err(Error::BadAnswer { attempted: format!("evaluate the rule {}", rule.name), reason: rule.last_error.clone() })
            }
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
                .try_fold(Duration::ZERO, |longest, duration| Ok::<_, Error>(longest.max(duration?)))
        };
        Ok((longest(|target| &target.scrape_interval)?, longest(|target| &target.scrape_timeout)?))
    }

    async fn vector(&self, query: &str) -> Result<Vec<VectorSample>> {
        match self.query(query).await? {
            QueryData::Vector(samples) => Ok(samples),
            QueryData::Scalar(value) | QueryData::String(value) => Ok(vec![VectorSample { metric: Labels::new(), value }]),
            QueryData::Matrix(_) => Err(Error::BadAnswer {
                attempted: format!("ask Prometheus for `{query}`"),
                reason: "it is a matrix, not a vector".to_owned(),
            }),
        }
    }

    async fn query(&self, query: &str) -> Result<QueryData> {
        self.get("/api/v1/query", &[("query", query)]).await
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let answer: Answer<T> = self.api.get(path, query).await?;
        let bad = |reason: String| Error::BadAnswer { attempted: self.api.attempt(path), reason };
        if !answer.warnings.is_empty() {
            return Err(bad(format!("it may be incomplete: {}", answer.warnings.join("; "))));
        }
        match (answer.status.as_str(), answer.data) {
            ("success", Some(data)) => Ok(data),
            (status, _) => Err(bad(format!("status {status}: {}", answer.error.unwrap_or_default()))),
        }
    }
}

fn without_name(mut labels: Labels) -> Labels {
    labels.remove("__name__");
    labels
}

fn duration(seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|error| Error::BadAnswer {
        attempted: "ask Prometheus for its rules".to_owned(),
        reason: format!("{seconds} is no duration: {error}"),
    })
}

/// Prometheus's duration format: numbers with the units ms, s, m, h, d, w, y, the larger first
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>, `<duration>`).
pub(super) fn prometheus_duration(text: &str) -> Result<Duration> {
    let bad = || Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason: "it is no Prometheus duration".to_owned(),
    };
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0).ok_or_else(bad)?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let unit_ms: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return Err(bad()),
        };
        let ms = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_ms)).ok_or_else(bad)?;
        total = total.checked_add(Duration::from_millis(ms)).ok_or_else(bad)?;
        rest = after;
    }
    Ok(total)
}

#[cfg(test)]
mod tests;
