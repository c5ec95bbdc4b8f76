//! The sink that Alertmanager's receivers send to: what was really delivered, to whom, and when.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;

use crate::http::{Api, Locate};
use crate::repetitions::Repetitions;
use alertdrill_core::{Delivery, DeliveryStatus, Labels, Result, UtcInstant};

/// A client of the notification sink.
#[derive(Clone, Debug)]
pub struct NotificationSink {
    api: Api,
    repetitions: Arc<Mutex<Repetitions>>,
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
    /// What its alerts have in common, and which route they took.
    #[serde(default, rename = "groupKey")]
    group_key: Option<String>,
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

impl Notification {
    /// Whether it says just what the previous one of its group said.
    fn says_again(&self, repetitions: &mut Repetitions) -> bool {
        let Some(group) = &self.payload.group_key else {
            return false;
        };
        let alerts = self.payload.alerts.iter();
        let listed = alerts.map(|alert| (alert.labels.clone(), alert.status));
        repetitions.hear(self.seq, (&self.receiver, group), listed.collect())
    }
}

impl NotificationSink {
    /// A client of the sink at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("the notification sink", address),
            repetitions: Arc::default(),
        }
    }

    /// The same client, which calls `locate` to find the server again when nobody answers at its
    /// address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
            ..self
        }
    }

    /// The deliveries after notification number `since`, one per alert, and the number of the
    /// newest notification. Whether one was said before is known as long as each call goes on where
    /// the last one ended.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`] or [`alertdrill_core::Error::BadAnswer`].
    pub async fn deliveries(&self, since: u64) -> Result<(Vec<Delivery>, u64)> {
        let notifications = self.notifications(since).await?;
        let numbers = notifications.iter().map(|notification| notification.seq);
        let newest = numbers.max().unwrap_or(since);
        let repetitions = self.repetitions.lock();
        let mut repetitions = repetitions.unwrap_or_else(PoisonError::into_inner);
        repetitions.go_on_after(since);
        let deliveries = notifications.into_iter().flat_map(|notification| {
            let said_again = notification.says_again(&mut repetitions);
            let Notification {
                received_at,
                receiver,
                payload,
                ..
            } = notification;
            let group = payload.group_key;
            payload.alerts.into_iter().map(move |alert| Delivery {
                received_at,
                receiver: receiver.clone(),
                group: group.clone(),
                said_again,
                status: alert.status,
                starts_at: alert.starts_at,
                labels: alert.labels,
                annotations: alert.annotations,
            })
        });
        Ok((deliveries.collect(), newest))
    }

    async fn notifications(&self, since: u64) -> Result<Vec<Notification>> {
        let since = since.to_string();
        self.api.get("/notifications", &[("since", &since)]).await
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
        let body = r#"[{"seq":5,"received_at":"2025-11-23T05:42:23.219Z","receiver":"pager",
            "payload":{"version":"4","alerts":[
            {"status":"firing","startsAt":"2025-11-23T05:42:13Z","labels":{"alertname":"A"},
            "annotations":{"summary":"s"}},
            {"status":"resolved","labels":{"alertname":"B"}}]}}]"#;
        let (_server, sink) = answering(body, 200).await;
        let (deliveries, newest) = sink.deliveries(3).await.unwrap();
        let [first, second] = deliveries.as_slice() else {
            panic!("{deliveries:?}");
        };
        assert_eq!(first.labels["alertname"], "A");
        assert_eq!(first.status, DeliveryStatus::Firing);
        let starts_at = first.starts_at.map(|at| at.to_string());
        assert_eq!(starts_at.as_deref(), Some("2025-11-23T05:42:13.000Z"));
        assert_eq!(second.labels["alertname"], "B");
        assert_eq!(second.status, DeliveryStatus::Resolved);
        assert_eq!(second.starts_at, None);
        assert_eq!(newest, 5);
    }

    #[tokio::test]
    async fn notification_that_says_what_its_group_has_said_is_marked() {
        let notification = |seq: u64| {
            format!(
                r#"{{"seq":{seq},"received_at":"2025-11-23T05:42:2{seq}Z","receiver":"pager",
                "payload":{{"groupKey":"g","alerts":[
                {{"status":"firing","labels":{{"alertname":"A"}}}}]}}}}"#
            )
        };
        let body = format!("[{}, {}]", notification(4), notification(5));
        let (_server, sink) = answering(&body, 200).await;
        for _ in 0..2 {
            let (deliveries, _) = sink.deliveries(3).await.unwrap();
            let told = deliveries.iter();
            let told: Vec<_> = told
                .map(|it| (it.group.as_deref(), it.said_again))
                .collect();
            assert_eq!(told, [(Some("g"), false), (Some("g"), true)]);
        }
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
