//! Drills as tests: the contract of libtest, so that `cargo test` and nextest run them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::drill::{Drill, Outcome, UtcInstant, judge};
use crate::progress::Progress;
use crate::report::{DrillRecord, RECORD_SCHEMA_VERSION, RunFolder, drill_line, failure_text};
use crate::session::Session;
use crate::signals::cancelled_by_signals;
use crate::{Error, Result};

/// A set of drills on one stack.
#[derive(Debug)]
pub struct Suite {
    root: PathBuf,
    programs: PathBuf,
    drills: Vec<Drill>,
}

impl Suite {
    /// A suite on the compose project in `root`. `program` is one of the programs that go into the stack's images; they all
    /// lie in its folder.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, program: impl AsRef<Path>) -> Self {
        Self {
            root: root.into(),
            programs: program.as_ref().parent().map(Path::to_owned).unwrap_or_default(),
            drills: Vec::new(),
        }
    }

    /// The same suite with one drill more.
    #[must_use]
    pub fn drill(mut self, drill: Drill) -> Self {
        self.drills.push(drill);
        self
    }

    /// Runs what the command line asks for, as libtest would: the `main` of a test without a harness.
    ///
    /// The stack is started when the first drill needs it, and removed at the end if this process started it and
    /// `KEEP_STACK` is not set. Exit codes: [`Outcome::exit_code`].
    #[must_use]
    pub fn main(self) -> ExitCode {
        let started_at = Timestamp::now().into();
        let arguments = Arguments::from_args();
        let run = match Run::new(self.root, self.programs, started_at) {
            Ok(run) => Arc::new(run),
            Err(error) => return could_not_be_tested(&Progress::default(), &error),
        };
        let trials = self.drills.into_iter().map(|drill| {
            let run = Arc::clone(&run);
            Trial::test(drill.name.clone(), move || run.drill(&drill))
        });
        let conclusion = libtest_mimic::run(&arguments, trials.collect());
        match run.end() {
            Err(error) => could_not_be_tested(&run.progress, &error),
            // A drill that panicked has left no record to judge.
            Ok(Outcome::Pass) if conclusion.has_failed() => ExitCode::from(Outcome::Error.exit_code()),
            Ok(outcome) => ExitCode::from(outcome.exit_code()),
        }
    }
}

fn could_not_be_tested(progress: &Progress, error: &Error) -> ExitCode {
    progress.line(&format!("error: {}", error.explained()));
    ExitCode::from(Outcome::Error.exit_code())
}

/// One process's run of a suite.
struct Run {
    root: PathBuf,
    programs: PathBuf,
    started_at: UtcInstant,
    runtime: Runtime,
    cancel: CancellationToken,
    progress: Progress,
    stage: Mutex<Stage>,
    /// One drill at a time: nothing keeps two of them from disturbing each other yet.
    turn: Mutex<()>,
}

/// The stack is started once; if that fails, every drill is told why.
enum Stage {
    NotStarted,
    Running(Arc<(Session, RunFolder)>),
    Failed(String),
}

impl Run {
    fn new(root: PathBuf, programs: PathBuf, started_at: UtcInstant) -> Result<Self> {
        let runtime = Runtime::new().map_err(Error::file("start the async runtime in", "this process"))?;
        let cancel = runtime.block_on(async { cancelled_by_signals() })?;
        let stage = Mutex::new(Stage::NotStarted);
        let progress = Progress::default();
        Ok(Self { root, programs, started_at, runtime, cancel, progress, stage, turn: Mutex::new(()) })
    }

    fn drill(&self, drill: &Drill) -> Result<(), Failed> {
        let _turn = self.turn.lock().map_err(|_| "the drill before this one panicked")?;
        let running = self.running()?;
        let (session, folder) = &*running;
        let timeline = self.runtime.block_on(session.run(drill, &self.progress, &self.cancel));
        let record = DrillRecord { schema_version: RECORD_SCHEMA_VERSION, drill: drill.clone(), timeline };
        folder.save_record(&record).map_err(|error| error.explained())?;
        let verdict = judge(drill, &record.timeline);
        self.progress.line(&drill_line(drill, &record.timeline, &verdict));
        match verdict.outcome {
            Outcome::Pass | Outcome::Skipped => Ok(()),
            Outcome::Fail | Outcome::Error => Err(failure_text(&verdict).into()),
        }
    }

    /// The session, started if it is not; a start that failed fails every drill with the same words.
    fn running(&self) -> Result<Arc<(Session, RunFolder)>, Failed> {
        let mut stage = self.stage.lock().map_err(|_| "the session was lost in a panic")?;
        if let Stage::NotStarted = *stage {
            *stage = match self.runtime.block_on(self.start()) {
                Ok(running) => Stage::Running(Arc::new(running)),
                Err(error) => Stage::Failed(error.explained()),
            };
        }
        match &*stage {
            Stage::Running(running) => Ok(Arc::clone(running)),
            Stage::Failed(why) => Err(format!("could not be tested: {why}").into()),
            Stage::NotStarted => Err("the session was not started".into()),
        }
    }

    async fn start(&self) -> Result<(Session, RunFolder)> {
        let session = Session::start(&self.root, &self.programs, self.started_at, &self.progress, &self.cancel).await?;
        let folder = RunFolder::create(&session.stack().project().target_folder())?;
        Ok((session, folder))
    }

    /// Writes the report and ends the session; gives the run's outcome.
    fn end(&self) -> Result<Outcome> {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let running = match std::mem::replace(&mut *stage, Stage::NotStarted) {
            Stage::NotStarted => return Ok(Outcome::Pass),
            Stage::Failed(_) => return Ok(Outcome::Error),
            Stage::Running(running) => running,
        };
        let Some((session, folder)) = Arc::into_inner(running) else { return Err(Error::Interrupted) };
        self.runtime.block_on(async {
            for line in session.measure(&folder).await {
                self.progress.line(&line);
            }
            let outcome = session.report(&folder);
            session.end(&self.progress).await?;
            self.progress.line(&format!("report: {}", folder.path().join("report.json").display()));
            outcome
        })
    }
}
