//! The compose project: what the harness has to know of it, and where it keeps what belongs to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compose::{self, COMPOSE_FILE, ComposeService, bad_compose_file};
use crate::dashboard::Dashboard;
use crate::{Error, Result};

/// What the harness has to know of a stack: the extension `x-alertdrill` of its compose file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Prometheus's HTTP API.
    pub prometheus: Endpoint,
    /// Alertmanager's HTTP API.
    pub alertmanager: Endpoint,
    /// The sink that Alertmanager's receivers point to.
    pub notification_sink: Endpoint,
    /// The folder that Prometheus mounts, and the variable by which the compose file finds its
    /// staged copy.
    pub prometheus_configuration: MountedFolder,
    /// The folder that Alertmanager mounts.
    pub alertmanager_configuration: MountedFolder,
    /// The name of the rules file in Prometheus's folder, which `ALERT_RULES` replaces.
    pub rules_file: String,
    /// An image made of a program that cargo builds.
    pub program_image: ProgramImage,
    /// The dashboard on which operators watch the stack, relative to the project's root.
    #[serde(default)]
    pub dashboard: Option<PathBuf>,
    /// Grafana, on which the drills of a run are written down if it runs.
    #[serde(default)]
    pub grafana: Option<Endpoint>,
    /// What every drill needs undisturbed: the services that watch.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub watched_by: Vec<String>,
    /// The paths through the stack that drills hold leases on.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub paths: Vec<Pathway>,
    /// What must hold before a fault, whichever it is.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub steady_state: Vec<SteadyCondition>,
}

/// `docker compose config` prints an empty list of an extension as null.
fn null_is_empty<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A way of data through the stack, on which drills hold leases.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pathway {
    /// Its name; [`crate::drill::LANE`] for the one that exists several times.
    pub name: String,
    /// The names of the lanes, if it exists several times. In the texts below `{lane}` stands for
    /// each of them.
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

/// A published port of a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The service.
    pub service: String,
    /// The port inside its container.
    pub port: u16,
}

/// A folder of configuration, mounted into a container from a staged copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountedFolder {
    /// Relative to the project's root.
    pub folder: PathBuf,
    /// The compose file's variable for where it is mounted from.
    pub variable: String,
}

/// An image whose build context is a Dockerfile and one program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramImage {
    /// The program's file name; it lies beside the harness's own binaries.
    pub program: String,
    /// The Dockerfile, relative to the project's root.
    pub dockerfile: PathBuf,
    /// The compose file's variable for the build context.
    pub variable: String,
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
    /// The same of the lane `lane`.
    pub(super) fn on_lane(&self, lane: &str) -> Self {
        Self {
            name: self.name.replace("{lane}", lane),
            query: self.query.replace("{lane}", lane),
        }
    }
}

/// A compose project and what the harness has to know of it.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
    name: String,
    settings: Settings,
    services: BTreeMap<String, ComposeService>,
    variables: BTreeMap<String, String>,
    program: PathBuf,
}

impl Project {
    /// Reads the compose file in `root`. Programs that go into images are looked for in `programs`.
    ///
    /// # Errors
    /// [`Error::NoCompose`], or [`Error::BadDescription`] if the file or its extension
    /// `x-alertdrill` is wrong.
    pub async fn open(root: &Path, programs: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .map_err(Error::file("open the project's folder", root))?;
        let kept_in = target_folder(&root).join("compose");
        let config = compose::read_config(&root, &BTreeMap::new(), &kept_in).await?;
        let settings = config.settings.ok_or_else(|| {
            bad_compose_file(
                "it has no section `x-alertdrill`, which tells the harness about the stack"
                    .to_owned(),
            )
        })?;
        let program = programs.join(&settings.program_image.program);
        let mut project = Self {
            root,
            name: config.name,
            settings,
            services: BTreeMap::new(),
            variables: BTreeMap::new(),
            program,
        };
        let state = project.state_folder();
        std::fs::create_dir_all(&state).map_err(Error::file("make the folder", &state))?;
        project.variables = BTreeMap::from([
            (
                project.settings.prometheus_configuration.variable.clone(),
                display(&project.staged_prometheus()),
            ),
            (
                project.settings.alertmanager_configuration.variable.clone(),
                display(&project.staged_alertmanager()),
            ),
            (
                project.settings.program_image.variable.clone(),
                display(&project.staged_program_image()),
            ),
            ("COMPOSE_PROJECT_NAME".to_owned(), project.name.clone()),
            (
                "KAFKA_HOST_PORT".to_owned(),
                project.kafka_host_port()?.to_string(),
            ),
        ]);
        // Once more, as the stack will see it: the variables decide paths.
        project.services = compose::read_config(&project.root, &project.variables, &kept_in)
            .await?
            .services;
        Ok(project)
    }

    /// The project's name, which is the label of all its containers.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of the compose file.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The settings in the compose file.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What cargo and this harness write: `target`, or `CARGO_TARGET_DIR`.
    #[must_use]
    pub fn target_folder(&self) -> PathBuf {
        target_folder(&self.root)
    }

    /// The names of its services.
    #[must_use]
    pub fn service_names(&self) -> BTreeSet<String> {
        self.services.keys().cloned().collect()
    }

    /// The dashboard on which operators watch the stack, if it has one.
    ///
    /// # Errors
    /// As [`Dashboard::read`].
    pub fn dashboard(&self) -> Result<Option<Dashboard>> {
        self.settings
            .dashboard
            .as_ref()
            .map(|path| Dashboard::read(&self.root.join(path)))
            .transpose()
    }

    /// What the harness keeps of this stack between runs: staged configuration, the lock, the
    /// journal.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        self.target_folder().join("stack").join(&self.name)
    }

    pub(super) fn services(&self) -> &BTreeMap<String, ComposeService> {
        &self.services
    }

    /// Whether the service is one that others wait for to end.
    pub(super) fn is_one_shot(&self, service: &str) -> bool {
        let ends = |other: &ComposeService| {
            other
                .depends_on
                .get(service)
                .is_some_and(|dependency| dependency.condition == "service_completed_successfully")
        };
        self.services.values().any(ends)
    }

    /// The committed files and folders that the stack mounts as they are, and those that its images
    /// are built from.
    pub(super) fn committed_sources(&self) -> BTreeSet<PathBuf> {
        let volumes = self.services.values().flat_map(|service| &service.volumes);
        let mounted = volumes
            .filter(|volume| volume.kind == "bind")
            .filter_map(|volume| volume.source.as_ref());
        let built_from = self
            .services
            .values()
            .filter_map(|service| Some(&service.build.as_ref()?.context));
        let staged = self.target_folder();
        let committed = mounted
            .chain(built_from)
            .filter(|source| source.starts_with(&self.root) && !source.starts_with(&staged));
        committed.cloned().collect()
    }

    /// What the image of the program is built by.
    pub(super) fn program_dockerfile(&self) -> PathBuf {
        self.root.join(&self.settings.program_image.dockerfile)
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    pub(super) fn compose_file(&self) -> PathBuf {
        self.root.join(COMPOSE_FILE)
    }

    /// Kafka tells its clients where to connect to, so this one port must be known before Docker
    /// could choose it: a free one, kept while the stack may be up.
    fn kafka_host_port(&self) -> Result<u16> {
        if let Some(port) = std::env::var("KAFKA_HOST_PORT")
            .ok()
            .and_then(|port| port.parse().ok())
        {
            return Ok(port);
        }
        let path = self.kafka_host_port_file();
        if let Some(port) = std::fs::read_to_string(&path)
            .ok()
            .and_then(|port| port.parse().ok())
        {
            return Ok(port);
        }
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        Ok(free
            .map_err(Error::file("find a free port on", "127.0.0.1"))?
            .port())
    }

    /// Takes over the port of a stack that another process has started since this project was
    /// opened.
    pub(super) fn adopt_kafka_host_port(&mut self) -> Result<()> {
        let port = self.kafka_host_port()?.to_string();
        self.variables.insert("KAFKA_HOST_PORT".to_owned(), port);
        Ok(())
    }

    /// Keeps the port for the next process that finds the stack up.
    pub(super) fn keep_kafka_host_port(&self) -> Result<()> {
        let path = self.kafka_host_port_file();
        let port = self
            .variables
            .get("KAFKA_HOST_PORT")
            .map_or("", String::as_str);
        std::fs::write(&path, port).map_err(Error::file("write", path))
    }

    pub(super) fn kafka_host_port_file(&self) -> PathBuf {
        self.state_folder().join("kafka_host_port")
    }

    pub(super) fn lock_file(&self) -> PathBuf {
        self.state_folder().join("lock")
    }

    /// There if the stack was started for as long as it is used.
    pub(super) fn removal_mark(&self) -> PathBuf {
        self.state_folder().join("remove_when_unused")
    }

    /// Where a Kafka client on this machine connects to.
    #[must_use]
    pub fn kafka_bootstrap(&self) -> String {
        format!(
            "127.0.0.1:{}",
            self.variables
                .get("KAFKA_HOST_PORT")
                .map_or("", String::as_str)
        )
    }

    pub(super) fn staged_prometheus(&self) -> PathBuf {
        self.state_folder().join("prometheus")
    }

    pub(super) fn staged_alertmanager(&self) -> PathBuf {
        self.state_folder().join("alertmanager")
    }

    pub(super) fn staged_program_image(&self) -> PathBuf {
        self.state_folder().join("program-image")
    }

    /// Runs `docker compose` on this project; see [`compose::run`].
    pub(super) async fn compose(
        &self,
        arguments: &[&str],
        attempted: &str,
        on_line: impl Fn(&str),
    ) -> Result<String> {
        compose::run(&self.root, &self.variables, arguments, attempted, on_line).await
    }
}

fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), |folder| root.join(folder))
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
