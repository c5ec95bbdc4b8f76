//! Work that needs the stack: it is started before and removed afterwards; and the Prometheus of
//! one that runs.

use std::path::Path;

use alertdrill_core::{Error, Result, RunOutcome};
use alertdrill_engine::Prometheus;
use alertdrill_progress::Progress;
use alertdrill_target::compose::{Project, keep_stack};

use super::{down, up};
use crate::async_runtime::runtime;

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
    after_removal(outcome, down(project, programs, progress), progress)
}

fn after_removal(
    outcome: Result<RunOutcome>,
    removal: Result<()>,
    progress: &Progress,
) -> Result<RunOutcome> {
    let Err(error) = removal else {
        return outcome;
    };
    progress.line(&format!("error: {}", error.explained()));
    Ok(outcome?.max(RunOutcome::NotTested))
}

fn is_there(project: &Path, programs: &Path) -> Result<bool> {
    runtime()?.block_on(async {
        let project = Project::open(project, programs).await?;
        project.containers().await?.exist().await
    })
}

/// The Prometheus of the stack, if there is a stack that runs, and a way to see whether one does.
/// A VictoriaMetrics in its place is none: it has loaded no rules.
pub(super) async fn prometheus_of_the_stack(
    project: &Path,
    programs: &Path,
) -> Result<Option<Prometheus>> {
    let address = async {
        let project = Project::open(project, programs).await?;
        if project.settings().rule_engine.is_some() {
            return Ok(None);
        }
        let endpoint = &project.settings().prometheus;
        let containers = project.containers().await?;
        containers.address_of(endpoint).await.map(Some)
    };
    match address.await {
        Ok(address) => Ok(address.map(|address| Prometheus::new(&address))),
        Err(
            Error::NoCompose { .. }
            | Error::NoEngine { .. }
            | Error::EngineRefuses { .. }
            | Error::NoSuchService { .. },
        ) => Ok(None),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use alertdrill_core::Error;

    use super::*;

    #[test]
    fn stack_that_cannot_be_removed_is_no_success_and_hides_no_alert_that_failed() {
        for (outcome, left) in [
            (RunOutcome::Passed, RunOutcome::NotTested),
            (RunOutcome::NotTested, RunOutcome::NotTested),
            (RunOutcome::Failed, RunOutcome::Failed),
        ] {
            let removal = Err(Error::Interrupted);
            let after = after_removal(Ok(outcome), removal, &Progress::default());
            assert_eq!(after.unwrap(), left);
            let after = after_removal(Ok(outcome), Ok(()), &Progress::default());
            assert_eq!(after.unwrap(), outcome);
        }
    }
}
