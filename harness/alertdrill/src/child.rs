//! Programs that run as children of this process, one after the other.
//!
//! A signal that ends a run must reach the drills, which then revert what they broke, and this
//! process must live long enough to tell how they ended. So it ends no child itself: it hands the
//! signal on and waits. On a terminal Ctrl-C reaches the child twice, once from the terminal; a
//! suite reacts to the first and ignores the second. A process group of the child's own would
//! prevent that, but then the child would outlive a parent that is killed with its group.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use alertdrill_core::{Error, Result, RunOutcome};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::runtime::Runtime;

use crate::signals::Signals;

/// A program with its arguments and variables of the environment, to be started any number of
/// times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

impl Launch {
    /// Of `program`, without arguments.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// The same with more arguments.
    #[must_use]
    pub fn arguments(mut self, more: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(more.into_iter().map(Into::into));
        self
    }

    /// The same with a variable that the program finds in its environment.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that starts it.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildEnd {
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
    /// How long it ran.
    pub took: Duration,
}

impl ChildEnd {
    /// What that says of the alerts, if it ran drills.
    #[must_use]
    pub fn outcome(&self) -> RunOutcome {
        RunOutcome::of_exit_code(self.status.code())
    }
}

/// Starts children and hands signals on to them.
#[derive(Debug)]
pub struct Children {
    runtime: Runtime,
    signals: Signals,
    interrupted: bool,
}

impl Children {
    /// From now on the signals that end a run no longer end this process: they go to the child that
    /// runs, or to the next one.
    ///
    /// # Errors
    /// [`Error::File`] if the process may not listen for signals.
    pub fn new() -> Result<Self> {
        let runtime =
            Runtime::new().map_err(Error::file("start the async runtime in", "this process"))?;
        let signals = runtime.block_on(async { Signals::listen() })?;
        Ok(Self {
            runtime,
            signals,
            interrupted: false,
        })
    }

    /// Whether a signal asked for the end: nothing more should be started.
    #[must_use]
    pub fn are_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Runs `launch` to its end.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be started.
    pub fn run(&mut self, launch: &Launch) -> Result<ChildEnd> {
        self.run_command(launch, launch.command())
    }

    /// Runs `launch` to its end, with all that it prints in the file `log`.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be started, or the file cannot be written.
    pub fn run_with_log(&mut self, launch: &Launch, log: &Path) -> Result<ChildEnd> {
        let failed = || Error::file("write", log);
        let printed = File::create(log).map_err(failed())?;
        let complaints = printed.try_clone().map_err(failed())?;
        let mut command = launch.command();
        command.stdin(Stdio::null());
        command.stdout(printed).stderr(complaints);
        self.run_command(launch, command)
    }

    fn run_command(&mut self, launch: &Launch, command: Command) -> Result<ChildEnd> {
        let (signals, interrupted) = (&mut self.signals, &mut self.interrupted);
        self.runtime.block_on(async {
            let began = Instant::now();
            let mut child = tokio::process::Command::from(command)
                .spawn()
                .map_err(Error::file("start", launch.program()))?;
            let status = loop {
                tokio::select! {
                    ended = child.wait() => {
                        break ended.map_err(Error::file("wait for", launch.program()))?;
                    }
                    signal = signals.next() => {
                        *interrupted = true;
                        send(signal, &child);
                    }
                }
            };
            Ok(ChildEnd {
                status,
                took: began.elapsed(),
            })
        })
    }
}

fn send(signal: Signal, child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(child) = id.and_then(Pid::from_raw) {
        // It fails only if the child has just ended, and then there is nothing to be told.
        let _ = kill_process(child, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn child_ends_with_its_own_exit_code_and_sees_its_variables() {
        let shell = Launch::new("sh").arguments(["-c", "exit $CODE"]);
        let mut children = Children::new().unwrap();
        for code in [0, 1, 2, 101] {
            let launch = shell.clone().variable("CODE", code.to_string());
            let ended = children.run(&launch).unwrap();
            assert_eq!(ended.status.code(), Some(code));
            assert_eq!(ended.outcome(), RunOutcome::of_exit_code(Some(code)));
        }
        assert!(!children.are_interrupted());
    }

    #[test]
    fn log_has_all_that_a_child_printed() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let launch = Launch::new("sh").arguments(["-c", "echo told; echo complained >&2"]);
        let mut children = Children::new().unwrap();
        children.run_with_log(&launch, &log).unwrap();
        let printed = std::fs::read_to_string(&log).unwrap();
        assert_eq!(printed, "told\ncomplained\n");
    }

    #[test]
    fn child_that_a_signal_ends_tested_nothing() {
        let launch = Launch::new("sh").arguments(["-c", "kill -KILL $$"]);
        let ended = Children::new().unwrap().run(&launch).unwrap();
        assert_eq!(ended.outcome(), RunOutcome::NotTested);
    }

    #[test]
    fn program_that_does_not_exist_is_named() {
        let launch = Launch::new("no-such-program");
        let error = Children::new().unwrap().run(&launch).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }
}
