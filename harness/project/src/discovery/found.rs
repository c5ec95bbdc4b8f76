//! What discovery gives, and what it is told beforehand.

use std::path::PathBuf;
use std::time::Duration;

use alertdrill_core::{EvaluationDelays, Labels};

use crate::ServerName;

/// What is stated and need not be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The service that is Prometheus.
    pub prometheus: Option<ServerName>,
    /// The service that evaluates the rules, if it may not be the Prometheus that is found.
    pub rule_engine: Option<ServerName>,
    /// The service that is Alertmanager.
    pub alertmanager: Option<ServerName>,
    /// Whether nothing is to be judged of Alertmanager, even if there is one.
    pub no_alertmanager: bool,
}

/// What was found of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// The service that is Prometheus, or the VictoriaMetrics in its place.
    pub prometheus: FoundServer,
    /// The configuration that it starts with.
    pub prometheus_configuration: MountedFile,
    /// The vmalert that evaluates the rules; `None`: Prometheus does.
    pub rule_engine: Option<FoundServer>,
    /// Every rule file that is loaded, in the order in which it is, with its path in the container
    /// of who evaluates it.
    pub rules: Vec<MountedFile>,
    /// The Alertmanager that is judged; `None` if there is none in the project.
    pub alertmanager: Option<FoundServer>,
    /// The configuration that it starts with; `None` if it is the one in its image.
    pub alertmanager_configuration: Option<MountedFile>,
    /// The Alertmanagers beside it that Prometheus tells too and that start with the same file: a
    /// cluster's other members.
    pub alertmanager_peers: Vec<FoundPeer>,
    /// Whom else Prometheus sends its alerts to, as its configuration writes it. They are told of
    /// each drill, too.
    pub also_told: Vec<String>,
    /// The service that is Grafana.
    pub grafana: Option<FoundServer>,
    /// What Prometheus scrapes, in its order.
    pub scrape_jobs: Vec<ScrapeJob>,
    /// How often it scrapes, where a job says nothing else.
    pub scrape_interval: Duration,
    /// How often rules are evaluated, where a group says nothing else.
    pub evaluation_interval: Duration,
    /// How often and how late vmalert evaluates; `None`: as Prometheus's configuration says.
    pub evaluation_delays: Option<EvaluationDelays>,
    /// What was guessed and why, and what looks wrong, in plain words.
    pub notes: Vec<String>,
}

impl Discovered {
    /// The service that evaluates the rules and loads their files.
    #[must_use]
    pub fn evaluating_service(&self) -> &str {
        let server = self.rule_engine.as_ref().unwrap_or(&self.prometheus);
        &server.service
    }
}

/// A server of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundServer {
    /// The service's name.
    pub service: String,
    /// The port inside its container.
    pub port: u16,
    /// What its paths begin with: empty, or like `/prometheus`.
    pub path_prefix: String,
}

/// An Alertmanager beside the one that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPeer {
    /// The service's name.
    pub service: String,
    /// The configuration that it starts with.
    pub configuration: MountedFile,
}

/// A file that a container reads, and where it lies on the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MountedFile {
    /// Its path on the machine.
    pub on_host: PathBuf,
    /// Its path in the container.
    pub in_container: String,
}

/// What Prometheus scrapes under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeJob {
    /// The job's name, which is the label `job` of its metrics.
    pub job: String,
    /// What is scraped; of a prober, what it is asked about.
    pub targets: Vec<ScrapeTarget>,
    /// The exporter that is asked about the targets, as a blackbox exporter is; `None` if they are
    /// scraped themselves.
    pub asked_through: Option<ScrapeTarget>,
    /// How often.
    pub scrape_interval: Duration,
    /// When a scrape is given up.
    pub scrape_timeout: Duration,
}

/// Something that is scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// As the configuration writes it: `api:8080`, or a URL.
    pub address: String,
    /// The service of the project that answers there; `None` if no service does.
    pub service: Option<String>,
    /// The labels that its metrics get, besides `job` and `instance`.
    pub labels: Labels,
}

impl ScrapeTarget {
    /// The label `instance` of its metrics, as long as nothing rewrites it.
    #[must_use]
    pub fn instance(&self) -> &str {
        self.labels.get("instance").unwrap_or(&self.address)
    }
}
