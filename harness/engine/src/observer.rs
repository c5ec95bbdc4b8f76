//! Watches the rule engine and the notifier during drills.
//!
//! One poller serves all drills of a process: however many run, each look costs the same few
//! requests. It collects the raw samples of `ALERTS`, which carry the timestamps of their
//! evaluations. So the poll interval decides when a drill goes on, never when an alert fired. The
//! conditions of all drills (steady state, onsets, near misses) are asked in one query.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertdrill_core::{Claim, Clock, Labels, Result};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

use crate::by_labels::ByLabels;
use crate::clock_check::{ClockCheck, ClockReading};
use crate::notifier::Notifier;
use crate::observation::{Look, Observation};
use crate::rule_engine::RuleEngine;

const LOOK_EVERY: Duration = Duration::from_millis(2500);
/// Each look asks for the samples since the last look that succeeded and for this much more, so
/// that none falls between two looks.
const OVERLAP: Duration = Duration::from_secs(30);

/// A running observer. It stops when it is dropped.
#[derive(Debug)]
pub struct Observer {
    observation: watch::Receiver<Observation>,
    conditions: Conditions,
    answered_for: AnsweredFor,
    task: JoinHandle<()>,
}

impl Observer {
    /// Starts to watch.
    #[must_use]
    pub fn start(
        engine: Arc<dyn RuleEngine>,
        notifier: Arc<dyn Notifier>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, observation) = watch::channel(Observation::default());
        let (conditions, answered_for) = (Conditions::default(), AnsweredFor::default());
        let poller = Poller {
            engine,
            notifier,
            clock,
            newest_notification: 0,
            last_success: Instant::now(),
            conditions: conditions.clone(),
            answered_for: answered_for.clone(),
        };
        Self {
            observation,
            conditions,
            answered_for,
            task: tokio::spawn(poller.run(sender)),
        }
    }

    /// What was seen so far; changes with every look.
    #[must_use]
    pub fn observation(&self) -> watch::Receiver<Observation> {
        self.observation.clone()
    }

    /// Watches `queries` (`PromQL` that yields samples while a condition is true) until the answer
    /// is dropped.
    pub fn watch(&self, queries: impl IntoIterator<Item = String>) -> Watched {
        self.conditions.watch(queries.into_iter().collect())
    }

    /// Makes it known that a drill of this process answers for the alerts that `claims` mean, until
    /// the answer is dropped.
    #[must_use]
    pub fn answer_for(&self, claims: Vec<Claim>) -> Answering {
        self.answered_for.answer_for(claims)
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

/// The watched conditions, each with the number of drills that watch it.
#[derive(Clone, Debug, Default)]
struct Conditions(Arc<Mutex<BTreeMap<String, usize>>>);

impl Conditions {
    fn watch(&self, queries: Vec<String>) -> Watched {
        let mut counts = self.lock();
        for query in &queries {
            *counts.entry(query.clone()).or_default() += 1;
        }
        drop(counts);
        Watched {
            queries,
            conditions: self.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Alerts that a drill answers for until this is dropped.
#[derive(Debug)]
pub struct Answering {
    claims: Vec<Claim>,
    answered_for: AnsweredFor,
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut counts = self.answered_for.lock();
        for claim in &self.claims {
            *counts.entry(&claim.known_labels()) -= 1;
        }
    }
}

/// The claims that drills of this process answer for, each with the number of these drills. A
/// claim's name and labels stand in for those of an alert.
#[derive(Clone, Debug, Default)]
struct AnsweredFor(Arc<Mutex<ByLabels<usize>>>);

impl AnsweredFor {
    fn answer_for(&self, claims: Vec<Claim>) -> Answering {
        let mut counts = self.lock();
        for claim in &claims {
            *counts.entry(&claim.known_labels()) += 1;
        }
        drop(counts);
        Answering {
            claims,
            answered_for: self.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ByLabels<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contains(&self, labels: &Labels) -> bool {
        let alert = Claim {
            alert: labels.get("alertname").cloned().unwrap_or_default(),
            labels: labels.clone(),
        };
        let counts = self.lock();
        let mut concerned = counts.concerned_by(&alert);
        concerned.any(|(_, count)| *count > 0)
    }

    fn is_empty(&self) -> bool {
        !self.lock().iter().any(|(_, count)| *count > 0)
    }
}

/// Looks again and again, as long as somebody watches.
struct Poller {
    engine: Arc<dyn RuleEngine>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    newest_notification: u64,
    last_success: Instant,
    conditions: Conditions,
    answered_for: AnsweredFor,
}

impl Poller {
    async fn run(mut self, sender: watch::Sender<Observation>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !sender.is_closed() {
            ticks.tick().await;
            if self.nobody_watches() {
                sender.send_if_modified(forget_conditions);
                continue;
            }
            let looked = self.look().await;
            let is_answered_for = |labels: &Labels| self.answered_for.contains(labels);
            sender.send_modify(|observation| match looked {
                Ok(look) => observation.take_in(look, is_answered_for),
                Err(error) => observation.take_failure(&error),
            });
        }
    }

    /// A process whose drill waits for its leases asks nothing.
    fn nobody_watches(&self) -> bool {
        self.conditions.lock().is_empty() && self.answered_for.is_empty()
    }

    async fn look(&mut self) -> Result<Look> {
        let began = Instant::now();
        let queries: Vec<_> = self.conditions.lock().keys().cloned().collect();
        let asked = ClockReading::of(&*self.clock);
        let (are_true, server_clock) = self.engine.are_true(&queries).await?;
        let clock = ClockCheck::new(asked, server_clock, ClockReading::of(&*self.clock));
        // Evaluations come first: whatever they saw is then among the samples.
        let evaluations = self.engine.evaluations().await?;
        let window = self.last_success.elapsed() + OVERLAP;
        let series = self.engine.alert_samples(window).await?;
        let suppressions = self.notifier.suppressions().await?;
        let arrived = self.notifier.deliveries(self.newest_notification).await?;
        let (deliveries, newest) = arrived;
        self.newest_notification = newest;
        self.last_success = began;
        let conditions = queries.into_iter().zip(are_true).collect();
        Ok(Look {
            series,
            evaluations,
            conditions,
            clock,
            deliveries,
            suppressions,
        })
    }
}

/// What was true when somebody last watched may have changed since. Says whether anything was
/// forgotten.
fn forget_conditions(observation: &mut Observation) -> bool {
    let knew = !observation.conditions.is_empty();
    observation.conditions.clear();
    knew
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_is_watched_until_the_last_who_asked_for_it_is_gone() {
        let conditions = Conditions::default();
        let watch = |queries: &[&str]| {
            let queries = queries.iter().map(|query| (*query).to_owned());
            conditions.watch(queries.collect())
        };
        let (first, second) = (watch(&["a", "b"]), watch(&["b"]));
        drop(first);
        assert_eq!(conditions.lock().keys().collect::<Vec<_>>(), ["b"]);
        drop(second);
        assert!(conditions.lock().is_empty());
    }

    #[test]
    fn alert_is_answered_for_until_the_last_drill_that_claims_it_is_over() {
        let claim = |exchange: &str| Claim {
            alert: "A".to_owned(),
            labels: [("exchange".to_owned(), exchange.to_owned())].into(),
        };
        let labels = |exchange: &str| claim(exchange).known_labels();
        let answered_for = AnsweredFor::default();
        let first = answered_for.answer_for(vec![claim("okx")]);
        let second = answered_for.answer_for(vec![claim("okx")]);
        drop(first);
        assert!(answered_for.contains(&labels("okx")));
        assert!(!answered_for.contains(&labels("kraken")));
        drop(second);
        assert!(!answered_for.contains(&labels("okx")) && answered_for.is_empty());
    }
}
