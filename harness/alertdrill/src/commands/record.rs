//! `alertdrill record`: makes a recording of a run, or of any span in the life of a Prometheus.

use std::path::Path;

use alertdrill_core::{Error, Recording, Result, TextFile, UtcInstant};
use alertdrill_engine::Prometheus;
use alertdrill_report::{RecordingFolder, RunFolder};
use alertdrill_target::compose::Project;

use super::latest_run;
use crate::async_runtime::runtime;
use crate::recorder::Recorder;
use crate::replayer_program::find_replayer;
use crate::written::{Written, rules_as_loaded};

/// What is to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The address of the Prometheus; that of the stack, if none is named.
    pub prometheus: Option<&'a str>,
    /// From when until when; the project's last run, if that is not said.
    pub span: Option<(UtcInstant, UtcInstant)>,
    /// The folder of the recording.
    pub into: &'a Path,
}

/// Makes a recording; gives what is in it.
///
/// # Errors
/// [`Error::NoAnswer`] or [`Error::BadAnswer`] of the server, [`Error::File`],
/// [`Error::Refused`] of a span that is none, [`Error::NoReplayer`].
pub fn record(project: &Path, programs: &Path, record: Record<'_>) -> Result<Vec<String>> {
    let into = RecordingFolder::at(record.into);
    let replayer = &find_replayer(programs)?;
    if let Some((from, until)) = record.span
        && from >= until
    {
        return Err(Error::Refused {
            attempted: format!("record from {from} to {until}"),
            reason: "the end is not after the beginning; give the earlier instant first".to_owned(),
        });
    }
    let subject = match record.span {
        Some(span) => Subject::Span(span),
        None => Subject::LastRun(Box::new(Written::read(project)?)),
    };
    let recording = runtime()?.block_on(async {
        let prometheus = match record.prometheus {
            Some(address) => Prometheus::new(address),
            None => of_the_stack(project, programs).await?,
        };
        let prometheus = &prometheus;
        let recorder = Recorder {
            prometheus,
            replayer,
            rules: subject.rules()?,
        };
        match &subject {
            Subject::Span(span) => recorder.record(*span, None, &into).await,
            Subject::LastRun(written) => {
                let folder = RunFolder::existing(latest_run(project)?);
                recorder.record_run(&folder, &written.settings, &into).await
            }
        }
    })?;
    Ok(said_of(&recording, record.into))
}

/// What is recorded.
enum Subject {
    /// Any span.
    Span((UtcInstant, UtcInstant)),
    /// The project's last run, of which its drills and the files of its rules are known.
    LastRun(Box<Written>),
}

impl Subject {
    fn rules(&self) -> Result<Vec<TextFile>> {
        match self {
            Self::Span(_) => Ok(Vec::new()),
            Self::LastRun(written) => rules_as_loaded(&written.drilled.rules),
        }
    }
}

async fn of_the_stack(project: &Path, programs: &Path) -> Result<Prometheus> {
    let project = Project::open(project, programs).await?;
    let endpoint = &project.settings().prometheus;
    let containers = project.containers().await?;
    let address = containers.address_of(endpoint).await?;
    Ok(Prometheus::new(&address))
}

fn said_of(recording: &Recording, into: &Path) -> Vec<String> {
    let drills = recording.run.as_ref().map_or(0, |run| run.drills.len());
    let proof = &recording.proof;
    let mut lines = vec![
        format!(
            "recorded in {}: from {} until {}, {} groups of rules, {drills} drills",
            into.display(),
            recording.from,
            recording.until,
            recording.groups.len()
        ),
        format!(
            "its rules, evaluated again, gave {} of {} samples as they were recorded",
            proof.equal, proof.compared
        ),
    ];
    let explained = proof.explained.iter();
    lines.extend(explained.map(|(reason, count)| format!("  {count} differ: {reason}")));
    let unexplained = proof.unexplained.iter();
    lines.extend(unexplained.map(|what| format!("  NOT EXPLAINED: {what}")));
    lines
}
