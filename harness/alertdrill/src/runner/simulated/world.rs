//! What happens in a simulated world with every second: scrapes, evaluations, notifications.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertdrill_core::memory::{LATENCY, MemoryTarget, Mishaps};
use alertdrill_core::{
    AlertState, Clock, Delivery, DeliveryStatus, Error, Labels, Result, Route, Routes, UtcInstant,
};

use super::rule::{EVERY, Mistake, Progression, SimulatedRule};
use super::simulated_clock::SimulatedClock;

/// The service without which nothing is scraped, evaluated or answered.
pub(crate) const ENGINE: &str = "prometheus";
/// The receiver of critical alerts.
pub(crate) const RECEIVER: &str = "pager";
/// In which second of each interval targets are scraped, and in which one rules are evaluated.
const SCRAPED_IN: u64 = 1;
const EVALUATED_IN: u64 = 3;

/// Services, the rules that watch them, and who is notified.
#[derive(Debug)]
pub(crate) struct World {
    /// What is broken.
    pub(crate) target: MemoryTarget,
    /// Which calls fail: those of the target, of the engine and of the notifier.
    pub(crate) plan: Mishaps,
    pub(crate) clock: Arc<dyn Clock>,
    pub(super) rules: Vec<SimulatedRule>,
    pub(crate) routes: Routes,
    happened: Mutex<Happened>,
}

/// All that has happened so far.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// Per service, its scrapes: when, and whether it answered.
    pub(super) scrapes: BTreeMap<String, Vec<(UtcInstant, bool)>>,
    /// The latest evaluation.
    pub(super) evaluated_at: Option<UtcInstant>,
    /// Per alert and state, the evaluations that saw it.
    pub(super) samples: BTreeMap<(Labels, AlertState), Vec<UtcInstant>>,
    pub(super) deliveries: Vec<Delivery>,
    /// The rules whose latest evaluation failed, by their number.
    pub(super) sick: BTreeSet<usize>,
    progressions: BTreeMap<usize, Progression>,
    /// By the labels that the alerts of a group have in common.
    groups: BTreeMap<Labels, Group>,
}

/// Alerts that Alertmanager notifies of together.
#[derive(Clone, Debug)]
struct Group {
    next_flush: UtcInstant,
    /// By the number of their rules.
    members: BTreeMap<usize, GroupedAlert>,
    /// What its previous notification has listed.
    said: BTreeSet<(usize, DeliveryStatus)>,
}

/// An alert that Alertmanager has heard of.
#[derive(Clone, Copy, Debug)]
struct GroupedAlert {
    firing_since: UtcInstant,
    status: DeliveryStatus,
}

impl World {
    /// A world of the services `api` and `db`, of those that watch, and of a topic with a consumer.
    #[must_use]
    pub(crate) fn new(rules: impl IntoIterator<Item = SimulatedRule>) -> Self {
        let (clock, plan) = (Arc::new(SimulatedClock::starting_now()), Mishaps::default());
        let target = MemoryTarget::new(clock.clone(), plan.clone())
            .service("api", &["front", "back"])
            .service("db", &["back"])
            .service(ENGINE, &["back"])
            .consumed("orders", "billing");
        let routes = Routes::telling(RECEIVER);
        let routes = Routes {
            root: Route {
                group_wait: Duration::from_secs(2),
                // So long that a drill has to wait for the news of its alert's end.
                group_interval: Duration::from_secs(20),
                ..routes.root
            },
            ..routes
        };
        Self {
            target,
            plan,
            clock,
            rules: rules.into_iter().collect(),
            routes,
            happened: Mutex::default(),
        }
    }

    /// Goes on for as long as somebody polls it.
    pub(super) async fn go_on(self: Arc<Self>) {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        for second in 0_u64.. {
            seconds.tick().await;
            self.second_passes(second % EVERY.as_secs());
        }
    }

    fn second_passes(&self, second_of_interval: u64) {
        let now = self.clock.now();
        let mut happened = self.happened();
        if self.target.works(ENGINE) {
            match second_of_interval {
                SCRAPED_IN => self.scrape(&mut happened, now),
                EVALUATED_IN => self.evaluate(&mut happened, now),
                _ => {}
            }
        }
        self.flush(&mut happened, now);
    }

    fn scrape(&self, happened: &mut Happened, now: UtcInstant) {
        for (name, service) in self.target.snapshot().services {
            let scrapes = happened.scrapes.entry(name).or_default();
            scrapes.push((now, service.works()));
        }
    }

    fn evaluate(&self, happened: &mut Happened, now: UtcInstant) {
        happened.evaluated_at = Some(now);
        for (number, rule) in self.rules.iter().enumerate() {
            let mut is_true = happened.is_true(&rule.loaded.query, now);
            if rule.is_sick(is_true) {
                happened.sick.insert(number);
                is_true = false;
            } else {
                happened.sick.remove(&number);
            }
            let progression = happened.progressions.entry(number).or_default();
            let goes_on = progression.fires && rule.has(Mistake::NeverResolves);
            let true_since = is_true.then(|| progression.true_since.unwrap_or(now));
            let is_seen = true_since.is_some_and(|since| !rule.is_blind(now.time_since(since)));
            progression.true_since = true_since;
            if !(is_seen || goes_on) {
                *progression = Progression {
                    true_since,
                    ..Progression::default()
                };
                let group = happened.groups.get_mut(&self.group_of(rule));
                if let Some(member) = group.and_then(|group| group.members.get_mut(&number)) {
                    member.status = DeliveryStatus::Resolved;
                }
                continue;
            }
            let since = *progression.active_since.get_or_insert(now);
            progression.fires |= now.time_since(since) >= rule.really_holds_for();
            let state = if progression.fires {
                AlertState::Firing
            } else {
                AlertState::Pending
            };
            let series = (rule.alert_labels(), state);
            happened.samples.entry(series).or_default().push(now);
            if state == AlertState::Firing {
                let mut wait = self.routes.root.group_wait;
                if let Some(Mistake::DeliveredLate(times)) = rule.mistake {
                    wait *= times;
                }
                let group = happened.groups.entry(self.group_of(rule)).or_insert(Group {
                    next_flush: now.plus(wait),
                    members: BTreeMap::new(),
                    said: BTreeSet::new(),
                });
                group.members.entry(number).or_insert(GroupedAlert {
                    firing_since: now,
                    status: DeliveryStatus::Firing,
                });
            }
        }
    }

    /// The labels that the alerts of its group have in common.
    fn group_of(&self, rule: &SimulatedRule) -> Labels {
        let mut labels = rule.alert_labels();
        labels.retain(|name, _| self.routes.root.groups_by(name));
        labels
    }

    /// Notifies of each group that is due and has something to say.
    fn flush(&self, happened: &mut Happened, now: UtcInstant) {
        let due = happened.groups.clone().into_iter();
        for (key, mut group) in due.filter(|(_, group)| group.next_flush <= now) {
            group.next_flush = now.plus(self.routes.root.group_interval);
            let members = group.members.iter();
            let listed: BTreeSet<_> = members.map(|(number, it)| (*number, it.status)).collect();
            if listed != group.said {
                for (number, member) in &group.members {
                    happened.notify(&self.rules[*number], &key, member, now);
                }
            }
            group.said = listed;
            let fires = |_: &usize, it: &mut GroupedAlert| it.status == DeliveryStatus::Firing;
            group.members.retain(fires);
            if group.members.is_empty() {
                happened.groups.remove(&key);
            } else {
                happened.groups.insert(key, group);
            }
        }
    }

    pub(super) fn happened(&self) -> MutexGuard<'_, Happened> {
        self.happened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That the engine answers.
    pub(super) async fn ask_engine(&self, verb: &'static str) -> Result<()> {
        if !self.target.works(ENGINE) {
            return Err(Error::NoAnswer {
                attempted: format!("ask {ENGINE} for {verb}"),
                reason: "it does not run".to_owned(),
            });
        }
        self.ask(verb, ENGINE).await
    }

    /// That `server` answers.
    pub(super) async fn ask(&self, verb: &'static str, server: &str) -> Result<()> {
        self.clock.sleep(LATENCY).await;
        self.plan.read(verb, server)
    }
}

impl Happened {
    /// Whether `query`, of those that [`super::up`] and [`super::down`] make, was true at `at`.
    pub(super) fn is_true(&self, query: &str, at: UtcInstant) -> bool {
        let service = query.split('"').nth(1).unwrap_or_default();
        let scrapes = self.scrapes.get(service).map_or(&[][..], Vec::as_slice);
        let latest = scrapes.iter().rfind(|(scraped_at, _)| *scraped_at <= at);
        latest.is_some_and(|(_, answered)| *answered == query.ends_with("== 1"))
    }

    fn notify(
        &mut self,
        rule: &SimulatedRule,
        group: &Labels,
        member: &GroupedAlert,
        now: UtcInstant,
    ) {
        let is_end_unsaid =
            member.status == DeliveryStatus::Resolved && rule.has(Mistake::EndNotDelivered);
        if rule.has(Mistake::NotDelivered) || is_end_unsaid {
            return;
        }
        let annotations = if rule.has(Mistake::NoAnnotations) {
            Labels::new()
        } else {
            [("summary".to_owned(), "it is down".to_owned())].into()
        };
        let told = match rule.mistake {
            Some(Mistake::OtherReceiver) => vec![("nobody", false)],
            Some(Mistake::OtherReceiverToo) => vec![("nobody", false), (RECEIVER, false)],
            Some(Mistake::DeliveredTwice) => vec![(RECEIVER, false), (RECEIVER, true)],
            _ => vec![(RECEIVER, false)],
        };
        let deliveries = told.into_iter().map(|(receiver, said_again)| Delivery {
            received_at: now,
            receiver: receiver.to_owned(),
            group: Some(format!("{group:?}")),
            said_again,
            status: member.status,
            starts_at: Some(member.firing_since),
            labels: rule.alert_labels(),
            annotations: annotations.clone(),
        });
        self.deliveries.extend(deliveries);
    }
}
