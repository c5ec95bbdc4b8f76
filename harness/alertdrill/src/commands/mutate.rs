//! `alertdrill mutate`: which small mistakes in the rules do the drills of a recording catch?

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, MutationRun, Result, RunOutcome, WaivedMutants};
use alertdrill_progress::Progress;
use alertdrill_report::{mutants_page, mutation_json, mutation_text};

use super::Done;
use crate::async_runtime::runtime;
use crate::mutating::{ChangedLines, Mutating};
use crate::replaying::{OpenRecording, about_rules_in, recording_of};
use crate::written::{Described, text_of};

/// What mutants are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Mutate<'a> {
    /// The rules; those that were recorded, if there are none.
    pub rules: Option<&'a Path>,
    /// The folder of the recording; that of the project, if none is named.
    pub recording: Option<&'a Path>,
    /// A unified diff: only what it changes is mutated.
    pub in_diff: Option<&'a Path>,
    /// The mutants that need not be killed; those of the project, if no file is named.
    pub waivers: Option<&'a Path>,
    /// Where the report is written for programs.
    pub json: Option<&'a Path>,
    /// Where the page is written for people.
    pub page: Option<&'a Path>,
}

/// Judges the mutants of rules by a recording; it fails if one is neither killed nor waived.
///
/// # Errors
/// A recording that cannot be used, rules that Prometheus does not load or that fail a drill, a
/// diff that does not fit them, a file of waivers that cannot be read.
pub fn mutate(
    project: &Path,
    programs: &Path,
    mutate: Mutate<'_>,
    progress: &Progress,
) -> Result<Done> {
    let folder = recording_of(mutate.recording, project)?;
    let waived = waivers_of(mutate.waivers, project)?;
    let run = runtime()?.block_on(async {
        let open = OpenRecording::open(&folder, programs).await?;
        let files = open.files_of(mutate.rules)?;
        let lines = match mutate.in_diff {
            Some(diff) => {
                let (text, recording) = (text_of(diff)?, within(&folder, project));
                Some(ChangedLines::of(&text, diff, &files, &recording)?)
            }
            None => None,
        };
        let mutating = Mutating::of(&open, &files).await;
        let mutating = mutating.map_err(about_rules_in(mutate.rules))?;
        let step = progress.step("mutants", "judging");
        let shown = |done: usize, all: usize| step.update(&format!("{done} of {all}"));
        let mut run = mutating.run(lines.as_ref(), &waived, shown).await?;
        step.done(&run.judged.len().to_string());
        if let Some(rules) = mutate.rules {
            name_file(&mut run, open.place_of(rules)?, rules);
        }
        Ok::<_, Error>(run)
    })?;
    if let Some(json) = mutate.json {
        let report = mutation_json(&run).to_string();
        std::fs::write(json, report).map_err(Error::file("write", json))?;
    }
    if let Some(page) = mutate.page {
        std::fs::write(page, mutants_page(&run)?).map_err(Error::file("write", page))?;
    }
    let is_sharp = run.open().next().is_none() && run.idle_waivers.is_empty();
    Ok(Done {
        text: mutation_text(&run),
        outcome: if is_sharp {
            RunOutcome::Passed
        } else {
            RunOutcome::Failed
        },
    })
}

fn waivers_of(named: Option<&Path>, project: &Path) -> Result<WaivedMutants> {
    let file = match named {
        Some(named) => Some(named.to_owned()),
        None => of_the_project(project),
    };
    let Some(file) = file else {
        return Ok(WaivedMutants::default());
    };
    WaivedMutants::in_text(&text_of(&file)?, &file.display().to_string())
}

/// The file of waivers of `project`, if there is a project and it has one.
fn of_the_project(project: &Path) -> Option<PathBuf> {
    let Described { root, settings, .. } = Described::read(project).ok()?;
    Some(root.join(settings.waived_mutants?))
}

/// `folder`, relative to the project, as diffs name it.
fn within(folder: &Path, project: &Path) -> PathBuf {
    let root = project
        .canonicalize()
        .unwrap_or_else(|_| project.to_owned());
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder
        .strip_prefix(root)
        .map(Path::to_owned)
        .unwrap_or(folder)
}

/// Gives the file at `place`, which was read from `rules`, the name that people know it by.
fn name_file(run: &mut MutationRun, place: usize, rules: &Path) {
    let Some(file) = run.files.get_mut(place) else {
        return;
    };
    let before = std::mem::replace(&mut file.path, rules.display().to_string());
    let mutants = run.judged.iter_mut().map(|judged| &mut judged.mutant);
    for mutant in mutants.filter(|mutant| mutant.file == before) {
        mutant.file.clone_from(&file.path);
    }
}
