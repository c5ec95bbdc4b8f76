//! The end of a stack: nothing of it is left.

use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;
use tokio_util::sync::CancellationToken;

use super::containers::Containers;
use super::fingerprint::Fingerprint;
use super::lock::StackLock;
use super::project::Project;
use crate::journal::Journal;

/// Whether the user asked for the stack to be kept (`KEEP_STACK=1`).
#[must_use]
pub fn keep_stack() -> bool {
    std::env::var_os("KEEP_STACK").is_some_and(|value| value != "0" && !value.is_empty())
}

/// Removes the stack of `project` if it was started to be removed after its last use, and nobody
/// uses it any more.
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
        let containers = project.containers().await?;
        remove(project, &containers, progress).await?;
    }
    Ok(())
}

fn goes_with_its_last_user(project: &Project) -> bool {
    project.removal_mark().exists() && !keep_stack()
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
    if project.is_attached() {
        return Err(Error::Refused {
            attempted: format!("remove the running project {}", project.name()),
            reason: "alertdrill was attached to it and did not start it; end it as you started it"
                .to_owned(),
        });
    }
    let _lock = StackLock::alone(&project.lock_file(), progress, cancel).await?;
    let containers = project.containers().await?;
    remove(project, &containers, progress).await
}

/// Removes the stack; the caller has it alone.
pub(super) async fn remove(
    project: &Project,
    containers: &Containers,
    progress: &Progress,
) -> Result<()> {
    let step = progress.step("stack", "removing it");
    containers.remove_all().await?;
    // Volumes too: the next stack starts from nothing, as this one did.
    let down = ["down", "--volumes", "--remove-orphans"];
    project.compose(&down, "remove the stack", |_| ()).await?;
    let own = [Fingerprint::file(project), project.removal_mark()];
    for file in project.port_files().chain(own) {
        remove_file(&file)?;
    }
    // What was broken is gone with it.
    Journal::in_folder(&project.state_folder()).forget()?;
    step.done("removed");
    Ok(())
}

/// Removes a file if it is there.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}
