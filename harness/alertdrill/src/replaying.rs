//! A recording that is open: any rules can be judged by it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_core::{
    Drill, DrillRecord, Error, RecordedDrill, RecordedRun, Recording, Result, RuleAt, RulesFile,
    RulesSaid, Verdict, judge, nearest, replayed, with_watchdogs,
};
use alertdrill_engine::replay::{EvaluatedRules, Evaluation, Replayer, Visibility};
use alertdrill_report::RecordingFolder;

use crate::latest_run::latest_run;
use crate::recorder::require_reproducible;
use crate::replayer_program::find_replayer;
use crate::written::{Described, text_of};

/// The folder of a recording in that of its run.
pub(crate) const RECORDING: &str = "recording";

/// A recording, and the replayer that has opened it.
#[derive(Debug)]
pub struct OpenRecording {
    /// What it holds beside its samples.
    pub recording: Recording,
    /// Evaluates rules over its samples.
    pub replayer: Replayer,
    /// The metrics that it has samples of.
    pub metrics: Vec<String>,
}

/// A drill of a recording, judged by other rules.
#[derive(Clone, Debug)]
pub struct ReplayedDrill {
    /// What it would have seen.
    pub record: DrillRecord,
    /// What that proves.
    pub verdict: Verdict,
}

impl OpenRecording {
    /// Opens the recording in `folder` with the replayer of the folder `programs`.
    ///
    /// # Errors
    /// [`Error::File`] if there is none, [`Error::BadDescription`] if it is torn or of another
    /// version, [`Error::NotReproducible`], [`Error::NoReplayer`], [`Error::NoAnswer`].
    pub async fn open(folder: &Path, programs: &Path) -> Result<Self> {
        require_reproducible(&RecordingFolder::at(folder).recording()?, folder)?;
        Self::open_as_it_is(folder, programs).await
    }

    /// The same, whether its own rules give what was recorded or not: for who looks at that himself.
    ///
    /// # Errors
    /// As [`OpenRecording::open`], but for [`Error::NotReproducible`].
    pub(crate) async fn open_as_it_is(folder: &Path, programs: &Path) -> Result<Self> {
        let files = RecordingFolder::at(folder);
        let recording = files.recording()?;
        let mut replayer = Replayer::start(&find_replayer(programs)?).await?;
        let metrics = replayer.open(&recording, &files.samples()).await?;
        Ok(Self {
            recording,
            replayer,
            metrics,
        })
    }

    /// The run that it is of.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if it has no drills.
    pub fn run(&self) -> Result<&RecordedRun> {
        let run = self.recording.run.as_ref();
        run.filter(|run| !run.drills.is_empty())
            .ok_or_else(|| Error::Refused {
                attempted: "judge the drills of the recording".to_owned(),
                reason: "it has no drills to judge; `alertdrill diff` compares rules over it"
                    .to_owned(),
            })
    }

    /// The rules in `rules`; those that were loaded, if no file is named.
    ///
    /// # Errors
    /// As [`OpenRecording::with_rules`].
    pub(crate) fn files_of(&self, rules: Option<&Path>) -> Result<Vec<RulesFile>> {
        rules.map_or_else(
            || Ok(self.recording.rules.clone()),
            |rules| self.with_rules(rules),
        )
    }

    /// The rules that were loaded, with the content of `rules` in the place of their file.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if several files were loaded: which of them is
    /// meant cannot be told.
    pub fn with_rules(&self, rules: &Path) -> Result<Vec<RulesFile>> {
        let text = text_of(rules)?;
        self.with_rules_text(text, rules)
    }

    /// The same with this content, which was read from `whence`.
    ///
    /// # Errors
    /// As [`OpenRecording::with_rules`].
    pub fn with_rules_text(&self, text: String, whence: &Path) -> Result<Vec<RulesFile>> {
        let mut files = self.recording.rules.clone();
        let place = self.place_of(whence)?;
        if let Some(file) = files.get_mut(place) {
            file.text = text;
        }
        Ok(files)
    }

    /// Which of the loaded files the rules in `whence` take the place of.
    ///
    /// # Errors
    /// As [`OpenRecording::with_rules`].
    pub(crate) fn place_of(&self, whence: &Path) -> Result<usize> {
        let files = &self.recording.rules;
        let named = |file: &RulesFile| Path::new(&file.path).file_name() == whence.file_name();
        let place = files.iter().position(named);
        place.or((files.len() == 1).then_some(0)).ok_or_else(|| {
            let loaded = files.iter().map(|file| file.path.as_str());
            let loaded = loaded.collect::<Vec<_>>().join(", ");
            Error::Refused {
                attempted: format!("put {} in the place of a recorded file", whence.display()),
                reason: format!(
                    "the recording is of several files of rules ({loaded}), and none has that \
                     name; rename it after the one that it is for"
                ),
            }
        })
    }

    /// What `files` say of the recording.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] of rules that Prometheus does not load.
    pub(crate) async fn evaluate(&self, files: &[RulesFile]) -> Result<EvaluatedRules> {
        self.said_of(Evaluation::of(files)).await
    }

    /// What comes of an evaluation, with the rules marked that always fire by intent of the
    /// recorded project.
    async fn said_of(&self, evaluation: Evaluation<'_>) -> Result<EvaluatedRules> {
        let mut evaluated = self.replayer.evaluate(&self.recording, evaluation).await?;
        if let Some(run) = &self.recording.run {
            evaluated.said.rules = with_watchdogs(evaluated.said.rules, &run.settings);
        }
        Ok(evaluated)
    }

    /// What the rules in the file `rules` say of the recording.
    ///
    /// # Errors
    /// As [`OpenRecording::with_rules`]; [`Error::CandidateRefused`] of rules that Prometheus does
    /// not load.
    pub(crate) async fn evaluate_file(&self, rules: &Path) -> Result<EvaluatedRules> {
        self.evaluate_text(text_of(rules)?, rules).await
    }

    /// The same of the rules in `text`, which was read from `whence`.
    ///
    /// # Errors
    /// As [`OpenRecording::evaluate_file`].
    pub(crate) async fn evaluate_text(
        &self,
        text: String,
        whence: &Path,
    ) -> Result<EvaluatedRules> {
        let files = self.with_rules_text(text, whence)?;
        let evaluated = self.evaluate(&files).await;
        evaluated.map_err(|error| error.about_rules_in(whence))
    }

    /// The drills whose verdict hangs on whether an evaluation saw samples that came in at about
    /// the same time: `as_usual` are the verdicts if it saw those whose scrape was over.
    ///
    /// # Errors
    /// As [`OpenRecording::evaluate`] and [`OpenRecording::run`].
    pub(crate) async fn too_near_to_tell(
        &self,
        files: &[RulesFile],
        as_usual: &[ReplayedDrill],
    ) -> Result<BTreeSet<String>> {
        let run = self.run()?;
        let mut hanging = BTreeSet::new();
        for visibility in [Visibility::Early, Visibility::Late] {
            let evaluation = Evaluation {
                visibility,
                is_kept: false,
                ..Evaluation::of(files)
            };
            let said = self.said_of(evaluation).await?.said;
            let outcome_of = |name: &str| {
                let mut same = as_usual.iter().filter(|it| it.record.drill.name == name);
                same.next().map(|it| it.verdict.outcome)
            };
            let is_meant = |drill: &Drill| outcome_of(&drill.name).is_some();
            let otherwise = judged(run, &said, is_meant);
            let otherwise = otherwise
                .filter(|it| outcome_of(&it.record.drill.name) != Some(it.verdict.outcome));
            hanging.extend(otherwise.map(|it| it.record.drill.name));
        }
        Ok(hanging)
    }

    /// Each drill, judged by the rules in `files`.
    ///
    /// # Errors
    /// As [`OpenRecording::evaluate`] and [`OpenRecording::run`].
    pub async fn judge(&self, files: &[RulesFile]) -> Result<Vec<ReplayedDrill>> {
        let run = self.run()?;
        let said = self.evaluate(files).await?.said;
        Ok(judged(run, &said, |_| true).collect())
    }

    /// What only these rules of `files` say of the recording; if wanted, without words.
    ///
    /// # Errors
    /// As [`OpenRecording::evaluate`].
    pub(crate) async fn evaluate_only(
        &self,
        files: &[RulesFile],
        only: &[RuleAt],
        is_wordless: bool,
    ) -> Result<EvaluatedRules> {
        let evaluation = Evaluation {
            files,
            only,
            is_kept: false,
            is_wordless,
            visibility: Visibility::Usual,
        };
        self.said_of(evaluation).await
    }
}

impl ReplayedDrill {
    /// The recorded drill of `run`, judged by what rules `said` of its recording.
    pub(crate) fn of(recorded: &RecordedDrill, run: &RecordedRun, said: &RulesSaid) -> Self {
        let record = replayed(recorded, run, said);
        let verdict = judge(&record.drill, &record.timeline);
        Self { record, verdict }
    }
}

/// An error of evaluating what [`OpenRecording::files_of`] gave for `rules`: it is about that file
/// and not about the one that it takes the place of.
pub(crate) fn about_rules_in(rules: Option<&Path>) -> impl Fn(Error) -> Error {
    move |error| match rules {
        Some(rules) => error.about_rules_in(rules),
        None => error,
    }
}

/// Each drill of `run` that is `meant`, judged by what rules `said` of its recording.
pub(crate) fn judged<'a>(
    run: &'a RecordedRun,
    said: &'a RulesSaid,
    meant: impl Fn(&Drill) -> bool + 'a,
) -> impl Iterator<Item = ReplayedDrill> + 'a {
    let drills = run.drills.iter();
    let drills = drills.filter(move |recorded| meant(&recorded.record.drill));
    drills.map(|recorded| ReplayedDrill::of(recorded, run, said))
}

/// Which drills of `run` a name means: those that contain it, or just the one that is it.
///
/// # Errors
/// [`Error::BadDescription`] with the nearest name if there is none.
pub(crate) fn drills_named<'a>(
    run: &'a RecordedRun,
    name: Option<&str>,
    exact: bool,
) -> Result<Vec<&'a str>> {
    let names = run
        .drills
        .iter()
        .map(|drill| drill.record.drill.name.as_str());
    let Some(name) = name else {
        return Ok(names.collect());
    };
    let is_meant = |drill: &&str| {
        if exact {
            *drill == name
        } else {
            drill.contains(name)
        }
    };
    let meant: Vec<_> = names.clone().filter(is_meant).collect();
    if meant.is_empty() {
        let nearest = nearest(name, names);
        let nearest = nearest.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        return Err(Error::BadDescription {
            what: "the drills of the recording".to_owned(),
            reason: format!("no drill is named `{name}`{nearest}"),
        });
    }
    Ok(meant)
}

/// The recording that a command is about: the named one, else the one that the settings of
/// `project` name, else that of its last run.
///
/// # Errors
/// As [`Described::read`], if none is named.
pub(crate) fn recording_of(named: Option<&Path>, project: &Path) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let Described { root, settings, .. } = Described::read(project)?;
    Ok(match settings.recording {
        Some(recording) => root.join(recording),
        None => latest_run(project)?.join(RECORDING),
    })
}
