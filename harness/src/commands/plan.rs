//! `alertdrill plan` and `alertdrill run`: the drills, told or run.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;

use super::Done;
use crate::drill::Outcome;
use crate::plan::{Outlook, Plan, Written, plan_of_program, plan_text, suite_program};
use crate::suite::Suite;
use crate::{Error, Result};

/// Which drills: those of `file`, or of the suite's program, whose names contain `name` if there is
/// one.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// A file of drills; else those of the suite that cargo builds.
    pub file: Option<&'a Path>,
    /// A part of their names.
    pub name: Option<&'a str>,
    /// Whether `name` is a whole name.
    pub exact: bool,
}

impl Selection<'_> {
    /// The selected drills of the workspace in `root`.
    ///
    /// # Errors
    /// As [`Plan::read`], [`suite_program`] and [`plan_of_program`].
    pub fn plan(&self, root: &Path) -> Result<Plan> {
        let plan = match self.file {
            Some(file) => Plan::read(file)?,
            None => plan_of_program(&suite_program(root)?)?,
        };
        Ok(match self.name {
            Some(name) => plan.only(name, self.exact),
            None => plan,
        })
    }

    fn arguments(&self) -> Vec<&str> {
        self.name
            .into_iter()
            .chain(self.exact.then_some("--exact"))
            .collect()
    }
}

/// What a run of the selected drills would do; as JSON, the drills themselves. It fails if one of
/// them cannot pass.
///
/// # Errors
/// As [`Selection::plan`], [`Written::read`] and [`Outlook::of`].
pub fn plan(root: &Path, selection: Selection<'_>, as_json: bool) -> Result<Done> {
    let plan = selection.plan(root)?;
    if as_json {
        return Ok(Done {
            text: plan.to_json()?,
            outcome: Outcome::Pass,
        });
    }
    let written = Written::read(root)?;
    let outlook = Outlook::of(&plan, &written)?;
    let rules_file = written
        .rules_file
        .strip_prefix(root)
        .unwrap_or(&written.rules_file);
    let outcome = if outlook.is_hopeless() {
        Outcome::Fail
    } else {
        Outcome::Pass
    };
    Ok(Done {
        text: plan_text(&outlook, rules_file),
        outcome,
    })
}

/// Runs the selected drills on the stack of the project in `root`: those of a file here, those of
/// the suite by its program, which takes the place of this process.
///
/// # Errors
/// As [`Selection::plan`]; what the drills come to is in the exit code.
pub fn run(root: &Path, selection: Selection<'_>) -> Result<ExitCode> {
    if selection.file.is_some() {
        let program =
            std::env::current_exe().map_err(Error::file("find the program of", "this process"))?;
        let plan = Selection {
            name: None,
            ..selection
        }
        .plan(root)?;
        let arguments =
            Arguments::from_iter(["alertdrill run"].into_iter().chain(selection.arguments()));
        return Ok(Suite::new(root, program).plan(plan).run(arguments));
    }
    let program = suite_program(root)?;
    // What ends this process, a signal too, ends the drills, and their exit code is this one's.
    let failed = Command::new(&program).args(selection.arguments()).exec();
    Err(Error::file("start", program)(failed))
}
