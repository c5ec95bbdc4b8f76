//! Open faults are reverted: by the drill that opened them, or by whoever comes next if that was
//! killed.

use super::now;
use crate::drill::UtcInstant;
use crate::fault::{self, Journal, OpenFault, Site};
use crate::process::ProcessId;
use crate::progress::{Progress, Step};
use crate::{Error, Result};

/// What became of an open fault that was to be reverted.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) open: OpenFault,
    pub(super) reverting_at: UtcInstant,
    /// When it was seen to be reverted.
    pub(super) reverted_at: Option<UtcInstant>,
    /// Why it was not, or could not be closed in the journal.
    pub(super) error: Option<Error>,
}

/// Reverts the open faults that `which` picks, the latest first: each of them, whatever becomes of
/// the others.
pub(super) async fn revert_open(
    journal: &Journal,
    site: &Site,
    progress: &Progress,
    which: impl Fn(&OpenFault) -> bool,
) -> Result<Vec<Mended>> {
    let mut mended = Vec::new();
    for open in journal.read()?.open.into_iter().filter(which) {
        let step = progress.step(&open.drill, format!("reverting: {}", open.fault));
        if open.process != ProcessId::own() {
            wait_until_settled(&open, site, &step).await;
        }
        let reverting_at = now();
        let reverted = fault::revert(&open.fault, site, |error| {
            step.update(&format!("again, for {error}"))
        })
        .await;
        let reverted_at = reverted.is_ok().then(now);
        // What is gone needs no revert, and none by whoever comes next.
        let is_over = matches!(
            reverted,
            Ok(()) | Err(Error::NoSuchService { .. } | Error::NoSuchNetwork { .. })
        );
        let closed = if is_over {
            journal.close(open.id)
        } else {
            Ok(())
        };
        let error = reverted.err().or(closed.err());
        match &error {
            None => step.done("done"),
            Some(error) if is_over => step.done(&format!("nothing left to revert: {error}")),
            Some(error) => step.done(&format!("failed: {error}")),
        }
        mended.push(Mended {
            open,
            reverting_at,
            reverted_at,
            error,
        });
    }
    Ok(mended)
}

/// Until nothing that the killed process had asked for can undo the revert any more.
async fn wait_until_settled(open: &OpenFault, site: &Site, step: &Step) {
    // A target that does not answer is the revert's to tell of.
    let settles_within = fault::settles_within(&open.fault, site)
        .await
        .unwrap_or_default();
    let left = settles_within.saturating_sub(now().time_since(open.opened_at));
    if !left.is_zero() {
        step.update(&format!(
            "what its process had asked for may be under way for {left:.0?} more"
        ));
        tokio::time::sleep(left).await;
    }
}

/// Reverts every fault that the journal holds open and whose drill does not run in another process;
/// gives a line for each.
///
/// # Errors
/// The first fault that cannot be reverted; it stays open in the journal, and the others are
/// reverted all the same. Or [`Error::JournalSpoiled`], if all that can be read of it is reverted.
pub async fn heal(journal: &Journal, site: &Site, progress: &Progress) -> Result<Vec<String>> {
    let is_run_elsewhere =
        |open: &OpenFault| open.process != ProcessId::own() && open.process.is_alive();
    let mut healed = Vec::new();
    let mut failed = None;
    for Mended { open, error, .. } in
        revert_open(journal, site, progress, |open| !is_run_elsewhere(open)).await?
    {
        let how = match error {
            None => "reverted".to_owned(),
            Some(gone @ (Error::NoSuchService { .. } | Error::NoSuchNetwork { .. })) => {
                format!("nothing left to revert: {gone}")
            }
            Some(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        healed.push(format!(
            "{} of {} (opened {}): {how}",
            open.fault, open.drill, open.opened_at
        ));
    }
    let spoiled = journal.read()?.spoiled;
    if failed.is_none() && !spoiled.is_empty() {
        failed = Some(Error::JournalSpoiled {
            path: journal.path().to_owned(),
            lines: spoiled,
        });
    }
    failed.map_or(Ok(healed), Err)
}
