//! Whether the right people are told of an alert, and of its end, as soon as its owner promises.

use super::DELIVERY_ALLOWANCE;
use super::expected::Judge;
use crate::seconds::to_a_tenth;
use crate::{Delivery, DeliveryStatus, Episode, Labels, ReasonKind, UtcInstant, includes};

impl<'a> Judge<'a> {
    pub(super) fn judge_delivery(&mut self, life: &Episode, firing_at: UtcInstant) {
        let expected = self.expected;
        let is_in_time = |delivery: &&Delivery| {
            let received_at = delivery.received_at;
            life.ended_at
                .is_none_or(|ended_at| received_at <= ended_at.plus(DELIVERY_ALLOWANCE))
        };
        let delivered = self.deliveries(DeliveryStatus::Firing, &life.labels, firing_at);
        let delivered: Vec<_> = delivered.into_iter().filter(is_in_time).collect();
        self.judge_receivers(&delivered);
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
        if includes(&life.labels, &expected.labels) {
            self.judge_delivered_labels(&first.labels);
        }

        self.judge_words(&life.labels, &first.annotations);

        let promised = expected.promises.delivered_within();
        if first.received_at > firing_at.plus(promised) {
            let message = format!(
                "{expected} was delivered {}, {:.1} s after it fired; its owner promises at most \
                 {}",
                self.relative(first.received_at),
                first.received_at.seconds_since(firing_at),
                to_a_tenth(promised)
            );
            self.blame(ReasonKind::NotDelivered, message);
        }
        let receiver = &first.receiver;
        let to_the_same = delivered.iter().copied();
        let to_the_same: Vec<_> = to_the_same
            .filter(|other| other.receiver == *receiver)
            .collect();
        self.judge_repetitions(&to_the_same);
    }

    /// Nobody is told but the promised receiver and those that may be.
    fn judge_receivers(&mut self, delivered: &[&Delivery]) {
        let expected = self.expected;
        let Some(promised) = &expected.receiver else {
            return;
        };
        let unnamed = delivered
            .iter()
            .filter(|told| !expected.may_tell(&told.receiver));
        let unnamed: Vec<_> = unnamed
            .map(|told| format!("`{}` {}", told.receiver, self.relative(told.received_at)))
            .collect();
        if !unnamed.is_empty() {
            let message = format!(
                "{expected} was delivered to {}: neither the promised receiver `{promised}` nor \
                 one that may be told",
                unnamed.join(", ")
            );
            self.blame(ReasonKind::WrongReceiver, message);
        }
    }

    /// A notification is one too many if it says what its group has said already, sooner than a
    /// reminder may come, or if another group has told of the alert before. `delivered` are those
    /// to one receiver.
    ///
    /// A group's notification lists all its alerts, those that were told before among them: it says
    /// something new as long as one of them is new or has ended.
    fn judge_repetitions(&mut self, delivered: &[&Delivery]) {
        let expected = self.expected;
        let promised = expected.promises.reminded_after();
        let is_one_too_many = |pair: &&[&Delivery]| {
            let [before, again] = **pair else {
                return false;
            };
            let is_reminder = again.received_at >= before.received_at.plus(promised);
            let says_nothing_new = again.said_again || again.group != before.group;
            says_nothing_new && !is_reminder
        };
        if delivered.windows(2).any(|pair| is_one_too_many(&pair)) {
            let times = delivered.iter().map(|told| self.relative(told.received_at));
            let times = times.collect::<Vec<_>>().join(", ");
            let receiver = delivered.first().map_or("", |told| told.receiver.as_str());
            let message = format!(
                "{expected} was delivered to `{receiver}` more than once: {times}; its owner \
                 promises no reminder before {}",
                to_a_tenth(promised)
            );
            self.blame(ReasonKind::DeliveredTwice, message);
        }
    }

    fn why_not_delivered(&self, labels: &Labels, elsewhere: Option<&Delivery>) -> String {
        let mut suppressions = self.timeline.suppressions.iter();
        let suppression = suppressions.find(|suppression| includes(&suppression.labels, labels));
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

    pub(super) fn judge_resolve_delivery(&mut self, labels: &Labels, resolved_at: UtcInstant) {
        let promised = self.expected.promises.end_delivered_within();
        let delivered = self.deliveries(DeliveryStatus::Resolved, labels, resolved_at);
        let delivered = delivered.iter().find(|delivery| self.is_meant(delivery));
        let notified_at = delivered.map(|delivery| delivery.received_at);
        self.outcome.resolve_notified_at = notified_at;

        let latest = resolved_at.plus(promised);
        let is_late = notified_at.is_none_or(|at| at > latest);
        if is_late && self.outcome.notified_at.is_some() {
            let notified = match notified_at {
                Some(at) => format!("was notified {:.1} s later", at.seconds_since(resolved_at)),
                None => "was never notified".to_owned(),
            };
            let message = format!(
                "{} resolved {}, {} {notified}; its owner promises at most {}",
                self.expected,
                self.relative(resolved_at),
                self.receiver(),
                to_a_tenth(promised)
            );
            self.blame(ReasonKind::ResolveNotDelivered, message);
        }
    }

    /// What was delivered since then of the alert with these labels.
    ///
    /// On the way labels may be added (`external_labels`), dropped or rewritten (relabelling). So
    /// where no delivery has all labels of the alert, those count that could be of it.
    fn deliveries(
        &self,
        status: DeliveryStatus,
        labels: &Labels,
        since: UtcInstant,
    ) -> Vec<&'a Delivery> {
        let is_wanted =
            |delivery: &&Delivery| delivery.status == status && delivery.received_at >= since;
        let wanted = self.timeline.deliveries.iter().filter(is_wanted);
        let is_exact = |delivery: &&Delivery| includes(&delivery.labels, labels);
        let exact: Vec<_> = wanted.clone().filter(is_exact).collect();
        if !exact.is_empty() {
            return exact;
        }
        let is_of_another = |delivery: &&Delivery| {
            let mut lives = self.lives.iter();
            lives.any(|life| includes(&delivery.labels, &life.labels))
        };
        let could_be = |delivery: &&Delivery| {
            self.claim.concerns(&delivery.labels) && !is_of_another(delivery)
        };
        wanted.filter(could_be).collect()
    }

    /// The labels that the drill requires must reach whoever is told.
    fn judge_delivered_labels(&mut self, delivered: &Labels) {
        let required = self.expected.labels.iter();
        let lost: Vec<_> = required
            .filter(|(name, value)| delivered.get(*name) != Some(value))
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        if !lost.is_empty() {
            let message = format!(
                "{} was delivered without {}: relabelling on the way has taken it; it had \
                 {delivered:?}",
                self.expected,
                lost.join(", ")
            );
            self.blame(ReasonKind::WrongLabels, message);
        }
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
