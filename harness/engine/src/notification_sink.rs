//! The sink that Alertmanager's receivers point to: what was really delivered, to whom, and when.

use serde::Deserialize;

use crate::http::{Api, Locate};
use alertdrill_core::Result;
use alertdrill_core::{Delivery, DeliveryStatus, Labels, UtcInstant};

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
    #[serde(default, rename = "startsAt")]
    starts_at: Option<UtcInstant>,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
}

impl NotificationSink {
    /// A client of the sink at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("the notification sink", address),
        }
    }

    /// The same, which looks for the server anew by `locate` when nobody answers at its address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
        }
    }

    /// What arrived after notification number `since`, an entry per alert; and the number of the
    /// newest.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    pub async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        let notifications = self.notifications(since).await?;
        let newest = notifications
            .iter()
            .map(|notification| notification.seq)
            .max()
            .unwrap_or(since);
        let deliveries = notifications.into_iter().flat_map(|notification| {
            let Notification {
                received_at,
                receiver,
                payload,
                ..
            } = notification;
            payload.alerts.into_iter().map(move |alert| Delivery {
                received_at,
                receiver: receiver.clone(),
                status: alert.status,
                starts_at: alert.starts_at,
                labels: alert.labels,
                annotations: alert.annotations,
            })
        });
        Ok((deliveries.collect(), newest))
    }

    async fn notifications(&self, since: u64) -> Result<Vec<Notification>> {
        self.api
            .get("/notifications", &[("since", &since.to_string())])
            .await
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(body: &str, status: u16) -> (MockServer, NotificationSink) {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(status)
            .set_body_raw(body.as_bytes().to_vec(), "application/json");
        let asked = Mock::given(path("/notifications")).and(query_param("since", "3"));
        asked.respond_with(template).mount(&server).await;
        let sink = NotificationSink::new(&server.address().to_string());
        (server, sink)
    }

    #[tokio::test]
    async fn notification_of_two_alerts_is_two_deliveries() {
        let body = r#"[{"seq":5,"received_at":"2025-11-23T05:42:23.219Z","receiver":"critical","payload":{"version":"4","alerts":[
            {"status":"firing","startsAt":"2025-11-23T05:42:13Z","labels":{"alertname":"A"},"annotations":{"summary":"s"}},
            {"status":"resolved","labels":{"alertname":"B"}}]}}]"#;
        let (_server, sink) = answering(body, 200).await;
        let (deliveries, newest) = sink.deliveries(3).await.unwrap();
        let told: Vec<_> = deliveries
            .iter()
            .map(|told| (told.labels["alertname"].as_str(), told.status))
            .collect();
        assert_eq!(
            told,
            [
                ("A", DeliveryStatus::Firing),
                ("B", DeliveryStatus::Resolved)
            ]
        );
        let starts_at: Vec<_> = deliveries
            .iter()
            .map(|told| told.starts_at.map(|at| at.to_string()))
            .collect();
        assert_eq!(
            starts_at,
            [Some("2025-11-23T05:42:13.000Z".to_owned()), None]
        );
        assert_eq!(newest, 5);
    }

    #[tokio::test]
    async fn server_error_and_truncated_json_are_no_answers() {
        for (body, status, words) in [
            ("", 500, "it answered 500"),
            (r#"[{"seq":5,"rec"#, 200, "makes no sense"),
        ] {
            let (_server, sink) = answering(body, status).await;
            let error = sink.deliveries(3).await.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
