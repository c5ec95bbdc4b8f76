//! Carries out a list of steps.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use alertdrill::child::{Children, Launch};
use alertdrill::suite_program::suite_program;
use alertdrill::{Progress, Result, RunOutcome};

use crate::steps::{Runs, SUITE, WorkStep};

/// What is done while the stack is up.
pub(crate) type Work<'a> = &'a mut dyn FnMut() -> Result<RunOutcome>;

/// Carries out steps, one after the other.
pub(crate) struct Worker<'a> {
    children: Children,
    progress: &'a Progress,
    root: PathBuf,
    took: Vec<(&'static str, Duration)>,
}

impl<'a> Worker<'a> {
    /// One that works in the current folder, `root`.
    pub(crate) fn new(root: &Path, progress: &'a Progress) -> Result<Self> {
        Ok(Self {
            children: Children::new()?,
            progress,
            root: root.to_owned(),
            took: Vec::new(),
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
        let without = steps.iter().take_while(|step| !step.needs_stack).count();
        let (without, with) = steps.split_at(without);
        let mut outcome = self.run_all(without);
        if matches!(outcome, Ok(RunOutcome::Passed)) && !with.is_empty() {
            outcome = on_a_stack(&mut || self.run_all(with));
        }
        self.tell_times(name, began.elapsed());
        outcome
    }

    fn run_all(&mut self, steps: &[WorkStep]) -> Result<RunOutcome> {
        for step in steps {
            let outcome = self.run(step)?;
            if outcome != RunOutcome::Passed {
                return Ok(outcome);
            }
            if self.children.are_interrupted() {
                return Ok(RunOutcome::NotTested);
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
        let ended = self.children.run(&launch)?;
        self.took.push((step.what, began.elapsed()));
        let outcome = step.outcome(ended.status);
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A step that ends with an exit code.
    fn step(what: &'static str, code: u8, needs_stack: bool) -> WorkStep {
        let shell = Launch::new("sh").arguments(["-c", &format!("exit {code}")]);
        WorkStep {
            what,
            runs: Runs::Program(shell),
            needs_stack,
        }
    }

    /// What the steps come to, and what was done, with `up` and `down` for the stack.
    fn carried_out(steps: &[WorkStep]) -> (RunOutcome, Vec<&'static str>) {
        let progress = Progress::default();
        let stack = RefCell::new(Vec::new());
        let mut worker = Worker::new(Path::new("."), &progress).unwrap();
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
        let without = [step("a", 0, false), step("b", 0, false)];
        assert_eq!(carried_out(&without), (RunOutcome::Passed, vec!["a", "b"]));
        let with = [step("a", 0, false), step("b", 0, true)];
        let done = vec!["a", "b", "up", "down"];
        assert_eq!(carried_out(&with), (RunOutcome::Passed, done));
    }

    #[test]
    fn first_step_that_fails_is_the_last_one_and_the_stack_is_taken_down() {
        let early = [step("a", 1, false), step("b", 0, true)];
        assert_eq!(carried_out(&early), (RunOutcome::Bug, vec!["a"]));
        let late = [step("a", 0, false), step("b", 3, true), step("c", 0, true)];
        let done = vec!["a", "b", "up", "down"];
        assert_eq!(carried_out(&late), (RunOutcome::Bug, done));
    }

    #[test]
    fn program_that_is_missing_is_an_error_that_names_it() {
        let missing = WorkStep {
            runs: Runs::Program(Launch::new("no-such-program")),
            ..step("a", 0, false)
        };
        let progress = Progress::default();
        let mut worker = Worker::new(Path::new("."), &progress).unwrap();
        let error = worker.carry_out("test", &[missing], |work| work());
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
    }
}
