//! Who was told of the alerts of a run's drills.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::{AlertOutcome, DeliveryStatus, DrillRecord, Labels, agree};

/// Per drill, the alerts that a receiver was told of.
#[derive(Debug, Default)]
pub(crate) struct Receivers(BTreeMap<String, BTreeSet<(Labels, String)>>);

impl Receivers {
    /// Who was told, as these records say.
    pub(crate) fn of(records: &[DrillRecord]) -> Self {
        let told = records.iter().map(|record| {
            let deliveries = record.timeline.deliveries.iter();
            let firing = deliveries.filter(|delivery| delivery.status == DeliveryStatus::Firing);
            let told = firing.map(|told| (told.labels.clone(), told.receiver.clone()));
            (record.drill.name.clone(), told.collect())
        });
        Self(told.collect())
    }

    /// The receivers that were told of `alert` in this drill.
    pub(crate) fn of_alert(&self, drill: &str, alert: &AlertOutcome) -> BTreeSet<&str> {
        let told = self.0.get(drill).into_iter().flatten();
        let of_it = told.filter(|(labels, _)| {
            labels.get("alertname") == Some(&alert.name) && agree(&alert.labels, labels)
        });
        of_it.map(|(_, receiver)| receiver.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_alert, example_record};
    use alertdrill_core::Delivery;

    #[test]
    fn receivers_of_an_alert_are_those_that_were_told_that_it_fires() {
        let mut record = example_record();
        let delivery = |receiver: &str, alert: &str, status| Delivery {
            received_at: at(90.0),
            receiver: receiver.to_owned(),
            group: None,
            said_again: false,
            status,
            starts_at: None,
            labels: [("alertname".to_owned(), alert.to_owned())].into(),
            annotations: Labels::new(),
        };
        record.timeline.deliveries = vec![
            delivery("critical", "FeedHandlerDown", DeliveryStatus::Firing),
            delivery("warning", "Lag", DeliveryStatus::Firing),
            delivery("night", "FeedHandlerDown", DeliveryStatus::Resolved),
        ];
        let receivers = Receivers::of(&[record]);
        let of = |drill| receivers.of_alert(drill, &example_alert());
        assert_eq!(of("feed_handler_stopped"), ["critical"].into());
        assert_eq!(of("another"), [""; 0].into());
    }
}
