//! What a drill says of alerts: which must fire, which must stay silent, which may fire.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::{
    Labels, LoadedRule, Onset, Placement, Promises, Settings, UtcInstant, rule_of_severity,
    seconds, selector,
};

/// An alert that the drill's fault must cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// The alert's name.
    pub alert: String,
    /// Labels that it must carry, severity apart. They also tell which rule is meant where several
    /// share the name: the one whose own labels do not contradict these.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its label `severity`; empty if it must have none.
    pub severity: String,
    /// Alertmanager's receiver that must be notified. Without it, the one that the project's
    /// settings name for the severity; any, if they name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<String>,
    /// Receivers that may be told beside that one; anybody else must not be. The project's settings
    /// fill it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub may_be_told: Vec<String>,
    /// The annotations that it must be delivered with. Without them, those that the project's
    /// settings name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Vec<String>>,
    /// Those of its labels that name the culprit: its summary or description must name them too.
    /// The project's settings fill it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub culprits: Vec<String>,
    /// How the annotation that names its runbook must end. The project's settings fill it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// What the alert's owner promises: the longest time from the fault to firing.
    #[serde(with = "seconds", rename = "deadline_s")]
    pub deadline: Duration,
    /// The shortest time from the onset to firing: an alert that comes sooner wakes people in vain.
    #[serde(default, with = "seconds", rename = "not_before_s")]
    pub not_before: Duration,
    /// How long the fault is held after the alert was delivered. The alert must go on firing until
    /// the revert.
    #[serde(default, with = "seconds", rename = "held_for_s")]
    pub held_for: Duration,
    /// How soon people must be told of it, and of its end. What it does not promise, the project's
    /// settings do.
    #[serde(default)]
    pub promises: Promises,
    /// What the alert is about, as `PromQL` that yields samples exactly while that holds.
    /// Prometheus is asked for it beside the rule. Its first instant is the measured onset, from
    /// which the window counts; without it, the window counts from the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How long the rule's expression may take to become true after the fault has its effect.
    #[serde(default)]
    pub onset: Onset,
    /// How long the expression may take to become false after the fault is reverted, scrape and
    /// evaluation not counted.
    #[serde(with = "seconds", rename = "recovery_s")]
    pub recovery: Duration,
}

impl ExpectedAlert {
    /// An alert whose expression turns true with the fault itself and recovers within 10 s of its
    /// revert.
    #[must_use]
    pub fn new(alert: impl Into<String>, severity: impl Into<String>, deadline: Duration) -> Self {
        Self {
            alert: alert.into(),
            labels: BTreeMap::new(),
            severity: severity.into(),
            receiver: None,
            may_be_told: Vec::new(),
            annotations: None,
            culprits: Vec::new(),
            runbook: None,
            deadline,
            not_before: Duration::ZERO,
            held_for: Duration::ZERO,
            promises: Promises::default(),
            condition: None,
            onset: Onset::default(),
            recovery: Duration::from_secs(10),
        }
    }

    /// The alerts that are meant.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            alert: self.alert.clone(),
            labels: self.labels.clone(),
        }
    }

    /// When it must fire at the latest after a fault at `fault_at`. The promised time is for the
    /// latest onset: one that came sooner, at `onset_at`, leaves no more time after it.
    #[must_use]
    pub fn due_at(&self, fault_at: UtcInstant, onset_at: Option<UtcInstant>) -> UtcInstant {
        let promised = fault_at.plus(self.deadline);
        let after_onset = self.deadline.saturating_sub(self.onset.latest);
        onset_at.map_or(promised, |at| promised.min(at.plus(after_onset)))
    }

    /// Whether this receiver may be told of it: the promised one, one of those beside it, or any if
    /// none is promised.
    #[must_use]
    pub fn may_tell(&self, receiver: &str) -> bool {
        let promised = self.receiver.as_deref();
        promised.is_none_or(|promised| promised == receiver)
            || self.may_be_told.iter().any(|other| other == receiver)
    }

    /// The longest time from the revert of the faults until the alert has ended.
    #[must_use]
    pub fn latest_end(&self) -> Duration {
        self.recovery + self.promises.ended_within()
    }

    /// Its rule among those that are loaded: of its severity, if there is one.
    #[must_use]
    pub fn rule_among<'a>(&self, rules: &'a [LoadedRule]) -> Option<&'a LoadedRule> {
        rule_of_severity(&self.alert, &self.labels, &self.severity, rules)
    }

    /// What is known of its labels before it fires, if `rule` is its rule: those that the rule
    /// adds, those that it must carry, its name, and its severity. A template, and a placeholder
    /// for a lane, says nothing yet.
    #[must_use]
    pub fn labels_by(&self, rule: &LoadedRule) -> Labels {
        let is_known = |value: &str| !value.contains('{');
        let mut labels = rule.labels.clone();
        labels.retain(|_, value| is_known(value));
        let required = self.claim().known_labels().into_iter();
        let severity = ("severity".to_owned(), self.severity.clone());
        for (name, value) in required.chain([severity]) {
            if is_known(&value) {
                labels.entry(name).or_insert(value);
            }
        }
        labels
    }

    /// The same alert, delivered to `receiver`.
    #[must_use]
    pub fn receiver(mut self, receiver: impl Into<String>) -> Self {
        self.receiver = Some(receiver.into());
        self
    }

    pub(super) fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.alert);
        placement.fill_all(self.labels.values_mut());
        placement.fill_all(&mut self.condition);
    }

    /// What the project's settings promise where the alert says nothing.
    pub(super) fn complete(&mut self, settings: &Settings) {
        let receiver = self.receiver.take();
        self.receiver = receiver.or_else(|| settings.receiver_of(&self.severity));
        self.annotations
            .get_or_insert_with(|| settings.annotations.clone());
        self.may_be_told.extend(settings.may_be_told.clone());
        let culprits = settings.culprits.iter();
        self.culprits = culprits
            .filter(|label| self.labels.contains_key(*label))
            .cloned()
            .collect();
        self.runbook = settings.runbook_of(&self.alert);
        self.promises = self.promises.or(settings.promises);
    }

    /// The same alert, which must not fire sooner than `not_before` after its onset.
    #[must_use]
    pub fn not_before(mut self, not_before: Duration) -> Self {
        self.not_before = not_before;
        self
    }

    /// The same alert, whose fault is held for `held_for` after the delivery: it must last as long.
    #[must_use]
    pub fn held_for(mut self, held_for: Duration) -> Self {
        self.held_for = held_for;
        self
    }

    /// The same alert, required to carry one label more.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// The same alert, whose onset is measured as the first instant at which `condition` yields a
    /// sample.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.condition = Some(condition.into());
        self
    }

    /// The same alert, whose expression needs `earliest` to `latest` to become true.
    #[must_use]
    pub fn onset(mut self, earliest: Duration, latest: Duration) -> Self {
        self.onset = Onset { earliest, latest };
        self
    }

    /// The same alert, whose expression needs up to `recovery` to become false.
    #[must_use]
    pub fn recovery(mut self, recovery: Duration) -> Self {
        self.recovery = recovery;
        self
    }
}

impl fmt::Display for ExpectedAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&selector(&self.alert, &self.labels))
    }
}

/// An alert that must stay silent though the fault comes near its rule's condition: what makes a
/// drill a near miss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilentAlert {
    /// The alert's name.
    pub alert: String,
    /// Labels that tell it apart, as in [`ExpectedAlert::labels`].
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// How near the fault has to come, as `PromQL` that yields samples while it is that near. It
    /// must become true and stay so until the revert, or the drill proves nothing. Without it, the
    /// fault's own effect is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<String>,
    /// The longest time until `near` is true.
    #[serde(with = "seconds", rename = "onset_s")]
    pub onset: Duration,
    /// How long it is held that near before the revert; without it, for as long as the rule would
    /// need to fire.
    #[serde(
        default,
        with = "seconds::optional",
        rename = "hold_s",
        skip_serializing_if = "Option::is_none"
    )]
    pub hold: Option<Duration>,
    /// From where on the alert would be right to fire. A fault that came so near says nothing about
    /// the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_near: Option<TooNear>,
}

/// How near a fault must not come to an alert that must stay silent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooNear {
    /// `PromQL` that yields samples while the fault is that near.
    pub query: String,
    /// How long it may be that near without a gap: less than this is still a near miss.
    #[serde(with = "seconds", rename = "for_s")]
    pub lasting: Duration,
}

impl SilentAlert {
    /// An alert that must stay silent for as long as its rule would need to fire.
    #[must_use]
    pub fn new(alert: impl Into<String>) -> Self {
        Self {
            alert: alert.into(),
            labels: BTreeMap::new(),
            near: None,
            onset: Duration::from_secs(60),
            hold: None,
            too_near: None,
        }
    }

    /// The `PromQL` that is watched: how near the fault is, and whether it is too near.
    pub fn conditions(&self) -> impl Iterator<Item = &String> {
        let too_near = self.too_near.as_ref().map(|too_near| &too_near.query);
        self.near.iter().chain(too_near)
    }

    /// The same alert, which would be right to fire once `query` has yielded samples for `lasting`.
    #[must_use]
    pub fn too_near(mut self, query: impl Into<String>, lasting: Duration) -> Self {
        self.too_near = Some(TooNear {
            query: query.into(),
            lasting,
        });
        self
    }

    /// The alerts that are meant.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            alert: self.alert.clone(),
            labels: self.labels.clone(),
        }
    }

    /// The same alert, told apart by one label more.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// The same alert, which counts as near while `near` yields samples; that may take up to
    /// `onset`.
    #[must_use]
    pub fn near(mut self, near: impl Into<String>, onset: Duration) -> Self {
        self.near = Some(near.into());
        self.onset = onset;
        self
    }

    /// The same alert, held near for `hold`.
    #[must_use]
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = Some(hold);
        self
    }

    pub(super) fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.alert);
        placement.fill_all(self.labels.values_mut());
        placement.fill_all(&mut self.near);
        if let Some(too_near) = &mut self.too_near {
            placement.fill(&mut too_near.query);
        }
    }
}

impl fmt::Display for SilentAlert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&selector(&self.alert, &self.labels))
    }
}

/// An alert that may fire during the drill, and why its rule is right to do so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerated {
    /// The alert's name.
    pub alert: String,
    /// Labels that it must carry to be tolerated.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Why; printed with the verdict, even of a drill that passes.
    pub reason: String,
}

impl Tolerated {
    pub(super) fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.alert);
        placement.fill_all(self.labels.values_mut());
        placement.fill(&mut self.reason);
    }

    /// The alerts that are meant.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            alert: self.alert.clone(),
            labels: self.labels.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_deadline_is_an_error() {
        let drill = r#"{"alert": "A", "severity": "critical", "deadline_s": -1, "recovery_s": 1}"#;
        assert!(serde_json::from_str::<ExpectedAlert>(drill).is_err());
    }
}
