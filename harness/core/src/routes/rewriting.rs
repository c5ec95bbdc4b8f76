//! The labels that Prometheus may change on the way to Alertmanager.

use regex::Regex;
use serde::Deserialize;

use super::Routes;
use crate::{Error, Labels, Result, TextFile};

/// Every label.
const ANY: &str = ".*";

#[derive(Deserialize)]
struct ToAlertmanager {
    #[serde(default)]
    alerting: Alerting,
}

#[derive(Default, Deserialize)]
struct Alerting {
    #[serde(default)]
    alert_relabel_configs: Vec<Relabelling>,
    #[serde(default)]
    alertmanagers: Vec<Peer>,
}

#[derive(Deserialize)]
struct Peer {
    #[serde(default)]
    alert_relabel_configs: Vec<Relabelling>,
}

/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config>)
#[derive(Deserialize)]
struct Relabelling {
    action: Option<String>,
    target_label: Option<String>,
    regex: Option<String>,
}

impl Relabelling {
    /// An anchored regular expression of the names that it may change.
    fn changes(self) -> Option<String> {
        match self.action.as_deref() {
            Some("keep" | "drop" | "keepequal" | "dropequal") => None,
            Some("labeldrop") => Some(self.regex.unwrap_or_else(|| ANY.to_owned())),
            Some("labelkeep" | "labelmap") => Some(ANY.to_owned()),
            _ => {
                let target = self.target_label.filter(|label| !label.contains('$'));
                Some(target.map_or_else(|| ANY.to_owned(), |label| regex::escape(&label)))
            }
        }
    }
}

/// The labels that a configuration of Prometheus (its path, for errors, and its text) may change on
/// the way to Alertmanager, as anchored regular expressions.
///
/// # Errors
/// [`Error::BadDescription`] of a file that is not understood.
pub fn rewritten_labels_of(prometheus: &TextFile) -> Result<Vec<String>> {
    let configuration: ToAlertmanager =
        serde_yaml_ng::from_str(&prometheus.text).map_err(|error| Error::BadDescription {
            what: prometheus.path.display().to_string(),
            reason: error.to_string(),
        })?;
    let Alerting {
        alert_relabel_configs,
        alertmanagers,
    } = configuration.alerting;
    let of_peers = alertmanagers.into_iter();
    let of_peers = of_peers.flat_map(|peer| peer.alert_relabel_configs);
    let all = alert_relabel_configs.into_iter().chain(of_peers);
    Ok(all.filter_map(Relabelling::changes).collect())
}

impl Routes {
    /// The same routes, before which these labels, as anchored regular expressions, may be changed.
    #[must_use]
    pub fn after_rewriting(mut self, labels: Vec<String>) -> Self {
        self.rewritten = labels;
        self
    }

    /// What of an alert's `labels` is known to arrive as it is.
    #[must_use]
    pub fn arriving(&self, mut labels: Labels) -> Labels {
        labels.retain(|name, _| !self.rewritten.iter().any(|pattern| may_be(name, pattern)));
        labels
    }
}

/// What this reader of expressions does not understand may be any label.
fn may_be(name: &str, pattern: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).map_or(true, |pattern| pattern.is_match(name))
}

#[cfg(test)]
mod tests {
    use super::super::routes_of;
    use super::*;

    fn arriving(alerting: &str) -> String {
        let yaml = format!("alerting: {alerting}");
        let rewritten = rewritten_labels_of(&TextFile::new("p.yml", yaml)).unwrap();
        let routes = routes_of("{route: {receiver: a}, receivers: [{name: a}]}").unwrap();
        let labels = ["severity", "exchange"].map(|name| (name.to_owned(), "x".to_owned()));
        let arriving = routes.after_rewriting(rewritten).arriving(labels.into());
        arriving.into_keys().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn label_that_relabelling_on_the_way_may_change_is_not_known_to_arrive() {
        for (alerting, arrive) in [
            ("{}", "exchange severity"),
            (
                "{alert_relabel_configs: [{target_label: severity, replacement: page}]}",
                "exchange",
            ),
            (
                "{alertmanagers: [{alert_relabel_configs: [{action: labeldrop, regex: ex.*}]}]}",
                "severity",
            ),
            (
                "{alert_relabel_configs: [{action: labelmap, regex: x}]}",
                "",
            ),
            (
                "{alert_relabel_configs: [{action: drop, source_labels: [severity], regex: x}]}",
                "exchange severity",
            ),
            (
                "{alert_relabel_configs: [{target_label: 'a$1', source_labels: [b]}]}",
                "",
            ),
        ] {
            assert_eq!(arriving(alerting), arrive, "{alerting}");
        }
    }
}
