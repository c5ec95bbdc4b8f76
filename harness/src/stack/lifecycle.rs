//! From nothing to a running stack, and back.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::configuration::{self, Wanted};
use super::containers::{ContainerState, Containers, Health};
use super::lock::{self, StackLock};
use super::project::{Endpoint, Project, Settings};
use super::{files, images};
use crate::drill::UtcInstant;
use crate::fault::{Journal, Site};
use crate::observe::{Alertmanager, Grafana, Locate, NotificationSink, Prometheus};
use crate::progress::Progress;
use crate::{Error, Result};

/// How long the services may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(240);

/// How long the first evaluation of reloaded rules may take: longer than any group's interval.
const EVALUATED_WITHIN: Duration = Duration::from_secs(90);

/// A running stack, held by this process.
#[derive(Debug)]
pub struct Stack {
    project: Project,
    containers: Containers,
    start: StackStart,
    configuration: Wanted,
    lock: StackLock,
}

/// Rules and routes to be loaded in place of the committed ones.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The rules file's text.
    pub rules: &'a str,
    /// The text of Alertmanager's configuration.
    pub alertmanager: &'a str,
}

/// How the stack came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StackStart {
    /// It was up and current.
    Reused,
    /// This process started it, or brought it up to date.
    Started,
}

/// What a running stack was started from, to tell whether it is current.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    /// The compose file, what it mounts, what its images are built from.
    files_sha256: String,
    /// The images that are built here.
    image_ids: Vec<String>,
    /// Rules and routes.
    configuration_sha256: String,
}

impl Stack {
    /// Takes hold of the stack of `project`, and starts what does not run. A stack that is up and
    /// current is used as it is, together with others; one whose rules or routes changed is
    /// reloaded when nobody else uses it.
    ///
    /// A stack that this call started and that does not become healthy is taken down again.
    ///
    /// # Errors
    /// Each [`Error`] of a missing engine, image, port or healthy service.
    pub async fn up(
        mut project: Project,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let containers = Containers::connect(project.name()).await?;
        let path = project.lock_file();
        let mut start = StackStart::Reused;
        let mut waiting = None;
        loop {
            // Whoever waits looks again whether the stack has become what it wants: another process
            // may be starting it.
            if let Some(lock) = StackLock::try_shared(&path)? {
                project.adopt_kafka_host_port()?;
                let configuration = configuration::wanted(&project)?;
                if is_current(&project, &containers, &configuration).await? {
                    return Ok(Self {
                        project,
                        containers,
                        start,
                        configuration,
                        lock,
                    });
                }
            }
            if let Some(alone) = StackLock::try_alone(&path)? {
                start =
                    start.max(start_or_take_down(&project, &containers, progress, cancel).await?);
                // In between somebody else may have it alone, and change or remove it: so all is
                // looked at again.
                drop(alone);
                continue;
            }
            let holder = StackLock::holder(&path)?;
            let step = waiting.get_or_insert_with(|| {
                progress.step(
                    "stack",
                    format!(
                        "another run starts it or uses it as it is ({holder}); waiting for that"
                    ),
                )
            });
            step.update("still waiting");
            lock::pause(cancel).await?;
        }
    }

    /// Lets go of the stack. Whoever is the last to do so removes it, if it was started for as long
    /// as it is used.
    ///
    /// # Errors
    /// [`Error::Compose`].
    pub async fn leave(self, progress: &Progress) -> Result<()> {
        drop(self.lock);
        remove_if_unused(&self.project, progress).await
    }

    /// The same hold once more, for another process.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn hold(&self) -> Result<std::fs::File> {
        self.lock.duplicate()
    }

    /// Lets go of the stack and leaves it running, whoever started it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn keep(self) -> Result<()> {
        remove_file(&self.project.removal_mark())
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
        (
            &self.configuration.rules_file,
            &self.configuration.rules_sha256,
        )
    }

    /// Has Prometheus and Alertmanager load a candidate in place of what they run with, without a
    /// restart. The next start finds that out, and loads the committed ones again.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::NoAnswer`] if they refuse it.
    pub async fn load(&self, candidate: Candidate<'_>) -> Result<()> {
        let Settings {
            rules_file,
            prometheus,
            alertmanager,
            ..
        } = self.project.settings();
        let write = |path: PathBuf, text: &str| {
            std::fs::write(&path, text).map_err(Error::file("write", path))
        };
        write(
            self.project.staged_prometheus().join(rules_file),
            candidate.rules,
        )?;
        write(
            self.project.staged_alertmanager().join("alertmanager.yml"),
            candidate.alertmanager,
        )?;
        if let Some(running) = read_fingerprint(&self.project) {
            write_fingerprint(
                &self.project,
                &Fingerprint {
                    configuration_sha256: "a candidate".to_owned(),
                    ..running
                },
            )?;
        }
        Alertmanager::new(&address(&self.containers, alertmanager).await?)
            .reload()
            .await?;
        reload_rules(&Prometheus::new(
            &address(&self.containers, prometheus).await?,
        ))
        .await
    }

    /// What faults are aimed at.
    #[must_use]
    pub fn site(&self) -> Site {
        Site {
            containers: self.containers.clone(),
            kafka_bootstrap: Some(self.project.kafka_bootstrap()),
        }
    }

    /// A client of its Prometheus.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn prometheus(&self) -> Result<Prometheus> {
        let endpoint = &self.project.settings().prometheus;
        Ok(Prometheus::new(&address(&self.containers, endpoint).await?)
            .found_by(self.locate(endpoint)))
    }

    /// A client of its Alertmanager.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn alertmanager(&self) -> Result<Alertmanager> {
        let endpoint = &self.project.settings().alertmanager;
        Ok(
            Alertmanager::new(&address(&self.containers, endpoint).await?)
                .found_by(self.locate(endpoint)),
        )
    }

    /// A client of its notification sink.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn notification_sink(&self) -> Result<NotificationSink> {
        let endpoint = &self.project.settings().notification_sink;
        Ok(
            NotificationSink::new(&address(&self.containers, endpoint).await?)
                .found_by(self.locate(endpoint)),
        )
    }

    /// A client of its Grafana, if that runs.
    ///
    /// # Errors
    /// [`Error::Docker`].
    pub async fn grafana(&self) -> Result<Option<Grafana>> {
        let Some(endpoint) = &self.project.settings().grafana else {
            return Ok(None);
        };
        match address(&self.containers, endpoint).await {
            Ok(address) => Ok(Some(Grafana::new(&address))),
            Err(Error::NoSuchService { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    fn locate(&self, endpoint: &Endpoint) -> Locate {
        let (containers, endpoint) = (self.containers.clone(), endpoint.clone());
        Arc::new(move || {
            let (containers, endpoint) = (containers.clone(), endpoint.clone());
            async move { address(&containers, &endpoint).await }.boxed()
        })
    }
}

/// Removes the stack of `project` if it was started for as long as it is used, and nobody uses it
/// any more.
///
/// # Errors
/// [`Error::Compose`].
pub(crate) async fn remove_if_unused(project: &Project, progress: &Progress) -> Result<()> {
    if !goes_with_its_last_user(project) {
        return Ok(());
    }
    if let Some(_alone) = StackLock::try_alone(&project.lock_file())?
        && goes_with_its_last_user(project)
    {
        remove(
            project,
            &Containers::connect(project.name()).await?,
            progress,
        )
        .await?;
    }
    Ok(())
}

/// Whether the stack runs with this project's files, images, rules and routes as they are now.
async fn is_current(project: &Project, containers: &Containers, wanted: &Wanted) -> Result<bool> {
    let Some(running) = read_fingerprint(project) else {
        return Ok(false);
    };
    let same = running.configuration_sha256 == wanted.sha256
        && running.files_sha256 == files_sha256(project)?;
    Ok(same && all_run(project, containers).await?)
}

async fn start_or_take_down(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<StackStart> {
    let mut began_to_start = false;
    let started = tokio::select! {
        () = cancel.cancelled() => Err(Error::Interrupted),
        started = start(project, containers, progress, &mut began_to_start) => started,
    };
    if started.is_err() && began_to_start && !keep_stack() {
        remove(project, containers, progress).await?;
    }
    started
}

fn goes_with_its_last_user(project: &Project) -> bool {
    project.removal_mark().exists() && !keep_stack()
}

/// Whether the user asked for the stack to be kept (`KEEP_STACK=1`).
pub(crate) fn keep_stack() -> bool {
    std::env::var_os("KEEP_STACK").is_some_and(|value| value != "0" && !value.is_empty())
}

/// Removes the stack of `project`, whoever started it.
///
/// # Errors
/// [`Error::Compose`], or [`Error::Interrupted`] while another run holds it.
pub(crate) async fn take_down(
    project: &Project,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<()> {
    let _lock = StackLock::alone(&project.lock_file(), progress, cancel).await?;
    remove(
        project,
        &Containers::connect(project.name()).await?,
        progress,
    )
    .await
}

async fn remove(project: &Project, containers: &Containers, progress: &Progress) -> Result<()> {
    let step = progress.step("stack", "removing it");
    containers.remove_all().await?;
    // Volumes too: the next stack starts from nothing, as this one did.
    project
        .compose(
            &["down", "--volumes", "--remove-orphans"],
            "remove the stack",
            |_| (),
        )
        .await?;
    for file in [
        fingerprint_file(project),
        project.kafka_host_port_file(),
        project.removal_mark(),
    ] {
        remove_file(&file)?;
    }
    // What was broken is gone with it.
    Journal::in_folder(&project.state_folder()).forget()?;
    step.done("removed");
    Ok(())
}

fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// Sets `began_to_start` once there may be containers that a failure must not leave behind.
async fn start(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
    began_to_start: &mut bool,
) -> Result<StackStart> {
    let image_ids = images::build_stale(project, containers, progress)
        .await?
        .into_values()
        .collect();
    let configuration = configuration::wanted(project)?;
    configuration::stage(project, &configuration).await?;
    let wanted = Fingerprint {
        files_sha256: files_sha256(project)?,
        image_ids,
        configuration_sha256: configuration.sha256,
    };

    let running = if all_run(project, containers).await? {
        read_fingerprint(project)
    } else {
        None
    };
    if let Some(running) = running
        && (&running.files_sha256, &running.image_ids) == (&wanted.files_sha256, &wanted.image_ids)
    {
        if running != wanted {
            reload(project, containers, progress).await?;
            write_fingerprint(project, &wanted)?;
        }
        return Ok(StackStart::Reused);
    }
    *began_to_start = true;
    if containers.exist().await? {
        // What is left of another start, or what is no longer current: a new stack starts from
        // nothing.
        remove(project, containers, progress).await?;
    }
    if !keep_stack() {
        let mark = project.removal_mark();
        std::fs::write(&mark, "").map_err(Error::file("write", mark))?;
    }
    project.keep_kafka_host_port()?;
    let began = Instant::now();
    let step = progress.step("stack", "starting its services");
    let arguments = [
        "up",
        "--detach",
        "--no-build",
        "--remove-orphans",
        "--quiet-pull",
    ];
    if let Err(error) = project
        .compose(&arguments, "start the stack", |line| step.update(line))
        .await
    {
        return Err(explained(error, project, containers, began).await?);
    }
    wait_until_healthy(project, containers, began, &step).await?;
    step.done("all healthy");
    write_fingerprint(project, &wanted)?;
    Ok(StackStart::Started)
}

fn port_taken(error: Error) -> Error {
    match error {
        Error::Compose { log, .. }
            if log.contains("port is already allocated")
                || log.contains("address already in use") =>
        {
            let reason = log
                .lines()
                .rev()
                .find(|line| line.contains("already"))
                .unwrap_or(&log)
                .trim()
                .to_owned();
            Error::PortTaken { reason }
        }
        other => other,
    }
}

/// `docker compose up` says that a dependency is unhealthy, but not why: the container's log does.
async fn explained(
    error: Error,
    project: &Project,
    containers: &Containers,
    began: Instant,
) -> Result<Error> {
    let error = port_taken(error);
    if !matches!(error, Error::Compose { .. }) {
        return Ok(error);
    }
    match containers
        .states()
        .await?
        .into_iter()
        .find(|state| is_broken(project, state))
    {
        Some(culprit) => not_healthy(containers, culprit, began).await,
        None => Ok(error),
    }
}

/// A container that has ended when it should not, or that its healthcheck gave up on: no waiting
/// brings it back.
fn is_broken(project: &Project, state: &ContainerState) -> bool {
    match state.exit_code {
        Some(code) => code != 0 || !project.is_one_shot(&state.service),
        None => state.is_restarting() || state.health == Some(Health::Unhealthy),
    }
}

/// A service that is all that it can be: healthy, or done if it is one to be done.
fn is_ready(project: &Project, state: &ContainerState) -> bool {
    if project.is_one_shot(&state.service) {
        return state.exit_code == Some(0);
    }
    state.is_running() && matches!(state.health, None | Some(Health::Healthy))
}

async fn not_healthy(
    containers: &Containers,
    state: ContainerState,
    began: Instant,
) -> Result<Error> {
    let log = containers.last_log_lines(&state.service).await?;
    Ok(Error::NotHealthy {
        state: state.to_string(),
        service: state.service,
        waited: began.elapsed(),
        log,
    })
}

async fn wait_until_healthy(
    project: &Project,
    containers: &Containers,
    began: Instant,
    step: &crate::progress::Step,
) -> Result<()> {
    loop {
        let states = containers.states().await?;
        let waiting: Vec<_> = states
            .into_iter()
            .filter(|state| !is_ready(project, state))
            .collect();
        let Some(first) = waiting.first() else {
            return Ok(());
        };
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
    let running = containers.running().await?;
    Ok(project
        .services()
        .keys()
        .all(|service| running.contains(service) || project.is_one_shot(service)))
}

async fn reload(project: &Project, containers: &Containers, progress: &Progress) -> Result<()> {
    let step = progress.step("stack", "reloading changed rules and routes");
    let settings = project.settings();
    Alertmanager::new(&address(containers, &settings.alertmanager).await?)
        .reload()
        .await?;
    reload_rules(&Prometheus::new(
        &address(containers, &settings.prometheus).await?,
    ))
    .await?;
    step.done("reloaded");
    Ok(())
}

/// Until then what fires says nothing of the new rules.
async fn reload_rules(prometheus: &Prometheus) -> Result<()> {
    let since = UtcInstant::from(Timestamp::now());
    prometheus.reload().await?;
    let began = Instant::now();
    loop {
        let waiting: Vec<_> = prometheus
            .evaluated_until()
            .await?
            .into_iter()
            .filter(|(_, until)| *until < since)
            .collect();
        let Some((alert, until)) = waiting.into_iter().next() else {
            return Ok(());
        };
        if began.elapsed() >= EVALUATED_WITHIN {
            let awaited = format!("the first evaluation of {alert} after the reload");
            return Err(Error::TimedOut {
                awaited,
                last_seen: format!("its last one at {until}"),
                waited: began.elapsed(),
            });
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn address(containers: &Containers, endpoint: &Endpoint) -> Result<String> {
    containers.address(&endpoint.service, endpoint.port).await
}

/// What, if it changes, needs containers to be made anew: the compose file and what it mounts, the
/// images' names and what they are built from.
fn files_sha256(project: &Project) -> Result<String> {
    let mut hash = Sha256::new();
    for image in project
        .services()
        .values()
        .filter_map(|service| service.image.as_ref())
    {
        hash.update(image);
        hash.update([0]);
    }
    for source in [
        project.compose_file(),
        project.program().to_owned(),
        project.program_dockerfile(),
    ] {
        files::hash_file(&mut hash, &source)?;
    }
    for source in project.committed_sources() {
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
    let json = serde_json::to_vec(fingerprint).map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })?;
    std::fs::write(&path, json).map_err(Error::file("write", path))
}
