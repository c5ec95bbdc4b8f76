//! The sink that Alertmanager's receivers point to: what was really delivered, to whom, and when.

use serde::Deserialize;

use super::http::Api;
use crate::Result;
use crate::drill::{Delivery, DeliveryStatus, Labels, UtcInstant};

/// A client of the notification sink.
#[derive(Clone, Debug)]
pub struct NotificationSink {
    api: Api,
}

#[derive(Debug, Deserialize)]
struct Notification {
    seq: u64,
    received_at: UtcInstant,
    receiver: String,
    payload: Webhook,
}

/// Alertmanager's webhook, version 4
/// (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>).
#[derive(Debug, Deserialize)]
struct Webhook {
    alerts: Vec<WebhookAlert>,
}

#[derive(Debug, Deserialize)]
struct WebhookAlert {
    status: DeliveryStatus,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
}

impl NotificationSink {
    /// A client of the sink at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self { api: Api::new("the notification sink", address) }
    }

    /// The number of the newest notification; 0 if there is none.
    ///
    /// # Errors
    /// [`crate::Error::NoAnswer`] or [`crate::Error::BadAnswer`].
    pub async fn newest(&self) -> Result<u64> {
        Ok(self.notifications(0).await?.into_iter().map(|notification| notification.seq).max().unwrap_or(0))
    }

    /// What arrived after notification number `since`, an entry per alert; and the number of the newest.
    ///
    /// # Errors
    /// [`crate::Error::NoAnswer`] or [`crate::Error::BadAnswer`].
    pub async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        let notifications = self.notifications(since).await?;
        let newest = notifications.iter().map(|notification| notification.seq).max().unwrap_or(since);
        let deliveries = notifications.into_iter().flat_map(|notification| {
            let Notification { received_at, receiver, payload, .. } = notification;
            payload.alerts.into_iter().map(move |alert| Delivery {
                received_at,
                receiver: receiver.clone(),
                status: alert.status,
                labels: alert.labels,
                annotations: alert.annotations,
            })
        });
        Ok((deliveries.collect(), newest))
    }

    async fn notifications(&self, since: u64) -> Result<Vec<Notification>> {
        self.api.get("/notifications", &[("since", &since.to_string())]).await
    }
}
