//! Prometheus's configuration, as far as discovery needs it.

use alertdrill_core::Labels;
use serde::Deserialize;
use serde_yaml_ng::Value;

use super::relabelling::Relabelling;
use super::written_yaml::{labels, null_is_default};

/// What Prometheus is configured to do.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PrometheusConfiguration {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) global: Global,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) rule_files: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) scrape_configs: Vec<WrittenJob>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) scrape_config_files: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) alerting: Alerting,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Global {
    pub(super) scrape_interval: Option<String>,
    pub(super) scrape_timeout: Option<String>,
    pub(super) evaluation_interval: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Alerting {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) alertmanagers: Vec<WrittenAlertmanagers>,
}

/// Alertmanagers that alerts are sent to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WrittenAlertmanagers {
    #[serde(flatten)]
    pub(super) targets: WrittenTargets,
    pub(super) path_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WrittenJob {
    pub(super) job_name: String,
    pub(super) scrape_interval: Option<String>,
    pub(super) scrape_timeout: Option<String>,
    #[serde(flatten)]
    pub(super) targets: WrittenTargets,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) relabel_configs: Vec<Relabelling>,
}

/// Where targets come from.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WrittenTargets {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) static_configs: Vec<TargetGroup>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) file_sd_configs: Vec<TargetFiles>,
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) dns_sd_configs: Vec<TargetNames>,
    /// Everything else, `docker_sd_configs` and its like among it.
    #[serde(flatten)]
    pub(super) rest: std::collections::BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TargetGroup {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) targets: Vec<String>,
    #[serde(default, deserialize_with = "labels")]
    pub(super) labels: Labels,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TargetFiles {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) files: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TargetNames {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) names: Vec<String>,
    pub(super) port: Option<u16>,
}

/// A file of further scrape configurations.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ScrapeConfigFile {
    #[serde(default, deserialize_with = "null_is_default")]
    pub(super) scrape_configs: Vec<WrittenJob>,
}

/// Whether `text` looks like Prometheus's configuration: it says what is scraped, and nothing that
/// only programs of the same habits say.
pub(super) fn looks_like_a_configuration(text: &str) -> bool {
    let Ok(Value::Mapping(written)) = serde_yaml_ng::from_str(text) else {
        return false;
    };
    // Promtail has scrape configurations too, and says whom it pushes to.
    written.contains_key("scrape_configs") && !written.contains_key("clients")
}
