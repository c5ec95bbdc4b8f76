//! What libtest prints, held back while drills have lines on a terminal: its own lines would come
//! between theirs.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use libtest_mimic::Arguments;

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;

/// A file that libtest prints to.
#[derive(Debug)]
pub(super) struct HeldBack {
    path: PathBuf,
}

impl HeldBack {
    /// Has libtest print to a file in `folder`; `None` if nothing is to be held back.
    pub(super) fn of(
        arguments: &mut Arguments,
        progress: &Progress,
        folder: &Path,
    ) -> Option<Self> {
        let same_terminal = progress.is_on_a_terminal() && std::io::stdout().is_terminal();
        if !same_terminal || arguments.list || arguments.logfile.is_some() {
            return None;
        }
        let path = folder.join(format!(".libtest-{}.txt", std::process::id()));
        arguments.logfile = Some(path.display().to_string());
        Some(Self { path })
    }

    /// Prints what was held back, now that the drills are over.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(super) fn print(self) -> Result<()> {
        let printed = std::fs::read(&self.path).map_err(Error::file("read", &self.path))?;
        std::fs::remove_file(&self.path).map_err(Error::file("remove", &self.path))?;
        std::io::stdout().write_all(&printed).map_err(Error::file(
            "write the tests' results to",
            "standard output",
        ))
    }
}
