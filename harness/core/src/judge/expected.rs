//! An alert that must fire: in its window, rightly labelled, delivered once, and resolved.

use std::time::Duration;

use super::{DELIVERY_ALLOWANCE, relative, seconds};
use crate::{
    AlertOutcome, CONDITION_RESOLUTION, Claim, Delivery, DeliveryStatus, Episode, ExpectedAlert,
    FaultRecord, Labels, LoadedRule, Reason, ReasonKind, Routing, Timeline, UtcInstant, Window,
    rule_for,
};

/// One expected alert on trial.
pub(super) struct Trial<'a> {
    expected: &'a ExpectedAlert,
    claim: Claim,
    timeline: &'a Timeline,
    lives: &'a [Episode],
    pub(super) outcome: AlertOutcome,
    pub(super) reasons: Vec<Reason>,
}

/// When the alert may begin to fire, and what the two ends are counted from.
struct Bounds {
    earliest: UtcInstant,
    latest: UtcInstant,
    counted_from: String,
}

impl<'a> Trial<'a> {
    pub(super) fn held(
        expected: &'a ExpectedAlert,
        timeline: &'a Timeline,
        lives: &'a [Episode],
        fault: Option<&FaultRecord>,
    ) -> Self {
        let window = rule_for(&expected.alert, &expected.labels, &timeline.rules)
            .map(|rule| Window::derive(rule, expected.onset));
        let outcome = AlertOutcome {
            severity: Some(expected.severity.clone()),
            window_s: window
                .map(|window| [window.earliest.as_secs_f64(), window.latest.as_secs_f64()]),
            deadline_s: Some(expected.deadline.as_secs_f64()),
            ..AlertOutcome::unknown(expected.claim())
        };
        let mut trial = Self {
            expected,
            claim: expected.claim(),
            timeline,
            lives,
            outcome,
            reasons: Vec::new(),
        };
        if let Some(fault) = fault {
            trial.judge(fault);
        }
        trial
    }

    fn blame(&mut self, kind: ReasonKind, message: String) {
        self.reasons.push(Reason::new(kind, message));
    }

    fn judge(&mut self, fault: &FaultRecord) {
        let Some(rule) = rule_for(
            &self.expected.alert,
            &self.expected.labels,
            &self.timeline.rules,
        ) else {
            return;
        };
        self.outcome.onset_at = self.onset(fault);
        let bounds = self.bounds(rule, fault);
        self.outcome.window_s =
            Some([bounds.earliest, bounds.latest].map(|end| end.seconds_since(fault.injected_at)));
        let Some(life) = self.firing_life(fault) else {
            self.missed(fault);
            return;
        };
        self.outcome.labels = life.labels.clone();
        self.outcome.pending_at = life.pending_at;
        self.outcome.firing_at = life.firing_at;
        self.outcome.resolved_at = life.ended_at;
        let Some(firing_at) = life.firing_at else {
            return;
        };
        self.outcome.time_to_fire_s = Some(firing_at.seconds_since(fault.injected_at));

        self.timing(&bounds, fault, firing_at);
        self.labels(&life.labels);
        self.delivery(life, firing_at, fault);
        if !self.timeline.watched_until.is_cut_short() {
            self.resolve(rule, fault, &life.labels);
        }
    }

    /// When what the alert is about was first true.
    fn onset(&self, fault: &FaultRecord) -> Option<UtcInstant> {
        let spans = self.timeline.spans_of(self.expected.condition.as_ref()?);
        spans
            .iter()
            .find(|span| span.until >= fault.injected_at)
            .map(|span| span.from.max(fault.injected_at))
    }

    fn bounds(&self, rule: &LoadedRule, fault: &FaultRecord) -> Bounds {
        if let (Some(onset_at), Some(condition)) = (self.outcome.onset_at, &self.expected.condition)
        {
            let window = Window::after_measured_onset(rule);
            return Bounds {
                earliest: onset_at.plus(window.earliest).minus(CONDITION_RESOLUTION),
                latest: onset_at.plus(window.latest),
                counted_from: format!(
                    "`{condition}` was true from {} on",
                    relative(Some(onset_at), fault.injected_at)
                ),
            };
        }
        let window = Window::derive(rule, self.expected.onset);
        let effect_at = fault.effect_at.unwrap_or(fault.injected_at);
        Bounds {
            earliest: fault.injected_at.plus(window.earliest),
            latest: effect_at.plus(window.latest),
            counted_from: format!(
                "the fault had its effect {}",
                relative(Some(effect_at), fault.injected_at)
            ),
        }
    }

    /// The first firing since the fault, if need be one that has lost labels.
    fn firing_life(&self, fault: &FaultRecord) -> Option<&'a Episode> {
        let since_fault = |life: &&Episode| {
            life.firing_at
                .is_some_and(|firing| firing >= fault.injected_at)
        };
        let exact = self
            .lives
            .iter()
            .filter(since_fault)
            .find(|life| self.claim.covers(&life.labels));
        exact.or_else(|| {
            self.lives
                .iter()
                .filter(since_fault)
                .find(|life| self.claim.concerns(&life.labels))
        })
    }

    fn missed(&mut self, fault: &FaultRecord) {
        let pending = self
            .lives
            .iter()
            .find(|life| self.claim.covers(&life.labels) && life.pending_at.is_some());
        self.outcome.pending_at = pending.and_then(|life| life.pending_at);
        if let (Some(condition), None) = (&self.expected.condition, self.outcome.onset_at) {
            let message = format!(
                "{} had nothing to see: `{condition}` was never true, so that it can be neither blamed nor praised",
                self.expected
            );
            self.blame(ReasonKind::FaultWithoutEffect, message);
            return;
        }
        let watched_s = self.timeline.finished_at.seconds_since(fault.injected_at);
        let state = pending.map_or_else(
            || "never even pending".to_owned(),
            |life| format!("pending {}", relative(life.pending_at, fault.injected_at)),
        );
        let message = format!(
            "{} did not fire within {watched_s:.1} s of the fault; it was {state}",
            self.expected
        );
        self.blame(ReasonKind::Missed, message);
    }

    fn timing(&mut self, bounds: &Bounds, fault: &FaultRecord, firing_at: UtcInstant) {
        let fired = relative(Some(firing_at), fault.injected_at);
        if let (Some(condition), None) = (&self.expected.condition, self.outcome.onset_at) {
            let message = format!(
                "{} fired {fired}, and `{condition}` was not true at any time",
                self.expected
            );
            self.blame(ReasonKind::TooEarly, message);
        } else if firing_at < bounds.earliest {
            let opens = relative(Some(bounds.earliest), fault.injected_at);
            let message = format!(
                "{} fired {fired}, its window opens {opens}: {}",
                self.expected, bounds.counted_from
            );
            self.blame(ReasonKind::TooEarly, message);
        }
        if firing_at > fault.injected_at.plus(self.expected.deadline) {
            let message = format!(
                "{} fired {fired}, its deadline is +{}",
                self.expected,
                seconds(self.expected.deadline)
            );
            self.blame(ReasonKind::Late, message);
        } else if firing_at > bounds.latest {
            let closes = relative(Some(bounds.latest), fault.injected_at);
            let message = format!(
                "{} fired {fired}, its window closes {closes}: {}",
                self.expected, bounds.counted_from
            );
            self.blame(ReasonKind::Late, message);
        }
    }

    fn labels(&mut self, labels: &Labels) {
        for (name, value) in &self.expected.labels {
            if labels.get(name) != Some(value) {
                let message = format!(
                    "{} fired without the label {name}=\"{value}\": {labels:?}",
                    self.expected.alert
                );
                self.blame(ReasonKind::WrongLabels, message);
            }
        }
        let severity = labels.get("severity");
        if severity != Some(&self.expected.severity) {
            let message = format!(
                "{} fired with severity {}, expected is {}",
                self.expected,
                severity.map_or("none", String::as_str),
                self.expected.severity
            );
            self.blame(ReasonKind::WrongLabels, message);
        }
    }

    fn delivery(&mut self, life: &Episode, firing_at: UtcInstant, fault: &FaultRecord) {
        let labels = &life.labels;
        let waits = self
            .routing()
            .map(|routing| routing.first_wait(labels, &self.timeline.lately_fired));
        let wait = waits.unwrap_or_default();
        let latest = firing_at.plus(wait + DELIVERY_ALLOWANCE);
        let in_its_time = |delivery: &&Delivery| {
            life.ended_at
                .is_none_or(|ended_at| delivery.received_at <= ended_at.plus(DELIVERY_ALLOWANCE))
        };
        let delivered = self.deliveries(DeliveryStatus::Firing, labels, firing_at);
        let delivered: Vec<_> = delivered.filter(in_its_time).collect();
        let Some(delivery) = delivered.iter().find(|delivery| self.is_meant(delivery)) else {
            let suppressed = self.timeline.suppressions.iter();
            let suppressed = suppressed
                .clone()
                .find(|suppression| suppression.labels == *labels);
            let why = match (delivered.first(), suppressed) {
                (Some(elsewhere), _) => {
                    format!("it was delivered to `{}` instead", elsewhere.receiver)
                }
                (None, Some(suppression)) => {
                    format!("Alertmanager suppressed it: {}", suppression.by)
                }
                (None, None) => "no receiver was notified, and no silence or inhibition says why: \
                     check Alertmanager's route"
                    .to_owned(),
            };
            let message = format!(
                "{} fired {} and was not delivered to {}; {why}",
                self.expected,
                relative(Some(firing_at), fault.injected_at),
                self.receiver()
            );
            self.blame(ReasonKind::NotDelivered, message);
            return;
        };
        let to_receiver: Vec<_> = delivered
            .iter()
            .filter(|other| other.receiver == delivery.receiver)
            .collect();
        let receiver = &delivery.receiver;
        let received_at = delivery.received_at;
        let is_missing = |name: &&String| {
            delivery
                .annotations
                .get(*name)
                .is_none_or(|text| text.trim().is_empty())
        };
        let required = self.expected.annotations.iter().flatten();
        let missing: Vec<_> = required.filter(is_missing).map(String::as_str).collect();
        self.outcome.notified_at = Some(received_at);
        self.outcome.starts_at = delivery.starts_at;
        if !missing.is_empty() {
            let message = format!(
                "{} was delivered without {}",
                self.expected,
                missing.join(", ")
            );
            self.blame(ReasonKind::MissingAnnotations, message);
        }
        if received_at > latest {
            let message = format!(
                "{} was delivered {}, {:.1} s after it fired; Alertmanager waits {}",
                self.expected,
                relative(Some(received_at), fault.injected_at),
                received_at.seconds_since(firing_at),
                seconds(wait)
            );
            self.blame(ReasonKind::NotDelivered, message);
        }
        if to_receiver.len() > 1 {
            let times: Vec<_> = to_receiver
                .iter()
                .map(|told| relative(Some(told.received_at), fault.injected_at))
                .collect();
            let message = format!(
                "{} was delivered to `{receiver}` more than once: {}",
                self.expected,
                times.join(", ")
            );
            self.blame(ReasonKind::DeliveredTwice, message);
        }
    }

    fn resolve(&mut self, rule: &LoadedRule, fault: &FaultRecord, labels: &Labels) {
        let Some(reverted_at) = self.timeline.last_revert() else {
            return;
        };
        let latest = Window::latest_resolve(rule, self.expected.recovery);
        let Some(resolved_at) = self.outcome.resolved_at else {
            let message = format!(
                "{} still fired {:.1} s after the fault was reverted; at most {} were expected",
                self.expected,
                self.timeline.finished_at.seconds_since(reverted_at),
                seconds(latest)
            );
            self.blame(ReasonKind::NotResolved, message);
            return;
        };
        let took_s = resolved_at.seconds_since(reverted_at);
        if took_s > latest.as_secs_f64() {
            let message = format!(
                "{} resolved {took_s:.1} s after the fault was reverted, at most {} were expected",
                self.expected,
                seconds(latest)
            );
            self.blame(ReasonKind::NotResolved, message);
        }
        let group_interval = self
            .routing()
            .map_or(Duration::ZERO, |routing| routing.group_interval);
        let wait = group_interval + DELIVERY_ALLOWANCE;
        let told = self
            .deliveries(DeliveryStatus::Resolved, labels, resolved_at)
            .find(|delivery| self.is_meant(delivery))
            .map(|told| told.received_at);
        self.outcome.resolve_notified_at = told;
        if told.is_none_or(|told| told > resolved_at.plus(wait))
            && self.outcome.notified_at.is_some()
        {
            let resolved = relative(Some(resolved_at), fault.injected_at);
            let told = told.map_or_else(
                || "was never told".to_owned(),
                |told| format!("was told {:.1} s later", told.seconds_since(resolved_at)),
            );
            let message = format!(
                "{} resolved {resolved}, {} {told}; Alertmanager waits at most {}",
                self.expected,
                self.receiver(),
                seconds(group_interval)
            );
            self.blame(ReasonKind::ResolveNotDelivered, message);
        }
    }

    fn deliveries(
        &self,
        status: DeliveryStatus,
        labels: &'a Labels,
        since: UtcInstant,
    ) -> impl Iterator<Item = &'a Delivery> + use<'a> {
        let deliveries = self.timeline.deliveries.iter();
        deliveries.filter(move |delivery| {
            delivery.status == status && delivery.labels == *labels && delivery.received_at >= since
        })
    }

    /// Whether it is a delivery to the receiver that must be notified.
    fn is_meant(&self, delivery: &Delivery) -> bool {
        self.expected
            .receiver
            .as_ref()
            .is_none_or(|receiver| delivery.receiver == *receiver)
    }

    fn receiver(&self) -> String {
        let receiver = self.expected.receiver.as_ref();
        receiver.map_or_else(
            || "any receiver".to_owned(),
            |receiver| format!("`{receiver}`"),
        )
    }

    fn routing(&self) -> Option<&'a Routing> {
        self.timeline.routing.as_ref()
    }
}
