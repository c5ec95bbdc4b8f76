//! Keeps a stack for as long as a run of many processes lasts.
//!
//! Under nextest each drill is a process. The first process starts the stack. Neither its end nor a
//! moment at which no drill runs may remove the stack. So the first process leaves a keeper behind:
//! a process that holds the stack until nextest itself has ended, and then removes it if nobody
//! else uses it. The keeper inherits the lock of the first process as its standard input, so both
//! hold it.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;
use alertdrill_target::compose::{Project, remove_if_unused};
use alertdrill_target::process::is_alive;

/// This variable makes a process a keeper. Its value is the number of the process whose end the
/// keeper waits for.
const KEEPER: &str = "ALERTDRILL_KEEPER";
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The process whose end this one waits for, if it is a keeper.
pub(crate) fn kept_for() -> Option<u32> {
    std::env::var(KEEPER).ok()?.parse().ok()
}

/// Whether each drill runs in its own process.
pub(crate) fn is_one_process_of_many() -> bool {
    std::env::var("NEXTEST_EXECUTION_MODE").is_ok_and(|mode| mode == "process-per-test")
}

/// Whether nextest has tried this test before.
pub(crate) fn is_another_attempt() -> bool {
    std::env::var("NEXTEST_ATTEMPT").is_ok_and(|attempt| attempt != "1")
}

/// Starts a keeper, which outlives this process, and gives it `hold`.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn start(hold: File) -> Result<()> {
    let this = std::env::current_exe();
    let this = this.map_err(Error::file("find the program of", "this process"))?;
    let mut command = Command::new(&this);
    command.env(KEEPER, std::os::unix::process::parent_id().to_string());
    command.stdin(Stdio::from(hold)).process_group(0);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let started = command.spawn().map(drop);
    started.map_err(Error::file("start a keeper of the stack from", this))
}

/// Waits for the end of `parent`, then removes the stack of `project` if nobody else uses it.
///
/// # Errors
/// As [`remove_if_unused`].
pub(crate) async fn keep(parent: u32, project: &Path, programs: &Path) -> Result<()> {
    while is_alive(parent) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let project = Project::open(project, programs).await?;
    let failed = || Error::file("release", "the stack's lock");
    let inherited = std::io::stdin().as_fd().try_clone_to_owned();
    let hold = File::from(inherited.map_err(failed())?);
    hold.unlock().map_err(failed())?;
    remove_if_unused(&project, &Progress::default()).await
}
