//! Watches Prometheus, Alertmanager and the sink during drills.
//!
//! One poller for all drills of a process: however many run, each look costs the same few requests.
//! It collects the raw samples of `ALERTS`, which carry their evaluation's timestamp: how often it
//! looks decides when a drill goes on, never when an alert fired. Conditions (steady state, onsets,
//! near misses) of all drills are asked in one query. Each drill takes from it what concerns its
//! own alerts, and at its end what concerned nobody's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::{AlertSeries, ByLabels, ClockCheck, ClockReading, Evaluated, Notifier, RuleEngine};
use alertdrill_core::Result;
use alertdrill_core::{
    AlertSample, AlertState, Claim, Clock, Delivery, Labels, Suppression, Timeline, UtcInstant,
};

const LOOK_EVERY: Duration = Duration::from_millis(2500);
/// Each look asks for the samples since the last good one and these many seconds more, so that none
/// falls between two looks.
const OVERLAP: Duration = Duration::from_secs(30);

/// All that was seen since the observer started.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Every sample of `ALERTS`.
    alerts: ByLabels<BTreeMap<UtcInstant, AlertState>>,
    /// The alerts with samples from when no drill of this process answered for them.
    strays: BTreeSet<Labels>,
    /// The alerts that the latest evaluations saw pending or firing.
    active: BTreeSet<Labels>,
    /// Everything that was delivered, in the order of its arrival; also what the sink still had
    /// from before.
    deliveries: ByLabels<Vec<Delivery>>,
    /// Alerts that Alertmanager held back at any time.
    suppressions: BTreeSet<Suppression>,
    /// Per alert name, the latest evaluation of all its rules.
    pub evaluated_until: BTreeMap<String, UtcInstant>,
    /// Whether each watched condition was true at the last good look.
    pub conditions: BTreeMap<String, bool>,
    /// What Prometheus's clock said at the last good look.
    pub clock: Option<ClockCheck>,
    /// Since when looks fail, and what the last one said; `None` while they succeed.
    pub failing: Option<(Instant, String)>,
    /// How many looks there were.
    pub looks: u64,
}

impl Observation {
    /// Puts into `timeline` all that was seen since `since` of the alerts that `claims` mean or
    /// could mean.
    pub fn fill(&self, timeline: &mut Timeline, claims: &[Claim], since: UtcInstant) {
        timeline.samples = self.samples_of(claims, since).collect();
        timeline.evaluated_until.clone_from(&self.evaluated_until);
        timeline.deliveries = self
            .deliveries_of(claims)
            .filter(|told| told.received_at >= since)
            .cloned()
            .collect();
        let held_back = |suppression: &&Suppression| {
            claims
                .iter()
                .any(|claim| claim.concerns(&suppression.labels))
        };
        timeline.suppressions = self
            .suppressions
            .iter()
            .filter(held_back)
            .cloned()
            .collect();
    }

    /// The samples since `since` of the alerts that `claims` mean or could mean.
    fn samples_of(&self, claims: &[Claim], since: UtcInstant) -> impl Iterator<Item = AlertSample> {
        let concerned = self.alerts.concerned_by_any(claims).into_iter();
        concerned.flat_map(move |(labels, samples)| samples_since(labels, samples, since))
    }

    /// The samples since `since` of the alerts that at some time no drill of this process answered
    /// for.
    pub fn stray_samples(&self, since: UtcInstant) -> impl Iterator<Item = AlertSample> + '_ {
        let strays = self
            .strays
            .iter()
            .filter_map(|labels| Some((labels, self.alerts.get(labels)?)));
        strays.flat_map(move |(labels, samples)| samples_since(labels, samples, since))
    }

    /// What was delivered of the alerts that `claims` mean or could mean, those of one alert in the
    /// order of their arrival.
    fn deliveries_of(&self, claims: &[Claim]) -> impl Iterator<Item = &Delivery> {
        self.deliveries
            .concerned_by_any(claims)
            .into_values()
            .flatten()
    }

    /// The alerts that the latest evaluations saw pending or firing, whoever answers for them.
    #[must_use]
    pub fn active(&self) -> &BTreeSet<Labels> {
        &self.active
    }

    /// In which just these alerts are active, and these conditions known.
    #[cfg(any(test, feature = "test-support"))]
    #[must_use]
    pub fn of(active: &[Labels], conditions: &[(&str, bool)]) -> Self {
        let conditions = conditions
            .iter()
            .map(|(query, is_true)| ((*query).to_owned(), *is_true))
            .collect();
        Self {
            active: active.iter().cloned().collect(),
            conditions,
            ..Self::default()
        }
    }

    /// Takes in what a look saw; `is_answered_for` says for which alerts a drill of this process
    /// answers.
    fn take_in(&mut self, glance: Glance, is_answered_for: impl Fn(&Labels) -> bool) {
        self.failing = None;
        self.active = active(&glance);
        for AlertSeries { labels, state, at } in glance.series {
            let samples = self.alerts.entry(&labels);
            let known = samples.len();
            samples.extend(at.into_iter().map(|at| (at, state)));
            if samples.len() > known && !is_answered_for(&labels) {
                self.strays.insert(labels);
            }
        }
        self.evaluated_until = glance
            .evaluated
            .into_iter()
            .map(|(name, evaluated)| (name, evaluated.until))
            .collect();
        self.conditions = glance.conditions;
        self.clock = Some(glance.clock);
        for delivery in glance.deliveries {
            self.deliveries.entry(&delivery.labels).push(delivery);
        }
        self.suppressions.extend(glance.suppressions);
    }
}

fn samples_since<'a>(
    labels: &'a Labels,
    samples: &'a BTreeMap<UtcInstant, AlertState>,
    since: UtcInstant,
) -> impl Iterator<Item = AlertSample> + 'a {
    samples.range(since..).map(|(at, state)| AlertSample {
        labels: labels.clone(),
        at: *at,
        state: *state,
    })
}

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
        let eye = Eye {
            engine,
            notifier,
            clock,
            seen: 0,
            last_good: Instant::now(),
            conditions: conditions.clone(),
            answered_for: answered_for.clone(),
        };
        let task = tokio::spawn(eye.watch(sender));
        Self {
            observation,
            conditions,
            answered_for,
            task,
        }
    }

    /// What was seen so far; changes with every look.
    #[must_use]
    pub fn observation(&self) -> watch::Receiver<Observation> {
        self.observation.clone()
    }

    /// Watches `queries` (`PromQL` that yields samples while something is so) until the answer is
    /// dropped.
    pub fn watch(&self, queries: impl IntoIterator<Item = String>) -> Watched {
        let queries: Vec<_> = queries.into_iter().collect();
        let mut counts = self.conditions.lock();
        for query in &queries {
            *counts.entry(query.clone()).or_default() += 1;
        }
        drop(counts);
        Watched {
            queries,
            conditions: self.conditions.clone(),
        }
    }

    /// Makes it known that a drill of this process answers for the alerts that `claims` mean, until
    /// the answer is dropped.
    #[must_use]
    pub fn answer_for(&self, claims: Vec<Claim>) -> Answering {
        let mut counts = self.answered_for.lock();
        for claim in &claims {
            *counts.entry(&claim.known_labels()) += 1;
        }
        drop(counts);
        Answering {
            claims,
            answered_for: self.answered_for.clone(),
        }
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

/// What drills of this process answer for, and how many: by a claim's name and labels, as if they
/// were an alert's.
#[derive(Clone, Debug, Default)]
struct AnsweredFor(Arc<Mutex<ByLabels<usize>>>);

impl AnsweredFor {
    fn lock(&self) -> MutexGuard<'_, ByLabels<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn contains(&self, labels: &Labels) -> bool {
        let alert = Claim {
            alert: labels.get("alertname").cloned().unwrap_or_default(),
            labels: labels.clone(),
        };
        self.lock()
            .concerned_by(&alert)
            .any(|(_, count)| *count > 0)
    }
}

struct Eye {
    engine: Arc<dyn RuleEngine>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    seen: u64,
    last_good: Instant,
    conditions: Conditions,
    answered_for: AnsweredFor,
}

impl Eye {
    async fn watch(mut self, sender: watch::Sender<Observation>) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !sender.is_closed() {
            ticks.tick().await;
            if self.nobody_watches() {
                // What was true when somebody watched last is not known to be so any more.
                sender.send_if_modified(|observation| {
                    let knew = !observation.conditions.is_empty();
                    observation.conditions.clear();
                    knew
                });
                continue;
            }
            let looked = self.look().await;
            sender.send_modify(|observation| {
                observation.looks += 1;
                match looked {
                    Ok(glance) => {
                        observation.take_in(glance, |labels| self.answered_for.contains(labels))
                    }
                    Err(error) => {
                        let since = observation
                            .failing
                            .take()
                            .map_or_else(Instant::now, |(since, _)| since);
                        observation.failing = Some((since, error.to_string()));
                    }
                }
            });
        }
    }

    /// A process whose drill waits for its leases asks nothing.
    fn nobody_watches(&self) -> bool {
        self.conditions.lock().is_empty()
            && !self.answered_for.lock().iter().any(|(_, count)| *count > 0)
    }

    async fn look(&mut self) -> Result<Glance> {
        let began = Instant::now();
        let queries: Vec<_> = self.conditions.lock().keys().cloned().collect();
        let asked = ClockReading::of(&*self.clock);
        let (are_true, server_clock) = self.engine.are_true(&queries).await?;
        let clock = ClockCheck::new(asked, server_clock, ClockReading::of(&*self.clock));
        // Evaluations first: whatever they saw is then among the samples.
        let evaluated = self.engine.evaluated_until().await?;
        let series = self
            .engine
            .alert_samples(self.last_good.elapsed() + OVERLAP)
            .await?;
        let suppressions = self.notifier.suppressions().await?;
        let (deliveries, newest) = self.notifier.deliveries(self.seen).await?;
        self.seen = newest;
        self.last_good = began;
        let conditions = queries.into_iter().zip(are_true).collect();
        Ok(Glance {
            series,
            evaluated,
            conditions,
            clock,
            deliveries,
            suppressions,
        })
    }
}

struct Glance {
    series: Vec<AlertSeries>,
    evaluated: BTreeMap<String, Evaluated>,
    conditions: BTreeMap<String, bool>,
    clock: ClockCheck,
    deliveries: Vec<Delivery>,
    suppressions: Vec<Suppression>,
}

/// The alerts with a sample of their rule's latest evaluation, or of a later one: the rules were
/// asked for first.
fn active(glance: &Glance) -> BTreeSet<Labels> {
    // A sample bears the instant for which the evaluation was planned; it may begin a little later.
    let is_latest = |evaluated: &Evaluated, at: UtcInstant| {
        evaluated.until.seconds_since(at) < evaluated.interval.as_secs_f64() / 2.0
    };
    let is_active = |series: &&AlertSeries| {
        let name = series.labels.get("alertname");
        let evaluated = name.and_then(|name| glance.evaluated.get(name));
        evaluated
            .zip(series.at.last())
            .is_some_and(|(evaluated, at)| is_latest(evaluated, *at))
    };
    glance
        .series
        .iter()
        .filter(is_active)
        .map(|series| series.labels.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn labels(exchange: &str) -> Labels {
        Labels::from([
            ("alertname".into(), "A".into()),
            ("exchange".into(), exchange.into()),
        ])
    }

    fn claim(exchange: &str) -> Claim {
        Claim {
            alert: "A".into(),
            labels: [("exchange".into(), exchange.into())].into(),
        }
    }

    fn glance(series: &[(&str, &[f64])]) -> Glance {
        let series = series.iter().map(|(exchange, seconds)| AlertSeries {
            labels: labels(exchange),
            state: AlertState::Pending,
            at: seconds.iter().map(|second| at(*second)).collect(),
        });
        Glance {
            series: series.collect(),
            evaluated: [(
                "A".to_owned(),
                Evaluated {
                    until: at(5.1),
                    interval: Duration::from_secs(5),
                },
            )]
            .into(),
            conditions: [].into(),
            clock: ClockCheck::of_the_same(at(0.0)),
            deliveries: vec![],
            suppressions: vec![],
        }
    }

    #[test]
    fn alert_is_active_if_the_latest_evaluation_of_its_rule_saw_it() {
        assert_eq!(
            active(&glance(&[("gone", &[0.0]), ("active", &[0.0, 5.0])])),
            [labels("active")].into()
        );
    }

    #[test]
    fn drill_takes_the_samples_of_its_own_alerts_and_of_those_that_nobody_answers_for() {
        let answered_for = AnsweredFor::default();
        *answered_for.lock().entry(&claim("mine").known_labels()) += 1;
        *answered_for
            .lock()
            .entry(&claim("neighbours").known_labels()) += 1;
        let mut seen = Observation::default();
        for _ in 0..2 {
            let looked = glance(&[
                ("mine", &[0.0, 5.0]),
                ("neighbours", &[5.0]),
                ("stray", &[5.0]),
            ]);
            seen.take_in(looked, |labels| answered_for.contains(labels));
        }
        let exchanges = |samples: Vec<AlertSample>| {
            samples
                .into_iter()
                .map(|sample| sample.labels["exchange"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            exchanges(seen.samples_of(&[claim("mine")], at(0.0)).collect()),
            ["mine", "mine"]
        );
        assert_eq!(
            exchanges(seen.samples_of(&[claim("mine")], at(1.0)).collect()),
            ["mine"]
        );
        assert_eq!(exchanges(seen.stray_samples(at(0.0)).collect()), ["stray"]);
    }

    #[test]
    fn alert_that_goes_on_after_its_drill_is_astray() {
        let mut seen = Observation::default();
        seen.take_in(glance(&[("okx", &[0.0])]), |_| true);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 0);
        seen.take_in(glance(&[("okx", &[0.0])]), |_| false);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 0);
        seen.take_in(glance(&[("okx", &[0.0, 5.0])]), |_| false);
        assert_eq!(seen.stray_samples(at(0.0)).count(), 2);
    }

    #[test]
    fn condition_is_watched_until_the_last_who_asked_for_it_is_gone() {
        let conditions = Conditions::default();
        let watch = |queries: &[&str]| {
            let queries: Vec<_> = queries.iter().map(|query| (*query).to_owned()).collect();
            for query in &queries {
                *conditions.lock().entry(query.clone()).or_default() += 1;
            }
            Watched {
                queries,
                conditions: conditions.clone(),
            }
        };
        let (first, second) = (watch(&["a", "b"]), watch(&["b"]));
        drop(first);
        assert_eq!(conditions.lock().keys().collect::<Vec<_>>(), ["b"]);
        drop(second);
        assert!(conditions.lock().is_empty());
    }
}
