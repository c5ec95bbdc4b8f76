//! The command line: what a run would do, runs of the drills, the stack's life outside of them, and
//! reports of earlier runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alertdrill::commands::{self, Diff, Done, Mutate, Record, Replay, Selection, Watch};
use alertdrill::{Progress, Result, RunOutcome, UtcInstant, bug};
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

const EXIT_CODES: &str = "\
Exit codes:
  0  done: every alert did what it must
  1  an alert failed its drill; plan: a drill cannot pass;
     coverage: a rule has no drill, or a metric is not there
  2  could not be tested or done: says nothing about the alerts
  101  a bug of alertdrill: says nothing about the alerts either

Environment:
  ALERT_RULES=FILE       a candidate's rules instead of the committed ones
  ALERT_ROUTES=FILE      the same of Alertmanager's configuration
  PROMETHEUS_CONFIG=FILE the same of Prometheus's configuration
  KEEP_STACK=1           a run keeps the stack that it started
  WATCH_UNTIL=delivered  a drill ends as soon as its alerts are delivered, for an edited rule
  HOLD_UNTIL=deadline    a drill holds its faults until the deadline, for a recording
  NO_COLOR=1             no colours";

/// Breaks a running data pipeline on purpose and proves that its Prometheus alerts work.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    /// The project: its compose file, or the folder of the one with a section `x-alertdrill`.
    #[arg(long, default_value = ".", global = true, value_name = "PATH")]
    project: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what a run would do, and break nothing: which fault lasts how long, which alert must
    /// fire when, how long all drills take.
    ///
    /// Needs neither Docker nor a stack: windows are derived from the rules as they are written.
    #[command(after_help = "\
Examples:
  alertdrill plan                              every drill
  alertdrill plan consumer                     those whose names contain `consumer`
  ALERT_RULES=candidate.yml alertdrill plan    by other rules: is a drill infeasible?
  alertdrill plan --json > night.json          the drills as data, for --drills")]
    Plan {
        #[command(flatten)]
        drills: Drills,
        /// Print the drills as JSON, as --drills reads them.
        #[arg(long)]
        json: bool,
    },
    /// Run the drills, as `cargo test --test alerts` does: starts the stack unless it runs.
    #[command(after_help = "\
Examples:
  alertdrill run                                 every drill
  alertdrill run --exact feed_handler_stopped    one drill
  alertdrill run --drills night.json             the drills of a file
  alertdrill run -- --list                       as `cargo test --test alerts -- --list`")]
    Run {
        #[command(flatten)]
        drills: Drills,
        /// Options of a test program, as `cargo test` takes them.
        #[arg(last = true, value_name = "OPTIONS")]
        options: Vec<String>,
    },
    /// Run the drills before a release: once more if they could not be tested, never if an alert
    /// failed.
    ///
    /// First it asks what takes seconds: do the servers' own tools take the files, do the unit
    /// tests of the rules pass, can each drill pass?
    #[command(after_help = "\
Examples:
  alertdrill gate                              every drill, by the committed rules
  ALERT_RULES=candidate.yml alertdrill gate    by those of a candidate")]
    Gate {
        #[command(flatten)]
        drills: Drills,
    },
    /// Run the drills several times on one stack: is each verdict the same every time?
    ///
    /// Every run is run to its end. The exit code is that of the worst.
    #[command(after_help = "\
Examples:
  alertdrill repeat 10             every drill, ten times
  alertdrill repeat 3 consumer     those whose names contain `consumer`, three times")]
    Repeat {
        /// How often.
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        #[command(flatten)]
        drills: Drills,
    },
    /// Start the stack, wait for its steady state, and leave it running.
    Up,
    /// Remove the stack: containers, networks, volumes.
    Down,
    /// Revert every fault that a killed run left behind.
    Heal,
    /// Make a run's report again from its saved records.
    #[command(after_help = "\
Examples:
  alertdrill report                                       of the project's last run
  alertdrill report target/drills/20261124T060000Z-4711   of an earlier one")]
    Report {
        /// The run's folder; else that of the project's last run.
        run: Option<PathBuf>,
    },
    /// Say which drill makes each loaded rule fire, or which waiver excuses it, and which metrics
    /// are read that nothing exports.
    #[command(after_help = "\
Examples:
  alertdrill coverage                               of the stack if it runs, else of the rules file
  alertdrill coverage --prometheus localhost:9090   of the rules that another Prometheus has loaded")]
    Coverage {
        #[command(flatten)]
        drills: Drills,
        /// The Prometheus to ask instead of the stack's.
        #[arg(long, value_name = "HOST:PORT")]
        prometheus: Option<String>,
    },
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
        rules: Replayed,
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
    /// Each mutant is judged by a recording, as by `replay`. Exit code 1 if one is neither killed nor
    /// waived.
    #[command(after_help = "\
Examples:
  alertdrill mutate                               of the rules that were recorded
  alertdrill mutate --rules docker/prometheus/alert_rules.yml --json target/mutants.json
  git diff main | alertdrill mutate --in-diff /dev/stdin --rules rules.yml")]
    Mutate {
        #[command(flatten)]
        rules: Replayed,
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
  alertdrill record --to tests/recordings/k2     the last run of the drills
  alertdrill record --prometheus localhost:9090 \\
    --from 2026-11-26T00:00:00Z --until 2026-11-27T00:00:00Z --to yesterday")]
    Record {
        /// The Prometheus to ask instead of the stack's.
        #[arg(long, value_name = "HOST:PORT", requires = "from")]
        prometheus: Option<String>,
        /// The first instant.
        #[arg(long, value_name = "INSTANT", requires = "until")]
        from: Option<UtcInstant>,
        /// The last instant.
        #[arg(long, value_name = "INSTANT", requires = "from")]
        until: Option<UtcInstant>,
        /// The folder to write; what it held of another recording is removed.
        #[arg(long = "to", value_name = "FOLDER")]
        into: PathBuf,
    },
    /// Print a shell's completions of this command line.
    #[command(after_help = "\
Example:
  alertdrill completions bash > ~/.local/share/bash-completion/completions/alertdrill")]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Args, Debug)]
struct Replayed {
    /// The rules; those that were recorded, if none are named.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The folder of the recording; else the one that the project's settings name, else that of its
    /// last run.
    #[arg(long, value_name = "FOLDER")]
    recording: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Drills {
    /// Only the drills whose names contain it.
    name: Option<String>,
    /// Only the drill of just that name.
    #[arg(long, requires = "name")]
    exact: bool,
    /// A file of drills, as `plan --json` prints them, instead of the project's own.
    #[arg(long = "drills", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Drills {
    fn selection(&self) -> Selection<'_> {
        Selection {
            file: self.file.as_deref(),
            name: self.name.as_deref(),
            exact: self.exact,
        }
    }
}

fn main() -> ExitCode {
    bug::explain_panics();
    let Arguments { project, action } = Arguments::parse();
    let progress = Progress::default();
    carry_out(action, &project, &progress).unwrap_or_else(|error| {
        progress.line(&format!("error: {}", error.explained()));
        ExitCode::from(RunOutcome::NotTested.exit_code())
    })
}

fn carry_out(action: Action, project: &Path, progress: &Progress) -> Result<ExitCode> {
    let programs = commands::programs();
    let lines = |lines: Vec<String>| Done {
        text: lines.join("\n"),
        outcome: RunOutcome::Passed,
    };
    let done = match action {
        Action::Plan { drills, json } => commands::plan(project, drills.selection(), json)?,
        Action::Run { drills, options } => {
            return commands::run(project, drills.selection(), &options);
        }
        Action::Gate { drills } => Done {
            text: String::new(),
            outcome: commands::gate(project, &commands::programs(), drills.selection(), progress)?,
        },
        Action::Repeat { times, drills } => {
            commands::repeat(project, &programs, drills.selection(), times, progress)?
        }
        Action::Up => lines(commands::up(project, &programs, progress)?),
        Action::Down => lines(commands::down(project, &programs, progress).map(|()| Vec::new())?),
        Action::Heal => lines(commands::heal(project, &programs, progress)?),
        Action::Report { run } => {
            let run = run.map_or_else(|| commands::latest_run(project), Ok)?;
            lines(commands::report(&run)?)
        }
        Action::Coverage { drills, prometheus } => commands::coverage(
            project,
            &programs,
            drills.selection(),
            prometheus.as_deref(),
        )?,
        Action::Replay {
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
            commands::replay(project, &programs, replay, print)?
        }
        Action::Mutate {
            rules,
            in_diff,
            waivers,
            json,
        } => {
            let mutate = Mutate {
                rules: rules.rules.as_deref(),
                recording: rules.recording.as_deref(),
                in_diff: in_diff.as_deref(),
                waivers: waivers.as_deref(),
                json: json.as_deref(),
            };
            commands::mutate(project, &programs, mutate, progress)?
        }
        Action::Diff {
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
            commands::diff(project, &programs, diff)?
        }
        Action::Watch {
            rules,
            recording,
            name,
        } => {
            let watch = Watch {
                rules: rules.as_deref(),
                recording: recording.as_deref(),
                name: name.as_deref(),
            };
            commands::watch(project, &programs, watch, print)?
        }
        Action::Record {
            prometheus,
            from,
            until,
            into,
        } => {
            let record = Record {
                prometheus: prometheus.as_deref(),
                span: from.zip(until),
                into: &into,
            };
            lines(commands::record(project, &programs, record)?)
        }
        Action::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "alertdrill",
                &mut std::io::stdout(),
            );
            return Ok(ExitCode::SUCCESS);
        }
    };
    if !done.text.is_empty() {
        print(&done.text);
    }
    Ok(ExitCode::from(done.outcome.exit_code()))
}

fn print(text: &str) {
    // Who reads it may have seen enough, and closed the pipe.
    let _ = writeln!(anstream::stdout(), "{}", text.trim_end());
}
