//! Makes recordings: of a run's drills, or of any span in the life of a Prometheus.

use std::path::Path;
use std::time::Duration;

use alertdrill_core::{
    Error, RECORDING_SCHEMA_VERSION, RecordedDrill, RecordedProof, RecordedRun, Recording, Result,
    Settings, TextFile, UtcInstant, judge,
};
use alertdrill_engine::Prometheus;
use alertdrill_engine::replay::{Difference, Proof, Replayer, describe_server, rules_files};
use alertdrill_report::{RecordingFolder, RunFolder};

/// How long before a run its samples are recorded: as far as most rules look back.
const BEFORE_A_RUN: Duration = Duration::from_mins(20);
/// How long before a run its rules are evaluated.
const EVALUATED_BEFORE_A_RUN: Duration = Duration::from_mins(5);
/// How long before the first fault rules are evaluated at least.
const BEFORE_THE_FIRST_FAULT: Duration = Duration::from_secs(10);
/// How many differences a message names.
const AT_MOST: usize = 5;

/// What is to be recorded of a Prometheus.
pub(crate) struct Recorder<'a> {
    /// The server.
    pub(crate) prometheus: &'a Prometheus,
    /// The program that reads its samples.
    pub(crate) replayer: &'a Path,
    /// The rules files that it has loaded, as far as they are known.
    pub(crate) rules: Vec<TextFile>,
}

impl Recorder<'_> {
    /// Records the run in `folder`, of a project with these `settings`, with all its drills.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`] of the server, [`Error::File`] of the run or the
    /// recording.
    pub(crate) async fn record_run(
        &self,
        folder: &RunFolder,
        settings: &Settings,
        to: &RecordingFolder,
    ) -> Result<Recording> {
        let info = folder.run()?;
        let span = (info.started_at, info.finished_at);
        let records = folder.records()?;
        let routes = records.iter().find_map(|it| it.timeline.routes.clone());
        let drills = records.into_iter().map(|record| {
            let verdict = judge(&record.drill, &record.timeline);
            RecordedDrill::of(record, verdict)
        });
        let run = RecordedRun {
            drills: drills.collect(),
            info,
            settings: settings.clone(),
            routes,
        };
        self.record(span, Some(run), to).await
    }

    /// Records what the server saw between two instants.
    ///
    /// # Errors
    /// As [`Recorder::record_run`].
    pub(crate) async fn record(
        &self,
        span: (UtcInstant, UtcInstant),
        run: Option<RecordedRun>,
        to: &RecordingFolder,
    ) -> Result<Recording> {
        let (from, until) = span;
        let window = until.time_since(from);
        let server = describe_server(self.prometheus, window).await?;
        let rules = rules_files(self.prometheus, |path| self.text_of(path)).await?;
        let mut replayer = Replayer::start(self.replayer).await?;
        to.clear()?;
        let earlier = if run.is_some() {
            BEFORE_A_RUN
        } else {
            server.look_back
        };
        let samples = (from.minus(earlier), until);
        let (labels, tsdb) = (&server.external_labels, to.samples());
        let first = replayer
            .record(self.prometheus, samples, labels, &tsdb)
            .await?;
        let beginnings = beginnings(from, run.as_ref());
        let mut recording = Recording {
            schema_version: RECORDING_SCHEMA_VERSION,
            server,
            from: first,
            until,
            rules,
            groups: Vec::new(),
            gaps: Vec::new(),
            proof: RecordedProof::default(),
            run,
        };
        replayer.open(&recording, &tsdb).await?;
        let scrapes = recording.server.scrape_interval;
        (recording.groups, recording.gaps) = replayer.timing(self.prometheus, scrapes).await?;
        for beginning in beginnings {
            recording.from = beginning.max(first);
            recording.proof = summed_up(replayer.prove(&recording).await?);
            if recording.proof.unexplained.is_empty() {
                break;
            }
        }
        to.save(&recording)?;
        Ok(recording)
    }

    /// The content of the rules file that the server has loaded from `path`, if it is known: the
    /// server has it under the same name, and of several under most of the same folders.
    fn text_of(&self, path: &str) -> Option<String> {
        let loaded = Path::new(path);
        let in_common = |file: &TextFile| {
            let pairs = file.path.iter().rev().zip(loaded.iter().rev());
            pairs.take_while(|(ours, theirs)| ours == theirs).count()
        };
        let best = self.rules.iter().max_by_key(|file| in_common(file))?;
        (in_common(best) > 0).then(|| best.text.clone())
    }
}

/// From when on rules may be evaluated, the best first. What was active before a run began is to be
/// known when its first drill begins. But other rules may have been loaded then, or an alert may
/// have been pending since before that.
fn beginnings(from: UtcInstant, run: Option<&RecordedRun>) -> Vec<UtcInstant> {
    let Some(run) = run else {
        return vec![from];
    };
    let records = run.drills.iter().map(|drill| &drill.record.timeline);
    let faults = records.filter_map(|timeline| Some(timeline.first_fault()?.injected_at));
    let first_fault = faults.min().map(|at| at.minus(BEFORE_THE_FIRST_FAULT));
    let mut beginnings = vec![from.minus(EVALUATED_BEFORE_A_RUN), from];
    beginnings.extend(first_fault.filter(|at| *at > from));
    beginnings
}

/// What a proof comes to.
fn summed_up(proof: Proof) -> RecordedProof {
    let mut summed_up = RecordedProof {
        compared: proof.compared,
        equal: proof.equal,
        ..RecordedProof::default()
    };
    for difference in proof.differing {
        if let Some(reason) = difference.reason {
            *summed_up.explained.entry(reason).or_default() += 1;
        } else {
            summed_up.unexplained.push(in_words(&difference));
        }
    }
    summed_up
}

fn in_words(difference: &Difference) -> String {
    let Difference {
        metric,
        labels,
        at_ms,
        only_in,
        told_by,
        ..
    } = difference;
    let at =
        UtcInstant::from_epoch_ms(*at_ms).map_or_else(|| at_ms.to_string(), |at| at.to_string());
    let series = alertdrill_core::selector(metric, labels);
    let how = match only_in.as_deref() {
        Some(only) => format!("is only {only}"),
        None => "has another value".to_owned(),
    };
    let told_by = if told_by.is_empty() {
        String::new()
    } else {
        format!(" ({told_by})")
    };
    format!("{series} at {at} {how}{told_by}")
}

/// That what was recorded can be evaluated again.
///
/// # Errors
/// [`Error::NotReproducible`] with the first differences.
pub(crate) fn require_reproducible(recording: &Recording, path: &Path) -> Result<()> {
    let unexplained = &recording.proof.unexplained;
    if unexplained.is_empty() {
        return Ok(());
    }
    let some: Vec<_> = unexplained.iter().take(AT_MOST).cloned().collect();
    let reason = format!(
        "of {} samples that its own rules gave, {} are not the same when they are evaluated again, \
         and nothing explains it: {}{}",
        recording.proof.compared,
        unexplained.len(),
        some.join("; "),
        if unexplained.len() > AT_MOST {
            "; …"
        } else {
            ""
        }
    );
    Err(Error::NotReproducible {
        path: path.to_owned(),
        reason,
    })
}
