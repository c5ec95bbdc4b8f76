//! Carries out a list of steps.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alertdrill::child::{Children, Launch};
use alertdrill::suite_program::suite_program;
use alertdrill::target::compose::target_folder;
use alertdrill::{Error, Progress, Result, RunOutcome};

use crate::steps::{Runs, SUITE, When, WorkStep};

/// What is done while the stack is up.
pub(crate) type Work<'a> = &'a mut dyn FnMut() -> Result<RunOutcome>;

/// Carries out steps: some first, then those on the stack and those beside it at once.
pub(crate) struct Worker<'a> {
    children: Children,
    progress: &'a Progress,
    root: PathBuf,
    /// Where the output of steps goes that are carried out beside others; else it is shown as it
    /// comes.
    logs: Option<PathBuf>,
    took: Vec<(&'static str, Duration)>,
}

impl<'a> Worker<'a> {
    /// One that works in the current folder, `root`.
    pub(crate) fn new(root: &Path, progress: &'a Progress) -> Result<Self> {
        Ok(Self {
            children: Children::new()?,
            progress,
            root: root.to_owned(),
            logs: None,
            took: Vec::new(),
        })
    }

    /// One that works beside another one, with what its steps print in files of `logs`.
    fn beside(&self, logs: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&logs).map_err(Error::file("make the folder", &logs))?;
        Ok(Self {
            logs: Some(logs),
            ..Self::new(&self.root, self.progress)?
        })
    }

    /// Carries out the `steps` up to the first one that fails, those that need the stack by
    /// `on_a_stack`. Says at the end how long each took, and all of them, as the work `name`.
    pub(crate) fn carry_out(
        &mut self,
        name: &str,
        steps: &[WorkStep],
        on_a_stack: impl FnOnce(Work<'_>) -> Result<RunOutcome>,
    ) -> Result<RunOutcome> {
        let began = Instant::now();
        let mut outcome = self.run_all(of(steps, When::First), &AtomicBool::new(false));
        if matches!(outcome, Ok(RunOutcome::Passed)) {
            outcome = self.carry_out_beside_a_stack(name, steps, on_a_stack);
        }
        self.tell_times(name, began.elapsed());
        outcome
    }

    /// Carries out those of the `steps` that need the stack, and the others beside them.
    fn carry_out_beside_a_stack(
        &mut self,
        name: &str,
        steps: &[WorkStep],
        on_a_stack: impl FnOnce(Work<'_>) -> Result<RunOutcome>,
    ) -> Result<RunOutcome> {
        let ended = &AtomicBool::new(false);
        if of(steps, When::OnTheStack).next().is_none() {
            return self.run_all(of(steps, When::BesideTheStack), ended);
        }
        let mut beside = self.beside(target_folder(&self.root).join(name))?;
        let (on_it, beside_it) = std::thread::scope(|scope| {
            let thread = scope.spawn(|| beside.run_all(of(steps, When::BesideTheStack), ended));
            let on_it = on_a_stack(&mut || self.run_all(of(steps, When::OnTheStack), ended));
            // A stack that does not come up ends the work, too.
            end_unless_passed(&on_it, ended);
            // What panics in a thread panics here, too.
            let beside_it = thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            (on_it, beside_it)
        });
        self.took.append(&mut beside.took);
        Ok(on_it?.max(beside_it?))
    }

    /// Carries out `steps` up to the first one that fails here or beside it: then all is `ended`.
    fn run_all<'s>(
        &mut self,
        steps: impl Iterator<Item = &'s WorkStep>,
        ended: &AtomicBool,
    ) -> Result<RunOutcome> {
        for step in steps {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            let mut outcome = self.run(step);
            if matches!(outcome, Ok(RunOutcome::Passed)) && self.children.are_interrupted() {
                outcome = Ok(RunOutcome::NotTested);
            }
            if end_unless_passed(&outcome, ended) {
                return outcome;
            }
        }
        Ok(RunOutcome::Passed)
    }

    fn run(&mut self, step: &WorkStep) -> Result<RunOutcome> {
        self.progress.line(&format!("==> {}", step.what));
        let began = Instant::now();
        let launch = match &step.runs {
            Runs::Program(launch) => launch.clone(),
            Runs::Drills => Launch::new(suite_program(&self.root, SUITE)?),
        };
        let log_name = step.what.replace([' ', ','], "-") + ".log";
        let log = self.logs.as_ref().map(|logs| logs.join(log_name));
        let ended = match &log {
            Some(log) => self.children.run_with_log(&launch, log)?,
            None => self.children.run(&launch)?,
        };
        self.took.push((step.what, began.elapsed()));
        let outcome = step.outcome(ended.status);
        if let Some(log) = log {
            let printed = std::fs::read(&log).map_err(Error::file("read", &log))?;
            let printed = String::from_utf8_lossy(&printed);
            let what = step.what;
            self.progress
                .line(&format!("==> {what} printed:\n{printed}==> end of {what}"));
        }
        if outcome != RunOutcome::Passed {
            let (what, status) = (step.what, ended.status);
            self.progress.line(&format!("==> {what}: {status}"));
        }
        Ok(outcome)
    }

    fn tell_times(&self, name: &str, all: Duration) {
        for (what, took) in &self.took {
            self.progress.line(&format!("{what}: {} s", took.as_secs()));
        }
        let (minutes, seconds) = (all.as_secs() / 60, all.as_secs() % 60);
        let line = format!("==> {name} took {minutes} min {seconds} s");
        self.progress.line(&line);
    }
}

fn of(steps: &[WorkStep], when: When) -> impl Iterator<Item = &WorkStep> {
    steps.iter().filter(move |step| step.when == when)
}

/// Has all work end if `outcome` is not that all passed; tells whether that is so.
fn end_unless_passed(outcome: &Result<RunOutcome>, ended: &AtomicBool) -> bool {
    let ends = !matches!(outcome, Ok(RunOutcome::Passed));
    ended.fetch_or(ends, Ordering::Relaxed);
    ends
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A step that ends with an exit code.
    fn step(what: &'static str, code: u8, when: When) -> WorkStep {
        shell(what, &format!("echo said by {what}; exit {code}"), when)
    }

    fn shell(what: &'static str, script: &str, when: When) -> WorkStep {
        WorkStep {
            what,
            runs: Runs::Program(Launch::new("sh").arguments(["-c", script])),
            when,
        }
    }

    /// What the steps come to, and what was done, with `up` and `down` for the stack.
    fn carried_out(steps: &[WorkStep]) -> (RunOutcome, Vec<&'static str>) {
        let (progress, folder) = (Progress::default(), tempfile::tempdir().unwrap());
        let stack = RefCell::new(Vec::new());
        let mut worker = Worker::new(folder.path(), &progress).unwrap();
        let outcome = worker.carry_out("test", steps, |work| {
            stack.borrow_mut().push("up");
            let outcome = work();
            stack.borrow_mut().push("down");
            outcome
        });
        let mut done: Vec<_> = worker.took.iter().map(|(what, _)| *what).collect();
        done.extend(stack.into_inner());
        (outcome.unwrap(), done)
    }

    #[test]
    fn stack_is_up_only_for_the_steps_that_need_it() {
        let without = [
            step("a", 0, When::First),
            step("b", 0, When::BesideTheStack),
        ];
        assert_eq!(carried_out(&without), (RunOutcome::Passed, vec!["a", "b"]));
        let with = [step("a", 0, When::First), step("b", 0, When::OnTheStack)];
        let done = vec!["a", "b", "up", "down"];
        assert_eq!(carried_out(&with), (RunOutcome::Passed, done));
    }

    #[test]
    fn first_step_that_fails_is_the_last_one_and_the_stack_is_taken_down() {
        let early = [step("a", 1, When::First), step("b", 0, When::OnTheStack)];
        assert_eq!(carried_out(&early), (RunOutcome::Bug, vec!["a"]));
        let late = [
            step("a", 0, When::First),
            step("b", 3, When::OnTheStack),
            step("c", 0, When::OnTheStack),
        ];
        let done = vec!["a", "b", "up", "down"];
        assert_eq!(carried_out(&late), (RunOutcome::Bug, done));
    }

    #[test]
    fn steps_on_the_stack_and_those_beside_it_go_on_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, theirs) = (folder.path().join("mine"), folder.path().join("theirs"));
        // Each waits for the other, for 10 s at most.
        let meets = |mine: &Path, theirs: &Path| {
            let (mine, theirs) = (mine.display(), theirs.display());
            format!(
                "touch {mine}; for i in $(seq 100); do [ -e {theirs} ] && exit 0; sleep 0.1; done; \
                 exit 1"
            )
        };
        let steps = [
            shell("beside", &meets(&mine, &theirs), When::BesideTheStack),
            shell("on it", &meets(&theirs, &mine), When::OnTheStack),
        ];
        assert_eq!(carried_out(&steps).0, RunOutcome::Passed);
    }

    #[test]
    fn failure_beside_the_stack_fails_the_work_and_nothing_more_is_begun() {
        let steps = [
            step("beside", 1, When::BesideTheStack),
            step("beside, too", 0, When::BesideTheStack),
            shell("on it", "sleep 1", When::OnTheStack),
            step("on it, too", 0, When::OnTheStack),
        ];
        let done = vec!["on it", "beside", "up", "down"];
        assert_eq!(carried_out(&steps), (RunOutcome::Bug, done));
    }

    #[test]
    fn stack_that_does_not_come_up_ends_the_work_beside_it() {
        let (progress, folder) = (Progress::default(), tempfile::tempdir().unwrap());
        let mut worker = Worker::new(folder.path(), &progress).unwrap();
        let begun = folder.path().join("begun");
        let script = format!("touch {}; sleep 1", begun.display());
        let steps = [
            shell("beside", &script, When::BesideTheStack),
            step("beside, too", 0, When::BesideTheStack),
            step("on it", 0, When::OnTheStack),
        ];
        let outcome = worker.carry_out("test", &steps, |_| {
            while !begun.exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(Error::Interrupted)
        });
        assert!(matches!(outcome, Err(Error::Interrupted)), "{outcome:?}");
        let done: Vec<_> = worker.took.iter().map(|(what, _)| *what).collect();
        assert_eq!(done, ["beside"]);
    }

    #[test]
    fn program_that_is_missing_is_an_error_that_names_it() {
        let missing = WorkStep {
            runs: Runs::Program(Launch::new("no-such-program")),
            ..step("a", 0, When::First)
        };
        let progress = Progress::default();
        let mut worker = Worker::new(Path::new("."), &progress).unwrap();
        let error = worker.carry_out("test", &[missing], |work| work());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
