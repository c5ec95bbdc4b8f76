//! `alertdrill watch`: the verdicts on a rules file, at once and each time that it is saved.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::{
    Drill, Error, Result, RunOutcome, UtcInstant, VerdictChange, changed_rules, changed_verdicts,
};
use alertdrill_report::{JudgedDrill, SavedRules, refused_text, saved_again_text, saved_text};
use alertdrill_target::compose::DrilledFiles;
use jiff::Timestamp;
use tokio::time::Instant;

use super::Done;
use crate::async_runtime::runtime;
use crate::replaying::{OpenRecording, ReplayedDrill, drills_named, judged, recording_of};
use crate::saves::Saves;
use crate::signals::Signals;
use crate::written::{Described, text_of};

/// Empties a terminal, but for what was scrolled out of it, and begins at its top.
const EMPTY: &str = "\u{1b}[2J\u{1b}[H";

/// What is to be watched.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The rules file; that of the project, if none is named.
    pub rules: Option<&'a Path>,
    /// The folder of the recording; that of the project, if none is named.
    pub recording: Option<&'a Path>,
    /// A part of the drills' names.
    pub name: Option<&'a str>,
}

/// Judges the drills of a recording by a rules file, at once and each time that it is saved, until
/// a signal ends it; `show` gets what a terminal shows.
///
/// # Errors
/// A recording that cannot be used, a rules file that is not there or whose folder cannot be
/// watched, or a drill that is not in the recording.
pub fn watch(
    project: &Path,
    programs: &Path,
    watch: Watch<'_>,
    show: impl Fn(&str),
) -> Result<Done> {
    let file = match watch.rules {
        Some(rules) => rules.to_owned(),
        None => rules_of_project(project)?,
    };
    let folder = recording_of(watch.recording, project)?;
    runtime()?.block_on(async {
        let mut signals = Signals::listen()?;
        tokio::select! {
            _ = signals.next() => {}
            ended = watch_saves(&file, (&folder, programs), watch.name, &show) => ended?,
        }
        Ok(Done {
            text: String::new(),
            outcome: RunOutcome::Passed,
        })
    })
}

/// The rules file of `project`, as a reader in the current folder can open it.
fn rules_of_project(project: &Path) -> Result<PathBuf> {
    let Described { root, settings, .. } = Described::read(project)?;
    let rules = DrilledFiles::of(&root, &settings)?.rules;
    match rules.as_slice() {
        [only] => Ok(only.path.clone()),
        several => Err(Error::Refused {
            attempted: "watch the project's rules file".to_owned(),
            reason: format!(
                "the project has {} of them; name one: `alertdrill watch --rules FILE`",
                several.len()
            ),
        }),
    }
}

async fn watch_saves(
    file: &Path,
    recording: (&Path, &Path),
    name: Option<&str>,
    show: impl Fn(&str),
) -> Result<()> {
    // What is saved from here on is seen.
    let mut saves = Saves::of(file)?;
    let mut text = text_of(file);
    let (folder, programs) = recording;
    let mut watched = Watched {
        open: OpenRecording::open(folder, programs).await?,
        recording,
        name,
        file,
        last: None,
        is_last_judged: false,
    };
    drills_named(watched.open.run()?, name, false)?;
    if let Err(not_there) = text {
        return Err(not_there);
    }
    let is_terminal = std::io::stdout().is_terminal();
    let mut verdicts_shown = String::new();
    loop {
        let look = watched.look(text, Timestamp::now().into()).await?;
        show(&match (look, is_terminal) {
            (Look::Judged(screen), true) => {
                verdicts_shown.clone_from(&screen);
                format!("{EMPTY}{screen}")
            }
            (Look::NotJudged(said), true) => format!("{EMPTY}{said}\n\n{verdicts_shown}"),
            (Look::Judged(said) | Look::NotJudged(said), false) => said,
        });
        saves.next().await?;
        text = text_of(file);
    }
}

/// What is shown of a look at the file.
enum Look {
    /// New verdicts.
    Judged(String),
    /// Why there are none; the last ones stand.
    NotJudged(String),
}

/// A rules file that is watched.
struct Watched<'a> {
    open: OpenRecording,
    /// The folder of the recording, and that of the programs.
    recording: (&'a Path, &'a Path),
    name: Option<&'a str>,
    file: &'a Path,
    last: Option<Judged>,
    /// Whether the last look came to verdicts.
    is_last_judged: bool,
}

/// What the rules of a text came to.
struct Judged {
    text: String,
    read_at: UtcInstant,
    drills: Vec<ReplayedDrill>,
}

impl Watched<'_> {
    /// Judges what the file was read to say at `read_at`, unless it says what it said.
    ///
    /// # Errors
    /// The recording cannot be opened again, which is done if the replayer has failed.
    async fn look(&mut self, text: Result<String>, read_at: UtcInstant) -> Result<Look> {
        let text = match text {
            Ok(text) => text,
            Err(error) => return Ok(self.not_judged(read_at, &error)),
        };
        if let Some(last) = &self.last
            && self.is_last_judged
            && last.text == text
        {
            let drills = in_short(&last.drills);
            return Ok(Look::NotJudged(saved_again_text(read_at, &drills)));
        }
        let began = Instant::now();
        let drills = match self.judge(&text).await {
            Ok(drills) => drills,
            Err(error) => {
                if !matches!(error, Error::CandidateRefused { .. }) {
                    let (folder, programs) = self.recording;
                    self.open = OpenRecording::open(folder, programs).await?;
                }
                return Ok(self.not_judged(read_at, &error));
            }
        };
        let judged = Judged {
            text,
            read_at,
            drills,
        };
        let screen = self.judged_text(&judged, began.elapsed());
        self.last = Some(judged);
        self.is_last_judged = true;
        Ok(Look::Judged(screen))
    }

    /// The drills that are meant, judged by the rules in `text`.
    async fn judge(&self, text: &str) -> Result<Vec<ReplayedDrill>> {
        let run = self.open.run()?;
        let meant = drills_named(run, self.name, false)?;
        let evaluated = self.open.evaluate_text(text.to_owned(), self.file).await?;
        let is_meant = |drill: &Drill| meant.contains(&drill.name.as_str());
        Ok(judged(run, &evaluated.said, is_meant).collect())
    }

    fn not_judged(&mut self, read_at: UtcInstant, error: &Error) -> Look {
        self.is_last_judged = false;
        let last = self.last.as_ref();
        let drills = last.map(|last| in_short(&last.drills));
        let last = last.map(|last| last.read_at).zip(drills.as_deref());
        Look::NotJudged(refused_text(read_at, &error.to_string(), last))
    }

    fn judged_text(&self, judged: &Judged, took: Duration) -> String {
        let last = self.last.as_ref();
        let changes = last.map(|last| {
            changed_rules(self.file, &last.text, &judged.text).map_err(|error| error.to_string())
        });
        let verdict_changes = last.map(|last| changes_between(&last.drills, &judged.drills));
        saved_text(&SavedRules {
            file: self.file,
            text: &judged.text,
            at: judged.read_at,
            changes: changes.as_ref().map(|changes| match changes {
                Ok(changes) => Ok(changes.as_slice()),
                Err(reason) => Err(reason.as_str()),
            }),
            verdict_changes: &verdict_changes.unwrap_or_default(),
            drills: &in_short(&judged.drills),
            took,
        })
    }
}

fn changes_between(old: &[ReplayedDrill], new: &[ReplayedDrill]) -> Vec<VerdictChange> {
    let both = old.iter().zip(new);
    changed_verdicts(both.map(|(old, new)| {
        let name = old.record.drill.name.as_str();
        (name, &old.verdict, &new.verdict)
    }))
}

fn in_short(drills: &[ReplayedDrill]) -> Vec<JudgedDrill<'_>> {
    let drills = drills.iter().map(|drill| JudgedDrill {
        name: &drill.record.drill.name,
        lane: drill.record.lane.as_deref(),
        verdict: &drill.verdict,
    });
    drills.collect()
}
