//! From nothing to a running stack, and back.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::settings::Endpoint;
use alertdrill_core::{Error, Health, Result, ServiceState, Target as _};
use alertdrill_progress::{Progress, Step};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::configuration::{self, Configuration};
use super::containers::Containers;
use super::lock::{self, StackLock};
use super::project::Project;
use super::{files, images};
use crate::journal::Journal;

/// How long the services may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(240);

/// Has the servers at these addresses load their files anew, and waits until they have: handed in by
/// those who know the servers.
pub type Reload = fn(ServerAddresses) -> BoxFuture<'static, Result<()>>;

/// Where the servers are (host and port) that load rules and routes.
#[derive(Clone, Debug)]
pub struct ServerAddresses {
    /// Prometheus.
    pub prometheus: String,
    /// Alertmanager.
    pub alertmanager: String,
}

/// A running stack, held by this process.
#[derive(Debug)]
pub struct Stack {
    project: Project,
    containers: Containers,
    start: StackStart,
    configuration: Configuration,
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
        reload: Reload,
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
                project.adopt_free_ports().await?;
                let configuration = configuration::asked_for(&project)?;
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
                start = start.max(
                    start_or_take_down(&project, &containers, reload, progress, cancel).await?,
                );
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
    /// [`Error::File`], [`Error::BadDescription`] if the project mounts its files as they are, or
    /// [`Error::NoAnswer`] if the servers refuse the candidate.
    pub async fn load(&self, candidate: Candidate<'_>, reload: Reload) -> Result<()> {
        let staged = [
            (configuration::staged_rules(&self.project), candidate.rules),
            (
                configuration::staged_routes(&self.project),
                candidate.alertmanager,
            ),
        ];
        for (path, text) in staged {
            let path = path.ok_or_else(|| Error::BadDescription {
                what: "a candidate's rules and routes".to_owned(),
                reason: "the project mounts its own as they are (`staged_by` in its settings)"
                    .to_owned(),
            })?;
            std::fs::write(&path, text).map_err(Error::file("write", path))?;
        }
        if let Some(running) = read_fingerprint(&self.project) {
            let configuration_sha256 = "a candidate".to_owned();
            write_fingerprint(
                &self.project,
                &Fingerprint {
                    configuration_sha256,
                    ..running
                },
            )?;
        }
        reload(servers(&self.project, &self.containers).await?).await
    }

    /// The address of a server of the stack, on this machine.
    ///
    /// # Errors
    /// As [`Containers::address`].
    pub async fn address(&self, endpoint: &Endpoint) -> Result<String> {
        address(&self.containers, endpoint).await
    }
}

async fn servers(project: &Project, containers: &Containers) -> Result<ServerAddresses> {
    let settings = project.settings();
    Ok(ServerAddresses {
        prometheus: address(containers, &settings.prometheus).await?,
        alertmanager: address(containers, &settings.alertmanager).await?,
    })
}

/// Removes the stack of `project` if it was started for as long as it is used, and nobody uses it
/// any more.
///
/// # Errors
/// [`Error::Compose`].
pub async fn remove_if_unused(project: &Project, progress: &Progress) -> Result<()> {
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
async fn is_current(
    project: &Project,
    containers: &Containers,
    wanted: &Configuration,
) -> Result<bool> {
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
    reload: Reload,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<StackStart> {
    let mut began_to_start = false;
    let started = tokio::select! {
        () = cancel.cancelled() => Err(Error::Interrupted),
        started = start(project, containers, reload, progress, &mut began_to_start) => started,
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
#[must_use]
pub fn keep_stack() -> bool {
    std::env::var_os("KEEP_STACK").is_some_and(|value| value != "0" && !value.is_empty())
}

/// Removes the stack of `project`, whoever started it.
///
/// # Errors
/// [`Error::Compose`], or [`Error::Interrupted`] while another run holds it.
pub async fn take_down(
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
    let own = [fingerprint_file(project), project.removal_mark()];
    for file in project.port_files().chain(own) {
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
    reload: Reload,
    progress: &Progress,
    began_to_start: &mut bool,
) -> Result<StackStart> {
    let image_ids = images::build_stale(project, containers, progress)
        .await?
        .into_values()
        .collect();
    let configuration = configuration::asked_for(project)?;
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
            let step = progress.step("stack", "reloading changed rules and routes");
            reload(servers(project, containers).await?).await?;
            step.done("reloaded");
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
    project.keep_free_ports()?;
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
fn is_broken(project: &Project, state: &ServiceState) -> bool {
    match state.exit_code {
        Some(code) => code != 0 || !project.is_one_shot(&state.service),
        None => state.is_restarting() || state.health == Some(Health::Unhealthy),
    }
}

/// A service that is all that it can be: healthy, or done if it is one to be done.
fn is_ready(project: &Project, state: &ServiceState) -> bool {
    if project.is_one_shot(&state.service) {
        return state.exit_code == Some(0);
    }
    state.is_running() && matches!(state.health, None | Some(Health::Healthy))
}

async fn not_healthy(
    containers: &Containers,
    state: ServiceState,
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
    step: &Step,
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
    files::hash_file(&mut hash, project.compose_file())?;
    if let Some((image, program)) = project.program_image() {
        files::hash_file(&mut hash, &program)?;
        files::hash_file(&mut hash, &project.root().join(&image.dockerfile))?;
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
