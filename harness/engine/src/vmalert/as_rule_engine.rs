//! vmalert as the rule engine of drills.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{Error, Labels, LoadedRule, Result, UtcInstant, whole_intervals};
use async_trait::async_trait;

use super::answers::ActiveAlert;
use super::client::{Loaded, VmAlert};
use crate::prometheus::{
    MatrixSeries, ScrapeWaits, alert_series, alerting_rules_of, bad_answer, evaluations_of,
    recording_rules_of,
};
use crate::rule_engine::{AlertSeries, Evaluations, Ranges, RuleEngine, Series};

#[async_trait]
impl Ranges for VmAlert {
    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>> {
        self.samples.range(query, span, step).await
    }
}

#[async_trait]
impl RuleEngine for VmAlert {
    async fn alerting_rules(&self, window: Duration) -> Result<Vec<LoadedRule>> {
        let Loaded { groups, delays, .. } = self.loaded().await?;
        let (interval, timeout) = self.samples.scrape_waits().await?;
        let waits = ScrapeWaits {
            interval,
            timeout,
            usual: self.samples.longest_scrape(window).await?,
        };
        let mut recording = recording_rules_of(&groups)?;
        let longest = groups.iter().map(|group| group.query_offset).max();
        for rule in &mut recording {
            // What is recorded is written, and looked at in the past, as alerts are.
            rule.evaluation_interval += delays.kept_within + longest.unwrap_or_default();
        }
        let mut rules = alerting_rules_of(groups, &recording, waits)?;
        for rule in &mut rules {
            rule.scrape_duration = delays.seen_within(rule.scrape_duration, rule.query_offset);
        }
        Ok(rules)
    }

    async fn evaluations(&self) -> Result<Evaluations> {
        let Loaded { groups, delays, .. } = self.loaded().await?;
        let mut evaluations = evaluations_of(groups)?;
        for evaluated in evaluations.until.values_mut() {
            // Back to an evaluation, and not in between: what it saw says which alerts are active.
            let kept_within = whole_intervals(delays.kept_within, evaluated.interval);
            evaluated.until = evaluated.until.minus(kept_within);
        }
        Ok(evaluations)
    }

    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>> {
        let loaded = self.loaded().await?;
        let window = window + self.offsets.longest() + loaded.delays.kept_within;
        let query = format!("ALERTS[{}s]", window.as_secs().max(1));
        let form = [("query", query.as_str())];
        let series = self.samples.matrix("/api/v1/query", &form).await?;
        let mut alerts = Vec::new();
        for series in series.into_iter().map(without_markers) {
            let series = alert_series(series).map_err(|reason| bad_answer(&query, &reason))?;
            alerts.push(series);
        }
        require_what_is_active(&loaded, &alerts)?;
        let at_evaluations = |series| self.offsets.at_evaluations(series);
        Ok(alerts.into_iter().map(at_evaluations).collect())
    }

    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>> {
        self.samples.fired_within(window).await
    }

    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>> {
        self.missed().await
    }

    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)> {
        self.samples.are_true(conditions).await
    }

    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>> {
        self.samples.samples(query).await
    }

    async fn lost_targets(&self) -> Result<Vec<String>> {
        self.samples.lost_targets().await
    }
}

/// A series without its markers of staleness, which VictoriaMetrics answers with as they are.
fn without_markers(mut series: MatrixSeries) -> MatrixSeries {
    series.values.retain(|(_, value)| value != "NaN");
    series
}

/// That of each alert that vmalert has long seen active there is a sample: what it does not write,
/// or writes elsewhere, would read as "no alert".
fn require_what_is_active(loaded: &Loaded, written: &[AlertSeries]) -> Result<()> {
    let last = loaded.groups.iter().map(|group| group.last_evaluation);
    let Some(last) = last.max() else {
        return Ok(());
    };
    let longest = loaded.groups.iter().map(|group| group.query_offset).max();
    // Twice, for what is written may have to be written again.
    let within = longest.unwrap_or_default() + loaded.delays.kept_within * 2;
    let is_missing = |alert: &&ActiveAlert| {
        let series = written.iter();
        let mut samples = series
            .filter(|series| series.labels == alert.labels)
            .flat_map(|series| &series.at);
        last > alert.active_at.plus(within) && !samples.any(|at| *at >= alert.active_at)
    };
    match loaded.active.iter().find(is_missing) {
        None => Ok(()),
        Some(alert) => Err(Error::BadAnswer {
            attempted: "ask VictoriaMetrics for the samples of ALERTS".to_owned(),
            reason: format!(
                "vmalert says that {:?} is {} since {}, and no sample says so; does its \
                 -remoteWrite.url lead to the server that is asked?",
                alert.labels, alert.state, alert.active_at
            ),
        }),
    }
}
