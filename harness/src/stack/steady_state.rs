//! What must hold before anything is broken.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::project::SteadyCondition;
use crate::drill::{Labels, SteadyState};
use crate::observe::Prometheus;
use crate::progress::Step;
use crate::{Error, Result};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A server that does not answer is asked again for this long before that is an error: one that
/// starts may be late.
const TOLERATED_SILENCE: Duration = Duration::from_secs(60);

/// What to wait for, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct SteadyWait<'a> {
    /// The conditions, beside "no alert is pending or firing".
    pub conditions: &'a [SteadyCondition],
    /// How long at most.
    pub at_most: Duration,
}

/// Waits until every condition holds and no alert is pending or firing, or until the time is over:
/// then what did not hold is in the answer, never an error.
///
/// # Errors
/// [`Error::NoAnswer`] if Prometheus stays silent, [`Error::Interrupted`].
pub async fn wait_for_steady_state(
    prometheus: &Prometheus,
    wait: SteadyWait<'_>,
    step: &Step,
    cancel: &CancellationToken,
) -> Result<SteadyState> {
    let began = Instant::now();
    let mut silent_since = None;
    loop {
        let looked = tokio::select! {
            () = cancel.cancelled() => return Err(Error::Interrupted),
            looked = look(prometheus, wait.conditions) => looked,
        };
        match looked {
            Ok((unmet, active_alerts)) => {
                silent_since = None;
                let waited = began.elapsed();
                let state = SteadyState {
                    waited_s: waited.as_secs_f64(),
                    active_alerts,
                    unmet,
                };
                if state.is_reached() || waited >= wait.at_most {
                    return Ok(state);
                }
                step.update(&describe(&state, wait.at_most.saturating_sub(waited)));
            }
            Err(error) => {
                let since = *silent_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= TOLERATED_SILENCE {
                    return Err(error);
                }
                step.update("Prometheus does not answer yet");
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look(
    prometheus: &Prometheus,
    conditions: &[SteadyCondition],
) -> Result<(Vec<String>, Vec<Labels>)> {
    let queries: Vec<_> = conditions
        .iter()
        .map(|condition| condition.query.clone())
        .collect();
    let (hold, _) = prometheus.are_true(&queries).await?;
    let unmet = conditions
        .iter()
        .zip(hold)
        .filter(|(_, holds)| !holds)
        .map(|(condition, _)| condition.name.clone());
    Ok((unmet.collect(), prometheus.active_alerts().await?))
}

fn describe(state: &SteadyState, left: Duration) -> String {
    let unmet = state.unmet.iter().map(|name| format!("not yet: {name}"));
    let names = state
        .active_alerts
        .iter()
        .filter_map(|labels| labels.get("alertname"));
    let awaited: Vec<_> = unmet
        .chain(names.map(|name| format!("{name} is active")))
        .collect();
    format!("{} ({:.0} s left)", awaited.join("; "), left.as_secs_f64())
}
