//! On GitHub Actions a run shows its results beside the rules that it drilled, and on the job's
//! page.

use std::path::Path;

use alertdrill_core::{Result, TextFile, Verdict};
use alertdrill_progress::Progress;
use alertdrill_report::{Report, annotations, save_summary, slower_annotations};
use alertdrill_target::compose::Stack;

/// The job that this process runs in, and the rules that its annotations point at.
pub(crate) struct Job {
    /// The rules files, relative to the repository. One that cannot be read is empty, and then no
    /// annotation names a line of it.
    rules: Vec<TextFile>,
}

impl Job {
    /// The job that this process runs in, if it does in one
    /// (<https://docs.github.com/en/actions/reference/workflows-and-actions/variables>).
    pub(crate) fn of_this_process(stack: &Stack) -> Option<Self> {
        if std::env::var("GITHUB_ACTIONS").ok()? != "true" {
            return None;
        }
        let rules = stack.rules().iter().map(|file| {
            let relative = file.path.strip_prefix(stack.project().root());
            let text = std::fs::read_to_string(&file.path).unwrap_or_default();
            TextFile::new(relative.unwrap_or(&file.path), text)
        });
        let rules = rules.collect();
        Some(Self { rules })
    }

    /// Prints annotations that say why the drill `name` did not pass.
    pub(crate) fn tell_verdict(&self, name: &str, verdict: &Verdict, progress: &Progress) {
        for command in annotations(name, verdict, &self.rules) {
            progress.line(&command);
        }
    }

    /// Prints annotations on the alerts that have become slower than usual.
    pub(crate) fn tell_slower(&self, report: &Report, progress: &Progress) {
        for drill in &report.drills {
            for command in slower_annotations(drill, &self.rules) {
                progress.line(&command);
            }
        }
    }

    /// Puts the report onto the job's page.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    #[allow(clippy::unused_self, reason = "only a job has a page")]
    pub(crate) fn summarise(&self, report: &Report) -> Result<()> {
        let page = std::env::var_os("GITHUB_STEP_SUMMARY");
        page.map_or(Ok(()), |page| save_summary(report, Path::new(&page)))
    }
}
