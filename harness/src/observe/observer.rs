//! Watches Prometheus, Alertmanager and the sink during a drill.
//!
//! One poller for all drills of a process. It collects the raw samples of `ALERTS`, which carry their evaluation's
//! timestamp: how often it looks decides when a drill goes on, never when an alert fired.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Alertmanager, NotificationSink, Prometheus};
use crate::Result;
use crate::drill::{AlertSample, Delivery, Suppression, UtcInstant};

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Each look asks for the samples since the last good one and these many seconds more, so that none falls between two looks.
const OVERLAP: Duration = Duration::from_secs(60);

/// All that was seen since the observer started.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// Every sample of `ALERTS`.
    pub samples: BTreeSet<AlertSample>,
    /// Per alert name, the latest evaluation of all its rules.
    pub evaluated_until: BTreeMap<String, UtcInstant>,
    /// Everything that was delivered, in the order of its arrival.
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
    task: JoinHandle<()>,
}

impl Observer {
    /// Starts to watch. Notifications that arrived before are not seen.
    ///
    /// # Errors
    /// As [`NotificationSink::newest`].
    pub async fn start(prometheus: Prometheus, alertmanager: Alertmanager, sink: NotificationSink) -> Result<Self> {
        let seen = sink.newest().await?;
        let (sender, observation) = watch::channel(Observation::default());
        let eye = Eye { prometheus, alertmanager, sink, seen, last_good: Instant::now() };
        let task = tokio::spawn(eye.watch(sender));
        Ok(Self { observation, task })
    }

    /// What was seen so far; changes with every look.
    #[must_use]
    pub fn observation(&self) -> watch::Receiver<Observation> {
        self.observation.clone()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Eye {
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    sink: NotificationSink,
    seen: u64,
    last_good: Instant,
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
                        observation.samples.extend(glance.samples);
                        observation.evaluated_until = glance.evaluated_until;
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
        // Evaluations first: whatever they saw is then among the samples.
        let evaluated_until = self.prometheus.evaluated_until().await?;
        let samples = self.prometheus.alert_samples(self.last_good.elapsed() + OVERLAP).await?;
        let suppressions = self.alertmanager.suppressions().await?;
        let (deliveries, newest) = self.sink.deliveries(self.seen).await?;
        self.seen = newest;
        self.last_good = began;
        Ok(Glance { samples, evaluated_until, deliveries, suppressions })
    }
}

struct Glance {
    samples: Vec<AlertSample>,
    evaluated_until: BTreeMap<String, UtcInstant>,
    deliveries: Vec<Delivery>,
    suppressions: Vec<Suppression>,
}
