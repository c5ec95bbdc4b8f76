//! A run on GitHub Actions tells what it came to beside the rules that it drilled, and on the job's
//! page.

use std::path::{Path, PathBuf};

use alertdrill_core::{Result, Verdict};
use alertdrill_progress::Progress;
use alertdrill_report::{Report, annotations, save_summary, slower_annotations};
use alertdrill_target::compose::Stack;

/// The job that this process runs in, and the rules that it points at.
pub(crate) struct Job {
    /// As the repository names it.
    rules_file: PathBuf,
    /// Empty if it cannot be read: then no line is named.
    rules: String,
}

impl Job {
    /// The job that this process runs in, if it does in one
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
    pub(crate) fn of_this_process(stack: &Stack) -> Option<Self> {
        let (rules_file, _) = stack.rules();
        std::env::var("GITHUB_ACTIONS")
            .is_ok_and(|runs_there| runs_there == "true")
            .then(|| Self {
                rules_file: rules_file
                    .strip_prefix(stack.project().root())
                    .unwrap_or(rules_file)
                    .to_owned(),
                rules: std::fs::read_to_string(rules_file).unwrap_or_default(),
            })
    }

    /// Tells why the drill `name` did not pass.
    pub(crate) fn tell_verdict(&self, name: &str, verdict: &Verdict, progress: &Progress) {
        for command in annotations(name, verdict, &self.rules_file, &self.rules) {
            progress.line(&command);
        }
    }

    /// Tells which alerts have become slower than usual.
    pub(crate) fn tell_slower(&self, report: &Report, progress: &Progress) {
        for command in report
            .drills
            .iter()
            .flat_map(|drill| slower_annotations(drill, &self.rules_file, &self.rules))
        {
            progress.line(&command);
        }
    }

    /// Puts the report onto the job's page.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    #[allow(clippy::unused_self, reason = "only who runs in a job has a page")]
    pub(crate) fn summarise(&self, report: &Report) -> Result<()> {
        std::env::var_os("GITHUB_STEP_SUMMARY")
            .map_or(Ok(()), |path| save_summary(report, Path::new(&path)))
    }
}
