//! `alertdrill plan` and `alertdrill run`: the drills, told or run.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use alertdrill_core::plan::{Outlook, Plan, plan_text};
use alertdrill_core::settings::DrillSource;
use alertdrill_core::{Error, Outcome, Result};
use libtest_mimic::Arguments;

use super::Done;
use crate::suite::Suite;
use crate::suite_program::{plan_of_program, suite_program};
use crate::written::Written;

/// Which drills: those of `file`, or of the suite's program, whose names contain `name` if there is
/// one.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// A file of drills; else those that the project's settings name.
    pub file: Option<&'a Path>,
    /// A part of their names.
    pub name: Option<&'a str>,
    /// Whether `name` is a whole name.
    pub exact: bool,
}

impl Selection<'_> {
    /// The selected drills of `project`.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::BadDescription`] if nothing says where drills are, and as
    /// [`suite_program`] and [`plan_of_program`].
    pub fn plan(&self, project: &Path) -> Result<Plan> {
        let plan = match self.source(project)? {
            Source::File(file) => read_plan(&file)?,
            Source::Program(program) => plan_of_program(&program)?,
        };
        Ok(match self.name {
            Some(name) => plan.only(name, self.exact),
            None => plan,
        })
    }

    fn source(&self, project: &Path) -> Result<Source> {
        if let Some(file) = self.file {
            return Ok(Source::File(file.to_owned()));
        }
        let Written { root, settings, .. } = Written::read(project)?;
        match settings.drills {
            Some(DrillSource::File(file)) => Ok(Source::File(root.join(file))),
            Some(DrillSource::CargoTest(suite)) => {
                Ok(Source::Program(suite_program(&root, &suite)?))
            }
            None => Err(Error::BadDescription {
                what: "the drills".to_owned(),
                reason: "neither --drills nor the setting `drills` says where they are".to_owned(),
            }),
        }
    }

    fn arguments(&self) -> Vec<&str> {
        self.name
            .into_iter()
            .chain(self.exact.then_some("--exact"))
            .collect()
    }
}

/// Where drills are.
enum Source {
    File(PathBuf),
    Program(PathBuf),
}

fn read_plan(file: &Path) -> Result<Plan> {
    let json = std::fs::read_to_string(file).map_err(Error::file("read the drills in", file))?;
    Plan::from_json(&json, &file.display().to_string())
}

/// What a run of the selected drills would do; as JSON, the drills themselves. It fails if one of them
/// cannot pass.
///
/// # Errors
/// As [`Selection::plan`], [`Written::read`] and [`Outlook::of`].
pub fn plan(project: &Path, selection: Selection<'_>, as_json: bool) -> Result<Done> {
    let plan = selection.plan(project)?;
    if as_json {
        return Ok(Done {
            text: plan.to_json()?,
            outcome: Outcome::Pass,
        });
    }
    let written = Written::read(project)?;
    let Written {
        settings,
        rules,
        routing,
        ..
    } = &written;
    let outlook = Outlook::of(&plan, settings, rules, routing)?;
    let outcome = if outlook.is_infeasible() {
        Outcome::Fail
    } else {
        Outcome::Pass
    };
    Ok(Done {
        text: plan_text(&outlook, written.rules_file_shown()),
        outcome,
    })
}

/// Runs the selected drills on the stack of `project`: those of a file here, those of a suite by its
/// program, which takes the place of this process.
///
/// # Errors
/// As [`Selection::plan`]; what the drills come to is in the exit code.
pub fn run(project: &Path, selection: Selection<'_>) -> Result<ExitCode> {
    match selection.source(project)? {
        Source::File(file) => {
            let program = std::env::current_exe();
            let program = program.map_err(Error::file("find the program of", "this process"))?;
            let words = ["alertdrill run"].into_iter().chain(selection.arguments());
            let suite = Suite::new(project)
                .built_program(program)
                .plan(read_plan(&file)?);
            Ok(suite.run(Arguments::from_iter(words)))
        }
        Source::Program(program) => {
            // What ends this process, a signal too, ends the drills, and their exit code is this one's.
            let failed = Command::new(&program).args(selection.arguments()).exec();
            Err(Error::file("start", program)(failed))
        }
    }
}
