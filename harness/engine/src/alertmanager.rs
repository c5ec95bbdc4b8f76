//! Alertmanager: whom it tells of which alerts, and which it suppresses.

use serde::Deserialize;

use crate::http::{Api, Locate};
use alertdrill_core::{Labels, Result, Routes, Suppression, UtcInstant, routes_of};

/// The state of an alert that its receivers are told of.
const ACTIVE: &str = "active";

/// A client of Alertmanager's HTTP API, v2.
#[derive(Clone, Debug)]
pub struct Alertmanager {
    api: Api,
}

#[derive(Debug, Deserialize)]
struct Status {
    config: StatusConfig,
}

#[derive(Debug, Deserialize)]
struct StatusConfig {
    original: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildStatus {
    version_info: VersionInfo,
}

#[derive(Debug, Deserialize)]
struct VersionInfo {
    version: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    #[serde(default)]
    starts_at: Option<UtcInstant>,
    #[serde(default)]
    receivers: Vec<Receiver>,
    status: AlertStatus,
}

#[derive(Debug, Deserialize)]
struct Receiver {
    name: String,
}

/// An alert that Alertmanager tells its receivers of.
#[derive(Clone, Debug)]
pub(crate) struct ActiveAlert {
    /// Its labels.
    pub(crate) labels: Labels,
    /// Its annotations.
    pub(crate) annotations: Labels,
    /// Since when it fires.
    pub(crate) starts_at: Option<UtcInstant>,
    /// The receivers that it is for.
    pub(crate) receivers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
    #[serde(default)]
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

impl Alertmanager {
    /// A client of the server at `address` (host and port).
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("Alertmanager", address),
        }
    }

    /// The same client, which calls `locate` to find the server again when nobody answers at its
    /// address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
        }
    }

    /// Its routes, as it has loaded them ([`routes_of`]).
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn routes(&self) -> Result<Routes> {
        let status: Status = self.api.get("/api/v2/status", &[]).await?;
        routes_of(&status.config.original)
    }

    /// Its version.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn version(&self) -> Result<String> {
        let build: BuildStatus = self.api.get("/api/v2/status", &[]).await?;
        Ok(build.version_info.version)
    }

    /// The alerts that a silence or another alert suppresses.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn suppressions(&self) -> Result<Vec<Suppression>> {
        let alerts: Vec<Alert> = self.api.get("/api/v2/alerts", &[]).await?;
        let by = |status: &AlertStatus| {
            let silences = status.silenced_by.iter().map(|id| format!("silence {id}"));
            let inhibitors = status.inhibited_by.iter();
            let inhibitors = inhibitors.map(|id| format!("inhibited by alert {id}"));
            silences.chain(inhibitors).collect::<Vec<_>>().join(", ")
        };
        let all = alerts.into_iter().map(|alert| Suppression {
            suppressed_by: by(&alert.status),
            labels: alert.labels,
        });
        Ok(all.filter(|it| !it.suppressed_by.is_empty()).collect())
    }

    /// The alerts that are active, and neither silenced nor inhibited.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub(crate) async fn active_alerts(&self) -> Result<Vec<ActiveAlert>> {
        let alerts: Vec<Alert> = self.api.get("/api/v2/alerts", &[]).await?;
        let active = alerts
            .into_iter()
            .filter(|alert| alert.status.state == ACTIVE);
        let active = active.map(|alert| ActiveAlert {
            labels: alert.labels,
            annotations: alert.annotations,
            starts_at: alert.starts_at,
            receivers: alert.receivers.into_iter().map(|it| it.name).collect(),
        });
        Ok(active.collect())
    }

    /// Makes it load its configuration again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses it.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(at: &str, body: &str, status: u16) -> (MockServer, Alertmanager) {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(status)
            .set_body_raw(body.as_bytes().to_vec(), "application/json");
        Mock::given(path(at))
            .respond_with(template)
            .mount(&server)
            .await;
        let alertmanager = Alertmanager::new(&server.address().to_string());
        (server, alertmanager)
    }

    #[tokio::test]
    async fn routes_are_those_of_the_configuration_which_the_server_has_loaded() {
        let loaded = serde_json::json!({"config": {"original": "route: {receiver: a, group_wait: 20s}\nreceivers: [name: a]"}});
        let (_server, alertmanager) = answering("/api/v2/status", &loaded.to_string(), 200).await;
        let routes = alertmanager.routes().await.unwrap();
        assert_eq!(routes.root.group_wait, std::time::Duration::from_secs(20));
    }

    #[tokio::test]
    async fn version_is_that_which_the_server_says() {
        let body = r#"{"versionInfo": {"version": "0.28.1", "revision": "b2099eaa"}}"#;
        let (_server, alertmanager) = answering("/api/v2/status", body, 200).await;
        assert_eq!(alertmanager.version().await.unwrap(), "0.28.1");
    }

    #[tokio::test]
    async fn silenced_and_inhibited_alerts_are_suppressions_that_name_their_cause() {
        let body = r#"[{"labels":{"alertname":"A"},
            "status":{"state":"suppressed","silencedBy":["7"],"inhibitedBy":["f00"]}},
            {"labels":{"alertname":"B"},
            "status":{"state":"active","silencedBy":[],"inhibitedBy":[]}}]"#;
        let (_server, alertmanager) = answering("/api/v2/alerts", body, 200).await;
        let labels: Labels = [("alertname".to_owned(), "A".to_owned())].into();
        let suppressed_by = "silence 7, inhibited by alert f00".to_owned();
        assert_eq!(
            alertmanager.suppressions().await.unwrap(),
            [Suppression {
                labels,
                suppressed_by
            }]
        );
    }

    #[tokio::test]
    async fn server_error_and_truncated_json_are_no_answers() {
        for (body, status, words) in [
            ("overloaded", 503, "it answered 503"),
            (r#"[{"labels":{"al"#, 200, "makes no sense"),
        ] {
            let (_server, alertmanager) = answering("/api/v2/alerts", body, status).await;
            let error = alertmanager.suppressions().await.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
