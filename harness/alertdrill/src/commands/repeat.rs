//! `alertdrill repeat`: the drills again and again, to see whether each verdict stays the same.

use std::path::Path;

use alertdrill_core::{Result, RunOutcome};
use alertdrill_progress::Progress;

use super::{Done, Selection, on_a_stack};
use crate::child::{ChildEnd, Children, Launch};
use crate::session::require_whole_drills;

/// Runs the selected drills of `project` so many `times` on one stack, each run to its end; gives
/// how each of them ended, and the worst outcome.
///
/// # Errors
/// As [`Selection::plan`] and [`on_a_stack`], or if only half of each drill would be watched.
pub fn repeat(
    project: &Path,
    programs: &Path,
    selection: Selection<'_>,
    times: u32,
    progress: &Progress,
) -> Result<Done> {
    require_whole_drills("alertdrill repeat")?;
    let drills = selection.launch(project)?;
    let mut endings = Vec::new();
    let outcome = on_a_stack(project, programs, progress, || {
        run_all(times, &drills, &mut Children::new()?, |ending| {
            progress.line(&ending);
            endings.push(ending);
        })
    })?;
    Ok(Done {
        text: endings.join("\n"),
        outcome,
    })
}

/// Tells how each run ended; gives the worst outcome. An interrupted run is the last one, and then
/// not all was tested.
fn run_all(
    times: u32,
    drills: &Launch,
    children: &mut Children,
    mut tell: impl FnMut(String),
) -> Result<RunOutcome> {
    let mut worst = RunOutcome::Passed;
    for run in 1..=times {
        let ended = children.run(drills)?;
        tell(format!("run {run} of {times}: {}", text_of(&ended)));
        worst = worst.max(ended.outcome());
        if children.are_interrupted() {
            return Ok(worst.max(RunOutcome::NotTested));
        }
    }
    Ok(worst)
}

fn text_of(ended: &ChildEnd) -> String {
    let how = match ended.status.code() {
        Some(code) => format!("exit code {code}"),
        None => ended.status.to_string(),
    };
    format!("{how}, {} s", ended.took.as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::fake_suite::FakeSuite;
    use super::*;

    /// The worst outcome of runs with these exit codes, and what was told.
    fn repeated(times: u32, exit_codes: &[u8]) -> (RunOutcome, Vec<String>) {
        let (suite, mut told) = (FakeSuite::ending_with(exit_codes), Vec::new());
        let mut children = Children::new().unwrap();
        let worst = run_all(times, &suite.launch(), &mut children, |ending| {
            told.push(ending);
        });
        assert_eq!(suite.runs(), usize::try_from(times).unwrap());
        (worst.unwrap(), told)
    }

    #[test]
    fn every_run_is_told_of_also_after_a_failed_one() {
        let (_, told) = repeated(3, &[0, 1, 2]);
        let wanted = [
            "run 1 of 3: exit code 0, 0 s",
            "run 2 of 3: exit code 1, 0 s",
            "run 3 of 3: exit code 2, 0 s",
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn runs_come_to_the_worst_of_them_whichever_that_is() {
        for (exit_codes, worst) in [
            ([0, 0, 0], RunOutcome::Passed),
            ([0, 2, 0], RunOutcome::NotTested),
            ([2, 101, 0], RunOutcome::Bug),
            ([1, 2, 101], RunOutcome::Failed),
            ([2, 1, 0], RunOutcome::Failed),
        ] {
            assert_eq!(repeated(3, &exit_codes).0, worst, "{exit_codes:?}");
        }
    }
}
