//! What the replayer is asked for: to record, and to evaluate rules over what was recorded.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::{
    Error, Gap, Labels, MadeMutants, RecordedGroup, RecordedServer, Recording, Result, RuleAt,
    RulesFile, UtcInstant,
};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::child::{Refusal, ReplayerChild};
use super::evaluated_rules::{EvaluatedRules, instant};
use super::messages::{EvaluatedAnswer, Opened, Proof, Recorded, Timing};
use super::recorded_server::{groups_to_time, milliseconds};
use crate::Prometheus;
use crate::prometheus::{MatrixSeries, numbers};
use crate::rule_engine::{Ranges, Series};

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// How long the recording of a server's samples may take: a day of 10,000 series takes minutes.
const RECORD_WITHIN: Duration = Duration::from_secs(3600);

/// A program that evaluates rules over recorded samples.
#[derive(Debug)]
pub struct Replayer {
    child: ReplayerChild,
    /// What errors name.
    recording: PathBuf,
}

/// Which samples an evaluation has seen that came in at about the same time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Those whose scrape was over by then.
    #[default]
    Usual,
    /// Those too whose scrape was over shortly after.
    Early,
    /// Only those whose scrape was over well before.
    Late,
}

/// What is to be evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The rules, each file under the path of the one that it takes the place of.
    pub files: &'a [RulesFile],
    /// Only these rules, and what they read; all if there are none.
    pub only: &'a [RuleAt],
    /// Whether what is evaluated can be asked for afterwards ([`Ranges`]).
    pub is_kept: bool,
    /// Whether the words of alerts are left out, which takes half of the time.
    pub is_wordless: bool,
    /// Which samples are seen.
    pub visibility: Visibility,
}

impl<'a> Evaluation<'a> {
    /// Of all rules of these files, to be asked for afterwards.
    #[must_use]
    pub fn of(files: &'a [RulesFile]) -> Self {
        Self {
            files,
            only: &[],
            is_kept: true,
            is_wordless: false,
            visibility: Visibility::Usual,
        }
    }
}

impl Replayer {
    /// Starts `program`.
    ///
    /// # Errors
    /// [`Error::File`] if there is none, [`Error::NoAnswer`] if it is no replayer.
    pub async fn start(program: &Path) -> Result<Self> {
        Ok(Self {
            child: ReplayerChild::start(program).await?,
            recording: PathBuf::new(),
        })
    }

    /// The version of Prometheus whose rule engine it is.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.child.version
    }

    /// Records every sample of `prometheus` between two instants into the new folder `into`; gives
    /// the instant of the first one.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] of the server, or [`Error::BadDescription`] if it has no samples.
    pub async fn record(
        &self,
        prometheus: &Prometheus,
        (from, until): (UtcInstant, UtcInstant),
        external_labels: &Labels,
        into: &Path,
    ) -> Result<UtcInstant> {
        let ask = json!({
            "ask": "record",
            "url": prometheus.url(),
            "from_ms": from.epoch_ms(),
            "until_ms": until.epoch_ms(),
            "into": into,
            "strip_labels": external_labels.keys().collect::<Vec<_>>(),
        });
        let recorded: Recorded = self.answer(ask, RECORD_WITHIN, into).await?;
        instant(recorded.from_ms)
    }

    /// Opens the samples of a recording, which are in the folder `tsdb`; gives the names of their
    /// metrics.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if they are torn or not there, or if they are of a server of
    /// another major version than this replayer.
    pub async fn open(&mut self, recording: &Recording, tsdb: &Path) -> Result<Vec<String>> {
        let RecordedServer {
            version,
            look_back,
            evaluation_interval,
            external_labels,
            external_url,
            ..
        } = &recording.server;
        self.recording = tsdb.to_owned();
        if major(version) != major(self.version()) {
            return Err(self.bad(&format!(
                "it is of Prometheus {version}, and the replayer evaluates as Prometheus {} does: \
                 the rule engines of two major versions differ; record it again",
                self.version()
            )));
        }
        let ask = json!({
            "ask": "open",
            "tsdb": tsdb,
            "lookback_ms": milliseconds(*look_back),
            "evaluation_interval_ms": milliseconds(*evaluation_interval),
            "external_labels": external_labels,
            "external_url": external_url,
            "outputs": recording.outputs(),
            "from_ms": recording.from.epoch_ms(),
            "until_ms": recording.until.epoch_ms(),
        });
        let opened: Opened = self.answer(ask, ANSWER_WITHIN, tsdb).await?;
        Ok(opened.metrics)
    }

    /// When each group of rules of `prometheus` was evaluated, and when the server did not run, as
    /// the samples tell that were opened.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::BadAnswer`] of the server; as [`Replayer::open`].
    pub async fn timing(
        &self,
        prometheus: &Prometheus,
        scrape_interval: Duration,
    ) -> Result<(Vec<RecordedGroup>, Vec<Gap>)> {
        let groups = groups_to_time(prometheus).await?;
        let ask = json!({
            "ask": "timing",
            "groups": groups,
            "scrape_interval_ms": milliseconds(scrape_interval),
        });
        let timing: Timing = self.answer(ask, ANSWER_WITHIN, &self.recording).await?;
        let interval_of = |file: &str, name: &str| {
            let mut groups = groups.iter();
            let group = groups.find(|group| group.file == file && group.name == name);
            group.map_or(0, |group| group.interval_ms)
        };
        let timed = timing.groups.into_iter().map(|group| RecordedGroup {
            interval_ms: interval_of(&group.file, &group.name),
            file: group.file,
            name: group.name,
            offset_ms: group.offset_ms,
        });
        Ok((timed.collect(), timing.gaps))
    }

    /// Evaluates rules over the samples of `recording`, which was opened.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] if Prometheus does not load the rules; [`Error::NoAnswer`] if
    /// the replayer ends or takes too long.
    pub async fn evaluate(
        &self,
        recording: &Recording,
        evaluation: Evaluation<'_>,
    ) -> Result<EvaluatedRules> {
        let mut ask = ask_of("evaluate", recording, evaluation);
        ask["visibility"] = json!(evaluation.visibility);
        ask["keep"] = json!(evaluation.is_kept);
        ask["wordless"] = json!(evaluation.is_wordless);
        let answer: EvaluatedAnswer = self.answer_on(ask, evaluation.files).await?;
        EvaluatedRules::of(answer, &recording.server)
    }

    /// Whether the rules of `recording`, evaluated again, give what was recorded.
    ///
    /// # Errors
    /// As [`Replayer::evaluate`].
    pub async fn prove(&self, recording: &Recording) -> Result<Proof> {
        let evaluation = Evaluation::of(&recording.rules);
        let ask = ask_of("prove", recording, evaluation);
        self.answer_on(ask, &recording.rules).await
    }

    /// The mutants of these files. A metric's name becomes another one of `metrics`.
    ///
    /// # Errors
    /// As [`Replayer::evaluate`].
    pub async fn mutants(&self, files: &[RulesFile], metrics: &[String]) -> Result<MadeMutants> {
        let ask = json!({"ask": "mutants", "files": files, "metrics": metrics});
        self.answer_on(ask, files).await
    }

    async fn answer_on<T: DeserializeOwned>(&self, ask: Value, files: &[RulesFile]) -> Result<T> {
        let file = files.first().map(|file| PathBuf::from(&file.path));
        self.answer(ask, ANSWER_WITHIN, &file.unwrap_or_default())
            .await
    }

    /// The answer to an ask that is about `file`.
    async fn answer<T: DeserializeOwned>(
        &self,
        ask: Value,
        within: Duration,
        file: &Path,
    ) -> Result<T> {
        let what = ask["ask"].as_str().unwrap_or_default().to_owned();
        let answered = self.child.ask(ask, within).await?;
        let ok = answered.map_err(|refusal| refused(refusal, &what, file))?;
        serde_json::from_value(ok).map_err(|error| Error::BadAnswer {
            attempted: format!("have the replayer {what}"),
            reason: error.to_string(),
        })
    }

    fn bad(&self, reason: &str) -> Error {
        Error::BadDescription {
            what: format!("the recording {}", self.recording.display()),
            reason: reason.to_owned(),
        }
    }
}

#[async_trait]
impl Ranges for Replayer {
    async fn range(
        &self,
        query: &str,
        span: (UtcInstant, UtcInstant),
        step: Duration,
    ) -> Result<Vec<Series>> {
        let ask = json!({
            "ask": "range",
            "query": query,
            "start_ms": span.0.epoch_ms(),
            "end_ms": span.1.epoch_ms(),
            "step_ms": milliseconds(step),
        });
        let answer: Matrix = self.answer(ask, ANSWER_WITHIN, &self.recording).await?;
        let series: Option<_> = answer.result.into_iter().map(numbers).collect();
        series.ok_or_else(|| Error::BadAnswer {
            attempted: format!("have the replayer answer `{query}`"),
            reason: "a timestamp or a value is no number".to_owned(),
        })
    }
}

#[derive(serde::Deserialize)]
struct Matrix {
    result: Vec<MatrixSeries>,
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// What is asked to have rules evaluated over `recording`.
fn ask_of(what: &str, recording: &Recording, of: Evaluation<'_>) -> Value {
    let told = recording
        .groups
        .iter()
        .filter(|group| group.offset_ms.is_some());
    let mut ask = json!({
        "ask": what,
        "files": of.files,
        "slots": told.collect::<Vec<_>>(),
        "gaps": recording.gaps,
        "from_ms": recording.from.epoch_ms(),
        "until_ms": recording.until.epoch_ms(),
    });
    if !of.only.is_empty() {
        ask["only"] = json!(of.only);
    }
    ask
}

fn refused(refusal: Refusal, what: &str, file: &Path) -> Error {
    let Refusal {
        kind,
        message,
        mut details,
    } = refusal;
    // Of a file that is no YAML, Prometheus says the same twice.
    details.dedup();
    match kind.as_str() {
        "bad_rules" => Error::CandidateRefused {
            server: "Prometheus",
            what: "rules",
            file: file.to_owned(),
            message: if details.is_empty() {
                message
            } else {
                details.join("\n")
            },
        },
        "bad_recording" => Error::BadDescription {
            what: format!("the recording {}", file.display()),
            reason: message,
        },
        "no_answer" => Error::NoAnswer {
            attempted: "record what Prometheus has".to_owned(),
            reason: message,
        },
        _ => Error::BadAnswer {
            attempted: format!("have the replayer {what}"),
            reason: message,
        },
    }
}
