//! The commands that need a recording and no stack.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use alertdrill::commands::{self, Diff, Done, Mutate, Record, Replay, Watch};
use alertdrill::{Progress, Result, RunOutcome, UtcInstant};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum ByARecording {
    /// Judge the drills of a recorded run by other rules, in a second: no stack, no Docker.
    ///
    /// Prometheus's own rule engine evaluates the rules over what was recorded. Who would have been
    /// told is not replayed.
    #[command(after_help = "\
Examples:
  alertdrill replay --rules candidate.yml            every drill of the project's recording
  alertdrill replay --rules candidate.yml consumer   those whose names contain `consumer`
  alertdrill replay --recording target/drills/latest/recording")]
    Replay {
        #[command(flatten)]
        rules: RulesAndRecording,
        /// Only the drills whose names contain it.
        name: Option<String>,
        /// Only the drill of just that name.
        #[arg(long, requires = "name")]
        exact: bool,
        /// Make no report page.
        #[arg(long)]
        no_report: bool,
    },
    /// Make small mistakes in the rules, one at a time, and say which of them no drill catches.
    ///
    /// Each mutant is judged by a recording, as by `replay`. Exit code 1 if one is neither killed
    /// nor waived.
    #[command(after_help = "\
Examples:
  alertdrill mutate                               of the rules that were recorded
  alertdrill mutate --rules docker/prometheus/alert_rules.yml --json target/mutants.json
  alertdrill mutate --page target/mutants.html    as a page, to read
  git diff main | alertdrill mutate --in-diff /dev/stdin --rules rules.yml")]
    Mutate {
        #[command(flatten)]
        rules: RulesAndRecording,
        /// Only what this unified diff changes.
        #[arg(long, value_name = "FILE")]
        in_diff: Option<PathBuf>,
        /// A list of mutants that need not be killed, with reasons; else the one that the project's
        /// settings name.
        #[arg(long, value_name = "FILE")]
        waivers: Option<PathBuf>,
        /// Write all of it for programs, by the mutation-testing report schema.
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Write all of it for people, as a page that needs nothing else.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Say what other rules change: which incidents of a recording page earlier, later, no more or
    /// newly, and which drills come to another verdict.
    ///
    /// An incident is one life of one alert in which it fired. On a recording without drills it
    /// says how often each alert would have fired. It ends with 1 if a drill that passes with OLD
    /// fails with NEW.
    #[command(after_help = "\
Examples:
  alertdrill diff docker/prometheus/alert_rules.yml candidate.yml
  alertdrill diff --recording yesterday old.yml new.yml    no drills: how often each alert fires")]
    Diff {
        /// The rules as they are.
        old: PathBuf,
        /// The rules as they may become.
        new: PathBuf,
        /// The folder of the recording; else the one that the project's settings name, else that of
        /// its last run.
        #[arg(long, value_name = "FOLDER")]
        recording: Option<PathBuf>,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Judge the drills of a recording by a rules file each time that it is saved, until Ctrl-C.
    ///
    /// It says what changed since the last save, which verdicts that changes, and at which line the
    /// rule is that each reason is about. Rules that Prometheus refuses keep the last verdicts.
    #[command(after_help = "\
Examples:
  alertdrill watch                          the project's rules, every drill
  alertdrill watch consumer                 the drills whose names contain `consumer`
  alertdrill watch --rules candidate.yml    another rules file")]
    Watch {
        /// The rules file; else the project's.
        #[arg(long, value_name = "FILE")]
        rules: Option<PathBuf>,
        /// The folder of the recording; else the one that the project's settings name, else that of
        /// its last run.
        #[arg(long, value_name = "FOLDER")]
        recording: Option<PathBuf>,
        /// Only the drills whose names contain it.
        name: Option<String>,
    },
    /// Record what a Prometheus has seen, so that any rules can be judged by it.
    ///
    /// Without a span it records the project's last run of drills, from the stack, which must run
    /// still.
    #[command(after_help = "\
Examples:
  alertdrill record tests/recordings/k2     the last run of the drills
  alertdrill record yesterday --prometheus localhost:9090 \\
    --from 2026-11-26T00:00:00Z --to 2026-11-27T00:00:00Z")]
    Record {
        /// The folder to write; what it held of another recording is removed.
        folder: PathBuf,
        /// The Prometheus to ask instead of the stack's.
        #[arg(long, value_name = "HOST:PORT", requires = "from")]
        prometheus: Option<String>,
        /// The first instant.
        #[arg(long, value_name = "INSTANT", requires = "to")]
        from: Option<UtcInstant>,
        /// The last instant.
        #[arg(long, value_name = "INSTANT", requires = "from")]
        to: Option<UtcInstant>,
    },
}

#[derive(Args, Debug)]
pub(super) struct RulesAndRecording {
    /// The rules; those that were recorded, if none are named.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The folder of the recording; else the one that the project's settings name, else that of its
    /// last run.
    #[arg(long, value_name = "FOLDER")]
    recording: Option<PathBuf>,
}

impl ByARecording {
    pub(super) fn carry_out(
        self,
        project: &Path,
        programs: &Path,
        progress: &Progress,
    ) -> Result<Done> {
        let done = match self {
            Self::Replay {
                rules,
                name,
                exact,
                no_report,
            } => {
                let replay = Replay {
                    rules: rules.rules.as_deref(),
                    recording: rules.recording.as_deref(),
                    name: name.as_deref(),
                    exact,
                    with_report: !no_report,
                };
                commands::replay(project, programs, replay, print)?
            }
            Self::Mutate {
                rules,
                in_diff,
                waivers,
                json,
                page,
            } => {
                let mutate = Mutate {
                    rules: rules.rules.as_deref(),
                    recording: rules.recording.as_deref(),
                    in_diff: in_diff.as_deref(),
                    waivers: waivers.as_deref(),
                    json: json.as_deref(),
                    page: page.as_deref(),
                };
                commands::mutate(project, programs, mutate, progress)?
            }
            Self::Diff {
                old,
                new,
                recording,
                json,
            } => {
                let diff = Diff {
                    old: &old,
                    new: &new,
                    recording: recording.as_deref(),
                    as_json: json,
                };
                commands::diff(project, programs, diff)?
            }
            Self::Watch {
                rules,
                recording,
                name,
            } => {
                let watch = Watch {
                    rules: rules.as_deref(),
                    recording: recording.as_deref(),
                    name: name.as_deref(),
                };
                commands::watch(project, programs, watch, print)?
            }
            Self::Record {
                folder,
                prometheus,
                from,
                to,
            } => {
                let record = Record {
                    prometheus: prometheus.as_deref(),
                    span: from.zip(to),
                    into: &folder,
                };
                Done {
                    text: commands::record(project, programs, record)?.join("\n"),
                    outcome: RunOutcome::Passed,
                }
            }
        };
        Ok(done)
    }
}

pub(super) fn print(text: &str) {
    // Who reads it may have seen enough, and closed the pipe.
    let _ = writeln!(anstream::stdout(), "{}", text.trim_end());
}
