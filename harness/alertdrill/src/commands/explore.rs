//! `alertdrill explore`: whose failure pages nobody.

use std::path::Path;
use std::time::Duration;

use alertdrill_core::exploration::{
    BASELINE_SCHEMA_VERSION, Baseline, BaselineComparison, CellKey, ExplorationMap,
    ExplorationPlan, Only, exploration_plan, side_by_side,
};
use alertdrill_core::{Error, Result, RunOutcome};
use alertdrill_progress::Progress;
use alertdrill_report::{
    CellGraphs, ExplorationFolder, baseline_text, blind_spots_text, exploration_text, map_page,
    map_table, map_tally, rule_changes_text,
};
use alertdrill_target::compose::{Project, find_project, target_folder};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Done;
use crate::async_runtime::runtime;
use crate::exploring::{
    Explored, MapOf, Rejudged, explore as break_all, map_of, rejudge, tried_before,
};
use crate::session::Session;
use crate::signals::cancelled_by_signals;
use crate::written::text_of;

/// What is to be explored, and how it is shown.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Explore<'a> {
    /// How long all of it may take; as long as it takes, if that is not said.
    pub within: Option<Duration>,
    /// Only these services and failures; all if there are none.
    pub only: &'a [Only],
    /// How long each fault is held at least.
    pub hold: Duration,
    /// Whether nothing is broken and only the plan is shown.
    pub dry_run: bool,
    /// Whether the last exploration is gone on with.
    pub resume: bool,
    /// The rules by which what was recorded is judged again; then nothing is broken.
    pub rules: Option<&'a Path>,
    /// The folder of the exploration that is judged again; the last one, if none is named.
    pub exploration: Option<&'a Path>,
    /// Whether the map is printed as JSON.
    pub as_json: bool,
    /// The file of the accepted blind spots.
    pub baseline: Option<&'a Path>,
    /// Whether a blind spot that is not accepted there is a failure.
    pub fail_on_new: bool,
    /// Whether the file is written anew, with the reasons that it has.
    pub update_baseline: bool,
}

/// Explores `project`, or judges what was explored by other rules; gives the map.
///
/// # Errors
/// A project that cannot be read, a stack that is not steady, or what keeps the exploration from
/// being recorded and judged.
pub fn explore(
    project: &Path,
    programs: &Path,
    asked: Explore<'_>,
    progress: &Progress,
) -> Result<Done> {
    if asked.hold.is_zero() {
        return Err(Error::BadDescription {
            what: "--hold".to_owned(),
            reason: "a fault that is held for no time has no effect; write 60s, for example".into(),
        });
    }
    let accepted = asked
        .baseline
        .map(|file| baseline_in(file, asked.update_baseline));
    let accepted = accepted.transpose()?.flatten();
    match asked.rules {
        Some(rules) => judge_by(project, programs, asked, rules, accepted.as_ref()),
        None => runtime()?.block_on(break_and_map(
            project,
            programs,
            asked,
            accepted.as_ref(),
            progress,
        )),
    }
}

async fn break_and_map(
    project: &Path,
    programs: &Path,
    asked: Explore<'_>,
    accepted: Option<&Baseline>,
    progress: &Progress,
) -> Result<Done> {
    let project = Project::open(project, programs).await?;
    let services = project.services_to_explore();
    let plan = exploration_plan(&services, asked.only)?;
    let a_cell_s = ExplorationPlan::a_cell_takes(asked.hold).as_secs_f64();
    if asked.dry_run {
        let within_s = asked.within.map(|within| within.as_secs_f64());
        let keys: Vec<CellKey> = plan.applicable().cloned().collect();
        let batches = side_by_side(&keys, &services);
        return Ok(Done {
            text: exploration_text(&plan.cells, &batches, a_cell_s, within_s),
            outcome: RunOutcome::Passed,
        });
    }
    let cancel = cancelled_by_signals()?;
    let target = project.target_folder();
    let folder = if asked.resume {
        ExplorationFolder::latest(&target).ok_or_else(|| nothing_to_resume(&target))?
    } else {
        ExplorationFolder::create(&target)?
    };
    let all: Vec<CellKey> = plan.applicable().cloned().collect();
    let tried = tried_before(&folder, &all)?;
    let cells: Vec<_> = all.into_iter().filter(|key| !tried.contains(key)).collect();
    let name = project.name().to_owned();
    if !cells.is_empty() {
        let explored = Explored {
            cells: &cells,
            services: &services,
            hold: asked.hold,
            within: asked.within,
            programs,
        };
        Box::pin(explore_stack(project, &folder, explored, progress, &cancel)).await?;
    }
    let of = MapOf {
        project: &name,
        services: &services,
        plan: &plan,
        hold: asked.hold,
    };
    let (map, graphs) = map_of(&folder, of, programs, progress).await?;
    save(&folder, &map, &graphs, "index.html")?;
    folder.save_map(&map)?;
    folder.save_graphs(&graphs)?;
    folder.become_latest()?;
    let mut done = shown(&map, &folder, "index.html", asked, accepted)?;
    if cancel.is_cancelled() {
        progress.line("interrupted: `alertdrill explore --resume` goes on");
        done.outcome = done.outcome.max(RunOutcome::NotTested);
    }
    Ok(done)
}

/// Whatever comes of the exploration, the stack is left as it must be.
async fn explore_stack(
    project: Project,
    folder: &ExplorationFolder,
    explored: Explored<'_>,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<()> {
    let session = Session::start(project, Timestamp::now().into(), progress, cancel).await?;
    let explored = break_all(&session, folder, explored, progress, cancel).await;
    let ended = session.end(progress).await;
    explored.and(ended)
}

fn judge_by(
    project: &Path,
    programs: &Path,
    asked: Explore<'_>,
    rules: &Path,
    accepted: Option<&Baseline>,
) -> Result<Done> {
    let folder = if let Some(folder) = asked.exploration {
        ExplorationFolder::existing(folder)
    } else {
        let root = find_project(project).map(|found| found.root());
        let target = target_folder(&root.unwrap_or_else(|_| project.to_owned()));
        ExplorationFolder::latest(&target).ok_or_else(|| nothing_to_resume(&target))?
    };
    let Rejudged {
        map,
        change,
        evaluations,
    } = runtime()?.block_on(rejudge(&folder, rules, programs))?;
    let graphs: CellGraphs =
        serde_json::from_str(&folder.graphs()?).map_err(|error| Error::BadDescription {
            what: "the lines of the exploration".to_owned(),
            reason: error.to_string(),
        })?;
    save(&folder, &map, &graphs, "judged.html")?;
    let mut done = shown(&map, &folder, "judged.html", asked, accepted)?;
    if !asked.as_json {
        done.text = format!(
            "{}\n\nWhat these rules change, by {evaluations} evaluations of what was recorded:\n{}",
            done.text,
            rule_changes_text(&change)
        );
    }
    Ok(done)
}

fn save(
    folder: &ExplorationFolder,
    map: &ExplorationMap,
    graphs: &CellGraphs,
    name: &str,
) -> Result<()> {
    let path = folder.path().join(name);
    std::fs::write(&path, map_page(map, graphs)?).map_err(Error::file("write", path))
}

/// The map as it is asked for, and what it says against the accepted blind spots.
fn shown(
    map: &ExplorationMap,
    folder: &ExplorationFolder,
    page: &str,
    asked: Explore<'_>,
    accepted: Option<&Baseline>,
) -> Result<Done> {
    let comparison = accepted.map(|accepted| accepted.compared_with(map));
    let is_as_accepted = comparison
        .as_ref()
        .is_none_or(BaselineComparison::is_as_accepted);
    if let (Some(file), true) = (asked.baseline, asked.update_baseline) {
        write_baseline(file, &Baseline::of(map, accepted))?;
    }
    let text = if asked.as_json {
        serde_json::to_string_pretty(map).map_err(|error| Error::BadDescription {
            what: "the map".to_owned(),
            reason: error.to_string(),
        })?
    } else {
        let mut parts = vec![map_table(map), map_tally(map), blind_spots_text(map)];
        parts.extend(comparison.as_ref().map(baseline_text));
        parts.push(folder.path().join(page).display().to_string());
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    };
    let is_failure = asked.fail_on_new && !asked.update_baseline && !is_as_accepted;
    Ok(Done {
        text,
        outcome: if is_failure {
            RunOutcome::Failed
        } else {
            RunOutcome::Passed
        },
    })
}

/// The accepted blind spots; none if the file is to be written and is not there yet.
fn baseline_in(file: &Path, may_be_missing: bool) -> Result<Option<Baseline>> {
    if may_be_missing && !file.exists() {
        return Ok(None);
    }
    let text = text_of(file)?;
    let bad = |reason: String| Error::BadDescription {
        what: file.display().to_string(),
        reason,
    };
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    if baseline.schema_version != BASELINE_SCHEMA_VERSION {
        let version = baseline.schema_version;
        return Err(bad(format!(
            "it is of version {version}, and this program reads {BASELINE_SCHEMA_VERSION}"
        )));
    }
    Ok(Some(baseline))
}

fn write_baseline(file: &Path, baseline: &Baseline) -> Result<()> {
    let json = serde_json::to_string_pretty(baseline).map_err(|error| Error::BadDescription {
        what: "the accepted blind spots".to_owned(),
        reason: error.to_string(),
    })?;
    std::fs::write(file, json + "\n").map_err(Error::file("write", file))
}

fn nothing_to_resume(target: &Path) -> Error {
    Error::BadDescription {
        what: target.join("explorations").display().to_string(),
        reason: "nothing was explored yet; `alertdrill explore` does".to_owned(),
    }
}
