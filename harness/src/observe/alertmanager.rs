//! Alertmanager: how long it waits, and what it holds back.

use std::time::Duration;

use serde::Deserialize;

use super::http::Api;
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
        Self { api: Api::new("Alertmanager", address) }
    }

    /// Its waits: the longest of all routes. Where a route says nothing, its parent's hold, and 30 s and 5 min at the root
    /// (<https://prometheus.io/docs/alerting/latest/configuration/#route>).
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn routing(&self) -> Result<Routing> {
        let status: Status = self.api.get("/api/v2/status", &[]).await?;
        let configuration: Configuration = serde_yaml_ng::from_str(&status.config.original).map_err(|error| {
            Error::BadAnswer { attempted: "read Alertmanager's configuration".to_owned(), reason: error.to_string() }
        })?;
        let defaults = Routing { group_wait: Duration::from_secs(30), group_interval: Duration::from_mins(5) };
        longest_waits(&configuration.route, defaults)
    }

    /// The alerts that a silence or another alert holds back.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`].
    pub async fn suppressions(&self) -> Result<Vec<Suppression>> {
        let alerts: Vec<Alert> = self.api.get("/api/v2/alerts", &[]).await?;
        let by = |status: &AlertStatus| {
            let silences = status.silenced_by.iter().map(|id| format!("silence {id}"));
            let inhibitors = status.inhibited_by.iter().map(|fingerprint| format!("inhibited by alert {fingerprint}"));
            silences.chain(inhibitors).collect::<Vec<_>>().join(", ")
        };
        let held_back = alerts.into_iter().map(|alert| Suppression { by: by(&alert.status), labels: alert.labels });
        Ok(held_back.filter(|suppression| !suppression.by.is_empty()).collect())
    }

    /// Makes it load its configuration again.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if it refuses it.
    pub async fn reload(&self) -> Result<()> {
        self.api.post("/-/reload").await
    }
}

fn longest_waits(route: &Route, inherited: Routing) -> Result<Routing> {
    let own = Routing {
        group_wait: route.group_wait.as_deref().map_or(Ok(inherited.group_wait), prometheus_duration)?,
        group_interval: route.group_interval.as_deref().map_or(Ok(inherited.group_interval), prometheus_duration)?,
    };
    route.routes.iter().try_fold(own, |longest, child| {
        let child = longest_waits(child, own)?;
        Ok(Routing {
            group_wait: longest.group_wait.max(child.group_wait),
            group_interval: longest.group_interval.max(child.group_interval),
        })
    })
}
