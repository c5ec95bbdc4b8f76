//! Which incidents rules would have paged for, and what other rules make of each: it pages earlier
//! or later, no more or newly.
//!
//! An incident is one life of one alert in which it fired. Whether that is as it must be is for
//! verdicts to say: nothing here judges.

mod attribution;
mod pairing;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::timeline::episodes_in;
use crate::{Claim, Labels, RulesSaid, UtcInstant, seconds};

pub use attribution::{DrillAtWork, drills_at_work};
pub use pairing::compared_incidents;

/// One life of one alert in which it fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Incident {
    /// The alert's labels, its name and its severity among them.
    pub labels: Labels,
    /// The first evaluation that saw it pending; `None` if its rule does not wait.
    pub pending_at: Option<UtcInstant>,
    /// The first evaluation that saw it firing: it pages.
    pub firing_at: UtcInstant,
    /// The first evaluation that no longer saw it; `None` if it was active to the end.
    pub ended_at: Option<UtcInstant>,
}

/// What became of an incident with the new rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// Nobody is paged.
    NoMore,
    /// It pages with the new rules alone.
    Newly,
    /// It pages earlier.
    Earlier {
        /// By so much.
        #[serde(with = "seconds", rename = "by_s")]
        by: Duration,
    },
    /// It pages later.
    Later {
        /// By so much.
        #[serde(with = "seconds", rename = "by_s")]
        by: Duration,
    },
    /// It pages at the same instant, and ends earlier.
    EndsEarlier,
    /// It pages at the same instant, and ends later.
    EndsLater,
    /// It pages and ends at the same instants.
    Same,
}

/// An incident with the old rules and with the new ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedIncident {
    /// What changes.
    #[serde(flatten)]
    pub change: Change,
    /// The drill that caused it; `None` if none did.
    pub drill: Option<DrillAtWork>,
    /// As it was with the old rules.
    pub old: Option<Incident>,
    /// As it is with the new ones.
    pub new: Option<Incident>,
}

/// How often an alert fired, and for how long in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Firings {
    /// How often.
    pub times: u32,
    /// How long in all.
    #[serde(with = "seconds", rename = "in_all_s")]
    pub in_all: Duration,
}

impl Incident {
    /// The alert's name.
    #[must_use]
    pub fn alert(&self) -> &str {
        self.labels.get("alertname").map_or("", String::as_str)
    }

    /// The alert's severity.
    #[must_use]
    pub fn severity(&self) -> Option<&str> {
        self.labels.get("severity").map(String::as_str)
    }

    /// Its first active evaluation.
    #[must_use]
    pub fn began_at(&self) -> UtcInstant {
        self.pending_at.unwrap_or(self.firing_at)
    }

    /// The labels that tell whose incident it is: all but its severity.
    fn identity(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.remove("severity");
        labels
    }
}

impl ComparedIncident {
    /// The incident with the old rules, or the one that there is.
    #[must_use]
    pub fn either(&self) -> Option<&Incident> {
        self.old.as_ref().or(self.new.as_ref())
    }

    /// When it first pages, with whichever rules.
    #[must_use]
    pub fn first_paged_at(&self) -> Option<UtcInstant> {
        let sides = [&self.old, &self.new].into_iter().flatten();
        sides.map(|incident| incident.firing_at).min()
    }

    /// The labels, the alert's name apart, of which one side has another value than the other, or
    /// none, as they are with the old rules and with the new ones.
    #[must_use]
    pub fn changed_labels(&self) -> BTreeMap<&str, (Option<&str>, Option<&str>)> {
        let (Some(old), Some(new)) = (&self.old, &self.new) else {
            return BTreeMap::new();
        };
        let value = |labels: &'_ Labels, name: &str| labels.get(name).cloned();
        let names = old.labels.keys().chain(new.labels.keys());
        let changed = names.filter(|name| value(&old.labels, name) != value(&new.labels, name));
        let sides = |name: &String| {
            let [old, new] = [old, new].map(|side| side.labels.get(name).map(String::as_str));
            (old, new)
        };
        changed.map(|name| (name.as_str(), sides(name))).collect()
    }

    /// Whether anything of it differs.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.change != Change::Same || !self.changed_labels().is_empty()
    }
}

/// The incidents of all alerts but those that always fire by intent, in the order of their
/// beginning.
#[must_use]
pub fn incidents_of(said: &RulesSaid) -> Vec<Incident> {
    let is_by_intent = |labels: &Labels| {
        let mut watchdogs = said.rules.iter().filter(|rule| rule.is_watchdog);
        watchdogs.any(|rule| Claim::of_rule(rule).covers(labels))
    };
    let lives = episodes_in(&said.samples, &said.rules, |_| said.until);
    let fired = lives.into_iter().filter_map(|life| {
        Some(Incident {
            firing_at: life.firing_at?,
            pending_at: life.pending_at,
            ended_at: life.ended_at,
            labels: life.labels,
        })
    });
    fired
        .filter(|incident| !is_by_intent(&incident.labels))
        .collect()
}

/// Per alert, how often it fired and for how long, up to `until` if it had not ended.
pub fn firings<'a>(
    incidents: impl IntoIterator<Item = &'a Incident>,
    until: UtcInstant,
) -> BTreeMap<&'a str, Firings> {
    let mut all = BTreeMap::<_, Firings>::new();
    for incident in incidents {
        let ended_at = incident.ended_at.unwrap_or(until);
        let firings = all.entry(incident.alert()).or_default();
        firings.times += 1;
        firings.in_all += ended_at.time_since(incident.firing_at);
    }
    all
}

#[cfg(test)]
mod tests;
