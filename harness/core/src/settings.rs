//! What has to be known of a project to drill it: the section `x-alertdrill` of its compose file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{EvaluationDelays, Labels, Placement, Promises};

/// What stands for an alert's name in [`Settings::runbook`].
pub const ALERT_PLACEHOLDER: &str = "{alert}";

/// What has to be known of a project to drill it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Prometheus's HTTP API, or that of the VictoriaMetrics in its place.
    pub prometheus: Endpoint,
    /// The vmalert that evaluates the rules; without it, Prometheus does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_engine: Option<Endpoint>,
    /// How often and how late it evaluates, by its flags; without it, as Prometheus's configuration
    /// says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_delays: Option<EvaluationDelays>,
    /// Alertmanager's HTTP API; without it, alerts fire and nobody is told.
    #[serde(default)]
    pub alertmanager: Option<Endpoint>,
    /// The sink that Alertmanager's receivers point to; without it, Alertmanager's API says who
    /// would be told.
    #[serde(default)]
    pub notification_sink: Option<Endpoint>,
    /// Prometheus's configuration and rules.
    pub prometheus_files: PrometheusFiles,
    /// Alertmanager's configuration.
    #[serde(default)]
    pub alertmanager_files: Option<AlertmanagerFiles>,
    /// Where the project's drills come from, if no file of drills is named.
    #[serde(default)]
    pub drills: Option<DrillSource>,
    /// Per severity, Alertmanager's receiver that an alert of it must be delivered to, unless its
    /// drill names another one.
    #[serde(default)]
    pub receivers: BTreeMap<String, String>,
    /// Receivers that may be told of any alert beside the one that must be; anybody else must not.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub may_be_told: Vec<String>,
    /// How soon people are told of an alert and of its end, unless its drill promises otherwise.
    #[serde(default)]
    pub promises: Promises,
    /// The labels that name the culprit: the summary or the description of an alert names those
    /// that it has.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub culprits: Vec<String>,
    /// What each alert must be proven for.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub instances: Vec<Instances>,
    /// How the annotation `runbook_url` of each alert must end; `{alert}` stands for its name. It
    /// is the path of a file of the project.
    #[serde(default)]
    pub runbook: Option<String>,
    /// What the drills must prove together.
    #[serde(default)]
    pub coverage: Demand,
    /// The names of alerts that always fire, to show that the way to the receiver works.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub watchdogs: Vec<String>,
    /// Files of unit tests of the rules, as `promtool test rules` takes them, relative to the
    /// project's root.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub rule_tests: Vec<PathBuf>,
    /// The folder of the recording that rules are replayed on, relative to the project's root.
    #[serde(default)]
    pub recording: Option<PathBuf>,
    /// The file of mutants of the rules that no drill kills, with the reasons, relative to the
    /// project's root.
    #[serde(default)]
    pub waived_mutants: Option<PathBuf>,
    /// The annotations that each alert must be delivered with, unless its drill names others.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub annotations: Vec<String>,
    /// An image made of a program that cargo builds.
    #[serde(default)]
    pub program_image: Option<ProgramImage>,
    /// Variables of the compose file that get a free port each, for services whose port must be
    /// known before they start.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub free_ports: Vec<String>,
    /// Where a Kafka client on this machine connects to (`host:port`), for faults on topics.
    #[serde(default)]
    pub kafka: Option<String>,
    /// The dashboard on which operators watch the system, relative to the project's root.
    #[serde(default)]
    pub dashboard: Option<PathBuf>,
    /// Grafana, on which the drills of a run are written down if it runs.
    #[serde(default)]
    pub grafana: Option<Endpoint>,
    /// How Prometheus tells what the system itself uses of the machine.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// What every drill needs undisturbed: the services that watch.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub watched_by: Vec<String>,
    /// The paths through the system that drills hold leases on.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub paths: Vec<Pathway>,
    /// What must hold before a fault, whichever it is.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub steady_state: Vec<SteadyCondition>,
    /// The names of the project's services: not written here, but filled in by whoever reads the
    /// project.
    #[serde(skip)]
    pub services: BTreeSet<String>,
    /// The files that are where [`Settings::runbook`] has them, relative to the project's root: not
    /// written here either.
    #[serde(skip)]
    pub runbooks: BTreeSet<String>,
}

/// `docker compose config` prints an empty list of an extension as null.
fn null_is_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What the drills of a run must prove together, beside what each promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// Nothing.
    None,
    /// Each loaded rule was made to fire, or is waived.
    Rules,
    /// And each term of each rule decided in a drill, or is waived.
    #[default]
    Terms,
}

/// Reads a path, or a list of paths.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Paths {
        One(PathBuf),
        Many(Vec<PathBuf>),
    }
    Ok(match Paths::deserialize(deserializer)? {
        Paths::One(path) => vec![path],
        Paths::Many(paths) => paths,
    })
}

/// One path as what it is, so that readers of older settings understand it.
fn as_one_or_many<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    match paths {
        [only] => only.serialize(serializer),
        several => several.serialize(serializer),
    }
}

/// The values of a label for each of which an alert must be proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instances {
    /// The alert's name.
    pub alert: String,
    /// Labels that tell its rule apart from others of its name.
    #[serde(default)]
    pub labels: Labels,
    /// The label that names the culprit.
    pub label: String,
    /// Its values. A path's name in braces stands for each of its lanes.
    pub values: Vec<String>,
}

/// A published port of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The service.
    pub service: String,
    /// The port inside its container.
    pub port: u16,
    /// What the paths of its API begin with: nothing, or like `/prometheus`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path_prefix: String,
}

impl Endpoint {
    /// The port `port` of `service`.
    #[must_use]
    pub fn new(service: impl Into<String>, port: u16) -> Self {
        Self {
            service: service.into(),
            port,
            path_prefix: String::new(),
        }
    }
}

/// Prometheus's own files, relative to the project's root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrometheusFiles {
    /// Its configuration.
    pub configuration: PathBuf,
    /// The rules files: a path, or a list of them. A candidate (`ALERT_RULES`) replaces the only
    /// one, or that of its file name; `PROMETHEUS_CONFIG` replaces the configuration.
    #[serde(deserialize_with = "one_or_many", serialize_with = "as_one_or_many")]
    pub rules: Vec<PathBuf>,
    /// The compose file's variable for the folder of its configuration, if it is mounted from a
    /// staged copy; only then can a candidate be loaded.
    #[serde(default)]
    pub staged_by: Option<String>,
}

/// Alertmanager's own file, relative to the project's root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertmanagerFiles {
    /// Its configuration, which a candidate (`ALERT_ROUTES`) replaces.
    pub configuration: PathBuf,
    /// As [`PrometheusFiles::staged_by`].
    #[serde(default)]
    pub staged_by: Option<String>,
}

/// Where drills come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillSource {
    /// A test target of the project's own workspace that holds a suite.
    CargoTest(String),
    /// A file of drills, as `plan --json` prints them, relative to the project's root.
    File(PathBuf),
}

/// An image whose build context is a Dockerfile and one program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramImage {
    /// The program's file name; it lies beside the drills' own programs.
    pub program: String,
    /// The Dockerfile, relative to the project's root.
    pub dockerfile: PathBuf,
    /// The compose file's variable for the build context.
    pub variable: String,
}

/// How Prometheus tells what the system itself uses of the machine, as `PromQL` that yields one
/// sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Memory, in bytes.
    pub memory_bytes: String,
    /// Processors.
    pub cores: String,
}

/// A way of data through the system, on which drills hold leases.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pathway {
    /// Its name.
    pub name: String,
    /// The names of its lanes, if it exists several times. In the texts below, and in those of
    /// drills, the path's name in braces stands for each of them.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub lanes: Vec<String>,
    /// Services that belong to it: who holds the path holds them too.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub owns: Vec<String>,
    /// Services that it shares with others: who holds the path needs them undisturbed.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub uses: Vec<String>,
    /// What must hold before a fault on it.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub steady_state: Vec<SteadyCondition>,
}

impl Pathway {
    /// What stands for each of its lanes.
    #[must_use]
    pub fn placeholder(&self) -> String {
        format!("{{{}}}", self.name)
    }
}

/// One condition of the steady state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SteadyCondition {
    /// In words: "every target is up".
    pub name: String,
    /// `PromQL` that yields samples while the condition holds.
    pub query: String,
}

impl SteadyCondition {
    pub(crate) fn placed(&self, placement: &Placement) -> Self {
        let mut placed = self.clone();
        placement.fill(&mut placed.name);
        placement.fill(&mut placed.query);
        placed
    }
}

impl Settings {
    /// The service that evaluates the rules and loads their files.
    #[must_use]
    pub fn evaluating_service(&self) -> &str {
        let server = self.rule_engine.as_ref().unwrap_or(&self.prometheus);
        &server.service
    }

    /// The receiver that an alert of this severity must be delivered to.
    #[must_use]
    pub fn receiver_of(&self, severity: &str) -> Option<String> {
        self.receivers.get(severity).cloned()
    }

    /// How the annotation of the alert that names its runbook must end.
    #[must_use]
    pub fn runbook_of(&self, alert: &str) -> Option<String> {
        let runbook = self.runbook.as_ref()?;
        Some(runbook.replace(ALERT_PLACEHOLDER, alert))
    }
}

#[cfg(any(test, feature = "test-support"))]
impl Settings {
    /// A pipeline of two lanes over a shared broker, and an offload, as most tests want it.
    #[must_use]
    #[allow(clippy::missing_panics_doc, clippy::expect_used, reason = "a constant")]
    pub fn example() -> Self {
        let text = r#"
prometheus: {service: prometheus, port: 9090}
alertmanager: {service: alertmanager, port: 9093}
notification_sink: {service: sink, port: 8080}
prometheus_files: {configuration: p/prometheus.yml, rules: p/rules.yml}
alertmanager_files: {configuration: a/alertmanager.yml}
receivers: {critical: pager}
annotations: [summary]
watched_by: [prometheus]
paths:
  - name: lane
    lanes: [binance, okx]
    owns: ["handler-{lane}"]
    uses: [kafka]
    steady_state: [{name: "{lane} flows", query: 'flows{exchange="{lane}"}'}]
  - name: offload
    owns: [minio]
    uses: [clickhouse]
    steady_state: [{name: offload works, query: works}]
"#;
        let settings: Self = serde_yaml_ng::from_str(text).expect("the example is valid");
        let pipeline = [
            "handler-binance",
            "handler-okx",
            "kafka",
            "minio",
            "clickhouse",
        ];
        let watching = ["prometheus", "alertmanager", "sink"];
        let services = pipeline
            .iter()
            .chain(&watching)
            .map(|name| (*name).to_owned());
        Self {
            services: services.collect(),
            ..settings
        }
    }
}
