//! Prometheus: which rules it has loaded, and which alerts its evaluations saw.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;

use super::clock::{Clock, ClockCheck};
use super::http::{Api, Locate};
use crate::drill::{
    AlertState, CONDITION_RESOLUTION, Labels, LoadedRule, Span, UtcInstant, seconds, selector,
};
use crate::promql::metrics_now_of;
use crate::{Error, Result};

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

/// One series of `ALERTS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSeries {
    /// The alert's labels, without `__name__` and `alertstate`.
    pub labels: Labels,
    /// Its state in all these evaluations.
    pub state: AlertState,
    /// The timestamps of the evaluations, in their order.
    pub at: Vec<UtcInstant>,
}

/// A series of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Its values, with the instants that they were asked of.
    pub values: Vec<(UtcInstant, f64)>,
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

    /// Which of `conditions` are true now, in their order, and what its clock says; asked in one
    /// query.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`]; a query that failed is not a condition that is
    /// false.
    pub async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, ClockCheck)> {
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
        let asked = Clock::read();
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
        Ok((are_true, ClockCheck::new(asked, clock)))
    }

    /// The spans from `from` to `until` in which `condition` was true, to [`CONDITION_RESOLUTION`].
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn spans(
        &self,
        condition: &str,
        from: UtcInstant,
        until: UtcInstant,
    ) -> Result<Vec<Span>> {
        let series = self
            .range(
                &format!("count({condition})"),
                (from, until),
                CONDITION_RESOLUTION,
            )
            .await?;
        let instants = series
            .into_iter()
            .flat_map(|series| series.values)
            .map(|(at, _)| at);
        Ok(Span::through(instants, CONDITION_RESOLUTION))
    }

    /// What `query` yields from the first to the second instant of `span`, every `step`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn range(
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

    /// The names of the metrics that it has samples of.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn metric_names(&self) -> Result<BTreeSet<String>> {
        self.get("/api/v1/label/__name__/values", &[]).await
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

    /// Per group of rules, how many evaluations it has skipped since Prometheus started; empty if
    /// Prometheus does not scrape itself.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>> {
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

    /// What `query` yields now: labels and values, as they stand in the answer.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>> {
        Ok(self
            .vector(query)
            .await?
            .into_iter()
            .map(|sample| (sample.metric, sample.value.1))
            .collect())
    }

    /// The targets whose last scrape failed, each with its labels and why.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn lost_targets(&self) -> Result<Vec<String>> {
        let targets: Targets = self.get("/api/v1/targets", &[("state", "active")]).await?;
        let lost = targets
            .active_targets
            .into_iter()
            .filter(|target| target.health == "down");
        Ok(lost
            .map(|target| format!("{}: {}", selector("up", &target.labels), target.last_error))
            .collect())
    }

    /// The alerts that are pending or firing now.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn active_alerts(&self) -> Result<Vec<Labels>> {
        Ok(self
            .vector("ALERTS")
            .await?
            .into_iter()
            .map(|sample| without_name(sample.metric))
            .collect())
    }

    /// The alerts that fired at some time within the last `window`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>> {
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

    /// Every raw sample of `ALERTS` of the last `window`, per series. Their timestamps are those of
    /// the evaluations, whenever one asks.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>> {
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

    /// Every alerting rule that is loaded, with the waits of its group and of the targets; how long
    /// scrapes really take is looked for over the last `window`.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`], also if a rule's last evaluation failed: then
    /// it cannot be judged.
    pub async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>> {
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

    /// Per alert name, the latest evaluation of all its rules.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`], also if a rule's last evaluation failed.
    pub async fn evaluated_until(&self) -> Result<BTreeMap<String, UtcInstant>> {
        let mut until: BTreeMap<String, UtcInstant> = BTreeMap::new();
        for group in self.rules().await?.groups {
            for name in group
                .rules
                .into_iter()
                .map(|rule| rule.name)
                .collect::<BTreeSet<_>>()
            {
                until
                    .entry(name)
                    .and_modify(|at| *at = (*at).min(group.last_evaluation))
                    .or_insert(group.last_evaluation);
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

/// Prometheus's duration format: numbers with the units ms, s, m, h, d, w, y, the larger first
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>, `<duration>`).
pub(crate) fn prometheus_duration(text: &str) -> Result<Duration> {
    let bad = || Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason: "it is no Prometheus duration".to_owned(),
    };
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|end| *end > 0)
            .ok_or_else(bad)?;
        let (number, after) = rest.split_at(digits);
        let unit_end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
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
        let ms = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit_ms))
            .ok_or_else(bad)?;
        total = total
            .checked_add(Duration::from_millis(ms))
            .ok_or_else(bad)?;
        rest = after;
    }
    seconds::within_bounds(total).map_err(|reason| Error::BadAnswer {
        attempted: format!("read the duration `{text}`"),
        reason,
    })
}

#[cfg(test)]
mod tests;
