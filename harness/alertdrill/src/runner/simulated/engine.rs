//! The simulated world as what evaluates rules.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{AlertState, Labels, LoadedRule, Result, SickRule, UtcInstant};
use alertdrill_engine::{AlertSeries, Evaluated, Evaluations, Ranges, RuleEngine, Series};
use async_trait::async_trait;

use super::rule::{EVERY, SICK};
use super::world::World;

#[async_trait]
impl Ranges for World {
    async fn range(
        &self,
        query: &str,
        (from, until): (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>> {
        self.ask_engine("range").await?;
        let condition = query.trim_start_matches("count(").trim_end_matches(')');
        let happened = self.happened();
        let mut values = Vec::new();
        let mut at = from;
        while at <= until {
            if happened.is_true(condition, at) {
                values.push((at, 1.0));
            }
            at = at.plus(step);
        }
        let labels = Labels::new();
        Ok(vec![Series { labels, values }])
    }
}

#[async_trait]
impl RuleEngine for World {
    async fn alerting_rules(&self, _window: Duration) -> Result<Vec<LoadedRule>> {
        self.ask_engine("alerting_rules").await?;
        let happened = self.happened();
        let rules = self.rules.iter().enumerate();
        let loaded = rules.map(|(number, rule)| LoadedRule {
            sick: happened.sick.contains(&number).then(|| SICK.to_owned()),
            ..rule.loaded.clone()
        });
        Ok(loaded.collect())
    }

    async fn evaluations(&self) -> Result<Evaluations> {
        self.ask_engine("evaluations").await?;
        let happened = self.happened();
        let mut evaluations = Evaluations::default();
        let Some(until) = happened.evaluated_at else {
            return Ok(evaluations);
        };
        let evaluated = Evaluated {
            until,
            interval: EVERY,
        };
        for (number, rule) in self.rules.iter().enumerate() {
            let LoadedRule {
                alert,
                group,
                labels,
                ..
            } = rule.loaded.clone();
            if happened.sick.contains(&number) {
                let error = SICK.to_owned();
                evaluations.sick.push(SickRule {
                    alert,
                    group,
                    labels,
                    at: until,
                    error,
                });
            } else {
                evaluations.until.insert(alert, evaluated);
            }
        }
        Ok(evaluations)
    }

    async fn alert_samples(&self, window: Duration) -> Result<Vec<AlertSeries>> {
        self.ask_engine("alert_samples").await?;
        let since = self.clock.now().minus(window);
        let happened = self.happened();
        let series = happened
            .samples
            .iter()
            .map(|((labels, state), at)| AlertSeries {
                labels: labels.clone(),
                state: *state,
                at: at.iter().copied().filter(|at| *at >= since).collect(),
            });
        Ok(series.filter(|series| !series.at.is_empty()).collect())
    }

    async fn fired_within(&self, window: Duration) -> Result<Vec<Labels>> {
        let mut series = self.alert_samples(window).await?;
        series.retain(|series| series.state == AlertState::Firing);
        Ok(series.into_iter().map(|series| series.labels).collect())
    }

    async fn missed_evaluations(&self) -> Result<BTreeMap<String, f64>> {
        self.ask_engine("missed_evaluations").await?;
        Ok(BTreeMap::new())
    }

    async fn are_true(&self, conditions: &[String]) -> Result<(Vec<bool>, UtcInstant)> {
        self.ask_engine("are_true").await?;
        let (now, happened) = (self.clock.now(), self.happened());
        let are_true = conditions.iter().map(|query| happened.is_true(query, now));
        Ok((are_true.collect(), now))
    }

    async fn samples(&self, query: &str) -> Result<Vec<(Labels, String)>> {
        self.ask_engine("samples").await?;
        let is_true = self.happened().is_true(query, self.clock.now());
        let sample = (Labels::new(), "1".to_owned());
        Ok(is_true.then_some(sample).into_iter().collect())
    }

    async fn lost_targets(&self) -> Result<Vec<String>> {
        self.ask_engine("lost_targets").await?;
        let services = self.target.snapshot().services.into_iter();
        let lost = services.filter(|(_, service)| !service.works());
        Ok(lost.map(|(name, _)| name).collect())
    }
}
