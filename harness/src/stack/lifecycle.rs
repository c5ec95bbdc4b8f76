//! From nothing to a running stack, and back.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::configuration::{self, Staged};
use super::containers::{ContainerState, Containers, Health};
use super::lock::StackLock;
use super::project::{Endpoint, Project};
use super::{files, images};
use crate::observe::{Alertmanager, NotificationSink, Prometheus};
use crate::progress::Progress;
use crate::{Error, Result};

/// How long the services may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(240);

/// A running stack, held by this process.
#[derive(Debug)]
pub struct Stack {
    project: Project,
    containers: Containers,
    start: StackStart,
    rules_file: PathBuf,
    rules_sha256: String,
    lock: StackLock,
}

/// How the stack came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackStart {
    /// It was up and current.
    Reused,
    /// This process started it, or brought it up to date.
    Started,
}

/// What a running stack was started from, to tell whether it is current.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    project_sha256: String,
    configuration_sha256: String,
}

impl Stack {
    /// Takes hold of the stack of `project`, and starts what does not run. A stack that is up and current is used as it is;
    /// one whose rules or routes changed is reloaded.
    ///
    /// A stack that this call started and that does not become healthy is taken down again.
    ///
    /// # Errors
    /// Each [`Error`] of a missing engine, image, port or healthy service.
    pub async fn up(project: Project, progress: &Progress, cancel: &CancellationToken) -> Result<Self> {
        let containers = Containers::connect(project.name()).await?;
        let lock = StackLock::acquire(&project.state_folder().join("lock"), progress, cancel).await?;
        let mut began_to_start = false;
        let start = tokio::select! {
            () = cancel.cancelled() => Err(Error::Interrupted),
            started = start(&project, &containers, progress, &mut began_to_start) => started,
        };
        match start {
            Ok((start, staged)) => {
                let Staged { rules_file, rules_sha256, .. } = staged;
                Ok(Self { project, containers, start, rules_file, rules_sha256, lock })
            }
            Err(error) => {
                if began_to_start && !keep_stack() {
                    remove(&project, &containers, progress).await?;
                }
                Err(error)
            }
        }
    }

    /// Removes the containers, networks and volumes of the stack.
    ///
    /// # Errors
    /// [`Error::Compose`].
    pub async fn down(self, progress: &Progress) -> Result<()> {
        remove(&self.project, &self.containers, progress).await?;
        drop(self.lock);
        Ok(())
    }

    /// The compose project.
    #[must_use]
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Its containers.
    #[must_use]
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// How it came to run.
    #[must_use]
    pub fn start(&self) -> StackStart {
        self.start
    }

    /// The rules file that it runs with, and the hash of its content.
    #[must_use]
    pub fn rules(&self) -> (&PathBuf, &str) {
        (&self.rules_file, &self.rules_sha256)
    }

    /// A client of its Prometheus.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn prometheus(&self) -> Result<Prometheus> {
        Ok(Prometheus::new(&address(&self.containers, &self.project.settings().prometheus).await?))
    }

    /// A client of its Alertmanager.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn alertmanager(&self) -> Result<Alertmanager> {
        Ok(Alertmanager::new(&address(&self.containers, &self.project.settings().alertmanager).await?))
    }

    /// A client of its notification sink.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn notification_sink(&self) -> Result<NotificationSink> {
        Ok(NotificationSink::new(&address(&self.containers, &self.project.settings().notification_sink).await?))
    }
}

/// Whether the user asked for the stack to be kept (`KEEP_STACK=1`).
pub(crate) fn keep_stack() -> bool {
    std::env::var_os("KEEP_STACK").is_some_and(|value| value != "0" && !value.is_empty())
}

/// Removes the stack of `project`, whoever started it.
///
/// # Errors
/// [`Error::Compose`], or [`Error::Interrupted`] while another run holds it.
pub(crate) async fn take_down(project: &Project, progress: &Progress, cancel: &CancellationToken) -> Result<()> {
    let _lock = StackLock::acquire(&project.state_folder().join("lock"), progress, cancel).await?;
    remove(project, &Containers::connect(project.name()).await?, progress).await
}

async fn remove(project: &Project, containers: &Containers, progress: &Progress) -> Result<()> {
    let step = progress.step("stack", "removing it");
    containers.remove_all().await?;
    // Volumes too: the next stack starts from nothing, as this one did.
    project.compose(&["down", "--volumes", "--remove-orphans"], "remove the stack", |_| ()).await?;
    for file in [fingerprint_file(project), project.kafka_host_port_file()] {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("remove", file)(error)),
            _ => {}
        }
    }
    step.done("removed");
    Ok(())
}

/// Sets `began_to_start` once there may be containers that a failure must not leave behind.
async fn start(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
    began_to_start: &mut bool,
) -> Result<(StackStart, Staged)> {
    let image_ids = images::build_stale(project, containers, progress).await?;
    let project_sha256 = project_sha256(project, &image_ids.into_values().collect::<Vec<_>>())?;
    let staged = configuration::stage(project).await?;
    let wanted = Fingerprint { project_sha256, configuration_sha256: staged.sha256.clone() };

    let running = if all_run(project, containers).await? { read_fingerprint(project) } else { None };
    if running.as_ref().is_some_and(|running| running.project_sha256 == wanted.project_sha256) {
        if running.as_ref() != Some(&wanted) {
            reload(project, containers, progress).await?;
            write_fingerprint(project, &wanted)?;
        }
        return Ok((StackStart::Reused, staged));
    }
    *began_to_start = true;
    if containers.exist().await? {
        // What is left of another start, or what is no longer current: a new stack starts from nothing.
        remove(project, containers, progress).await?;
    }
    project.keep_kafka_host_port()?;
    let began = Instant::now();
    let step = progress.step("stack", "starting its services");
    let arguments = ["up", "--detach", "--no-build", "--remove-orphans", "--quiet-pull"];
    if let Err(error) = project.compose(&arguments, "start the stack", |line| step.update(line)).await {
        return Err(explained(error, project, containers, began).await?);
    }
    wait_until_healthy(project, containers, began, &step).await?;
    step.done("all healthy");
    write_fingerprint(project, &wanted)?;
    Ok((StackStart::Started, staged))
}

fn port_taken(error: Error) -> Error {
    match error {
        Error::Compose { log, .. } if log.contains("port is already allocated") || log.contains("address already in use") => {
            let reason = log.lines().rev().find(|line| line.contains("already")).unwrap_or(&log).trim().to_owned();
            Error::PortTaken { reason }
        }
        other => other,
    }
}

/// `docker compose up` says that a dependency is unhealthy, but not why: the container's log does.
async fn explained(error: Error, project: &Project, containers: &Containers, began: Instant) -> Result<Error> {
    let error = port_taken(error);
    if !matches!(error, Error::Compose { .. }) {
        return Ok(error);
    }
    match containers.states().await?.into_iter().find(|state| is_broken(project, state)) {
        Some(culprit) => not_healthy(containers, culprit, began).await,
        None => Ok(error),
    }
}

/// A container that has ended when it should not, or that its healthcheck gave up on: no waiting brings it back.
fn is_broken(project: &Project, state: &ContainerState) -> bool {
    match state.exit_code {
        Some(code) => code != 0 || !project.is_one_shot(&state.service),
        None => state.status == "restarting" || state.health == Some(Health::Unhealthy),
    }
}

/// A service that is all that it can be: healthy, or done if it is one to be done.
fn is_ready(project: &Project, state: &ContainerState) -> bool {
    if project.is_one_shot(&state.service) {
        return state.exit_code == Some(0);
    }
    state.is_running() && matches!(state.health, None | Some(Health::Healthy))
}

async fn not_healthy(containers: &Containers, state: ContainerState, began: Instant) -> Result<Error> {
    let log = containers.last_log_lines(&state.service).await?;
    Ok(Error::NotHealthy { state: state.to_string(), service: state.service, waited: began.elapsed(), log })
}

async fn wait_until_healthy(
    project: &Project,
    containers: &Containers,
    began: Instant,
    step: &crate::progress::Step,
) -> Result<()> {
    loop {
        let states = containers.states().await?;
        let waiting: Vec<_> = states.into_iter().filter(|state| !is_ready(project, state)).collect();
        let Some(first) = waiting.first() else { return Ok(()) };
        let broken = waiting.iter().find(|state| is_broken(project, state));
        if began.elapsed() >= HEALTHY_WITHIN || broken.is_some() {
            return Err(not_healthy(containers, broken.unwrap_or(first).clone(), began).await?);
        }
        let names: Vec<_> = waiting.iter().map(|state| state.service.as_str()).collect();
        step.update(&format!("waiting for {}", names.join(", ")));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn all_run(project: &Project, containers: &Containers) -> Result<bool> {
    let states = containers.states().await?;
    Ok(project.services().keys().all(|service| {
        states.iter().any(|state| &state.service == service && (state.is_running() || project.is_one_shot(service)))
    }))
}

async fn reload(project: &Project, containers: &Containers, progress: &Progress) -> Result<()> {
    let step = progress.step("stack", "reloading changed rules and routes");
    let settings = project.settings();
    Alertmanager::new(&address(containers, &settings.alertmanager).await?).reload().await?;
    Prometheus::new(&address(containers, &settings.prometheus).await?).reload().await?;
    step.done("reloaded");
    Ok(())
}

async fn address(containers: &Containers, endpoint: &Endpoint) -> Result<String> {
    containers.address(&endpoint.service, endpoint.port).await
}

/// What, if it changes, needs containers to be made anew: the compose file and what it mounts, the images.
fn project_sha256(project: &Project, image_ids: &[String]) -> Result<String> {
    let mut hash = Sha256::new();
    files::hash_file(&mut hash, &project.compose_file())?;
    for id in image_ids {
        hash.update(id);
    }
    for source in project.mounted_sources() {
        hash.update(source.as_os_str().as_encoded_bytes());
        if source.is_dir() {
            files::hash_tree(&mut hash, &source)?;
        } else {
            files::hash_file(&mut hash, &source)?;
        }
    }
    Ok(files::finish_hash(hash))
}

fn fingerprint_file(project: &Project) -> PathBuf {
    project.state_folder().join("running.json")
}

fn read_fingerprint(project: &Project) -> Option<Fingerprint> {
    serde_json::from_slice(&std::fs::read(fingerprint_file(project)).ok()?).ok()
}

fn write_fingerprint(project: &Project, fingerprint: &Fingerprint) -> Result<()> {
    let path = fingerprint_file(project);
    let json = serde_json::to_vec(fingerprint)
        .map_err(|error| Error::BadDescription { what: path.display().to_string(), reason: error.to_string() })?;
    std::fs::write(&path, json).map_err(Error::file("write", path))
}
