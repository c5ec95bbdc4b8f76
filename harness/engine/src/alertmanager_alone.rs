//! Alertmanager without a sink: its API says which receivers an alert is for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alertdrill_core::{
    Clock, Delivery, DeliveryStatus, Labels, Result, Routes, Suppression, UtcInstant, Witness,
};
use async_trait::async_trait;

use crate::alertmanager::{ActiveAlert, Alertmanager};
use crate::notifier::Notifier;

/// Alertmanager, whose receivers nobody watches. An alert counts as delivered once the API shows it
/// active for a receiver, and its end once the API shows it no more.
#[derive(Clone, Debug)]
pub struct AlertmanagerAlone {
    alertmanager: Alertmanager,
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

/// What the API showed so far.
#[derive(Debug, Default)]
struct Seen {
    /// The alerts that it showed last, each with the receiver that it is for.
    active: BTreeMap<(Labels, String), ActiveAlert>,
    /// Every change since, in its order.
    deliveries: Vec<Delivery>,
}

impl AlertmanagerAlone {
    /// What `alertmanager` says; instants are those of `clock`.
    #[must_use]
    pub fn new(alertmanager: Alertmanager, clock: Arc<dyn Clock>) -> Self {
        Self {
            alertmanager,
            clock,
            seen: Arc::default(),
        }
    }
}

impl Seen {
    /// Takes in what the API shows at `now`.
    fn take_in(&mut self, shown: Vec<ActiveAlert>, now: UtcInstant) {
        let mut active = BTreeMap::new();
        for alert in shown {
            for receiver in &alert.receivers {
                active.insert((alert.labels.clone(), receiver.clone()), alert.clone());
            }
        }
        let began = active
            .iter()
            .filter(|(key, _)| !self.active.contains_key(*key));
        let ended = self
            .active
            .iter()
            .filter(|(key, _)| !active.contains_key(*key));
        let ended = ended.map(|it| (DeliveryStatus::Resolved, it));
        let changes = began.map(|it| (DeliveryStatus::Firing, it)).chain(ended);
        let deliveries = changes.map(|(status, ((labels, receiver), alert))| Delivery {
            received_at: now,
            receiver: receiver.clone(),
            group: None,
            said_again: false,
            status,
            starts_at: alert.starts_at,
            labels: labels.clone(),
            annotations: alert.annotations.clone(),
        });
        let deliveries: Vec<_> = deliveries.collect();
        self.deliveries.extend(deliveries);
        self.active = active;
    }

    /// The changes after number `since`, and the number of the newest.
    fn after(&self, since: u64) -> (Vec<Delivery>, u64) {
        let known = usize::try_from(since).unwrap_or(usize::MAX);
        let new = self.deliveries.get(known..).unwrap_or_default();
        (new.to_vec(), self.deliveries.len() as u64)
    }
}

#[async_trait]
impl Notifier for AlertmanagerAlone {
    fn witness(&self) -> Witness {
        Witness::Alertmanager
    }

    async fn routes(&self) -> Result<Option<Routes>> {
        self.alertmanager.routes().await.map(Some)
    }

    async fn version(&self) -> Result<Option<String>> {
        self.alertmanager.version().await.map(Some)
    }

    async fn suppressions(&self) -> Result<Vec<Suppression>> {
        self.alertmanager.suppressions().await
    }

    async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        let shown = self.alertmanager.active_alerts().await?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take_in(shown, self.clock.now());
        Ok(seen.after(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str, receivers: &[&str]) -> ActiveAlert {
        ActiveAlert {
            labels: [("alertname".to_owned(), name.to_owned())].into(),
            annotations: Labels::new(),
            starts_at: None,
            receivers: receivers.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn said(deliveries: &[Delivery]) -> Vec<String> {
        let said = deliveries.iter().map(|delivery| {
            let Delivery {
                labels,
                receiver,
                status,
                ..
            } = delivery;
            format!("{} {receiver} {status:?}", labels["alertname"])
        });
        said.collect()
    }

    #[test]
    fn alert_is_delivered_once_to_each_of_its_receivers_and_its_end_when_it_is_shown_no_more() {
        let now = UtcInstant::from_epoch_ms(0).unwrap();
        let mut seen = Seen::default();
        seen.take_in(vec![alert("Down", &["pager", "chat"])], now);
        seen.take_in(vec![alert("Down", &["pager", "chat"])], now);
        let (first, newest) = seen.after(0);
        assert_eq!(said(&first), ["Down chat Firing", "Down pager Firing"]);
        seen.take_in(vec![alert("Lag", &["chat"])], now);
        let (next, _) = seen.after(newest);
        let expected = [
            "Lag chat Firing",
            "Down chat Resolved",
            "Down pager Resolved",
        ];
        assert_eq!(said(&next), expected);
    }
}
