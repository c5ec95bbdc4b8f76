//! Whom Alertmanager tells, and by what.

use serde::{Deserialize, Serialize};

/// Whom Alertmanager tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// What it is told by; nobody is told if there is none.
    #[serde(default)]
    pub integrations: Vec<Integration>,
}

/// One way of telling a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integration {
    /// Its kind, as its section is named: `webhook`, `email`.
    pub kind: String,
    /// Whether it tells of the end of an alert too.
    pub sends_resolved: bool,
}

impl Integration {
    /// Whether an integration of this kind tells of the end of an alert, unless its section says
    /// otherwise (`send_resolved`,
    /// <https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings>).
    pub(super) fn tells_of_ends_by_default(kind: &str) -> bool {
        !matches!(kind, "email" | "slack" | "rocketchat" | "wechat")
    }
}
