//! The commands for whoever installs the program: a shell's completions, and man pages.

use std::path::{Path, PathBuf};

use alertdrill::commands::Done;
use alertdrill::{Error, Result, RunOutcome};
use clap::{Command, Subcommand};
use clap_complete::Shell;

/// What the program is called where it is not Docker's plugin.
pub(super) const PROGRAM: &str = "alertdrill";

#[derive(Debug, Subcommand)]
pub(super) enum Installing {
    /// Print a shell's completions of this command line.
    #[command(after_help = "\
Example:
  alertdrill completions bash > ~/.local/share/bash-completion/completions/alertdrill

`docker drill` needs none: Docker's own completions ask its plugin.")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the man page of this command line, or write a page for each command.
    #[command(after_help = "\
Examples:
  alertdrill man | man --local-file -
  alertdrill man --out ~/.local/share/man/man1    then: man alertdrill-replay")]
    Man {
        /// Write the pages of all commands into this folder.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}

impl Installing {
    /// `command` is the whole command line.
    pub(super) fn carry_out(self, mut command: Command) -> Result<Done> {
        let mut made = Vec::new();
        match self {
            Self::Completions { shell } => {
                clap_complete::generate(shell, &mut command, PROGRAM, &mut made);
            }
            Self::Man { out: None } => {
                let page = clap_mangen::Man::new(command);
                let written = page.render(&mut made);
                written.map_err(Error::file("write the man page of", PROGRAM))?;
            }
            Self::Man { out: Some(folder) } => made = pages(command, &folder)?.into_bytes(),
        }
        Ok(Done {
            text: String::from_utf8_lossy(&made).into_owned(),
            outcome: RunOutcome::Passed,
        })
    }
}

/// Writes a page for each command; says how many, and where.
fn pages(command: Command, folder: &Path) -> Result<String> {
    std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    clap_mangen::generate_to(command, folder)
        .map_err(Error::file("write man pages into", folder))?;
    Ok(format!("man pages: {}", folder.display()))
}
