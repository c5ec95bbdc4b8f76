//! Which notifications say again what their group has said before.
//!
//! Alertmanager notifies of a whole group of alerts as soon as one of them is new or has ended, so
//! an alert is told of again and again while others come and go. Only a notification that lists the
//! very alerts of the previous one, in the same states, tells nobody anything new.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::{DeliveryStatus, Labels};

/// An alert as a notification lists it.
pub(crate) type Listed = (Labels, DeliveryStatus);

/// What each group has said last to each receiver, of the notifications up to one.
#[derive(Debug, Default)]
pub(crate) struct Repetitions {
    /// The number of the newest notification that was heard.
    heard_until: u64,
    said: BTreeMap<(String, String), BTreeSet<Listed>>,
}

impl Repetitions {
    /// Prepares to hear the notifications after number `since`. What was said is forgotten if that
    /// is not where the last one was heard: then the next notification of each group counts as new.
    pub(crate) fn go_on_after(&mut self, since: u64) {
        if since != self.heard_until {
            self.said.clear();
            self.heard_until = since;
        }
    }

    /// Whether the notification with this number, of this group to this receiver, says just what
    /// the previous one said.
    pub(crate) fn hear(
        &mut self,
        number: u64,
        (receiver, group): (&str, &str),
        listed: BTreeSet<Listed>,
    ) -> bool {
        self.heard_until = self.heard_until.max(number);
        let key = (receiver.to_owned(), group.to_owned());
        let before = self.said.insert(key, listed.clone());
        before == Some(listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(alerts: &[(&str, DeliveryStatus)]) -> BTreeSet<Listed> {
        let alerts = alerts.iter().map(|(name, status)| {
            let name = ("alertname".to_owned(), (*name).to_owned());
            (Labels::from([name]), *status)
        });
        alerts.collect()
    }

    #[test]
    fn notification_says_something_new_if_an_alert_of_its_group_is_new_or_has_ended() {
        use DeliveryStatus::{Firing, Resolved};
        let mut repetitions = Repetitions::default();
        let mut hear = |number, group, alerts: &[_]| {
            repetitions.hear(number, ("pager", group), listed(alerts))
        };
        assert!(!hear(1, "g", &[("A", Firing)]));
        assert!(!hear(2, "g", &[("A", Firing), ("B", Firing)]));
        assert!(!hear(3, "other", &[("A", Firing), ("B", Firing)]));
        assert!(hear(4, "g", &[("B", Firing), ("A", Firing)]));
        assert!(!hear(5, "g", &[("A", Firing), ("B", Resolved)]));
        assert!(!hear(6, "g", &[("A", Firing)]));
        assert!(hear(7, "g", &[("A", Firing)]));
    }

    #[test]
    fn what_was_said_is_known_only_while_notifications_are_heard_without_a_gap() {
        let alerts = || listed(&[("A", DeliveryStatus::Firing)]);
        let mut repetitions = Repetitions::default();
        let mut hear_after = |since| {
            repetitions.go_on_after(since);
            repetitions.hear(since + 1, ("pager", "g"), alerts())
        };
        assert!(!hear_after(0));
        assert!(hear_after(1));
        assert!(!hear_after(9), "others may have come between");
        assert!(!hear_after(0), "the sink is read from its beginning again");
    }
}
