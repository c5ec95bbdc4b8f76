//! `alertdrill diff`: what the rules of one file change against those of another, by a recording.

use std::path::Path;

use alertdrill_core::{
    ComparedIncident, DrillAtWork, Error, RecordedRun, Result, RulesSaid, RunOutcome,
    VerdictChange, changed_verdicts, compared_incidents, drills_at_work, incidents_of,
    outcome_of_changes,
};
use alertdrill_report::{
    firings_table, incident_table, incident_totals, untold_lines, verdict_changes_text,
};
use serde::Serialize;

use super::Done;
use crate::async_runtime::runtime;
use crate::replaying::{OpenRecording, judged, recording_of};

/// The version of what `--json` prints; raised with every change that an older reader would
/// misread.
const DIFF_SCHEMA_VERSION: u32 = 1;

/// What is to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Diff<'a> {
    /// The rules as they were.
    pub old: &'a Path,
    /// The rules as they may become.
    pub new: &'a Path,
    /// The folder of the recording; that of the project, if none is named.
    pub recording: Option<&'a Path>,
    /// Whether it is said as JSON.
    pub as_json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Difference {
    schema_version: u32,
    incidents: Vec<ComparedIncident>,
    /// Of a recording without drills there are none.
    verdicts: Vec<VerdictChange>,
    /// What the recording does not tell of the old rules, and of the new ones.
    not_told: NotTold,
}

#[derive(Serialize)]
struct NotTold {
    old: Vec<String>,
    new: Vec<String>,
}

/// Says which incidents of a recording page earlier, later, no more or newly with other rules, and
/// which drills come to another verdict. It fails if a drill fails that passed.
///
/// # Errors
/// A recording that cannot be used, or rules that Prometheus does not load.
pub fn diff(project: &Path, programs: &Path, diff: Diff<'_>) -> Result<Done> {
    let folder = recording_of(diff.recording, project)?;
    runtime()?.block_on(async {
        let open = OpenRecording::open(&folder, programs).await?;
        let (old, new) =
            tokio::try_join!(open.evaluate_file(diff.old), open.evaluate_file(diff.new))?;
        let (old, new) = (old.said, new.said);
        let run = open.run().ok();
        let drills = run.map(drills_at_work).unwrap_or_default();
        let (verdicts, outcome) = match run {
            Some(run) => changed_by(run, &old, &new),
            None => (Vec::new(), RunOutcome::Passed),
        };
        let difference = Difference {
            schema_version: DIFF_SCHEMA_VERSION,
            incidents: compared_incidents(incidents_of(&old), incidents_of(&new), &drills),
            verdicts,
            not_told: NotTold {
                old: untold_lines(&old),
                new: untold_lines(&new),
            },
        };
        let text = if diff.as_json {
            as_json(&difference)?
        } else {
            in_words(&difference, &open, &drills)
        };
        Ok(Done { text, outcome })
    })
}

/// The verdicts that change, and what that comes to.
fn changed_by(
    run: &RecordedRun,
    old: &RulesSaid,
    new: &RulesSaid,
) -> (Vec<VerdictChange>, RunOutcome) {
    let [old, new] = [old, new].map(|said| judged(run, said, |_| true).collect::<Vec<_>>());
    let both = || old.iter().zip(&new);
    let verdicts = both().map(|(old, new)| {
        let name = old.record.drill.name.as_str();
        (name, &old.verdict, &new.verdict)
    });
    let outcomes = both().map(|(old, new)| (old.verdict.outcome, new.verdict.outcome));
    (changed_verdicts(verdicts), outcome_of_changes(outcomes))
}

fn as_json(difference: &Difference) -> Result<String> {
    serde_json::to_string_pretty(difference).map_err(|error| Error::BadDescription {
        what: "what differs".to_owned(),
        reason: error.to_string(),
    })
}

fn in_words(difference: &Difference, open: &OpenRecording, drills: &[DrillAtWork]) -> String {
    let Difference {
        incidents,
        verdicts,
        not_told,
        ..
    } = difference;
    let changes = if drills.is_empty() {
        firings_table(incidents, open.recording.until)
    } else {
        incident_table(incidents)
    };
    let mut parts = vec![
        changes,
        incident_totals(incidents),
        verdict_changes_text(verdicts),
    ];
    for (side, lines) in [("OLD", &not_told.old), ("NEW", &not_told.new)] {
        parts.extend(lines.iter().map(|line| format!("{side}: {line}")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}
