//! Prometheus as the rule engine of drills.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{AlertState, Labels, LoadedRule, Result, UtcInstant, selector};
use async_trait::async_trait;

use super::answers::MatrixSeries;
use super::loaded_rules::{ScrapeWaits, alerting_rules_of, evaluations_of};
use super::{Prometheus, bad_answer};
use crate::rule_engine::{AlertSeries, Evaluations, Ranges, RuleEngine, Series};

/// The label that tells the conditions of one query apart.
const CONDITION_NUMBER: &str = "alertdrill_condition";
/// The value of that label on the server's clock.
const CLOCK: &str = "clock";

#[async_trait]
impl Ranges for Prometheus {
    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>> {
        let [start, end] = [span.0, span.1].map(|at| at.epoch_s().to_string());
        let step = step.as_secs_f64().to_string();
        let form = [
            ("query", query),
            ("start", &start),
            ("end", &end),
            ("step", &step),
        ];
        let series = self.matrix("/api/v1/query_range", &form).await?;
        let all: Option<_> = series.into_iter().map(numbers).collect();
        all.ok_or_else(|| bad_answer(query, "a timestamp or a value is no number"))
    }
}

#[async_trait]
impl RuleEngine for Prometheus {
    async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>> {
        let (interval, timeout) = self.scrape_waits().await?;
        let usual = self.longest_scrape(window).await?;
        let recording = self.recording_rules().await?;
        let waits = ScrapeWaits {
            interval,
            timeout,
            usual,
        };
        alerting_rules_of(self.groups().await?.groups, &recording, waits)
    }

    async fn evaluations(&self) -> Result<Evaluations> {
        evaluations_of(self.groups().await?.groups)
    }

    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>> {
        let window = window + self.query_offsets.longest();
        let query = format!("ALERTS[{}s]", window.as_secs().max(1));
        let series = self.matrix("/api/v1/query", &[("query", &query)]).await?;
        let alerts = series.into_iter().map(alert_series);
        let alerts: std::result::Result<Vec<_>, _> = alerts.collect();
        let alerts = alerts
            .map_err(|reason| bad_answer(&query, &reason))?
            .into_iter();
        Ok(alerts
            .map(|alert| self.query_offsets.at_evaluations(alert))
            .collect())
    }

    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>> {
        let firing = r#"ALERTS{alertstate="firing"}"#;
        let query = format!("last_over_time({firing}[{}s])", window.as_secs());
        let samples = self.vector(&query).await?.into_iter();
        let alerts = samples.map(|sample| without(sample.metric, &["__name__", "alertstate"]));
        Ok(alerts.collect())
    }

    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>> {
        let query = "prometheus_rule_group_iterations_missed_total";
        let samples = self.vector(query).await?.into_iter();
        let missed = samples.filter_map(|sample| {
            // The label holds the rules file and the group's name.
            let group = sample.metric.get("rule_group")?.rsplit(';').next()?;
            Some((group.to_owned(), sample.value.1.parse().ok()?))
        });
        Ok(missed.collect())
    }

    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)> {
        let query = query_of_all(conditions);
        let mut are_true = vec![false; conditions.len()];
        let mut clock = None;
        for sample in self.vector(&query).await? {
            let Some(label) = sample.metric.get(CONDITION_NUMBER) else {
                continue;
            };
            if label == CLOCK {
                let epoch_s = sample.value.1.parse().ok();
                clock = epoch_s.and_then(UtcInstant::from_epoch_s);
            } else if let Ok(number) = label.parse::<usize>()
                && let Some(is_true) = are_true.get_mut(number)
            {
                *is_true = true;
            }
        }
        let clock = clock.ok_or_else(|| bad_answer(&query, "it does not say what time it is"))?;
        Ok((are_true, clock))
    }

    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>> {
        let samples = self.vector(query).await?.into_iter();
        Ok(samples.map(|it| (it.metric, it.value.1)).collect())
    }

    async fn lost_targets(&self) -> Result<Vec<String>> {
        let lost = self.failed_scrapes().await?.into_iter();
        let shown = lost.map(|(labels, why)| format!("{}: {why}", selector("up", &labels)));
        Ok(shown.collect())
    }
}

/// One query that yields a sample for each condition that is true, and one for the server's clock.
fn query_of_all(conditions: &[String]) -> String {
    let labelled = |expression: &str, label: &str| {
        format!(r#"label_replace({expression}, "{CONDITION_NUMBER}", "{label}", "", "")"#)
    };
    let numbered = conditions.iter().enumerate().map(|(number, condition)| {
        let count = format!("count({condition})");
        labelled(&count, &number.to_string())
    });
    let clock = labelled("vector(time())", CLOCK);
    let parts: Vec<_> = numbered.chain([clock]).collect();
    parts.join(" or ")
}

pub(crate) fn alert_series(series: MatrixSeries) -> std::result::Result<AlertSeries, String> {
    let state = match series.metric.get("alertstate").map(String::as_str) {
        Some("pending") => AlertState::Pending,
        Some("firing") => AlertState::Firing,
        other => return Err(format!("alertstate is {other:?}")),
    };
    let values = series.values.into_iter();
    let instants = values.map(|(epoch_s, _)| UtcInstant::from_epoch_s(epoch_s));
    let at: Option<_> = instants.collect();
    Ok(AlertSeries {
        labels: without(series.metric, &["__name__", "alertstate"]),
        state,
        at: at.ok_or("a timestamp is out of range")?,
    })
}

pub(crate) fn numbers(series: MatrixSeries) -> Option<Series> {
    let number = |(epoch_s, value): (f64, String)| {
        Some((UtcInstant::from_epoch_s(epoch_s)?, value.parse().ok()?))
    };
    let values: Option<_> = series.values.into_iter().map(number).collect();
    Some(Series {
        labels: series.metric,
        values: values?,
    })
}

fn without(mut labels: Labels, names: &[&str]) -> Labels {
    labels.retain(|name, _| !names.contains(&name.as_str()));
    labels
}
