//! How Alertmanager groups alerts, and how long it waits.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Claim, Labels, agree, seconds};

/// Alertmanager's groups and waits (the coarsest groups and the longest waits of all routes).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// The labels by which every route groups; [`Routing::BY_ALL_LABELS`] stands for all of them.
    #[serde(default)]
    pub group_by: BTreeSet<String>,
    /// From a group's first alert to its first notification.
    #[serde(with = "seconds", rename = "group_wait_s")]
    pub group_wait: Duration,
    /// Between the notifications of a group; resolves wait for it too.
    #[serde(with = "seconds", rename = "group_interval_s")]
    pub group_interval: Duration,
}

impl Routing {
    /// "to effectively disable aggregation entirely"
    /// (<https://prometheus.io/docs/alerting/latest/configuration/#route>).
    pub const BY_ALL_LABELS: &str = "...";

    /// Whether an alert that one of `claims` means may share a group with one that one of `others`
    /// means, as far as their labels tell. Drills of such alerts do not run at once: none of them
    /// could tell whose alert it is, and of two alerts in a group one is notified late.
    #[must_use]
    pub fn share_a_group(&self, claims: &[Claim], others: &[Claim]) -> bool {
        let grouped = |claim: &Claim| -> Labels {
            let labels = claim.known_labels().into_iter();
            labels.filter(|(name, _)| self.groups_by(name)).collect()
        };
        let others: Vec<_> = others.iter().map(grouped).collect();
        let mut claims = claims.iter().map(grouped);
        claims.any(|mine| others.iter().any(|theirs| agree(&mine, theirs)))
    }

    fn groups_by(&self, label: &str) -> bool {
        self.group_by.contains(label) || self.group_by.contains(Self::BY_ALL_LABELS)
    }

    /// How long Alertmanager may wait before it notifies of an alert that has begun to fire:
    /// `group_wait`; or `group_interval` if its group may exist already, because an alert of that
    /// group has fired `lately`.
    #[must_use]
    pub fn first_wait(&self, alert: &Labels, lately: &[Labels]) -> Duration {
        let by_all = self.group_by.contains(Self::BY_ALL_LABELS);
        let is_of_the_group = |other: &Labels| {
            let mut names = self.group_by.iter();
            let is_same = |name: &String| other.get(name) == alert.get(name);
            if by_all {
                other == alert
            } else {
                names.all(is_same)
            }
        };
        if lately.iter().any(is_of_the_group) {
            self.group_wait.max(self.group_interval)
        } else {
            self.group_wait
        }
    }
}
