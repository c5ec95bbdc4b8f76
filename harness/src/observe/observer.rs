//! Watches Prometheus, Alertmanager and the sink during drills.
//!
//! One poller for all drills of a process: however many run, each look costs the same few requests. It collects the raw
//! samples of `ALERTS`, which carry their evaluation's timestamp: how often it looks decides when a drill goes on, never
//! when an alert fired. Conditions (steady state, onsets, near misses) of all drills are asked in one query.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Alertmanager, NotificationSink, Prometheus};
use crate::Result;
use crate::drill::{AlertSample, Delivery, Labels, Suppression, UtcInstant};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Each look asks for the samples since the last good one and these many seconds more, so that none falls between two looks.
const OVERLAP: Duration = Duration::from_secs(30);

/// All that was seen since the observer started.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Every sample of `ALERTS`.
    pub samples: BTreeSet<AlertSample>,
    /// Per alert name, the latest evaluation of all its rules.
    pub evaluated_until: BTreeMap<String, UtcInstant>,
    /// The alerts that the latest evaluations saw pending or firing.
    pub active: BTreeSet<Labels>,
    /// Whether each watched condition was true at the last good look.
    pub conditions: BTreeMap<String, bool>,
    /// Everything that was delivered, in the order of its arrival; also what the sink still had from before.
    pub deliveries: Vec<Delivery>,
    /// Alerts that Alertmanager held back at any time.
    pub suppressions: BTreeSet<Suppression>,
    /// Since when looks fail, and what the last one said; `None` while they succeed.
    pub failing: Option<(Instant, String)>,
    /// How many looks there were.
    pub looks: u64,
}

/// A running observer. It stops when it is dropped.
#[derive(Debug)]
pub struct Observer {
    observation: watch::Receiver<Observation>,
    conditions: Conditions,
    task: JoinHandle<()>,
}

impl Observer {
    /// Starts to watch.
    #[must_use]
    pub fn start(prometheus: Prometheus, alertmanager: Alertmanager, sink: NotificationSink) -> Self {
        let (sender, observation) = watch::channel(Observation::default());
        let conditions = Conditions::default();
        let eye = Eye { prometheus, alertmanager, sink, seen: 0, last_good: Instant::now(), conditions: conditions.clone() };
        let task = tokio::spawn(eye.watch(sender));
        Self { observation, conditions, task }
    }

    /// What was seen so far; changes with every look.
    #[must_use]
    pub fn observation(&self) -> watch::Receiver<Observation> {
        self.observation.clone()
    }

    /// Watches `queries` (`PromQL` that yields samples while something is so) until the answer is dropped.
    pub fn watch(&self, queries: impl IntoIterator<Item = String>) -> Watched {
        let queries: Vec<_> = queries.into_iter().collect();
        let mut counts = self.conditions.lock();
        for query in &queries {
            *counts.entry(query.clone()).or_default() += 1;
        }
        drop(counts);
        Watched { queries, conditions: self.conditions.clone() }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Conditions that are watched until this is dropped.
#[derive(Debug)]
pub struct Watched {
    queries: Vec<String>,
    conditions: Conditions,
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut counts = self.conditions.lock();
        for query in &self.queries {
            if let Some(count) = counts.get_mut(query) {
                *count -= 1;
            }
        }
        counts.retain(|_, count| *count > 0);
    }
}

/// The watched conditions, and by how many each is.
#[derive(Clone, Debug, Default)]
struct Conditions(Arc<Mutex<BTreeMap<String, usize>>>);

impl Conditions {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Eye {
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    sink: NotificationSink,
    seen: u64,
    last_good: Instant,
    conditions: Conditions,
}

impl Eye {
    async fn watch(mut self, sender: watch::Sender<Observation>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !sender.is_closed() {
            ticks.tick().await;
            let looked = self.look().await;
            sender.send_modify(|observation| {
                observation.looks += 1;
                match looked {
                    Ok(glance) => {
                        observation.failing = None;
                        observation.active = active(&glance);
                        observation.samples.extend(glance.samples);
                        observation.evaluated_until = glance.evaluated_until;
                        observation.conditions = glance.conditions;
                        observation.deliveries.extend(glance.deliveries);
                        observation.suppressions.extend(glance.suppressions);
                    }
                    Err(error) => {
                        let since = observation.failing.take().map_or_else(Instant::now, |(since, _)| since);
                        observation.failing = Some((since, error.to_string()));
                    }
                }
            });
        }
    }

    async fn look(&mut self) -> Result<Glance> {
        let began = Instant::now();
        let queries: Vec<_> = self.conditions.lock().keys().cloned().collect();
        let are_true = self.prometheus.are_true(&queries).await?;
        // Evaluations first: whatever they saw is then among the samples.
        let evaluated_until = self.prometheus.evaluated_until().await?;
        let samples = self.prometheus.alert_samples(self.last_good.elapsed() + OVERLAP).await?;
        let suppressions = self.alertmanager.suppressions().await?;
        let (deliveries, newest) = self.sink.deliveries(self.seen).await?;
        self.seen = newest;
        self.last_good = began;
        let conditions = queries.into_iter().zip(are_true).collect();
        Ok(Glance { samples, evaluated_until, conditions, deliveries, suppressions })
    }
}

struct Glance {
    samples: Vec<AlertSample>,
    evaluated_until: BTreeMap<String, UtcInstant>,
    conditions: BTreeMap<String, bool>,
    deliveries: Vec<Delivery>,
    suppressions: Vec<Suppression>,
}

/// The alerts with a sample of their rule's latest evaluation, or of a later one: the rules were asked for first.
fn active(glance: &Glance) -> BTreeSet<Labels> {
    /// A sample bears the instant for which the evaluation was planned; it may begin a little later.
    const LATE_BY_S: f64 = 2.5;
    let mut latest: BTreeMap<&Labels, UtcInstant> = BTreeMap::new();
    for sample in &glance.samples {
        let at = latest.entry(&sample.labels).or_insert(sample.at);
        *at = (*at).max(sample.at);
    }
    let is_active = |labels: &Labels, at: UtcInstant| {
        let evaluated = labels.get("alertname").and_then(|name| glance.evaluated_until.get(name));
        evaluated.is_some_and(|evaluated| evaluated.seconds_since(at) < LATE_BY_S)
    };
    latest.into_iter().filter(|(labels, at)| is_active(labels, *at)).map(|(labels, _)| labels.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::AlertState;

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    #[test]
    fn alert_is_active_if_the_latest_evaluation_of_its_rule_saw_it() {
        let labels = |exchange: &str| Labels::from([("alertname".into(), "A".into()), ("exchange".into(), exchange.into())]);
        let sample = |exchange, second| AlertSample { labels: labels(exchange), at: at(second), state: AlertState::Pending };
        let glance = Glance {
            samples: vec![sample("gone", 0.0), sample("active", 0.0), sample("active", 5.0)],
            evaluated_until: [("A".to_owned(), at(5.1))].into(),
            conditions: [].into(),
            deliveries: vec![],
            suppressions: vec![],
        };
        assert_eq!(active(&glance), [labels("active")].into());
    }

    #[test]
    fn condition_is_watched_until_the_last_who_asked_for_it_is_gone() {
        let conditions = Conditions::default();
        let watch = |queries: &[&str]| {
            let queries: Vec<_> = queries.iter().map(|query| (*query).to_owned()).collect();
            for query in &queries {
                *conditions.lock().entry(query.clone()).or_default() += 1;
            }
            Watched { queries, conditions: conditions.clone() }
        };
        let (first, second) = (watch(&["a", "b"]), watch(&["b"]));
        drop(first);
        assert_eq!(conditions.lock().keys().collect::<Vec<_>>(), ["b"]);
        drop(second);
        assert!(conditions.lock().is_empty());
    }
}
