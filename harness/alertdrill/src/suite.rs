//! Drills as tests: the contract of libtest, so that `cargo test` and nextest run them.

mod held_back;
mod stacks;
mod unended;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alertdrill_core::plan::{Plan, duration_of};
use alertdrill_core::settings::Demand;
use alertdrill_core::{
    Drill, DrillRecord, Error, Outcome, Result, RunOutcome, TermDecision, UtcInstant, Verdict,
    Waiver, WatchedUntil, judge,
};
use alertdrill_progress::Progress;
use alertdrill_report::{
    Report, RunFolder, drill_line, end_table, failure_text, measured_lines, undecided,
    undecided_text,
};
use alertdrill_target::WaitingLine;
use alertdrill_target::compose::Project;
use jiff::Timestamp;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::job::Job;
use crate::session::{Session, only_one_is_cut_short, watch_until};
use crate::signals::cancelled_by_signals;
use crate::suite_program::PRINT_DRILLS;
use crate::{bug, keeper};
use held_back::HeldBack;
use stacks::{OwnStack, Running, SessionState, stacks_for};
use unended::Unended;

/// A set of drills on a stack, or on several.
#[derive(Debug)]
pub struct Suite {
    project: PathBuf,
    programs: PathBuf,
    plan: Plan,
    demand: Demand,
}

/// The test that every loaded rule is drilled: a rule that nobody has seen fire proves nothing.
const COVERAGE: &str = "every_loaded_rule_is_drilled_or_waived";
/// The test that every term of the rules decides in some drill. It waits for the last drill, and
/// says nothing unless all drills run in this process.
const TERMS: &str = "every_term_of_a_rule_decides_in_a_drill";

impl Suite {
    /// A suite on `project`: its compose file, or the folder of that.
    #[must_use]
    pub fn new(project: impl Into<PathBuf>) -> Self {
        let (project, programs) = (project.into(), PathBuf::new());
        Self {
            project,
            programs,
            plan: Plan::default(),
            demand: Demand::default(),
        }
    }

    /// The same suite, whose drills must prove that together; else each term of each rule.
    #[must_use]
    pub fn demand(self, demand: Demand) -> Self {
        Self { demand, ..self }
    }

    /// The same suite, of whose stack `program` goes into an image; all such programs lie in its
    /// folder.
    #[must_use]
    pub fn built_program(mut self, program: impl AsRef<Path>) -> Self {
        self.programs = program
            .as_ref()
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        self
    }

    /// The same suite with more drills.
    #[must_use]
    pub fn drills(mut self, drills: impl IntoIterator<Item = Drill>) -> Self {
        self.plan.drills.extend(drills);
        self
    }

    /// The same suite with the drills and waivers of `plan` too.
    #[must_use]
    pub fn plan(mut self, plan: Plan) -> Self {
        self.plan.drills.extend(plan.drills);
        self.plan.waivers.extend(plan.waivers);
        self
    }

    /// The same suite, which excuses `what` from being proven: a rule or an instance, as
    /// `alertdrill coverage` names it.
    #[must_use]
    pub fn waive(mut self, what: &str, reason: &str) -> Self {
        self.plan.waivers.push(Waiver {
            rule: what.to_owned(),
            reason: reason.to_owned(),
        });
        self
    }

    /// Runs what the command line asks for, as libtest would: the `main` of a test without a
    /// harness.
    ///
    /// The stack is started when the first drill needs it, and removed at the end if this process
    /// started it and `KEEP_STACK` is not set. Exit codes: [`Outcome::exit_code`].
    ///
    /// Asked by [`PRINT_DRILLS`], it prints its drills as JSON and does nothing else.
    #[must_use]
    pub fn main(self) -> ExitCode {
        if let Some(parent) = keeper::kept_for() {
            return self.keep_stack(parent);
        }
        if std::env::args().skip(1).eq([PRINT_DRILLS]) {
            return self.print_drills();
        }
        self.run(Arguments::from_args())
    }

    /// As [`Suite::main`], by `arguments` instead of the command line.
    #[must_use]
    pub fn run(self, mut arguments: Arguments) -> ExitCode {
        let started_at = Timestamp::now().into();
        bug::explain_panics();
        // Drills wait most of their time, and their leases keep them from disturbing each other.
        arguments.test_threads = arguments.test_threads.or(Some(self.plan.drills.len() + 1));
        let all = &self.plan.drills;
        let mut drills: Vec<_> = all
            .iter()
            .map(|drill| (duration_of(drill, all), drill.clone()))
            .collect();
        drills.sort_by_key(|(duration, _)| std::cmp::Reverse(*duration));
        let is_selected = |name: &str| {
            let nothing = Trial::test(name.to_owned(), || Ok(()));
            !arguments.is_filtered_out(&nothing)
        };
        let names = drills.iter().map(|(_, drill)| drill.name.clone());
        let in_order: Vec<_> = names.filter(|name| is_selected(name)).collect();
        let selected = if keeper::is_one_process_of_many() {
            drills.len()
        } else {
            in_order.len()
        };
        let of_this_process = drills.iter().filter(|(_, drill)| is_selected(&drill.name));
        let of_this_process = of_this_process.map(|(_, drill)| drill.clone());
        let stacks = stacks_for(&self.project, of_this_process.collect());
        let run = match stacks.and_then(|stacks| Run::new(self, started_at, stacks)) {
            Ok(run) => Arc::new(run),
            Err(error) => return could_not_be_tested(&Progress::default(), &error),
        };
        // Of many processes, none knows how far the others are.
        if !arguments.list && !keeper::is_one_process_of_many() {
            run.progress.will_run(in_order);
        }
        let mut trials: Vec<_> = drills
            .into_iter()
            .map(|(duration, drill)| {
                let run = Arc::clone(&run);
                Trial::test(drill.name.clone(), move || {
                    let _begun = run.unended.begin();
                    run.noted(run.drill(&drill, duration))
                })
            })
            .collect();
        let demand = run.suite.demand;
        if demand >= Demand::Rules {
            let covered = Arc::clone(&run);
            trials.push(Trial::test(COVERAGE, move || {
                covered.noted(covered.coverage())
            }));
        }
        // It stands last: whatever number of tests runs at once, the drills have begun before it.
        if demand >= Demand::Terms {
            let decided = Arc::clone(&run);
            trials.push(Trial::test(TERMS, move || {
                decided.noted(decided.terms(selected))
            }));
        }
        // Each drill reports a value that cannot be read.
        if selected > 1 && !arguments.list && watch_until().is_ok_and(WatchedUntil::is_cut_short) {
            return could_not_be_tested(&run.progress, &only_one_is_cut_short(selected));
        }
        let held_back = HeldBack::of(&mut arguments, &run.progress, &run.suite.programs);
        let conclusion = libtest_mimic::run(&arguments, trials);
        let printed = held_back.map_or(Ok(()), HeldBack::print);
        // Whatever could not be printed, the stack is left as it must be.
        if let Err(error) = run.end().and(printed) {
            run.progress.line(&format!("error: {}", error.explained()));
            run.note(Outcome::Error);
        }
        ExitCode::from(exit_code(
            run.worst(),
            conclusion.has_failed(),
            bug::was_hit(),
        ))
    }

    fn print_drills(self) -> ExitCode {
        let printed = self.plan.to_json().and_then(|json| {
            std::io::stdout()
                .write_all(json.as_bytes())
                .map_err(Error::file("write the drills to", "standard output"))
        });
        printed.map_or_else(
            |error| could_not_be_tested(&Progress::default(), &error),
            |()| ExitCode::SUCCESS,
        )
    }

    fn keep_stack(&self, parent: u32) -> ExitCode {
        let kept = Runtime::new()
            .map_err(Error::file("start the async runtime in", "this process"))
            .and_then(|runtime| {
                runtime.block_on(keeper::keep(parent, &self.project, &self.programs))
            });
        kept.map_or_else(
            |error| could_not_be_tested(&Progress::default(), &error),
            |()| ExitCode::SUCCESS,
        )
    }
}

/// The exit code of a run whose worst outcome is `came_to`. A test that failed and noted nothing
/// panicked.
fn exit_code(came_to: Outcome, has_failed: bool, is_bug: bool) -> u8 {
    let outcome = RunOutcome::from(came_to);
    let panicked = is_bug || (has_failed && outcome == RunOutcome::Passed);
    let outcome = if panicked {
        outcome.max(RunOutcome::Bug)
    } else {
        outcome
    };
    outcome.exit_code()
}

fn could_not(why: &String) -> Failed {
    format!("could not be tested: {why}").into()
}

fn could_not_be_tested(progress: &Progress, error: &Error) -> ExitCode {
    progress.line(&format!("error: {}", error.explained()));
    ExitCode::from(Outcome::Error.exit_code())
}

/// One process's run of a suite.
struct Run {
    suite: Suite,
    started_at: UtcInstant,
    runtime: Runtime,
    cancel: CancellationToken,
    progress: Progress,
    /// At least one.
    stacks: Vec<OwnStack>,
    /// The folder of the run, made when its first stack is started.
    folder: Mutex<Option<RunFolder>>,
    /// The worst that a test of this process came to.
    worst: Mutex<Outcome>,
    unended: Unended,
}

/// Said at the end of a run on several stacks: a recording is of one.
const NOT_RECORDED: &str =
    "the run is not recorded: its drills ran on several stacks, and a recording is of one";

/// What one stack leaves: the report so far, the job that it is told in, and the run's folder.
type Ended = (Report, Option<Job>, RunFolder);

/// What a drill saw, its verdict, and the session and the run that it was of.
type Judged = (Running, DrillRecord, Verdict);

impl Run {
    /// A run of the drills of the suite that `stacks` have.
    fn new(suite: Suite, started_at: UtcInstant, stacks: Vec<OwnStack>) -> Result<Self> {
        let runtime =
            Runtime::new().map_err(Error::file("start the async runtime in", "this process"))?;
        let cancel = runtime.block_on(async { cancelled_by_signals() })?;
        let selected = stacks.iter().map(|stack| stack.drills.len()).sum();
        Ok(Self {
            suite,
            started_at,
            runtime,
            cancel,
            progress: Progress::default(),
            stacks,
            folder: Mutex::new(None),
            worst: Mutex::new(Outcome::Pass),
            unended: Unended::of(selected),
        })
    }

    /// The stack that has the drill `name`.
    fn stack_of(&self, name: &str) -> &OwnStack {
        let its_own = self.stacks.iter().find(|stack| stack.drills.contains(name));
        its_own.unwrap_or(&self.stacks[0])
    }

    fn is_on_several_stacks(&self) -> bool {
        self.stacks.len() > 1
    }

    fn drill(&self, drill: &Drill, duration: Duration) -> Result<(), Failed> {
        let judged = self.live_and_judge(drill, duration);
        let (running, record, verdict) =
            judged.inspect_err(|_| self.progress.never_judged(&drill.name))?;
        let (session, folder) = &*running;
        let line = drill_line(&record, &verdict);
        self.progress.ended(&drill.name, verdict.outcome, &line);
        if let Some(job) = Job::of_this_process(session.stack()) {
            job.tell_verdict(&drill.name, &verdict, &self.progress);
        }
        self.runtime
            .block_on(self.add_to_pictures(&record, &verdict, session, folder));
        self.note(verdict.outcome);
        match verdict.outcome {
            Outcome::Pass | Outcome::Skipped => Ok(()),
            Outcome::Fail | Outcome::Error => Err(failure_text(&record, &verdict).into()),
        }
    }

    /// Runs a drill once it may go, and judges what it saw.
    fn live_and_judge(&self, drill: &Drill, duration: Duration) -> Result<Judged, Failed> {
        // Before the stack is there: then all that wait are known when the first may go.
        let stack = self.stack_of(&drill.name);
        let (project, line) = self.opened(stack).map_err(could_not)?;
        let ticket = line
            .queue(drill, project.settings(), duration)
            .map_err(|error| error.explained())?;
        let running = self.running(stack)?;
        let (session, folder) = &*running;
        let (progress, cancel) = (&self.progress, &self.cancel);
        let ran = session.run(drill, ticket, Some(folder), progress, cancel);
        let (record, verdict) = self.runtime.block_on(async {
            self.save_and_judge(ran.await, session, folder)
                .await
                .map_err(|error| error.explained())
        })?;
        Ok((running, record, verdict))
    }

    /// Saves what a drill saw, then judges it, once. Evidence that only a verdict asks for is saved
    /// by a second write: it changes no verdict.
    async fn save_and_judge(
        &self,
        mut record: DrillRecord,
        session: &Session,
        folder: &RunFolder,
    ) -> Result<(DrillRecord, Verdict)> {
        folder.save_record(&record)?;
        let verdict = judge(&record.drill, &record.timeline);
        let found = session
            .gather_evidence(&mut record, &verdict, &self.cancel)
            .await;
        if found && let Err(error) = folder.save_record(&record) {
            self.progress.line(&format!(
                "{}: its evidence is not in the report: {}",
                record.drill.name,
                error.explained()
            ));
        }
        Ok((record, verdict))
    }

    /// Adds a drill to what people look at beside its verdict. No verdict depends on a picture:
    /// what fails here is only said.
    async fn add_to_pictures(
        &self,
        record: &DrillRecord,
        verdict: &Verdict,
        session: &Session,
        folder: &RunFolder,
    ) {
        let name = &record.drill.name;
        let say = |what: &str, error: &Error| {
            self.progress
                .line(&format!("{name}: {what}: {}", error.explained()));
        };
        if let Err(error) = session.record_expressions(record, folder).await {
            say("its expressions are not in the report", &error);
        }
        if let Err(error) = session.annotate(record, verdict.outcome).await {
            say("not written onto Grafana's dashboards", &error);
        }
    }

    fn coverage(&self) -> Result<(), Failed> {
        let running = self.running(&self.stacks[0])?;
        let planned = running.0.coverage(&self.suite.plan);
        let (came_to, failed) = match self.runtime.block_on(planned) {
            Ok(coverage) => match coverage.complaints().join("\n") {
                nothing if nothing.is_empty() => (Outcome::Pass, None),
                complaints => (Outcome::Fail, Some(complaints)),
            },
            Err(error) => (Outcome::Error, Some(error.explained())),
        };
        self.note(came_to);
        failed.map_or(Ok(()), |message| Err(message.into()))
    }

    /// Whether every term of the loaded rules decided in a drill of this run, or is waived. Where a
    /// drill did not pass, it may be what left a term undecided: that says nothing of the rules.
    fn terms(&self, selected: usize) -> Result<(), Failed> {
        if selected < self.suite.plan.drills.len() || keeper::is_one_process_of_many() {
            return Ok(());
        }
        self.unended.wait();
        let mut terms = Vec::new();
        for stack in &self.stacks {
            let running = self.running(stack)?;
            let (session, folder) = &*running;
            let decided = self.runtime.block_on(session.decide_terms(folder));
            let decided = decided.map_err(|error| error.explained())?;
            terms = TermDecision::together(terms, decided);
            folder
                .save_terms(terms.clone())
                .map_err(|error| error.explained())?;
        }
        let running = self.running(&self.stacks[0])?;
        let coverage = self.runtime.block_on(running.0.coverage(&self.suite.plan));
        let waivers = coverage.map_err(|error| error.explained())?.waivers;
        let texts: Vec<_> = undecided(&terms, &waivers)
            .into_iter()
            .map(undecided_text)
            .collect();
        if texts.is_empty() {
            return Ok(());
        }
        let is_blamed = self.worst() <= Outcome::Skipped;
        self.note(if is_blamed {
            Outcome::Fail
        } else {
            Outcome::Error
        });
        let list = texts.join("\n  ");
        Err(format!("no drill decides these terms, and no waiver says why not:\n  {list}").into())
    }

    /// A test that failed and left no verdict could not be tested.
    fn noted(&self, outcome: Result<(), Failed>) -> Result<(), Failed> {
        if outcome.is_err() {
            self.note(Outcome::Error);
        }
        outcome
    }

    fn note(&self, outcome: Outcome) {
        let mut worst = self.worst.lock().unwrap_or_else(PoisonError::into_inner);
        *worst = (*worst).max(outcome);
    }

    fn worst(&self) -> Outcome {
        *self.worst.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened<'a>(&self, stack: &'a OwnStack) -> Result<&'a (Project, WaitingLine), &'a String> {
        let open = async {
            let (project, programs) = (&self.suite.project, &self.suite.programs);
            let project = Project::open_stack(project, programs, stack.number).await?;
            let line = WaitingLine::in_folder(&project.state_folder())?;
            Ok((project, line))
        };
        let opened = stack.opened.get_or_init(|| {
            self.runtime
                .block_on(open)
                .map_err(|error: Error| error.explained())
        });
        opened.as_ref()
    }

    /// The session on `stack`, started if it is not; a start that failed fails every drill there
    /// with the same words.
    fn running(&self, stack: &OwnStack) -> Result<Running, Failed> {
        let mut state = stack
            .state
            .lock()
            .map_err(|_| "the session was lost in a panic")?;
        if let SessionState::NotStarted = *state {
            let started = self
                .opened(stack)
                .map_err(String::clone)
                .and_then(|(project, _)| self.start_once(project.clone(), stack));
            *state = match started {
                Ok(running) => SessionState::Running(Arc::new(running)),
                Err(why) => SessionState::Failed(why),
            };
        }
        match &*state {
            SessionState::Running(running) => Ok(Arc::clone(running)),
            SessionState::Failed(why) => Err(could_not(why)),
            SessionState::NotStarted => Err("the session was not started".into()),
        }
    }

    /// Of the processes of one run only one tries in vain to start the stack, and the others hear
    /// why; a test that is tried again tries that again too.
    fn start_once(
        &self,
        project: Project,
        stack: &OwnStack,
    ) -> Result<(Session, RunFolder), String> {
        let folder = self.folder_of_the_run(&project);
        let folder = folder.map_err(|error| error.explained())?;
        let shared = keeper::is_one_process_of_many() && !keeper::is_another_attempt();
        if shared && let Some(why) = folder.why_not_started() {
            return Err(why);
        }
        let started = self
            .runtime
            .block_on(self.start(project, folder.clone(), stack))
            .map_err(|error| error.explained());
        if shared && let Err(why) = &started {
            folder
                .save_why_not_started(why)
                .map_err(|error| error.explained())?;
        }
        started
    }

    /// The folder of the run, made for its first stack.
    fn folder_of_the_run(&self, project: &Project) -> Result<RunFolder> {
        let mut of_the_run = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*of_the_run {
            return Ok(folder.clone());
        }
        let folder = RunFolder::create(&project.target_folder())?;
        Ok(of_the_run.insert(folder).clone())
    }

    async fn start(
        &self,
        project: Project,
        folder: RunFolder,
        stack: &OwnStack,
    ) -> Result<(Session, RunFolder)> {
        let mut session =
            Session::start(project, self.started_at, &self.progress, &self.cancel).await?;
        if self.is_on_several_stacks() {
            session = session.only_for(stack.drills.clone());
        }
        if keeper::is_one_process_of_many()
            && let Some(hold) = session.hold_for_the_run()?
        {
            keeper::start(hold)?;
        }
        let waivers = &self.suite.plan.waivers;
        let hold = session.begin(&folder, waivers, stack.drills.clone());
        let _ = stack.going_on.set(hold.await?);
        let drills = self.suite.plan.drills.iter();
        let selected = drills.filter(|drill| stack.drills.contains(&drill.name));
        let plan = Plan {
            drills: selected.cloned().collect(),
            waivers: Vec::new(),
        };
        // What Prometheus does not answer now, the drills say: each asks it for the same.
        if let Ok(forecast) = session.forecast(&plan).await {
            self.progress.expect_the_end_by(forecast);
        }
        Ok((session, folder))
    }

    /// Writes the report and ends the sessions.
    fn end(&self) -> Result<()> {
        let mut reported = Ok(None);
        for stack in &self.stacks {
            let mut state = stack.state.lock().unwrap_or_else(PoisonError::into_inner);
            let state = std::mem::replace(&mut *state, SessionState::NotStarted);
            if let SessionState::Running(running) = state {
                // Whatever fails on one stack, the others are left as they must be.
                let ended = self.runtime.block_on(self.end_session(running));
                reported = reported.and_then(|earlier| Ok(ended?.or(earlier)));
            }
        }
        let Some((report, job, folder)) = reported? else {
            return Ok(());
        };
        if let Some(job) = job {
            job.tell_slower(&report, &self.progress);
            if let Err(error) = job.summarise(&report) {
                let why = error.explained();
                let line = format!("the report is not on the job's page: {why}");
                self.progress.line(&line);
            }
        }
        if self.is_on_several_stacks() {
            self.progress.line(NOT_RECORDED);
        }
        if !keeper::is_one_process_of_many() {
            self.progress.line(&end_table(&report.drills));
        }
        for line in measured_lines(&report.run) {
            self.progress.line(&line);
        }
        self.progress.line(&format!(
            "report: {}",
            folder.path().join("report.json").display()
        ));
        Ok(())
    }

    /// Writes the report of what has ended on all stacks, and ends the session of one.
    async fn end_session(&self, running: Running) -> Result<Option<Ended>> {
        let Some((session, folder)) = Arc::into_inner(running) else {
            return Err(Error::Interrupted);
        };
        let reported = session
            .report(&folder, &self.suite.plan.waivers, &self.progress)
            .await;
        // Who asks for the end does not wait for a recording.
        if !self.is_on_several_stacks() && !self.cancel.is_cancelled() {
            session
                .record(&folder, &self.suite.programs, &self.progress)
                .await;
        }
        let job =
            Job::of_this_process(session.stack()).filter(|_| !keeper::is_one_process_of_many());
        session.end(&self.progress).await?;
        Ok(Some((reported?, job, folder)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bug_of_the_harness_is_no_word_on_an_alert_and_hides_none_that_failed() {
        assert_eq!(exit_code(Outcome::Pass, true, true), 101);
        assert_eq!(exit_code(Outcome::Pass, true, false), 101);
        assert_eq!(exit_code(Outcome::Pass, false, true), 101);
        assert_eq!(exit_code(Outcome::Error, true, true), 101);
        assert_eq!(exit_code(Outcome::Error, true, false), 2);
        assert_eq!(exit_code(Outcome::Fail, true, true), 1);
        assert_eq!(exit_code(Outcome::Pass, false, false), 0);
    }
}
