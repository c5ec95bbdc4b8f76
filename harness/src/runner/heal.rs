//! Faults that a killed run left behind are reverted by whoever comes next.

use crate::fault::{self, Journal, OpenFault, Site};
use crate::process::is_alive;
use crate::progress::Progress;
use crate::{Error, Result};

/// Reverts every fault that the journal holds open and whose drill does not run in another process; gives a line for each.
///
/// # Errors
/// The first fault that cannot be reverted; it stays open in the journal, and those after it are tried first.
pub async fn heal(journal: &Journal, site: &Site, progress: &Progress) -> Result<Vec<String>> {
    let mut healed = Vec::new();
    let mut failed = None;
    let is_run_elsewhere = |open: &OpenFault| open.process != std::process::id() && is_alive(open.process);
    for open in journal.still_open()?.into_iter().filter(|open| !is_run_elsewhere(open)) {
        let step = progress.step("heal", format!("reverting {} of {}", open.fault, open.drill));
        let reverted = match fault::revert(&open.fault, site, |error| step.update(&format!("again, for {error}"))).await {
            // The stack is gone, and the fault with it.
            Err(Error::NoSuchService { .. }) => Ok("nothing left to revert"),
            other => other.map(|()| "reverted"),
        };
        match reverted {
            Ok(how) => {
                journal.close(open.id)?;
                step.done(how);
                healed.push(format!("{} of {} (opened {}): {how}", open.fault, open.drill, open.opened_at));
            }
            Err(error) => {
                step.done(&format!("failed: {error}"));
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(healed), Err)
}
