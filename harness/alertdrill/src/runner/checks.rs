//! What must be so after a drill, alerts apart.
//!
//! A check looks back on the drill's time, and may have to wait for data to arrive: so it runs when
//! the drill has given its leases back, and others may go on.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use alertdrill_core::{Check, CheckRecord, Drill, Error, Result, Site, Timeline, UtcInstant};
use alertdrill_progress::Progress;

/// How often a check that does not hold yet is run again.
const CHECK_EVERY: Duration = Duration::from_secs(10);

/// Runs the checks of `drill`; gives what became of each. None is run if nothing was broken, or not
/// mended, or if the drill was not watched to its end.
///
/// # Errors
/// [`Error::Interrupted`].
pub async fn check_afterwards(
    drill: &Drill,
    timeline: &Timeline,
    site: &Site,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Vec<CheckRecord>> {
    let injected_at = timeline.first_fault().map(|fault| fault.injected_at);
    let reverted_at: Option<Vec<_>> = timeline
        .faults
        .iter()
        .map(|fault| fault.reverted_at)
        .collect();
    let (Some(injected_at), Some(reverted_at)) = (
        injected_at,
        reverted_at.and_then(|all| all.into_iter().max()),
    ) else {
        return Ok(Vec::new());
    };
    if timeline.watched_until.is_cut_short() {
        return Ok(Vec::new());
    }
    let mut records = Vec::new();
    for check in &drill.afterwards {
        let command: Vec<_> = check
            .command
            .iter()
            .map(|word| fill(word, injected_at, reverted_at))
            .collect();
        let step = progress.step(&drill.name, format!("checking: {}", check.what));
        let began = Instant::now();
        loop {
            let (code, said) = match site.target.run(&check.service, None, &command).await {
                Ok(ended) => (ended.code, format!("{}{}", ended.printed, ended.complaints)),
                // Its container may be another drill's target.
                Err(error) => (-1, error.to_string()),
            };
            if code == 0 || code == Check::NOT_SO || began.elapsed() >= check.within {
                step.done(if code == 0 {
                    "it holds"
                } else {
                    "it does not hold"
                });
                records.push(CheckRecord {
                    what: check.what.clone(),
                    holds: code == 0,
                    said,
                });
                break;
            }
            step.update(said.lines().last().unwrap_or_default());
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::Interrupted),
                () = tokio::time::sleep(CHECK_EVERY) => {}
            }
        }
    }
    Ok(records)
}

fn fill(word: &str, injected_at: UtcInstant, reverted_at: UtcInstant) -> String {
    let word = word.replace("{injected_at}", &injected_at.epoch_s().to_string());
    word.replace("{reverted_at}", &reverted_at.epoch_s().to_string())
}
