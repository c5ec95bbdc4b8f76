//! The server that receives Alertmanager's webhooks and keeps them with the instant of their
//! arrival, which proves that a page was delivered.
//!
//! | path | what it does |
//! | --- | --- |
//! | `POST /webhook/RECEIVER` | keeps a notification for `RECEIVER`; 400 if it is no JSON object |
//! | `GET /notifications?since=SEQ` | those after number `SEQ`, or all that are kept |
//! | `GET /health` | 200 as long as it serves |
//! | `GET /metrics` | what it received and rejected, as Prometheus reads it |

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use alertdrill_core::{Error, Result};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::net::TcpListener;

use super::kept::{Kept, Notification};

const BODY_LIMIT_BYTES: usize = 1 << 20;
/// Days of notifications of a stack whose alerts all fire; older ones make room.
const CAPACITY: usize = 10_000;

struct Sink {
    kept: Mutex<Kept>,
    received: Family<[(&'static str, String); 1], Counter>,
    rejected: Counter,
    registry: Registry,
    tell: Box<dyn Fn(&str) + Send + Sync>,
}

impl Sink {
    fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let received = Family::default();
        let rejected = Counter::default();
        let mut registry = Registry::with_prefix("notification_sink");
        registry.register(
            "notifications",
            "Notifications received, by receiver",
            received.clone(),
        );
        registry.register(
            "rejected",
            "Requests whose body was not a JSON object",
            rejected.clone(),
        );
        Self {
            kept: Mutex::new(Kept::up_to(CAPACITY)),
            received,
            rejected,
            registry,
            tell: Box::new(tell),
        }
    }
}

async fn receive(
    State(sink): State<Arc<Sink>>,
    Path(receiver): Path<String>,
    body: Bytes,
) -> Response {
    let received_at = Timestamp::now();
    let payload = match serde_json::from_slice(&body) {
        Ok(payload) => payload,
        Err(error) => {
            sink.rejected.inc();
            (sink.tell)(&format!(
                "rejected a request for receiver {receiver}: {error}"
            ));
            let why = format!("not a JSON object: {error}\n");
            return (StatusCode::BAD_REQUEST, why).into_response();
        }
    };
    sink.received
        .get_or_create(&[("receiver", receiver.clone())])
        .inc();
    let kept = sink.kept.lock();
    kept.unwrap_or_else(PoisonError::into_inner)
        .add(received_at, receiver, payload);
    StatusCode::NO_CONTENT.into_response()
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn notifications(
    State(sink): State<Arc<Sink>>,
    Query(Since { since }): Query<Since>,
) -> Json<Vec<Notification>> {
    let kept = sink.kept.lock();
    Json(kept.unwrap_or_else(PoisonError::into_inner).since(since))
}

async fn metrics(State(sink): State<Arc<Sink>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &sink.registry) {
        Ok(()) => {
            let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, format)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn router(sink: Sink) -> Router {
    Router::new()
        .route("/webhook/{receiver}", post(receive))
        .route("/notifications", get(notifications))
        .route("/metrics", get(metrics))
        .route("/health", get(async || "ok\n"))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .with_state(Arc::new(sink))
}

/// Serves a notification sink on `address` until this is dropped: a request in flight is cut off
/// then. `tell` gets a line when it begins to serve, with the port that it got if `address` leaves
/// that open, and one for each request that it rejects.
///
/// # Errors
/// [`Error::NotServed`] if `address` is not to be had.
pub async fn serve_sink(
    address: SocketAddr,
    tell: impl Fn(&str) + Send + Sync + 'static,
) -> Result<()> {
    let failed = |source| Error::NotServed { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tell(&format!("serving on {address}"));
    let router = router(Sink::new(tell));
    axum::serve(listener, router).await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use reqwest::{Client, Method, StatusCode};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::task::JoinHandle;

    use super::*;
    use crate::NotificationSink;

    struct Served {
        address: String,
        told: UnboundedReceiver<String>,
        server: JoinHandle<Result<()>>,
    }

    impl Served {
        async fn start() -> Self {
            let (tell, mut told) = unbounded_channel();
            let server = tokio::spawn(serve_sink(([127, 0, 0, 1], 0).into(), move |line| {
                let _ = tell.send(line.to_owned());
            }));
            let said = told.recv().await.unwrap();
            let address = said.strip_prefix("serving on ").unwrap().to_owned();
            Self {
                address,
                told,
                server,
            }
        }

        async fn answer(
            &self,
            method: Method,
            path: &str,
            body: impl Into<reqwest::Body>,
        ) -> (StatusCode, String) {
            let url = format!("http://{}{path}", self.address);
            let request = Client::new().request(method, url).body(body);
            let answer = request.send().await.unwrap();
            (answer.status(), answer.text().await.unwrap())
        }
    }

    impl Drop for Served {
        fn drop(&mut self) {
            self.server.abort();
        }
    }

    const WEBHOOK: &str = r#"{"version":"4","groupKey":"g",
        "alerts":[{"status":"firing","labels":{"alertname":"A"}}]}"#;

    #[tokio::test]
    async fn webhook_that_was_posted_is_what_the_client_reads() {
        let served = Served::start().await;
        let before = Timestamp::now();
        let (status, _) = served.answer(Method::POST, "/webhook/pager", WEBHOOK).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let client = NotificationSink::new(&served.address);
        let (deliveries, newest) = client.deliveries(0).await.unwrap();
        let [delivery] = deliveries.as_slice() else {
            panic!("{deliveries:?}");
        };
        assert_eq!(newest, 1);
        assert_eq!(delivery.receiver, "pager");
        assert_eq!(delivery.labels["alertname"], "A");
        assert!(delivery.received_at.epoch_ms() >= before.as_millisecond());
        assert_eq!(client.deliveries(1).await.unwrap(), (Vec::new(), 1));
    }

    #[tokio::test]
    async fn request_that_is_no_json_object_is_rejected_told_and_counted() {
        let mut served = Served::start().await;
        for body in ["", "[]", "{"] {
            let (status, why) = served.answer(Method::POST, "/webhook/pager", body).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(why.starts_with("not a JSON object: "), "{why}");
            let told = served.told.recv().await.unwrap();
            let begin = "rejected a request for receiver pager: ";
            assert!(told.starts_with(begin), "{told}");
        }
        let (_, metrics) = served.answer(Method::GET, "/metrics", "").await;
        let counted = "notification_sink_rejected_total 3";
        assert!(metrics.contains(counted), "{metrics}");
    }

    #[tokio::test]
    async fn notifications_are_counted_by_receiver() {
        let served = Served::start().await;
        for receiver in ["pager", "pager", "mail"] {
            let path = format!("/webhook/{receiver}");
            served.answer(Method::POST, &path, "{}").await;
        }
        let (_, metrics) = served.answer(Method::GET, "/metrics", "").await;
        for counted in [r#"receiver="pager"} 2"#, r#"receiver="mail"} 1"#] {
            let line = format!("notification_sink_notifications_total{{{counted}");
            assert!(metrics.contains(&line), "{metrics}");
        }
    }

    #[tokio::test]
    async fn body_above_the_limit_is_not_kept() {
        let served = Served::start().await;
        let padded = |bytes: usize| format!("{{{}}}", " ".repeat(bytes - 2));
        let most = padded(BODY_LIMIT_BYTES);
        let (status, _) = served.answer(Method::POST, "/webhook/pager", most).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let more = padded(BODY_LIMIT_BYTES + 1);
        let (status, _) = served.answer(Method::POST, "/webhook/pager", more).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn address_that_is_taken_is_an_error_that_names_it() {
        let served = Served::start().await;
        let taken = served.address.parse().unwrap();
        let error = serve_sink(taken, |_| {}).await.unwrap_err().to_string();
        assert!(error.contains(&served.address), "{error}");
    }

    #[tokio::test]
    async fn sink_that_serves_answers_well_and_one_that_ended_does_not() {
        let mut served = Served::start().await;
        let url = format!("http://{}/health", served.address);
        let asked = |url: String| async move {
            let asked = tokio::task::spawn_blocking(move || crate::answers_well(&url));
            asked.await.unwrap().map_err(|error| error.to_string())
        };
        assert_eq!(asked(url.clone()).await, Ok(()));
        let elsewhere = asked(url.replace("health", "nowhere")).await.unwrap_err();
        assert!(elsewhere.ends_with("it answered 404"), "{elsewhere}");
        served.server.abort();
        let _ = (&mut served.server).await;
        let gone = asked(url).await.unwrap_err();
        assert!(gone.contains("Connection refused"), "{gone}");
    }
}
