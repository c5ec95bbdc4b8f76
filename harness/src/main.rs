//! The command line: the stack's life outside a run of drills, and reports of earlier ones.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alertdrill::progress::Progress;
use alertdrill::{bug, commands};
use clap::{Parser, Subcommand};

/// Breaks a running data pipeline on purpose and proves that its Prometheus alerts work.
#[derive(Debug, Parser)]
#[command(version, after_help = "exit codes: 0 done, 2 could not be done, 101 a bug of alertdrill")]
struct Arguments {
    /// The folder of docker-compose.test.yml.
    #[arg(long, default_value = ".", global = true)]
    root: PathBuf,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start the stack, wait for its steady state, and leave it running.
    Up,
    /// Remove the stack: containers, networks, volumes.
    Down,
    /// Revert every fault that a killed run left behind.
    Heal,
    /// Make a run's report.json and index.html again from its saved records.
    Report {
        /// The run's folder.
        #[arg(default_value = "target/drills/latest")]
        run: PathBuf,
    },
}

fn main() -> ExitCode {
    bug::explain_panics();
    let Arguments { root, action } = Arguments::parse();
    let programs = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned)).unwrap_or_default();
    let progress = Progress::default();
    let done = match action {
        Action::Up => commands::up(&root, &programs, &progress),
        Action::Down => commands::down(&root, &programs, &progress).map(|()| Vec::new()),
        Action::Heal => commands::heal(&root, &programs, &progress),
        Action::Report { run } => commands::report(&root.join(run)),
    };
    match done {
        Ok(lines) => {
            for line in lines {
                progress.line(&line);
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            progress.line(&format!("error: {}", error.explained()));
            ExitCode::from(2)
        }
    }
}
