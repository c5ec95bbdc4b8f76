//! What the command line does.

mod coverage;
mod diff;
mod doctor;
mod explore;
#[cfg(test)]
mod fake_suite;
mod gate;
mod init;
mod mutate;
mod on_a_stack;
mod plan;
mod record;
mod repeat;
mod replay;
mod report;
mod run;
mod selection;
mod sink;
mod watch;

use std::path::{Path, PathBuf};

use alertdrill_core::{Result, RunOutcome};
use alertdrill_progress::Progress;
use alertdrill_target::compose::{Project, build_stale, take_down};
use alertdrill_target::{Journal, heal as heal_all};
use jiff::Timestamp;

use crate::async_runtime::runtime;
pub use crate::latest_run::{latest_run, newest_run};
use crate::servers::site_of;
use crate::session::Session;
use crate::signals::cancelled_by_signals;

pub use coverage::coverage;
pub use diff::{Diff, diff};
pub use doctor::{Doctor, doctor};
pub use explore::{Explore, explore};
pub use gate::gate;
pub use init::{Init, init};
pub use mutate::{Mutate, mutate};
pub use on_a_stack::on_a_stack;
pub use plan::plan;
pub use record::{Record, record};
pub use repeat::repeat;
pub use replay::{Replay, replay};
pub use report::report;
pub use run::run;
pub use selection::Selection;
pub use sink::sink;
pub use watch::{Watch, watch};

/// What a command came to.
#[derive(Clone, Debug)]
pub struct Done {
    /// What it found, for standard output; control sequences only for style.
    pub text: String,
    /// What that says of the alerts.
    pub outcome: RunOutcome,
}

/// The folder of the program that runs: cargo puts the programs of a workspace into one, those that
/// go into images too.
#[must_use]
pub fn programs() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().map(Path::to_owned).unwrap_or_default()
}

/// Starts the stack unless it runs, waits for its steady state, and leaves it running; gives a line
/// per published server.
///
/// # Errors
/// As [`Session::start`].
pub fn up(project: &Path, programs: &Path, progress: &Progress) -> Result<Vec<String>> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let session = Session::start(
            Project::open(project, programs).await?,
            Timestamp::now().into(),
            progress,
            &cancelled_by_signals()?,
        )
        .await?;
        let stack = session.stack();
        let settings = stack.project().settings();
        let mut lines = Vec::new();
        let others = [
            &settings.rule_engine,
            &settings.alertmanager,
            &settings.notification_sink,
        ];
        let others = others.into_iter().flatten();
        for endpoint in [&settings.prometheus].into_iter().chain(others) {
            let address = stack.containers().address_of(endpoint).await?;
            lines.push(format!("{}: http://{address}", endpoint.service));
        }
        session.keep()?;
        Ok(lines)
    })
}

/// Builds the images of the stack that are missing or out of date.
///
/// # Errors
/// [`Error::ImageBuild`], or a missing engine.
pub fn build_images(project: &Path, programs: &Path, progress: &Progress) -> Result<()> {
    runtime()?.block_on(async {
        let project = Project::open(project, programs).await?;
        let containers = project.containers().await?;
        build_stale(&project, &containers, progress).await.map(drop)
    })
}

/// Removes the stack, whoever started it, and those that a run had beside it.
///
/// # Errors
/// [`Error::Compose`], or a missing engine.
pub fn down(project: &Path, programs: &Path, progress: &Progress) -> Result<()> {
    runtime()?.block_on(async {
        let cancel = cancelled_by_signals()?;
        for stack in stacks_of(project, programs).await? {
            take_down(&stack, progress, &cancel).await?;
        }
        Ok(())
    })
}

/// The stack of `project`, and those that a run has had beside it.
async fn stacks_of(project: &Path, programs: &Path) -> Result<Vec<Project>> {
    let first = Project::open(project, programs).await?;
    let mut others = Vec::new();
    for number in first.further_stacks() {
        others.push(Project::open_stack(project, programs, number).await?);
    }
    Ok(std::iter::once(first).chain(others).collect())
}

/// Reverts every fault that a killed run left behind, on each of its stacks; gives a line per
/// fault.
///
/// # Errors
/// A fault that cannot be reverted.
pub fn heal(project: &Path, programs: &Path, progress: &Progress) -> Result<Vec<String>> {
    runtime()?.block_on(async {
        let mut healed = Vec::new();
        for stack in stacks_of(project, programs).await? {
            let containers = stack.containers().await?;
            let site = site_of(&stack, &containers);
            let journal = Journal::in_folder(&stack.state_folder());
            healed.extend(heal_all(&journal, &site, progress).await?);
        }
        Ok(if healed.is_empty() {
            vec!["nothing was left broken".to_owned()]
        } else {
            healed
        })
    })
}
