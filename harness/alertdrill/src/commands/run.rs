//! `alertdrill run`: the drills, once.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::ExitCode;

use alertdrill_core::{Error, Result};
use libtest_mimic::Arguments;

use super::selection::{Selection, Source, read_plan};
use crate::child::Launch;
use crate::suite::Suite;
use crate::written::Described;

/// Runs the selected drills on the stack of `project`: those of a file here, those of a suite by
/// its program, which takes the place of this process. `options` are options of a test program, as
/// `cargo test` takes them after `--`.
///
/// # Errors
/// As [`Selection::plan`]; what the drills come to is in the exit code.
pub fn run(project: &Path, selection: Selection<'_>, options: &[String]) -> Result<ExitCode> {
    let options = options.iter().map(String::as_str);
    let arguments = selection.arguments().into_iter().chain(options);
    let (plan, demand) = match selection.source(project)? {
        Source::ProjectFile(plan, demand) => (plan, demand),
        Source::File(file) => {
            let demand = Described::read(project)?.settings.coverage;
            (read_plan(&file)?, demand)
        }
        Source::Program(program) => {
            // A signal to this process is then one to the drills, and their exit code is this
            // one's.
            let launch = Launch::new(&program).arguments(arguments);
            let failed = launch.command().exec();
            return Err(Error::file("start", program)(failed));
        }
    };
    let program = std::env::current_exe();
    let program = program.map_err(Error::file("find the program of", "this process"))?;
    let suite = Suite::new(project);
    let suite = suite.built_program(program).plan(plan).demand(demand);
    let words = ["alertdrill run"].into_iter().chain(arguments);
    Ok(suite.run(Arguments::from_iter(words)))
}
