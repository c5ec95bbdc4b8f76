//! What a run leaves behind beside its records: its report, the dashboard's panels, what it cost.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use alertdrill_core::dashboard::{Dashboard, moved_panels};
use alertdrill_core::{AlertState, Cadence, Error, PanelRecord, Result, RunInfo, Settings, Waiver};
use alertdrill_engine::board_history;
use alertdrill_progress::Progress;
use alertdrill_report::{
    Agreement, BegunRun, DrillReport, Measured, RecordingFolder, Report, RunFolder, record_history,
    save_report,
};

use super::{Session, now};
use crate::provenance::provenance_of;
use crate::recorder::Recorder;
use crate::replayer_program::find_replayer;
use crate::replaying::RECORDING;
use crate::written::{rules_as_loaded, shown_rules, text_of};

const BYTES_PER_GIB: f64 = 1_073_741_824.0;

impl Session {
    /// Says that this process begins to run `drills`, so that others can look at the run before its
    /// end. The run is going on as long as the file is open.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub async fn begin(
        &self,
        folder: &RunFolder,
        waivers: &[Waiver],
        drills: BTreeSet<String>,
    ) -> Result<File> {
        let hold = folder.hold()?;
        let run = self.run_info(folder, waivers).await;
        folder.save_begun(BegunRun { run, drills })?;
        Ok(hold)
    }

    /// What the run is, as far as it has come.
    pub(crate) async fn run_info(&self, folder: &RunFolder, waivers: &[Waiver]) -> RunInfo {
        RunInfo {
            id: folder.id(),
            started_at: self.started_at,
            finished_at: now(),
            stack_ready_s: self.stack_ready_s,
            rules_file: shown_rules(self.stack.project().root(), self.stack.rules()),
            rules_sha256: self.stack.rules_sha256().to_owned(),
            waivers: waivers.to_vec(),
            to_prove: self.stack.project().settings().instances_to_prove(),
            replayed_from: None,
            provenance: provenance_of(&self.stack, &*self.notifier, self.commit.clone()).await,
        }
    }

    /// Writes the run's `report.json` from the records in `folder`, those of other processes of the
    /// run among them, and gives it.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub async fn report(
        &self,
        folder: &RunFolder,
        waivers: &[Waiver],
        progress: &Progress,
    ) -> Result<Report> {
        let _turn = folder.lock()?;
        folder.save_run(self.run_info(folder, waivers).await)?;
        if let Err(error) = self.record_panels(folder).await {
            // A verdict on alerts does not hang on a picture of them.
            progress.line(&format!(
                "the dashboard's panels are not in the report: {}",
                error.explained()
            ));
        }
        if let Err(error) = record_history(folder) {
            progress.line(&format!(
                "the runs before are not in the report: {}",
                error.explained()
            ));
        }
        let mut report = Report::of(folder)?;
        report.run.measured = Some(self.measure(&report).await);
        save_report(&report, folder)?;
        folder.become_latest()?;
        Ok(report)
    }

    /// Records the run in `folder`, so that any rules can be judged by it, with the replayer of the
    /// folder `programs`. No verdict of this run depends on it: what fails is only said.
    pub async fn record(&self, folder: &RunFolder, programs: &Path, progress: &Progress) {
        let into = RecordingFolder::at(folder.path().join(RECORDING));
        if let Err(error) = self.record_into(folder, programs, &into).await {
            progress.line(&format!("the run is not recorded: {}", error.explained()));
        }
    }

    /// Records the run in `folder` as the recording `into`.
    ///
    /// # Errors
    /// [`crate::Error::NoAnswer`] or [`crate::Error::BadAnswer`] of the server,
    /// [`crate::Error::File`], [`crate::Error::NoReplayer`].
    pub(crate) async fn record_into(
        &self,
        folder: &RunFolder,
        programs: &Path,
        into: &RecordingFolder,
    ) -> Result<()> {
        let _turn = folder.lock()?;
        let settings = self.stack.project().settings();
        if let Some(vmalert) = &settings.rule_engine {
            return Err(Error::BadDescription {
                what: format!("what `{}` has evaluated", vmalert.service),
                reason: "a recording is read by Prometheus's remote read, which VictoriaMetrics \
                         does not offer"
                    .to_owned(),
            });
        }
        let recorder = Recorder {
            prometheus: &self.prometheus,
            replayer: &find_replayer(programs)?,
            rules: rules_as_loaded(self.stack.rules())?,
        };
        recorder.record_run(folder, settings, into).await.map(drop)
    }

    /// What the dashboard, as it is now, showed during a run, and which drills moved it; `None` if
    /// the stack has no dashboard.
    ///
    /// # Errors
    /// [`crate::Error::File`], [`crate::Error::BadDescription`], [`crate::Error::NoAnswer`] or
    /// [`crate::Error::BadAnswer`].
    pub async fn panels(&self, folder: &RunFolder) -> Result<Option<PanelRecord>> {
        let project = self.stack.project();
        let settings = project.settings();
        let Some(dashboard) = dashboard_of(project.root(), settings)? else {
            return Ok(None);
        };
        let run = folder.run()?;
        let span = (run.started_at, run.finished_at);
        let cadence = Cadence::of(&self.engine.alerting_rules(Duration::ZERO).await?);
        let every = cadence.evaluation_interval;
        let history = board_history(&self.prometheus, &dashboard, settings, span, every).await?;
        let records = self.own_records(folder)?;
        let broken = records.iter().filter_map(|record| record.broken(settings));
        let broken: Vec<_> = broken.collect();
        let moved = moved_panels(&history, &broken, cadence);
        Ok(Some(PanelRecord { history, moved }))
    }

    async fn record_panels(&self, folder: &RunFolder) -> Result<()> {
        let Some(mut panels) = self.panels(folder).await? else {
            return Ok(());
        };
        // The drills of another stack were seen on its own panels.
        if self.own_drills.is_some()
            && let Some(others) = folder.panels()?
        {
            panels.moved.extend(others.moved);
        }
        folder.save_panels(&panels)
    }

    /// What the run cost, and how true its instants are: from Prometheus's own samples and this
    /// process's status.
    async fn measure(&self, report: &Report) -> Measured {
        let faults = report
            .drills
            .iter()
            .flat_map(|drill| &drill.faults)
            .map(|fault| fault.injected_at);
        let value =
            async |query: Option<&String>| self.prometheus.value(query?).await.ok().flatten();
        let usage = self.stack.project().settings().usage.as_ref();
        let memory_bytes = value(usage.map(|usage| &usage.memory_bytes)).await;
        Measured {
            first_fault_s: faults
                .min()
                .map(|first| first.seconds_since(report.run.info.started_at)),
            firing_in_prometheus: self.firing_in_prometheus(report).await,
            firing_in_alertmanager: Agreement::of(
                report
                    .fired()
                    .map(|(_, alert)| Some((alert.firing_at?, alert.starts_at?))),
            ),
            stack_memory_gib: memory_bytes.map(|bytes| bytes / BYTES_PER_GIB),
            stack_cores: value(usage.map(|usage| &usage.cores)).await,
            peak_memory_mib: peak_memory_mib(),
        }
    }

    /// The firing instants against Prometheus's own: asked for once more, over the whole run.
    async fn firing_in_prometheus(&self, report: &Report) -> Option<Agreement> {
        let run = Duration::from_secs_f64(now().seconds_since(report.run.info.started_at).max(1.0));
        let series = self.engine.alert_samples(run).await.ok()?;
        let own = report
            .drills
            .iter()
            .filter(|drill| self.is_own(&drill.name));
        Agreement::of(own.flat_map(DrillReport::fired).map(|(fault_at, alert)| {
            let same = series.iter().filter(|series| {
                series.state == AlertState::Firing && series.labels == alert.labels
            });
            let first = same
                .flat_map(|series| &series.at)
                .copied()
                .filter(|at| *at >= fault_at)
                .min()?;
            Some((alert.firing_at?, first))
        }))
    }
}

/// The dashboard on which operators watch the project in `root`, if it has one.
///
/// # Errors
/// [`crate::Error::File`] or [`crate::Error::BadDescription`].
pub(crate) fn dashboard_of(root: &Path, settings: &Settings) -> Result<Option<Dashboard>> {
    let Some(file) = &settings.dashboard else {
        return Ok(None);
    };
    let path = root.join(file);
    let json = text_of(&path)?;
    Dashboard::in_file(&path, &json).map(Some)
}

/// The largest resident set of this process (`proc_pid_status(5)`, `VmHWM`).
fn peak_memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}
