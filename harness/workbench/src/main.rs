//! What the developers of this repository run beside `alertdrill` itself: its checks, its tests,
//! its measurements. Each is a list of steps ([`steps`]); `./drill` gets what they need on the
//! machine.

mod engines;
mod steps;
mod worker;

use std::path::Path;
use std::process::ExitCode;

use alertdrill::session::require_whole_drills;
use alertdrill::suite_program::suite_program;
use alertdrill::{Error, Progress, Result, RunOutcome, bug, commands};
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, ValueEnum};

use steps::{SUITE, WorkStep};
use worker::Worker;

/// Carries out the steps of one piece of work, in the root of the repository, up to the first that
/// fails.
#[derive(Debug, Parser)]
#[command(after_help = "\
Exit codes:
  0    every step passed
  1    an alert failed its drill
  2    could not be tested
  101  a check failed: a defect of this repository

Environment:
  KEEP_STACK=1  keep the stack that was started for the steps")]
struct WorkbenchArguments {
    /// What to do.
    work: Work,
    /// Of `engines`: only drills whose name contains one of these.
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Work {
    /// What of `test` needs no stack: a pull request is held against it.
    Check,
    /// Every check and test that CI runs.
    Test,
    /// What a run costs and how true it is: printed, and as `target/bench/latest.json`.
    Bench,
    /// What the web shop's drills come to on each rule engine: printed, and as
    /// `target/engines/latest.json`.
    Engines,
    /// Whether each wrong rule set, route and configuration of `tests/rule_sets` is caught, and
    /// each right one passes.
    Truth,
    /// What `test` kills and spoils, far more often.
    Torture,
}

impl Work {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn steps(self, root: &Path) -> Vec<WorkStep> {
        match self {
            Self::Check => steps::check(root),
            Self::Test => steps::test(root),
            Self::Bench => steps::bench(),
            Self::Engines => Vec::new(),
            Self::Truth => steps::truth(),
            Self::Torture => steps::torture(),
        }
    }
}

fn main() -> ExitCode {
    bug::explain_panics();
    let WorkbenchArguments { work, names } = WorkbenchArguments::parse();
    if work != Work::Engines && !names.is_empty() {
        let reason = format!("`{}` takes no names of drills", work.name());
        let error = WorkbenchArguments::command().error(ErrorKind::UnknownArgument, reason);
        error.exit();
    }
    let progress = Progress::default();
    let outcome = carry_out(work, &names, &progress).unwrap_or_else(|error| {
        progress.line(&format!("error: {}", error.explained()));
        RunOutcome::NotTested
    });
    ExitCode::from(outcome.exit_code())
}

fn carry_out(work: Work, names: &[String], progress: &Progress) -> Result<RunOutcome> {
    if work != Work::Check {
        require_whole_drills(&work.name())?;
    }
    let root = std::env::current_dir()
        .map_err(Error::file("find the current folder of", "this process"))?;
    if work == Work::Engines {
        return engines::compare(&root, names, progress);
    }
    let mut worker = Worker::new(&root, progress)?;
    worker.carry_out(&work.name(), &work.steps(&root), |on_it| {
        // Its build makes the stack's own program, which the steps before may have made otherwise.
        suite_program(&root, SUITE)?;
        commands::on_a_stack(&root, &commands::programs(), progress, on_it)
    })
}
