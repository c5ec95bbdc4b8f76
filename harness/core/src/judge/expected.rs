//! An alert that must fire: in its window, rightly labelled, delivered once, and resolved.

use super::{DELIVERY_ALLOWANCE, relative};
use crate::seconds::to_a_tenth;
use crate::{
    AlertOutcome, CONDITION_RESOLUTION, Claim, Delivery, DeliveryStatus, Episode, ExpectedAlert,
    FaultRecord, Labels, LoadedRule, Reason, ReasonKind, Timeline, UtcInstant, Window, rule_for,
};

/// What became of one expected alert, and what speaks against it.
pub(super) struct AlertJudgement {
    pub(super) outcome: AlertOutcome,
    pub(super) reasons: Vec<Reason>,
}

/// Judges one expected alert. Without a fault nothing is judged; the outcome has its promises.
pub(super) fn judge(
    expected: &ExpectedAlert,
    timeline: &Timeline,
    lives: &[Episode],
    fault: Option<&FaultRecord>,
) -> AlertJudgement {
    let rule = rule_for(&expected.alert, &expected.labels, &timeline.rules);
    let window = rule.map(|rule| Window::derive(rule, expected.onset));
    let ends_s = |window: Window| [window.earliest, window.latest].map(|end| end.as_secs_f64());
    let outcome = AlertOutcome {
        severity: Some(expected.severity.clone()),
        window_s: window.map(ends_s),
        deadline_s: Some(expected.deadline.as_secs_f64()),
        ..AlertOutcome::unknown(expected.claim())
    };
    let (Some(rule), Some(fault)) = (rule, fault) else {
        let reasons = Vec::new();
        return AlertJudgement { outcome, reasons };
    };
    let mut judge = Judge {
        expected,
        claim: expected.claim(),
        timeline,
        lives,
        rule,
        fault,
        outcome,
        reasons: Vec::new(),
    };
    judge.judge();
    AlertJudgement {
        outcome: judge.outcome,
        reasons: judge.reasons,
    }
}

/// One expected alert, what is known of it, and what was found so far.
struct Judge<'a> {
    expected: &'a ExpectedAlert,
    claim: Claim,
    timeline: &'a Timeline,
    lives: &'a [Episode],
    rule: &'a LoadedRule,
    fault: &'a FaultRecord,
    outcome: AlertOutcome,
    reasons: Vec<Reason>,
}

/// When the alert may begin to fire, and what the two ends are counted from.
struct FiringWindow {
    opens: UtcInstant,
    closes: UtcInstant,
    counted_from: String,
}

impl<'a> Judge<'a> {
    fn judge(&mut self) {
        self.outcome.onset_at = self.onset();
        let window = self.firing_window();
        let ends = [window.opens, window.closes];
        self.outcome.window_s = Some(ends.map(|end| end.seconds_since(self.fault.injected_at)));
        let life = self.firing_life();
        let Some((life, firing_at)) = life.and_then(|life| Some((life, life.firing_at?))) else {
            self.judge_missed();
            return;
        };
        self.outcome.labels = life.labels.clone();
        self.outcome.pending_at = life.pending_at;
        self.outcome.firing_at = life.firing_at;
        self.outcome.resolved_at = life.ended_at;
        self.outcome.time_to_fire_s = Some(firing_at.seconds_since(self.fault.injected_at));

        self.judge_time(&window, firing_at);
        self.judge_labels(&life.labels);
        self.judge_delivery(life, firing_at);
        if !self.timeline.watched_until.is_cut_short() {
            self.judge_resolve(&life.labels);
        }
    }

    fn blame(&mut self, kind: ReasonKind, message: String) {
        self.reasons.push(Reason::new(kind, message));
    }

    /// As a reader of the verdict sees it.
    fn relative(&self, instant: impl Into<Option<UtcInstant>>) -> String {
        relative(instant, self.fault.injected_at)
    }

    /// When what the alert is about was first true.
    fn onset(&self) -> Option<UtcInstant> {
        let spans = self.timeline.spans_of(self.expected.condition.as_ref()?);
        let injected_at = self.fault.injected_at;
        let span = spans.iter().find(|span| span.until >= injected_at)?;
        Some(span.from.max(injected_at))
    }

    /// The condition that was watched and was never true.
    fn unmet_condition(&self) -> Option<&'a String> {
        let condition = self.expected.condition.as_ref();
        condition.filter(|_| self.outcome.onset_at.is_none())
    }

    fn firing_window(&self) -> FiringWindow {
        let measured = self.outcome.onset_at.zip(self.expected.condition.as_ref());
        if let Some((onset_at, condition)) = measured {
            let window = Window::after_measured_onset(self.rule);
            let from = self.relative(onset_at);
            return FiringWindow {
                opens: onset_at.plus(window.earliest).minus(CONDITION_RESOLUTION),
                closes: onset_at.plus(window.latest),
                counted_from: format!("`{condition}` was true from {from} on"),
            };
        }
        let window = Window::derive(self.rule, self.expected.onset);
        let effect_at = self.fault.effect_at.unwrap_or(self.fault.injected_at);
        let had_effect = self.relative(effect_at);
        FiringWindow {
            opens: self.fault.injected_at.plus(window.earliest),
            closes: effect_at.plus(window.latest),
            counted_from: format!("the fault had its effect {had_effect}"),
        }
    }

    /// The first firing since the fault, if need be one that has lost labels.
    fn firing_life(&self) -> Option<&'a Episode> {
        let injected_at = self.fault.injected_at;
        let fired = |life: &&Episode| life.firing_at.is_some_and(|at| at >= injected_at);
        let mut lives = self.lives.iter().filter(fired);
        let exact = lives.clone().find(|life| self.claim.covers(&life.labels));
        exact.or_else(|| lives.find(|life| self.claim.concerns(&life.labels)))
    }

    fn judge_missed(&mut self) {
        let expected = self.expected;
        let is_pending =
            |life: &&Episode| life.pending_at.is_some() && self.claim.covers(&life.labels);
        let pending = self.lives.iter().find(is_pending);
        let pending_at = pending.and_then(|life| life.pending_at);
        self.outcome.pending_at = pending_at;
        if let Some(condition) = self.unmet_condition() {
            let message = format!(
                "`{condition}` was never true, so that the silence of {expected} says nothing \
                 about its rule"
            );
            self.blame(ReasonKind::FaultWithoutEffect, message);
            return;
        }
        let watched_until = self.timeline.finished_at;
        let watched_s = watched_until.seconds_since(self.fault.injected_at);
        let state = match pending_at {
            Some(at) => format!("pending {}", self.relative(at)),
            None => "never even pending".to_owned(),
        };
        let message =
            format!("{expected} did not fire within {watched_s:.1} s of the fault; it was {state}");
        self.blame(ReasonKind::Missed, message);
    }

    fn judge_time(&mut self, window: &FiringWindow, firing_at: UtcInstant) {
        let expected = self.expected;
        let fired = self.relative(firing_at);
        let FiringWindow {
            opens,
            closes,
            counted_from,
        } = window;
        if let Some(condition) = self.unmet_condition() {
            let message = format!("{expected} fired {fired}, and `{condition}` was never true");
            self.blame(ReasonKind::TooEarly, message);
        } else if firing_at < *opens {
            let opens = self.relative(*opens);
            let message =
                format!("{expected} fired {fired}, its window opens {opens}: {counted_from}");
            self.blame(ReasonKind::TooEarly, message);
        }
        if firing_at > self.fault.injected_at.plus(expected.deadline) {
            let deadline = to_a_tenth(expected.deadline);
            let message = format!("{expected} fired {fired}, its deadline is +{deadline}");
            self.blame(ReasonKind::Late, message);
        } else if firing_at > *closes {
            let closes = self.relative(*closes);
            let message =
                format!("{expected} fired {fired}, its window closes {closes}: {counted_from}");
            self.blame(ReasonKind::Late, message);
        }
    }

    fn judge_labels(&mut self, labels: &Labels) {
        let expected = self.expected;
        for (name, value) in &expected.labels {
            if labels.get(name) != Some(value) {
                let alert = &expected.alert;
                let message =
                    format!("{alert} fired without the label {name}=\"{value}\": {labels:?}");
                self.blame(ReasonKind::WrongLabels, message);
            }
        }
        let severity = labels.get("severity");
        if severity != Some(&expected.severity) {
            let severity = severity.map_or("none", String::as_str);
            let message = format!(
                "{expected} fired with severity {severity}, expected is {}",
                expected.severity
            );
            self.blame(ReasonKind::WrongLabels, message);
        }
    }

    fn judge_delivery(&mut self, life: &Episode, firing_at: UtcInstant) {
        let expected = self.expected;
        let is_in_time = |delivery: &&Delivery| {
            let received_at = delivery.received_at;
            life.ended_at
                .is_none_or(|ended_at| received_at <= ended_at.plus(DELIVERY_ALLOWANCE))
        };
        let delivered = self.deliveries(DeliveryStatus::Firing, &life.labels, firing_at);
        let delivered: Vec<_> = delivered.into_iter().filter(is_in_time).collect();
        let Some(first) = delivered.iter().find(|delivery| self.is_meant(delivery)) else {
            let why = self.why_not_delivered(&life.labels, delivered.first().copied());
            let (fired, receiver) = (self.relative(firing_at), self.receiver());
            let message =
                format!("{expected} fired {fired} and was not delivered to {receiver}; {why}");
            self.blame(ReasonKind::NotDelivered, message);
            return;
        };
        self.outcome.notified_at = Some(first.received_at);
        self.outcome.starts_at = first.starts_at;

        let text_of = |name| first.annotations.get(name).map_or("", |text| text.trim());
        let required = expected.annotations.iter().flatten().map(String::as_str);
        let missing: Vec<_> = required.filter(|name| text_of(*name).is_empty()).collect();
        if !missing.is_empty() {
            let message = format!("{expected} was delivered without {}", missing.join(", "));
            self.blame(ReasonKind::MissingAnnotations, message);
        }

        let lately_fired = &self.timeline.lately_fired;
        let routing = self.timeline.routing.as_ref();
        let first_wait = routing.map(|routing| routing.first_wait(&life.labels, lately_fired));
        let wait = first_wait.unwrap_or_default();
        if first.received_at > firing_at.plus(wait + DELIVERY_ALLOWANCE) {
            let message = format!(
                "{expected} was delivered {}, {:.1} s after it fired; Alertmanager waits {}",
                self.relative(first.received_at),
                first.received_at.seconds_since(firing_at),
                to_a_tenth(wait)
            );
            self.blame(ReasonKind::NotDelivered, message);
        }

        let receiver = &first.receiver;
        let again = delivered.iter().filter(|other| other.receiver == *receiver);
        let times: Vec<_> = again
            .map(|delivery| self.relative(delivery.received_at))
            .collect();
        if times.len() > 1 {
            let times = times.join(", ");
            let message =
                format!("{expected} was delivered to `{receiver}` more than once: {times}");
            self.blame(ReasonKind::DeliveredTwice, message);
        }
    }

    fn why_not_delivered(&self, labels: &Labels, elsewhere: Option<&Delivery>) -> String {
        let mut suppressions = self.timeline.suppressions.iter();
        let suppression = suppressions.find(|suppression| suppression.labels == *labels);
        match (elsewhere, suppression) {
            (Some(elsewhere), _) => format!("it was delivered to `{}` instead", elsewhere.receiver),
            (None, Some(suppression)) => {
                format!("Alertmanager suppressed it: {}", suppression.suppressed_by)
            }
            (None, None) => "no receiver was notified, and no silence or inhibition says why: \
                             check Alertmanager's route"
                .to_owned(),
        }
    }

    fn judge_resolve(&mut self, labels: &Labels) {
        let expected = self.expected;
        let Some(reverted_at) = self.timeline.last_revert() else {
            return;
        };
        let latest = Window::latest_resolve(self.rule, expected.recovery);
        let at_most = to_a_tenth(latest);
        let Some(resolved_at) = self.outcome.resolved_at else {
            let fired_for_s = self.timeline.finished_at.seconds_since(reverted_at);
            let message = format!(
                "{expected} still fired {fired_for_s:.1} s after the fault was reverted; at most \
                 {at_most} were expected"
            );
            self.blame(ReasonKind::NotResolved, message);
            return;
        };
        let took_s = resolved_at.seconds_since(reverted_at);
        if took_s > latest.as_secs_f64() {
            let message = format!(
                "{expected} resolved {took_s:.1} s after the fault was reverted, at most {at_most} \
                 were expected"
            );
            self.blame(ReasonKind::NotResolved, message);
        }
        self.judge_resolve_delivery(labels, resolved_at);
    }

    fn judge_resolve_delivery(&mut self, labels: &Labels, resolved_at: UtcInstant) {
        let routing = self.timeline.routing.as_ref();
        let wait = routing
            .map(|routing| routing.group_interval)
            .unwrap_or_default();
        let delivered = self.deliveries(DeliveryStatus::Resolved, labels, resolved_at);
        let delivered = delivered.iter().find(|delivery| self.is_meant(delivery));
        let notified_at = delivered.map(|delivery| delivery.received_at);
        self.outcome.resolve_notified_at = notified_at;

        let latest = resolved_at.plus(wait + DELIVERY_ALLOWANCE);
        let is_late = notified_at.is_none_or(|at| at > latest);
        if is_late && self.outcome.notified_at.is_some() {
            let notified = match notified_at {
                Some(at) => format!("was notified {:.1} s later", at.seconds_since(resolved_at)),
                None => "was never notified".to_owned(),
            };
            let message = format!(
                "{} resolved {}, {} {notified}; Alertmanager waits at most {}",
                self.expected,
                self.relative(resolved_at),
                self.receiver(),
                to_a_tenth(wait)
            );
            self.blame(ReasonKind::ResolveNotDelivered, message);
        }
    }

    fn deliveries(
        &self,
        status: DeliveryStatus,
        labels: &Labels,
        since: UtcInstant,
    ) -> Vec<&'a Delivery> {
        let is_wanted = |delivery: &&Delivery| {
            delivery.status == status && delivery.labels == *labels && delivery.received_at >= since
        };
        let deliveries = self.timeline.deliveries.iter();
        deliveries.filter(is_wanted).collect()
    }

    /// Whether it is a delivery to the receiver that must be notified.
    fn is_meant(&self, delivery: &Delivery) -> bool {
        let receiver = self.expected.receiver.as_ref();
        receiver.is_none_or(|receiver| delivery.receiver == *receiver)
    }

    fn receiver(&self) -> String {
        match &self.expected.receiver {
            Some(receiver) => format!("`{receiver}`"),
            None => "any receiver".to_owned(),
        }
    }
}
