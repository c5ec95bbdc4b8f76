//! Reverts open faults: the drill that opened them does, or, if it was killed, the next start or
//! `heal`.

use std::time::Duration;

use alertdrill_core::{Error, Fault, Result, Site, UtcInstant};
use alertdrill_progress::{Progress, Step};
use backon::{ConstantBuilder, Retryable as _};

use crate::journal::{Journal, OpenFault};
use crate::process::ProcessId;

/// How long after a revert that failed it is tried again.
const REVERT_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often it is tried again before it is left to `heal`.
const REVERTED_AGAIN_AT_MOST: usize = 3;

/// The outcome of an attempt to revert an open fault.
#[derive(Debug)]
pub struct Mended {
    /// The fault.
    pub open: OpenFault,
    /// The instant just before the revert.
    pub reverting_at: UtcInstant,
    /// When the revert was seen; `None` if it failed.
    pub reverted_at: Option<UtcInstant>,
    /// Why the revert failed, or why the journal could not be written.
    pub error: Option<Error>,
}

/// Reverts `fault`, and waits until the revert is seen.
///
/// A fault that stays would break the drills that follow, and a second revert does no harm. So a
/// failed attempt is passed to `on_failure` and made again.
///
/// # Errors
/// The error of the last attempt: the target's answer, or [`Error::TimedOut`].
pub async fn revert(fault: &Fault, site: &Site, on_failure: impl FnMut(&Error)) -> Result<()> {
    let mut on_failure = on_failure;
    let pauses = ConstantBuilder::default()
        .with_delay(REVERT_AGAIN_AFTER)
        .with_max_times(REVERTED_AGAIN_AT_MOST);
    (|| fault.revert(site))
        .retry(pauses)
        .when(|error| !is_over(error))
        .notify(|error, _| on_failure(error))
        .await
}

/// Whether what was broken no longer exists, so that nobody needs to revert the fault.
fn is_over(error: &Error) -> bool {
    matches!(
        error,
        Error::NoSuchService { .. } | Error::NoSuchNetwork { .. }
    )
}

/// Reverts open faults in this order. A failure does not keep it from reverting the others.
pub async fn revert_all(
    open: impl IntoIterator<Item = OpenFault>,
    journal: &Journal,
    site: &Site,
    progress: &Progress,
) -> Vec<Mended> {
    let (began_at, mut mended) = (site.clock.now(), Vec::new());
    for open in open {
        mended.push(revert_open(open, began_at, journal, site, progress).await);
    }
    mended
}

async fn revert_open(
    open: OpenFault,
    began_at: UtcInstant,
    journal: &Journal,
    site: &Site,
    progress: &Progress,
) -> Mended {
    let step = progress.step(&open.drill, format!("reverting: {}", open.fault));
    if open.process != ProcessId::own() {
        wait_until_settled(&open, began_at, site, &step).await;
    }
    let reverting_at = site.clock.now();
    let on_failure = |error: &Error| step.update(&format!("again, for {error}"));
    let reverted = revert(&open.fault, site, on_failure).await;
    let reverted_at = reverted.is_ok().then(|| site.clock.now());
    let is_over = reverted.as_ref().map_or_else(is_over, |()| true);
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
    Mended {
        open,
        reverting_at,
        reverted_at,
        error,
    }
}

/// Waits until nothing that the killed process had asked for can still undo the revert.
///
/// Its last request may have come long after it opened the fault: a service that it restarted over
/// and over, or a revert. All that is sure is that it had ended when the reverts began.
async fn wait_until_settled(open: &OpenFault, began_at: UtcInstant, site: &Site, step: &Step) {
    // If the target does not answer, the revert will report that.
    let settles_within = open.fault.settles_within(site).await.unwrap_or_default();
    let left = settles_within.saturating_sub(site.clock.now().time_since(began_at));
    if !left.is_zero() {
        let state =
            format!("waiting {left:.0?} for what its killed process may still have started");
        step.update(&state);
        site.clock.sleep(left).await;
    }
}

/// Reverts every open fault of the journal, apart from those of drills that run in another process;
/// gives a line for each.
///
/// # Errors
/// The error of the first fault that cannot be reverted. That fault stays open in the journal, and
/// the others are reverted all the same. Or [`Error::JournalSpoiled`], if every fault that can be
/// read is reverted but some lines cannot be read.
pub async fn heal(journal: &Journal, site: &Site, progress: &Progress) -> Result<Vec<String>> {
    let is_run_elsewhere =
        |open: &OpenFault| open.process != ProcessId::own() && open.process.is_alive();
    let mut open = journal.read()?.open;
    open.retain(|open| !is_run_elsewhere(open));
    let mut healed = Vec::new();
    let mut failed = None;
    for Mended { open, error, .. } in revert_all(open, journal, site, progress).await {
        let how = match error {
            None => "reverted".to_owned(),
            Some(gone) if is_over(&gone) => format!("nothing left to revert: {gone}"),
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
        let path = journal.path().to_owned();
        failed = Some(Error::JournalSpoiled {
            path,
            lines: spoiled,
        });
    }
    failed.map_or(Ok(healed), Err)
}
