//! `alertdrill replay`: what the drills of a recording come to with other rules.

use std::path::{Path, PathBuf};

use alertdrill_core::{Drill, Outcome, RecordedRun, Result, RunInfo, RunOutcome};
use alertdrill_engine::expression_histories;
use alertdrill_report::{
    Report, RunFolder, drill_line, failure_text, near_text, replay_summary, save_report, tally,
};
use alertdrill_target::compose::{find_project, hash_of_file, target_folder};

use super::Done;
use crate::async_runtime::runtime;
use crate::replaying::{
    OpenRecording, ReplayedDrill, about_rules_in, drills_named, judged, recording_of,
};

/// What is to be replayed.
#[derive(Clone, Copy, Debug)]
pub struct Replay<'a> {
    /// The rules; those that were recorded, if there are none.
    pub rules: Option<&'a Path>,
    /// The folder of the recording; that of the project, if none is named.
    pub recording: Option<&'a Path>,
    /// A part of the drills' names.
    pub name: Option<&'a str>,
    /// Whether `name` is a whole name.
    pub exact: bool,
    /// Whether a report page is made, which takes longer than the verdicts.
    pub with_report: bool,
}

/// Judges the drills of a recording by rules, and makes the report; `show` gets what a terminal
/// shows of them as soon as it is known.
///
/// # Errors
/// A recording that cannot be used, rules that Prometheus does not load, or a drill that is not in
/// it.
pub fn replay(
    project: &Path,
    programs: &Path,
    replay: Replay<'_>,
    show: impl FnOnce(&str),
) -> Result<Done> {
    let folder = recording_of(replay.recording, project)?;
    runtime()?.block_on(async {
        let open = OpenRecording::open(&folder, programs).await?;
        let run = open.run()?;
        let meant = drills_named(run, replay.name, replay.exact)?;
        let files = open.files_of(replay.rules)?;
        let evaluated = open.evaluate(&files).await;
        let evaluated = evaluated.map_err(about_rules_in(replay.rules))?;
        let is_meant = |drill: &Drill| meant.contains(&drill.name.as_str());
        let drills: Vec<_> = judged(run, &evaluated.said, is_meant).collect();
        show(&text_of_drills(&drills));
        let outcome = drills.iter().map(|drill| drill.verdict.outcome).max();
        let outcome = RunOutcome::from(outcome.unwrap_or(Outcome::Error));
        let mut lines = vec![replay_summary(&open.recording.proof, evaluated.evaluations)];
        if evaluated.near > 0 {
            let hanging = open.too_near_to_tell(&files, &drills).await?;
            lines.push(near_text(evaluated.near, &hanging));
        }
        if replay.with_report {
            let page = save(project, &open, replay, &drills).await?;
            lines.push(page.display().to_string());
        }
        Ok(Done {
            text: lines.join("\n"),
            outcome,
        })
    })
}

/// A line per drill, and why each did not pass.
fn text_of_drills(drills: &[ReplayedDrill]) -> String {
    let mut lines = Vec::new();
    for ReplayedDrill { record, verdict } in drills {
        lines.push(drill_line(record, verdict));
        if verdict.outcome > Outcome::Skipped {
            lines.extend([failure_text(record, verdict), String::new()]);
        }
    }
    lines.push(tally(drills.iter().map(|drill| drill.verdict.outcome)));
    lines.join("\n")
}

/// Saves what was replayed as a run is saved; gives the page.
async fn save(
    project: &Path,
    open: &OpenRecording,
    replay: Replay<'_>,
    drills: &[ReplayedDrill],
) -> Result<PathBuf> {
    let root = find_project(project).map(|found| found.root());
    let target = target_folder(&root.unwrap_or_else(|_| project.to_owned()));
    let folder = RunFolder::of_a_replay(&target)?;
    folder.save_run(info_of(open.run()?, &folder, replay)?)?;
    for ReplayedDrill { record, .. } in drills {
        folder.save_record(record)?;
        let expressions =
            expression_histories(&open.replayer, &record.drill, &record.timeline).await?;
        folder.save_expressions(&record.drill.name, expressions)?;
    }
    let report = Report::of(&folder)?;
    save_report(&report, &folder)?;
    folder.become_latest()?;
    Ok(folder.path().join("index.html"))
}

fn info_of(run: &RecordedRun, folder: &RunFolder, replay: Replay<'_>) -> Result<RunInfo> {
    let recorded = run.info.clone();
    let (rules_file, rules_sha256) = match replay.rules {
        Some(rules) => (rules.to_owned(), hash_of_file(rules)?),
        None => (recorded.rules_file, recorded.rules_sha256),
    };
    Ok(RunInfo {
        id: folder.id(),
        rules_file,
        rules_sha256,
        replayed_from: Some(run.info.id.clone()),
        ..run.info.clone()
    })
}
