//! The arguments of `alertdrill explore`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill::commands::{self, Done, Explore};
use alertdrill::exploration::Only;
use alertdrill::{Progress, Result, prometheus_duration};
use clap::Args;

#[derive(Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ExploreArguments {
    /// Take no longer than this (`1h`, `20m`): what does not fit is left for --resume.
    #[arg(long, value_name = "DURATION", value_parser = prometheus_duration)]
    within: Option<Duration>,
    /// Only this service, or only this failure of it; may be given several times.
    #[arg(long, value_name = "SERVICE[:FAILURE]")]
    only: Vec<Only>,
    /// How long each fault is held at least; longer while an alert is pending.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = prometheus_duration)]
    hold: Duration,
    /// Only say what would be broken, and what cannot be and why.
    #[arg(long)]
    dry_run: bool,
    /// Go on with the last exploration: what it has tried is not tried again.
    #[arg(long, conflicts_with_all = ["dry_run", "rules"])]
    resume: bool,
    /// Judge the last exploration by these rules: nothing is broken.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "within", "only"])]
    rules: Option<PathBuf>,
    /// The folder of the exploration to judge; else the project's last one.
    #[arg(long, value_name = "FOLDER", requires = "rules")]
    exploration: Option<PathBuf>,
    /// Print the map as JSON.
    #[arg(long)]
    json: bool,
    /// The blind spots that are known and accepted, each with a reason.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// End with 1 if a blind spot is not accepted, or an accepted one is none any more.
    #[arg(long, requires = "baseline", conflicts_with = "dry_run")]
    fail_on_new_blind_spot: bool,
    /// Write the baseline anew, with the reasons that it has; new ones get none.
    #[arg(long, requires = "baseline", conflicts_with = "dry_run")]
    update_baseline: bool,
}

impl ExploreArguments {
    pub(super) fn carry_out(
        self,
        project: &Path,
        programs: &Path,
        progress: &Progress,
    ) -> Result<Done> {
        let asked = Explore {
            within: self.within,
            only: &self.only,
            hold: self.hold,
            dry_run: self.dry_run,
            resume: self.resume,
            rules: self.rules.as_deref(),
            exploration: self.exploration.as_deref(),
            as_json: self.json,
            baseline: self.baseline.as_deref(),
            fail_on_new: self.fail_on_new_blind_spot,
            update_baseline: self.update_baseline,
        };
        commands::explore(project, programs, asked, progress)
    }
}
