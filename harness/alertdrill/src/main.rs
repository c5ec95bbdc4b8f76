//! The command line: what a run would do, runs of the drills, the stack's life outside of them, and
//! reports of earlier runs.

mod by_a_recording;
#[cfg(test)]
mod command_reference;
mod docker_plugin;
mod exploring_arguments;
mod installing;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alertdrill::commands::{self, Doctor, Done, Init, Selection};
use alertdrill::engine::answers_well;
use alertdrill::{Progress, Result, RunOutcome, bug};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use by_a_recording::{ByARecording, print};
use docker_plugin::Called;
use exploring_arguments::ExploreArguments;
use installing::Installing;

const EXIT_CODES: &str = "\
Exit codes:
  0  done: every alert did what it must
  1  an alert failed its drill; plan: a drill cannot pass;
     coverage: a rule has no drill, or a metric is not there;
     explore: a blind spot is not accepted
  2  could not be tested or done: says nothing about the alerts
  101  a bug of alertdrill: says nothing about the alerts either

Environment:
  ALERT_RULES=FILE       a candidate's rules instead of the committed ones
  ALERT_ROUTES=FILE      the same of Alertmanager's configuration
  PROMETHEUS_CONFIG=FILE the same of Prometheus's configuration
  KEEP_STACK=1           a run keeps the stack that it started
  STACKS=2               a run spreads its drills over so many stacks on this machine
  WATCH_UNTIL=delivered  a drill ends as soon as its alerts are delivered, for an edited rule
  HOLD_UNTIL=deadline    a drill holds its faults until the deadline, for a recording
  NO_COLOR=1             no colours";

/// Breaks a running system on purpose and proves that its Prometheus alerts work.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    /// The project: the folder of its `alertdrill.yml`, or of a compose file with a section
    /// `x-alertdrill`, or that compose file itself.
    #[arg(long, default_value = ".", global = true, value_name = "PATH")]
    project: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write alertdrill.yml for a compose project that has Prometheus in it: what is found, and a
    /// drill for each alert whose cause its rule tells.
    ///
    /// Only files are read. Nothing is started or broken, and no file is written over.
    #[command(after_help = "\
Examples:
  alertdrill init                          of the project in this folder
  alertdrill init --compose monitoring/docker-compose.yml
  alertdrill init --print                  print the file instead of writing it
  alertdrill init --alertmanager none      judge firing alone, and no delivery")]
    Init(InitArguments),
    /// Say which alerts can never work, before anything is broken: from the exporter over the rule to
    /// the page.
    ///
    /// Only files are read; needs neither Docker nor images. If the project's stack runs, its
    /// Prometheus is asked, too. Exit code 1 if something surely cannot work.
    #[command(after_help = "\
Examples:
  alertdrill doctor                                   of the project in this folder
  alertdrill doctor --compose monitoring/docker-compose.yml
  alertdrill doctor --prometheus config/prometheus.yml
  alertdrill doctor --json                            for programs
  alertdrill doctor --sarif doctor.sarif              for a code host, too

docs/doctor/README.md lists what is found.")]
    Doctor(DoctorArguments),
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
    /// Run the drills: start the stack unless it runs, break it, and judge its alerts.
    ///
    /// The stack is a copy of the project, unless `alertdrill.yml` says `attach`. What was started
    /// is removed at the end. In a project that Cargo drills it does what `cargo test` does.
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
    /// Break each service in each way, and say whose failure pages nobody: a map.
    ///
    /// One failure after the other is injected, held and reverted, on the stack that `run` would
    /// drill. What is recorded is the map's source: by --rules it is judged again in seconds.
    #[command(after_help = "\
Examples:
  alertdrill explore --dry-run                 what would be broken, and what cannot be and why
  alertdrill explore --within 1h               as much of it as an hour allows
  alertdrill explore --resume                  the rest
  alertdrill explore --only worker:hung        one cell of the map; --only worker, all of its row
  alertdrill explore --rules candidate.yml     the map by other rules: nothing is broken
  alertdrill explore --baseline blind_spots.json --fail-on-new-blind-spot")]
    Explore(ExploreArguments),
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
    /// Show a run: make its report from what is saved of it. While a run is going on, its page shows
    /// what is known so far.
    ///
    /// A run that was killed has a page, too: of what it saw until then.
    #[command(after_help = "\
Examples:
  alertdrill report --open                                the run that goes on, or the last one
  alertdrill report target/drills/20261124T060000Z-4711   an earlier one")]
    Report {
        /// The run's folder; else that of the project's run that began last.
        run: Option<PathBuf>,
        /// Open the page in a browser. Where there is none, its path is printed.
        #[arg(long)]
        open: bool,
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
    #[command(flatten)]
    ByARecording(ByARecording),
    /// Receive Alertmanager's notifications instead of people, and keep them: what alertdrill puts
    /// into a stack to see what is delivered.
    ///
    /// POST /webhook/RECEIVER keeps one, GET /notifications?since=NUMBER gives those that came
    /// after, GET /health and /metrics tell how it does. The newest 10,000 are kept, of 1 MiB at
    /// most each, and none after its end: SIGTERM or Ctrl-C.
    #[command(after_help = "\
Examples:
  alertdrill sink                                             in a container
  alertdrill sink --listen 127.0.0.1:8080                     on this machine
  alertdrill sink --health http://127.0.0.1:8080/health       does it answer within 2 s?")]
    Sink {
        /// The address to serve on.
        #[arg(long, default_value = "0.0.0.0:8080", value_name = "HOST:PORT")]
        listen: SocketAddr,
        /// Serve nothing; ask whether the sink at this URL answers, as a container's healthcheck
        /// does.
        #[arg(long, conflicts_with = "listen", value_name = "URL")]
        health: Option<String>,
    },
    #[command(flatten)]
    Installing(Installing),
}

#[derive(Args, Debug)]
struct InitArguments {
    /// A compose file; several are merged in this order. Else those that compose finds itself.
    #[arg(long, value_name = "FILE")]
    compose: Vec<PathBuf>,
    /// A profile whose services belong to the project.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// The service that is Prometheus, where that cannot be found.
    #[arg(long, value_name = "SERVICE")]
    prometheus: Option<String>,
    /// The service that is Alertmanager, where that cannot be found; `none` for none.
    #[arg(long, value_name = "SERVICE")]
    alertmanager: Option<String>,
    /// Print the file instead of writing it.
    #[arg(long)]
    print: bool,
}

#[derive(Args, Debug)]
struct DoctorArguments {
    /// A compose file; several are merged in this order. Else those that are found.
    #[arg(long, value_name = "FILE")]
    compose: Vec<PathBuf>,
    /// Prometheus's configuration, where that is not found by itself.
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,
    /// The running Prometheus to ask instead of the stack's.
    #[arg(long, value_name = "HOST:PORT")]
    running: Option<String>,
    /// Print the findings as JSON, by docs/doctor.schema.json.
    #[arg(long)]
    json: bool,
    /// Write the findings as SARIF into this file, too.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
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
    let mut command = Arguments::command();
    let words = match Called::of(std::env::args_os()) {
        Called::ByItself(words) => words,
        Called::ByDocker(words) => {
            command = docker_plugin::as_typed(command);
            words
        }
        Called::WhatAreYou => {
            print(&docker_plugin::metadata(&command));
            return ExitCode::SUCCESS;
        }
        Called::Complete(typed) => {
            print(&docker_plugin::completions(command, &typed));
            return ExitCode::SUCCESS;
        }
    };
    let parsed = Arguments::from_arg_matches(&command.get_matches_from(words));
    let Arguments { project, action } = parsed.unwrap_or_else(|error| error.exit());
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
        Action::Init(arguments) => {
            let asked = Init {
                compose: arguments.compose,
                profiles: arguments.profile,
                prometheus: arguments.prometheus,
                alertmanager: arguments.alertmanager,
                print: arguments.print,
            };
            commands::init(project, &asked)?
        }
        Action::Doctor(arguments) => {
            let asked = Doctor {
                compose: arguments.compose,
                prometheus: arguments.prometheus,
                running: arguments.running,
                json: arguments.json,
                sarif: arguments.sarif,
            };
            commands::doctor(project, &programs, &asked)?
        }
        Action::Plan { drills, json } => commands::plan(project, drills.selection(), json)?,
        Action::Run { drills, options } => {
            return commands::run(project, drills.selection(), &options);
        }
        Action::Explore(arguments) => arguments.carry_out(project, &programs, progress)?,
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
        Action::Report { run, open } => {
            let run = run.map_or_else(|| commands::newest_run(project), Ok)?;
            lines(commands::report(&run, open)?)
        }
        Action::Coverage { drills, prometheus } => commands::coverage(
            project,
            &programs,
            drills.selection(),
            prometheus.as_deref(),
        )?,
        Action::ByARecording(action) => action.carry_out(project, &programs, progress)?,
        Action::Sink {
            health: Some(url), ..
        } => lines(answers_well(&url).map(|()| Vec::new())?),
        Action::Sink { listen, .. } => lines(commands::sink(listen).map(|()| Vec::new())?),
        Action::Installing(action) => action.carry_out(Arguments::command())?,
    };
    if !done.text.is_empty() {
        print(&done.text);
    }
    Ok(ExitCode::from(done.outcome.exit_code()))
}
