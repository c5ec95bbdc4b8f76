//! `alertdrill gate`: the drills before a release.

use std::path::Path;

use alertdrill_core::{Result, RunOutcome};
use alertdrill_progress::Progress;
use alertdrill_target::compose::{Project, failed_rule_tests};

use super::{Selection, plan};
use crate::async_runtime::runtime;
use crate::child::{Children, Launch};
use crate::session::require_whole_drills;

/// Runs the selected drills of `project`. A failed alert is known, and blocks at once. What could
/// not be tested says nothing about the alerts, and is tried once more, unless somebody
/// interrupted it.
///
/// First comes what takes seconds: can each drill pass by the rules and routes as they are written,
/// do the servers' own tools take the files, do the unit tests of the rules pass? What fails there
/// is known as well.
///
/// # Errors
/// As [`Selection::plan`], if only half of each drill would be watched, or if a server refuses a
/// file.
pub fn gate(
    project: &Path,
    programs: &Path,
    selection: Selection<'_>,
    progress: &Progress,
) -> Result<RunOutcome> {
    require_whole_drills("alertdrill gate")?;
    let planned = plan(project, selection, false)?;
    if planned.outcome != RunOutcome::Passed {
        progress.line(&planned.text);
        return Ok(planned.outcome);
    }
    let failed = static_failures(project, programs)?;
    if !failed.is_empty() {
        for said in &failed {
            progress.line(said);
        }
        return Ok(RunOutcome::Failed);
    }
    pass(&selection.launch(project)?, &mut Children::new()?, progress)
}

/// What the unit tests of the rules say, once the servers' own tools take the files.
fn static_failures(project: &Path, programs: &Path) -> Result<Vec<String>> {
    runtime()?.block_on(async {
        let project = Project::open(project, programs).await?;
        failed_rule_tests(&project).await
    })
}

fn pass(drills: &Launch, children: &mut Children, progress: &Progress) -> Result<RunOutcome> {
    let outcome = children.run(drills)?.outcome();
    if outcome != RunOutcome::NotTested || children.are_interrupted() {
        return Ok(outcome);
    }
    progress.line("could not be tested: trying once more");
    Ok(children.run(drills)?.outcome())
}

#[cfg(test)]
mod tests {
    use super::super::fake_suite::FakeSuite;
    use super::*;

    #[test]
    fn gate_tries_once_more_what_could_not_be_tested_and_never_an_alert_that_failed() {
        for (exit_codes, outcome, runs) in [
            (&[0][..], RunOutcome::Passed, 1),
            (&[1, 0], RunOutcome::Failed, 1),
            (&[101, 0], RunOutcome::Bug, 1),
            (&[2, 0], RunOutcome::Passed, 2),
            (&[2, 1], RunOutcome::Failed, 2),
            (&[2, 2, 0], RunOutcome::NotTested, 2),
        ] {
            let suite = FakeSuite::ending_with(exit_codes);
            let mut children = Children::new().unwrap();
            let passed = pass(&suite.launch(), &mut children, &Progress::default());
            assert_eq!(passed.unwrap(), outcome, "{exit_codes:?}");
            assert_eq!(suite.runs(), runs, "{exit_codes:?}");
        }
    }
}
