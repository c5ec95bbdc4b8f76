//! The whole file, and what it says beside drills.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::{DurationText, WaivedFinding, Waiver, WrittenDrill};
use crate::project_file::yaml::{At, OneOrMany, ShortOrLong};

/// `alertdrill.yml`: how the alerts of a compose project are proven. Every key may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "alertdrill.yml")]
pub(in crate::project_file) struct WrittenFile {
    /// The compose file, or several, relative to this file's folder; found by compose itself
    /// unless they are written.
    pub compose: OneOrMany<PathBuf>,
    /// Compose profiles to start.
    pub profiles: OneOrMany<String>,
    /// The Prometheus service: its name, or `service` and `port`; found by its image and command
    /// unless it is written.
    pub prometheus: Option<At<ShortOrLong<Server>>>,
    /// What evaluates the rules, written likewise: a Prometheus or a vmalert; the project's
    /// Prometheus, or its vmalert where there is none, unless it is written.
    pub rule_engine: Option<At<ShortOrLong<Server>>>,
    /// The Alertmanager service, written likewise, or `none`: there is none, and only firing is
    /// proven; found by Prometheus's configuration unless it is written.
    pub alertmanager: Option<At<ShortOrLong<Server>>>,
    /// Drills run on a project that runs already, which is left as it is: `true`, or the running
    /// project's name. Only services of `may_break` are touched; the project is started for the
    /// drills, and removed, unless it is written.
    pub attach: Option<At<AttachTo>>,
    /// The services that faults may touch. A project that runs already needs it; all services
    /// unless it is written.
    pub may_break: Option<OneOrMany<String>>,
    /// The drills.
    pub drills: Option<Vec<At<WrittenDrill>>>,
    /// The rules that no drill makes fire, each with a reason.
    pub waivers: OneOrMany<Waiver>,
    /// The findings of `alertdrill doctor` that are known and kept, each with a reason.
    pub waived_findings: OneOrMany<WaivedFinding>,
    /// Per severity, Alertmanager's receiver that must be told; any may be told unless it is
    /// written.
    pub receivers: BTreeMap<String, String>,
    /// Receivers that may be told of any alert beside the one that must be.
    pub may_be_told: OneOrMany<String>,
    /// How soon people are told of an alert and of its end, unless its drill promises otherwise.
    pub promises: Promises,
    /// The labels that name the culprit: an alert's summary or description names those that it has.
    pub culprits: OneOrMany<String>,
    /// What an alert must be proven for: each of the `values` of a `label`; each alert once unless
    /// it is written.
    pub instances: OneOrMany<Instances>,
    /// How the annotation `runbook_url` of each alert must end; `{alert}` stands for its name.
    pub runbook: Option<String>,
    /// What the drills must prove together: `none`, `rules` (each loaded rule was made to fire, or
    /// is waived), or `terms` (and each term of each rule decided in a drill, or is waived);
    /// `rules` unless it is written.
    pub coverage: Option<Coverage>,
    /// Alerts that always fire, to show that the way to the receiver works.
    pub watchdogs: OneOrMany<String>,
    /// Files of unit tests of the rules, as `promtool test rules` takes them.
    pub rule_tests: OneOrMany<PathBuf>,
    /// The folder of the recording that rules are replayed on.
    pub recording: Option<PathBuf>,
    /// The file of mutants of the rules that no drill kills, with the reasons.
    pub waived_mutants: Option<PathBuf>,
    /// The annotations that each alert must be delivered with, unless its drill names others.
    pub annotations: OneOrMany<String>,
    /// Where a Kafka client on this machine connects to (`host:port`), for faults on topics.
    pub kafka: Option<String>,
    /// The Grafana dashboard on which operators watch the system, as JSON.
    pub dashboard: Option<PathBuf>,
    /// The Grafana service, written likewise: the drills of a run are written onto its dashboards.
    pub grafana: Option<At<ShortOrLong<Server>>>,
    /// How Prometheus tells how much memory and how many cores the system uses; the report does not
    /// show it unless it is written.
    pub usage: Option<Usage>,
    /// The services that watch, which every drill needs undisturbed; Prometheus, Alertmanager and
    /// the sink unless it is written.
    pub watched_by: OneOrMany<String>,
    /// The ways of data through the system, which drills hold; one that owns every service unless it
    /// is written.
    pub paths: OneOrMany<PathThrough>,
    /// What must hold before a fault, whichever it is, beside that targets are up and nothing fires.
    pub steady_state: OneOrMany<SteadyCondition>,
}

impl WrittenFile {
    /// Its drills; a key whose entries are all comments has none.
    pub(in crate::project_file) fn each_drill(&self) -> std::slice::Iter<'_, At<WrittenDrill>> {
        self.drills.as_deref().unwrap_or_default().iter()
    }
}

/// A server of the project.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "server")]
pub(in crate::project_file) struct Server {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// The port inside its container; found unless it is written.
    pub port: Option<u16>,
}

/// What the drills must prove together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::project_file) enum Coverage {
    /// Nothing beside what each promises.
    None,
    /// Each loaded rule was made to fire, or is waived.
    Rules,
    /// And each term of each rule decided in a drill, or is waived.
    Terms,
}

/// Whether drills run on a project that runs already, and which.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::project_file) enum AttachTo {
    /// `false`: on one that is started for them.
    Nothing,
    /// `true`: the one of the compose file's own name.
    ItsOwnName,
    /// The one of this name.
    Project(String),
}

impl<'de> Deserialize<'de> for AttachTo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttachToVisitor)
    }
}

impl JsonSchema for AttachTo {
    fn schema_name() -> Cow<'static, str> {
        "attach".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"type": "boolean"}, {"type": "string"}]})
    }
}

struct AttachToVisitor;

impl Visitor<'_> for AttachToVisitor {
    type Value = AttachTo;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, or the name of a running compose project")
    }

    fn visit_bool<E: de::Error>(self, is_attached: bool) -> Result<AttachTo, E> {
        Ok(if is_attached {
            AttachTo::ItsOwnName
        } else {
            AttachTo::Nothing
        })
    }

    fn visit_str<E: de::Error>(self, project: &str) -> Result<AttachTo, E> {
        Ok(AttachTo::Project(project.to_owned()))
    }
}

/// How soon people are told.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "promises")]
pub(in crate::project_file) struct Promises {
    /// From the firing of an alert until its receiver is told; `1m` unless it is written.
    pub delivered_within: Option<At<DurationText>>,
    /// From the recovery of what an alert is about until it ends; `3m` unless it is written.
    pub ended_within: Option<At<DurationText>>,
    /// From the end of an alert until its receiver is told of that; `6m` unless it is written.
    pub end_delivered_within: Option<At<DurationText>>,
    /// While an alert fires, its receiver is not told again sooner than this; `1h` unless it is
    /// written.
    pub reminded_after: Option<At<DurationText>>,
    /// While an alert fires, its receiver is told again no later than this; `1d` unless it is
    /// written.
    pub reminded_within: Option<At<DurationText>>,
}

/// The values of a label for each of which an alert must be proven.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `alert`, `label` and `values`"
)]
#[schemars(rename = "instances")]
pub(in crate::project_file) struct Instances {
    /// The alert's name.
    pub alert: At<String>,
    /// Labels that tell its rule apart from others of its name.
    #[serde(default)]
    pub labels: BTreeMap<String, At<String>>,
    /// The label that names the culprit.
    pub label: String,
    /// Its values. A path's name in braces stands for each of its lanes.
    pub values: Vec<String>,
}

/// What the system itself uses of the machine, as `PromQL` that yields one sample.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "usage")]
pub(in crate::project_file) struct Usage {
    /// Memory, in bytes.
    pub memory_bytes: String,
    /// How many processors it keeps busy.
    pub cores: String,
}

/// A way of data through the system.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `name`, `owns` and `uses`"
)]
#[schemars(rename = "path")]
pub(in crate::project_file) struct PathThrough {
    /// Its name.
    pub name: String,
    /// The names of its lanes, if it exists several times. In the texts of the path and of drills,
    /// the path's name in braces stands for each of them.
    #[serde(default)]
    pub lanes: OneOrMany<String>,
    /// Services that belong to it: who holds the path holds them too.
    #[serde(default)]
    pub owns: OneOrMany<String>,
    /// Services that it shares with others: who holds the path needs them undisturbed.
    #[serde(default)]
    pub uses: OneOrMany<String>,
    /// What must hold before a fault on it.
    #[serde(default)]
    pub steady_state: OneOrMany<SteadyCondition>,
}

/// A condition of the steady state.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `name` and `query`")]
#[schemars(rename = "steady_condition")]
pub(in crate::project_file) struct SteadyCondition {
    /// In words: "orders flow".
    pub name: String,
    /// `PromQL` that yields samples while the condition holds.
    pub query: String,
}
