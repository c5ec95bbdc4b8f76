//! A running stack in steady state, and all that a run of drills shares on it.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::Result;
use crate::drill::{Drill, Outcome, Routing, Timeline, UtcInstant};
use crate::fault::Journal;
use crate::observe::{Observer, Prometheus};
use crate::progress::Progress;
use crate::report::{Report, RunFolder, RunInfo};
use crate::runner::{self, Surroundings};
use crate::stack::{Project, Stack, StackStart, SteadyWait, keep_stack, wait_for_steady_state};

/// How long a stack that was just started may take to its first steady state.
const FIRST_STEADY_WITHIN: Duration = Duration::from_secs(180);

/// A running stack in steady state, held by this process.
#[derive(Debug)]
pub struct Session {
    stack: Stack,
    prometheus: Prometheus,
    observer: Observer,
    journal: Journal,
    routing: Routing,
    started_at: UtcInstant,
    stack_ready_s: f64,
}

impl Session {
    /// Takes hold of the stack of the compose project in `root`, starts it if it does not run, reverts what a killed run
    /// left behind, and, if it was started, waits for steady state. `started_at` is the start of this process.
    ///
    /// A stack that was started here and that a later step fails on is removed again, unless `KEEP_STACK` is set.
    ///
    /// # Errors
    /// Each [`Error`] of a missing engine, image, port or healthy service.
    pub async fn start(
        root: &Path,
        programs: &Path,
        started_at: UtcInstant,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let project = Project::open(root, programs).await?;
        let journal = Journal::in_folder(&project.state_folder());
        let stack = Stack::up(project, progress, cancel).await?;
        match reach_steady_state(&stack, &journal, progress, cancel).await {
            Ok((prometheus, observer, routing)) => {
                let stack_ready_s = UtcInstant::from(Timestamp::now()).seconds_since(started_at);
                Ok(Self { stack, prometheus, observer, journal, routing, started_at, stack_ready_s })
            }
            Err(error) => {
                remove_what_was_started(stack, progress).await?;
                Err(error)
            }
        }
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Runs one drill.
    pub async fn run(&self, drill: &Drill, progress: &Progress, cancel: &CancellationToken) -> Timeline {
        let around = Surroundings {
            containers: self.stack.containers(),
            prometheus: &self.prometheus,
            observer: &self.observer,
            journal: &self.journal,
            routing: self.routing,
            steady_state: &self.stack.project().settings().steady_state,
            progress,
            cancel,
        };
        runner::run(drill, around).await
    }

    /// Reverts whatever is still broken, and removes the stack if this process started it and nobody wants it kept.
    ///
    /// # Errors
    /// A fault that cannot be reverted, or a stack that cannot be removed.
    pub async fn end(self, progress: &Progress) -> Result<()> {
        let healed = runner::heal(&self.journal, self.stack.containers(), progress).await;
        remove_what_was_started(self.stack, progress).await?;
        healed.map(drop)
    }

    /// Writes the run's `report.json` from the records in `folder`; gives the run's outcome.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn report(&self, folder: &RunFolder) -> Result<Outcome> {
        let (rules_file, rules_sha256) = self.stack.rules();
        folder.save_run(&RunInfo {
            id: folder.id(),
            started_at: self.started_at,
            finished_at: Timestamp::now().into(),
            stack_ready_s: self.stack_ready_s,
            rules_file: rules_file.strip_prefix(self.stack.project().root()).unwrap_or(rules_file).to_owned(),
            rules_sha256: rules_sha256.to_owned(),
        })?;
        let report = Report::of(folder)?;
        report.save(folder)?;
        Ok(report.outcome())
    }

    /// What the run cost, a line each; from Prometheus's own samples and this process's status.
    pub async fn measure(&self, folder: &RunFolder) -> Vec<String> {
        let mut lines = vec![format!("measured: steady state {:.1} s after the start of this process", self.stack_ready_s)];
        let records = folder.records().unwrap_or_default();
        let faults = records.iter().flat_map(|record| &record.timeline.faults).map(|fault| fault.injected_at);
        if let Some(first) = faults.min() {
            lines.push(format!(
                "measured: first fault {:.1} s after the start of this process",
                first.seconds_since(self.started_at)
            ));
        }
        let memory = self.prometheus.value("avg_over_time(sum(container_memory_usage_bytes)[3m:15s]) / 2^30").await;
        let cpu = self.prometheus.value("sum(rate(container_cpu_usage_seconds_total[3m]))").await;
        if let (Ok(Some(memory_gib)), Ok(Some(cores))) = (memory, cpu) {
            lines.push(format!("measured: the stack used {memory_gib:.2} GiB and {cores:.2} cores over the last 3 minutes"));
        }
        if let Some(peak_mib) = peak_memory_mib() {
            lines.push(format!("measured: this process used at most {peak_mib:.0} MiB"));
        }
        lines
    }
}

async fn reach_steady_state(
    stack: &Stack,
    journal: &Journal,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<(Prometheus, Observer, Routing)> {
    runner::heal(journal, stack.containers(), progress).await?;
    let prometheus = stack.prometheus().await?;
    let alertmanager = stack.alertmanager().await?;
    if stack.start() == StackStart::Started {
        let step = progress.step("stack", "waiting for steady state");
        let wait = SteadyWait { conditions: &stack.project().settings().steady_state, at_most: FIRST_STEADY_WITHIN };
        let steady = wait_for_steady_state(&prometheus, wait, &step, cancel).await?;
        // The drills say what is unsteady still: each waits for itself.
        step.done(if steady.is_reached() { "ready" } else { "not steady yet" });
    }
    let routing = alertmanager.routing().await?;
    let observer = Observer::start(prometheus.clone(), alertmanager, stack.notification_sink().await?).await?;
    Ok((prometheus, observer, routing))
}

async fn remove_what_was_started(stack: Stack, progress: &Progress) -> Result<()> {
    if stack.start() == StackStart::Started && !keep_stack() {
        stack.down(progress).await?;
    }
    Ok(())
}

/// The largest resident set of this process (`proc_pid_status(5)`, `VmHWM`).
fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}
