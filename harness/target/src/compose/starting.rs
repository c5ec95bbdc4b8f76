//! The start of a stack: from its images to healthy services.

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::containers::Containers;
use super::fingerprint::{Fingerprint, files_sha256};
use super::health::{all_run, explained, wait_until_healthy};
use super::project::{Layout, Project};
use super::reload::{Reload, ServerAddresses};
use super::removal::{keep_stack, remove};
use super::{images, staging};

/// How the stack came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StackStart {
    /// It was up and current.
    Reused,
    /// This process started it, or brought it up to date.
    Started,
}

/// Starts the stack, reloads its rules and routes, or leaves it as it is, whatever is needed to
/// make it current. The caller has it alone.
///
/// A stack that this call started and that does not become healthy is taken down again.
pub(super) async fn start_or_take_down(
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

/// Sets `began_to_start` once there may be containers that a failure must not leave behind.
async fn start(
    project: &Project,
    containers: &Containers,
    reload: Reload,
    progress: &Progress,
    began_to_start: &mut bool,
) -> Result<StackStart> {
    if project.is_attached() {
        return Err(not_running(project, containers.exist().await?));
    }
    let images = images::build_stale(project, containers, progress).await?;
    let configuration = staging::asked_for(project)?;
    staging::stage(project, &configuration).await?;
    let wanted = Fingerprint {
        files_sha256: files_sha256(project)?,
        image_ids: images.into_values().collect(),
        configuration_sha256: configuration.sha256.clone(),
    };
    if all_run(project, containers).await?
        && let Some(running) = Fingerprint::read(project)
        && running.has_containers_of(&wanted)
        && (running == wanted || matches!(project.layout(), Layout::Folders))
    {
        if running != wanted {
            let step = progress.step("stack", "reloading changed rules and routes");
            reload(ServerAddresses::of(project, containers).await?).await?;
            step.done("reloaded");
            wanted.write(project)?;
        }
        return Ok(StackStart::Reused);
    }
    *began_to_start = true;
    if containers.exist().await? {
        // These are left of another start, or are no longer current: a new stack starts from
        // nothing.
        remove(project, containers, progress).await?;
    }
    for note in project.notes() {
        progress.line(&format!("stack: {note}"));
    }
    staging::make_copies(project, &configuration)?;
    start_anew(project, containers, progress).await?;
    wanted.write(project)?;
    Ok(StackStart::Started)
}

/// That a project which is to be attached to does not run.
fn not_running(project: &Project, is_there: bool) -> Error {
    let why = if is_there {
        "its services do not all run"
    } else {
        "no container of a project of that name is there (`docker compose ls` lists those that run)"
    };
    Error::Refused {
        attempted: format!("attach to the running project {}", project.name()),
        reason: format!(
            "{why}, and alertdrill does not start what it attaches to; start it, or leave out \
             `attach` in alertdrill.yml: then a copy of it is started"
        ),
    }
}

async fn start_anew(project: &Project, containers: &Containers, progress: &Progress) -> Result<()> {
    if !keep_stack() {
        let mark = project.removal_mark();
        std::fs::write(&mark, "").map_err(Error::file("write", mark))?;
    }
    project.keep_free_ports()?;
    let began = Instant::now();
    let step = progress.step("stack", "starting its services");
    let up = ["up", "--detach", "--no-build", "--remove-orphans"];
    let arguments = [&up[..], &["--quiet-pull"]].concat();
    let on_line = |line: &str| step.update(line);
    let started = project
        .compose(&arguments, "start the stack", on_line)
        .await;
    if let Err(error) = started {
        return Err(explained(error, project, containers, began).await?);
    }
    wait_until_healthy(project, containers, began, &step).await?;
    step.done("all healthy");
    Ok(())
}
