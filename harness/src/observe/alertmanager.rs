//! Alertmanager: how long it waits, and what it holds back.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Deserialize;

use super::http::{Api, Locate};
use super::prometheus::prometheus_duration;
use crate::drill::{Labels, Routing, Suppression};
use crate::{Error, Result};

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
struct Configuration {
    route: Route,
}

#[derive(Debug, Deserialize)]
struct Route {
    group_by: Option<BTreeSet<String>>,
    group_wait: Option<String>,
    group_interval: Option<String>,
    #[serde(default)]
    routes: Vec<Route>,
}

#[derive(Debug, Deserialize)]
struct Alert {
    labels: Labels,
    status: AlertStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus {
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

    /// The same, which looks for the server anew by `locate` when nobody answers at its address.
    #[must_use]
    pub fn found_by(self, locate: Locate) -> Self {
        Self {
            api: self.api.found_by(locate),
        }
    }

    /// Its groups and waits: the coarsest and the longest of all routes. Where a route says
    /// nothing, its parent's hold, and one group, 30 s and 5 min at the root
    /// (<https://prometheus.io/docs/alerting/latest/configuration/#route>).
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn routing(&self) -> Result<Routing> {
        let status: Status = self.api.get("/api/v2/status", &[]).await?;
        routing_of(&status.config.original)
    }

    /// The alerts that a silence or another alert holds back.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn suppressions(&self) -> Result<Vec<Suppression>> {
        let alerts: Vec<Alert> = self.api.get("/api/v2/alerts", &[]).await?;
        let by = |status: &AlertStatus| {
            let silences = status.silenced_by.iter().map(|id| format!("silence {id}"));
            let inhibitors = status
                .inhibited_by
                .iter()
                .map(|fingerprint| format!("inhibited by alert {fingerprint}"));
            silences.chain(inhibitors).collect::<Vec<_>>().join(", ")
        };
        let held_back = alerts.into_iter().map(|alert| Suppression {
            by: by(&alert.status),
            labels: alert.labels,
        });
        Ok(held_back
            .filter(|suppression| !suppression.by.is_empty())
            .collect())
    }

    /// Makes it load its configuration again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses it.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }
}

/// The groups and waits in a configuration of Alertmanager, as [`Alertmanager::routing`] gives
/// them.
///
/// # Errors
/// [`Error::BadAnswer`].
pub(crate) fn routing_of(yaml: &str) -> Result<Routing> {
    let configuration: Configuration =
        serde_yaml_ng::from_str(yaml).map_err(|error| Error::BadAnswer {
            attempted: "read Alertmanager's configuration".to_owned(),
            reason: error.to_string(),
        })?;
    let (group_wait, group_interval) = (Duration::from_secs(30), Duration::from_mins(5));
    coarsest(
        &configuration.route,
        Routing {
            group_by: BTreeSet::new(),
            group_wait,
            group_interval,
        },
    )
}

fn coarsest(route: &Route, inherited: Routing) -> Result<Routing> {
    let own = Routing {
        group_by: route.group_by.clone().unwrap_or(inherited.group_by),
        group_wait: route
            .group_wait
            .as_deref()
            .map_or(Ok(inherited.group_wait), prometheus_duration)?,
        group_interval: route
            .group_interval
            .as_deref()
            .map_or(Ok(inherited.group_interval), prometheus_duration)?,
    };
    route
        .routes
        .iter()
        .try_fold(own.clone(), |coarsest_yet, child| {
            let child = coarsest(child, own.clone())?;
            Ok(Routing {
                group_by: common(&coarsest_yet.group_by, child.group_by),
                group_wait: coarsest_yet.group_wait.max(child.group_wait),
                group_interval: coarsest_yet.group_interval.max(child.group_interval),
            })
        })
}

fn common(one: &BTreeSet<String>, other: BTreeSet<String>) -> BTreeSet<String> {
    if one.contains(Routing::BY_ALL_LABELS) {
        return other;
    }
    if other.contains(Routing::BY_ALL_LABELS) {
        one.clone()
    } else {
        one & &other
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
    async fn groups_and_waits_are_the_coarsest_of_all_routes_and_inherited_where_a_route_says_nothing()
     {
        let configuration = "route:\n  receiver: a\n  group_by: [alertname, job]\n  group_wait: 10s\n  routes:\n    - receiver: b\n      group_by: [alertname, exchange]\n      group_interval: 7m\n    - receiver: c\n      group_wait: 20s\n";
        let body = serde_json::json!({"config": {"original": configuration}}).to_string();
        let (_server, alertmanager) = answering("/api/v2/status", &body, 200).await;
        let (group_wait, group_interval) = (Duration::from_secs(20), Duration::from_mins(7));
        let group_by = ["alertname".to_owned()].into();
        assert_eq!(
            alertmanager.routing().await.unwrap(),
            Routing {
                group_by,
                group_wait,
                group_interval
            }
        );
    }

    #[tokio::test]
    async fn silenced_and_inhibited_alerts_are_told_with_what_holds_them_back() {
        let body = r#"[{"labels":{"alertname":"A"},"status":{"state":"suppressed","silencedBy":["7"],"inhibitedBy":["f00"]}},
            {"labels":{"alertname":"B"},"status":{"state":"active","silencedBy":[],"inhibitedBy":[]}}]"#;
        let (_server, alertmanager) = answering("/api/v2/alerts", body, 200).await;
        let labels: Labels = [("alertname".to_owned(), "A".to_owned())].into();
        let by = "silence 7, inhibited by alert f00".to_owned();
        assert_eq!(
            alertmanager.suppressions().await.unwrap(),
            [Suppression { labels, by }]
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
