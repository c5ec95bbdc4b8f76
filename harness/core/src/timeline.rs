//! What a drill saw: everything a verdict needs, and nothing that judges it.
//!
//! It is saved as JSON before it is judged, so that it can be judged again. Instants of alerts are
//! those of Prometheus's own samples, so that the interval of polling does not blur them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::routes::routes_or_older;
use crate::{
    Claim, Fault, Labels, LoadedRule, Routes, SickRule, Span, UtcInstant, WatchedUntil, selector,
};

/// The version of the saved form; raised with every change that an older reader would misread.
pub const TIMELINE_SCHEMA_VERSION: u32 = 2;

/// What one drill saw, from its steady state to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// [`TIMELINE_SCHEMA_VERSION`] of the harness that wrote it.
    pub schema_version: u32,
    /// The drill's name.
    pub drill: String,
    /// How far the drill was watched: what comes after that is not judged.
    #[serde(default)]
    pub watched_until: WatchedUntil,
    /// What a replay has in the place of deliveries; `None` if the drill ran live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Replayed>,
    /// Who said what was delivered.
    #[serde(default, skip_serializing_if = "Witness::is_sink")]
    pub witness: Witness,
    /// Every alerting rule that Prometheus had loaded.
    pub rules: Vec<LoadedRule>,
    /// Alertmanager's routes, if they were read before the drill ended. Earlier versions saved only
    /// waits in their place, as `routing`: they are read as none.
    #[serde(default, alias = "routing", deserialize_with = "routes_or_older")]
    pub routes: Option<Routes>,
    /// The alerts that fired within the last [`RESOLVED_RESENT_FOR`] before the drill.
    #[serde(default)]
    pub lately_fired: Vec<Labels>,
    /// What the wait for steady state came to.
    pub steady_state: SteadyState,
    /// The faults that were tried, in their order.
    pub faults: Vec<FaultRecord>,
    /// When each condition that the drill watches was true, as Prometheus's samples say.
    pub conditions: Vec<ConditionRecord>,
    /// Every sample of `ALERTS` in the drill's time.
    pub samples: Vec<AlertSample>,
    /// Per alert name, the latest evaluation of every rule of that name: how far "no sample" means
    /// "not active". A rule whose evaluations fail does not count.
    pub evaluated_until: BTreeMap<String, UtcInstant>,
    /// The evaluations of rules of the drill's alerts that failed in the drill's time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sick_rules: Vec<SickRule>,
    /// Everything that Alertmanager delivered in the drill's time.
    pub deliveries: Vec<Delivery>,
    /// Alerts that Alertmanager suppressed, and why.
    pub suppressions: Vec<Suppression>,
    /// Per group of rules, the evaluations that Prometheus skipped in the drill's time; groups
    /// without any are left out.
    pub missed_evaluations: BTreeMap<String, u64>,
    /// The other drills that ran beside this one.
    pub neighbours: Vec<Neighbour>,
    /// What became of each check after the revert.
    pub checks: Vec<CheckRecord>,
    /// The services that were not well while the faults of a drill lasted that looks at what comes
    /// of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sick_services: Vec<SickService>,
    /// What the wait for steady state after the drill came to; `None` if it was not reached.
    pub steady_end: Option<SteadyState>,
    /// What was looked at because something was amiss; empty if nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Why observation, or the drill itself, broke off; empty if it did not.
    pub errors: Vec<ObservationError>,
    /// The end of observation.
    pub finished_at: UtcInstant,
}

/// Who says what was delivered, to whom, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// The sink that all receivers send to: what arrived there was delivered.
    #[default]
    Sink,
    /// Alertmanager's API: which receivers an active alert is for. Whether anything reaches them
    /// is not known.
    Alertmanager,
    /// Nobody: there is no Alertmanager.
    Nobody,
}

impl Witness {
    /// Whether what was delivered is seen where it arrives.
    #[must_use]
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub fn is_sink(&self) -> bool {
        *self == Self::Sink
    }
}

/// How long Prometheus sends an alert to Alertmanager after it has resolved: every minute for
/// `resolvedRetention` (`rules/alerting.go`), and the minute. Each time, Alertmanager makes the
/// alert's group anew, for up to half a minute.
pub const RESOLVED_RESENT_FOR: Duration = Duration::from_mins(16);

/// What the wait for steady state came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SteadyState {
    /// How long it took, or how long it was waited for in vain.
    pub waited_s: f64,
    /// Alerts that were pending or firing to the end of the wait.
    pub active_alerts: Vec<Labels>,
    /// Alerts that always fire by intent, and did not at the end of the wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent_watchdogs: Vec<String>,
    /// Other conditions that did not hold at the end of the wait, in words.
    pub unmet: Vec<String>,
}

impl SteadyState {
    /// What one wait came to, and then another.
    #[must_use]
    pub fn and_then(mut self, next: Self) -> Self {
        self.waited_s += next.waited_s;
        self.active_alerts.extend(next.active_alerts);
        self.silent_watchdogs.extend(next.silent_watchdogs);
        self.unmet.extend(next.unmet);
        self
    }

    /// What fell short of it, in words, each once.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<String> {
        let active = self.active_alerts.iter();
        let active = active.filter_map(|labels| labels.get("alertname"));
        let active: BTreeSet<_> = active.map(|alert| format!("{alert} is active")).collect();
        let unmet = self.unmet.iter().map(|unmet| format!("not so: {unmet}"));
        let silent = self.silent_watchdogs.iter();
        let silent = silent.map(|alert| format!("{alert} does not fire"));
        active.into_iter().chain(unmet).chain(silent).collect()
    }

    /// Whether no alert was active but for those that must be, and every condition held.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.active_alerts.is_empty() && self.silent_watchdogs.is_empty() && self.unmet.is_empty()
    }
}

/// A fault and what became of it. Instants are the harness's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRecord {
    /// The fault.
    pub fault: Fault,
    /// Just before it was injected.
    pub injected_at: UtcInstant,
    /// When its effect was seen; `None` if it never was.
    pub effect_at: Option<UtcInstant>,
    /// Just before it was reverted.
    pub reverting_at: Option<UtcInstant>,
    /// When it was seen to be reverted.
    pub reverted_at: Option<UtcInstant>,
}

/// When a condition was true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionRecord {
    /// The condition, as `PromQL` that yields samples while it is true.
    pub query: String,
    /// The spans in which it was true, to the second, in their order.
    pub spans: Vec<Span>,
}

/// Another drill that ran beside this one: the alerts that it answers for are not this one's
/// collateral.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its name.
    pub drill: String,
    /// The alerts that it answers for.
    pub claims: Vec<Claim>,
    /// Its faults, in words.
    pub faults: Vec<String>,
    /// Just before its first fault.
    pub from: UtcInstant,
    /// Its end; `None` while it runs.
    pub until: Option<UtcInstant>,
}

impl Neighbour {
    /// Whether it ran at `instant`.
    #[must_use]
    pub fn ran_at(&self, instant: UtcInstant) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant <= until)
    }
}

/// What became of a check after the revert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRecord {
    /// What must hold, in words.
    pub what: String,
    /// Whether it does.
    pub holds: bool,
    /// What the check printed last.
    pub said: String,
}

/// One raw sample of Prometheus's series `ALERTS`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertSample {
    /// The alert's labels, without `__name__` and `alertstate`.
    pub labels: Labels,
    /// The timestamp of the evaluation.
    pub at: UtcInstant,
    /// Its state in that evaluation.
    pub state: AlertState,
}

/// The label `alertstate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// The expression holds, but not for long enough.
    Pending,
    /// The alert fires.
    Firing,
}

/// One alert in one notification that the sink received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// When the sink received it.
    pub received_at: UtcInstant,
    /// Alertmanager's receiver that it went to.
    pub receiver: String,
    /// The key of the group of alerts that the notification tells of; `None` in records that were
    /// saved before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether the notification says just what the previous one of its group said.
    #[serde(default)]
    pub said_again: bool,
    /// Whether it tells of the alert or of its end.
    pub status: DeliveryStatus,
    /// Since when the alert fires, as Alertmanager says.
    #[serde(default)]
    pub starts_at: Option<UtcInstant>,
    /// The alert's labels.
    pub labels: Labels,
    /// The alert's annotations.
    pub annotations: Labels,
}

/// What a drill that was replayed has in the place of deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replayed {
    /// The words of its alerts as they would have been sent.
    pub sent: Vec<SentWords>,
    /// Why the recording cannot decide the drill; empty if it can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<String>,
}

/// The words of an alert from some instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentWords {
    /// The alert's labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
    /// Since when.
    pub at: UtcInstant,
}

/// The status of an alert in a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It fires.
    Firing,
    /// It has ended.
    Resolved,
}

/// An alert that Alertmanager knows and did not notify of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The alert's labels.
    pub labels: Labels,
    /// What suppressed it: the silence or the inhibiting alert.
    #[serde(rename = "by")]
    pub suppressed_by: String,
}

/// A service that was well before a fault, and not while it lasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SickService {
    /// The service.
    pub service: String,
    /// When that was first seen.
    pub at: UtcInstant,
    /// What it was, in words.
    pub said: String,
}

/// Something that helps to tell why a drill did not pass, as it was at the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// When it was looked at.
    pub at: UtcInstant,
    /// What was looked at.
    pub what: String,
    /// What it was, or why it could not be looked at.
    pub said: String,
}

/// Something that kept a drill from observing, or doing, what it had to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservationError {
    /// When.
    pub at: UtcInstant,
    /// What was attempted, on what, and why it failed.
    pub message: String,
}

/// One life of one alert: from its first active evaluation to the first that no longer saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The alert's labels.
    pub labels: Labels,
    /// The first evaluation that saw it pending.
    pub pending_at: Option<UtcInstant>,
    /// The first evaluation that saw it firing.
    pub firing_at: Option<UtcInstant>,
    /// The first evaluation that no longer saw it; `None` while it is active, or not known to have
    /// ended.
    pub ended_at: Option<UtcInstant>,
}

impl Episode {
    /// Its first active evaluation.
    #[must_use]
    pub fn began_at(&self) -> Option<UtcInstant> {
        self.pending_at.or(self.firing_at)
    }

    /// The alert's name.
    #[must_use]
    pub fn alert(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// Its labels, its name apart.
    pub(crate) fn labels_but_its_name(&self) -> impl Iterator<Item = (&String, &String)> {
        self.labels.iter().filter(|(name, _)| *name != "alertname")
    }
}

impl fmt::Display for Episode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&selector(self.alert(), self.labels_but_its_name()))
    }
}

/// The episodes in a timeline's samples, in the order of their beginning.
///
/// Samples more than one and a half evaluation intervals apart belong to two episodes. An episode
/// has ended at the evaluation after its last sample, and only if that evaluation is known to have
/// taken place: a Prometheus that no longer evaluates resolves nothing.
#[must_use]
pub fn episodes(timeline: &Timeline) -> Vec<Episode> {
    let evaluated_until = |alert: &str| timeline.evaluated_until.get(alert).copied();
    episodes_in(&timeline.samples, &timeline.rules, evaluated_until)
}

/// The same of any samples, of alerts of these rules, each of which is known to have been evaluated
/// until some instant.
pub(crate) fn episodes_in(
    samples: &[AlertSample],
    rules: &[LoadedRule],
    evaluated_until: impl Fn(&str) -> Option<UtcInstant>,
) -> Vec<Episode> {
    let distinct: BTreeSet<_> = samples.iter().collect();
    let mut lives: Vec<(Episode, UtcInstant)> = Vec::new();
    for sample in distinct {
        let longest_gap_s = 1.5 * evaluation_interval(rules, &sample.labels).as_secs_f64();
        let goes_on = |(episode, last_seen): &mut (Episode, UtcInstant)| {
            let gap_s = sample.at.seconds_since(*last_seen);
            episode.labels == sample.labels && gap_s <= longest_gap_s
        };
        if lives.last_mut().is_none_or(|last| !goes_on(last)) {
            let episode = Episode {
                labels: sample.labels.clone(),
                pending_at: None,
                firing_at: None,
                ended_at: None,
            };
            lives.push((episode, sample.at));
        }
        if let Some((episode, last_seen)) = lives.last_mut() {
            *last_seen = sample.at;
            let begin = match sample.state {
                AlertState::Pending => &mut episode.pending_at,
                AlertState::Firing => &mut episode.firing_at,
            };
            begin.get_or_insert(sample.at);
        }
    }
    let ended = |(mut episode, last_seen): (Episode, UtcInstant)| {
        let next_evaluation = last_seen.plus(evaluation_interval(rules, &episode.labels));
        let evaluated_until = evaluated_until(episode.alert());
        let took_place = evaluated_until.is_some_and(|until| until >= next_evaluation);
        episode.ended_at = took_place.then_some(next_evaluation);
        episode
    };
    let mut episodes: Vec<_> = lives.into_iter().map(ended).collect();
    episodes.sort_by_key(|episode| (episode.began_at(), episode.labels.clone()));
    episodes
}

impl Timeline {
    /// The timeline of a drill that begins at `at`: nothing has been seen yet.
    #[must_use]
    pub fn begun(drill: impl Into<String>, at: UtcInstant) -> Self {
        Self {
            schema_version: TIMELINE_SCHEMA_VERSION,
            drill: drill.into(),
            watched_until: WatchedUntil::default(),
            replayed: None,
            witness: Witness::default(),
            rules: Vec::new(),
            routes: None,
            lately_fired: Vec::new(),
            steady_state: SteadyState::default(),
            faults: Vec::new(),
            conditions: Vec::new(),
            samples: Vec::new(),
            evaluated_until: BTreeMap::new(),
            sick_rules: Vec::new(),
            deliveries: Vec::new(),
            suppressions: Vec::new(),
            missed_evaluations: BTreeMap::new(),
            neighbours: Vec::new(),
            checks: Vec::new(),
            sick_services: Vec::new(),
            steady_end: None,
            evidence: Vec::new(),
            errors: Vec::new(),
            finished_at: at,
        }
    }

    /// The first fault that was tried.
    #[must_use]
    pub fn first_fault(&self) -> Option<&FaultRecord> {
        self.faults.first()
    }

    /// Whether an alert with these labels always fires by intent.
    #[must_use]
    pub fn is_of_a_watchdog(&self, labels: &Labels) -> bool {
        let mut watchdogs = self.rules.iter().filter(|rule| rule.is_watchdog);
        watchdogs.any(|rule| Claim::of_rule(rule).covers(labels))
    }

    /// Whether something that was broken stays so until it is reverted, and is not over at once.
    pub(crate) fn has_lasting_fault(&self) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|record| !record.fault.is_momentary())
    }

    /// When the first revert began, if one has.
    #[must_use]
    pub fn first_reverting(&self) -> Option<UtcInstant> {
        let faults = self.faults.iter();
        faults.filter_map(|fault| fault.reverting_at).min()
    }

    /// When the last fault was seen to be reverted, if one was.
    #[must_use]
    pub fn last_revert(&self) -> Option<UtcInstant> {
        let faults = self.faults.iter();
        faults.filter_map(|fault| fault.reverted_at).max()
    }

    /// The spans in which `query` was true; none if it was not watched.
    #[must_use]
    pub fn spans_of(&self, query: &str) -> &[Span] {
        let mut conditions = self.conditions.iter();
        let record = conditions.find(|condition| condition.query == query);
        record.map_or(&[], |condition| &condition.spans)
    }
}

fn evaluation_interval(rules: &[LoadedRule], labels: &Labels) -> Duration {
    let name = labels.get("alertname");
    let rules = rules.iter().filter(|rule| Some(&rule.alert) == name);
    let intervals = rules.map(|rule| rule.evaluation_interval);
    intervals.max().unwrap_or(Duration::from_secs(60))
}
