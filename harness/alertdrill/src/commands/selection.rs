//! Which drills a command means, and where they come from.

use std::path::{Path, PathBuf};

use alertdrill_core::plan::Plan;
use alertdrill_core::settings::{Demand, DrillSource};
use alertdrill_core::{Error, Result};

use crate::child::Launch;
use crate::suite_program::{plan_of_program, suite_program};
use crate::written::Described;

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

/// Where drills are.
pub(super) enum Source {
    /// In the project's `alertdrill.yml`, which also says what they must prove together.
    ProjectFile(Plan, Demand),
    /// In a file of drills.
    File(PathBuf),
    /// In a suite's program.
    Program(PathBuf),
}

impl Selection<'_> {
    /// The selected drills of `project`.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::BadDescription`] if nothing says where drills are, and as
    /// [`suite_program`] and [`plan_of_program`].
    pub fn plan(&self, project: &Path) -> Result<Plan> {
        let plan = match self.source(project)? {
            Source::ProjectFile(plan, _) => plan,
            Source::File(file) => read_plan(&file)?,
            Source::Program(program) => plan_of_program(&program)?,
        };
        Ok(match self.name {
            Some(name) => plan.only(name, self.exact),
            None => plan,
        })
    }

    /// The program that runs the selected drills of `project`: the suite's own, or this one for
    /// those of a file.
    pub(super) fn launch(&self, project: &Path) -> Result<Launch> {
        let this_program = || {
            let program = std::env::current_exe();
            let program = program.map_err(Error::file("find the program of", "this process"))?;
            let launch = Launch::new(program).arguments([Path::new("--project"), project]);
            Ok::<_, Error>(launch.arguments(["run"]))
        };
        let launch = match self.source(project)? {
            Source::Program(program) => Launch::new(program),
            Source::ProjectFile(..) => this_program()?,
            Source::File(file) => this_program()?.arguments(["--drills"]).arguments([file]),
        };
        Ok(launch.arguments(self.arguments()))
    }

    pub(super) fn source(&self, project: &Path) -> Result<Source> {
        if let Some(file) = self.file {
            return Ok(Source::File(file.to_owned()));
        }
        let Described {
            root,
            settings,
            plan,
        } = Described::read(project)?;
        if let Some(plan) = plan {
            return Ok(Source::ProjectFile(plan, settings.coverage));
        }
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

    /// As a test program of libtest's contract reads them, and `alertdrill run` too.
    pub(super) fn arguments(&self) -> Vec<&str> {
        self.name
            .into_iter()
            .chain(self.exact.then_some("--exact"))
            .collect()
    }
}

pub(super) fn read_plan(file: &Path) -> Result<Plan> {
    let json = std::fs::read_to_string(file).map_err(Error::file("read the drills in", file))?;
    Plan::from_json(&json, &file.display().to_string())
}
