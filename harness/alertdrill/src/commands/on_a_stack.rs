//! Work that needs the stack: it is started before and removed afterwards.

use std::path::Path;

use alertdrill_core::{Result, RunOutcome};
use alertdrill_progress::Progress;
use alertdrill_target::compose::{Containers, Project, keep_stack};

use super::{down, runtime, up};

/// Does `work` with the stack of `project` in steady state. Afterwards the stack is removed, unless
/// it was there before or `KEEP_STACK` is set.
///
/// # Errors
/// As [`up`] and `work`. If only the removal fails, that is told, and ranks as not tested: it must
/// not hide an alert that failed.
pub fn on_a_stack(
    project: &Path,
    programs: &Path,
    progress: &Progress,
    work: impl FnOnce() -> Result<RunOutcome>,
) -> Result<RunOutcome> {
    let was_there = is_there(project, programs)?;
    up(project, programs, progress)?;
    let outcome = work();
    if was_there || keep_stack() {
        return outcome;
    }
    match down(project, programs, progress) {
        Ok(()) => outcome,
        Err(error) => {
            progress.line(&format!("error: {}", error.explained()));
            Ok(outcome?.max(RunOutcome::NotTested))
        }
    }
}

fn is_there(project: &Path, programs: &Path) -> Result<bool> {
    runtime()?.block_on(async {
        let project = Project::open(project, programs).await?;
        Containers::connect(project.name()).await?.exist().await
    })
}
