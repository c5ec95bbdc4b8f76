//! Where faults are injected, and by which clock.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::REQUEST_UNDER_WAY;
use crate::{Clock, Error, Result, ServiceState, Target, Topics};

/// How long a system may take for what it was told.
pub(super) const SEEN_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A target, and the clock by which its faults come and go.
#[derive(Clone, Debug)]
pub struct Site {
    /// What is broken.
    pub target: Arc<dyn Target>,
    /// By which clock.
    pub clock: Arc<dyn Clock>,
}

impl Site {
    /// The topics of the target's broker.
    pub(super) fn topics(&self) -> Result<&dyn Topics> {
        self.target.topics().ok_or_else(|| Error::Refused {
            attempted: "break something on a topic".to_owned(),
            reason: "no broker can be reached from here: name it by the setting `kafka`, and have \
                     this program built with its feature `kafka`"
                .to_owned(),
        })
    }

    /// Starts `service` if it does not run, and waits until it does. That it works again is for the
    /// steady state to say.
    ///
    /// After several crashes a restart policy waits for up to a minute: a service in that state is
    /// stopped first, for the system takes it for one that runs. One that an earlier fault has
    /// suspended cannot start: it is resumed.
    pub(super) async fn bring_back(&self, service: &str) -> Result<()> {
        let state = self.target.state(service).await?;
        if state.is_restarting() {
            self.target.stop(service).await?;
        }
        if state.is_paused {
            self.target.resume(service).await?;
        }
        self.target.start(service).await?;
        self.wait_for_state(service, "running", ServiceState::is_running)
            .await
    }

    /// How long after a service was asked to stop that may still be under way: a system gives it
    /// its grace period, whether anybody still waits for that or not.
    pub(super) async fn stop_settles_within(&self, service: &str) -> Result<Duration> {
        Ok(self.target.stop_grace_period(service).await? + REQUEST_UNDER_WAY)
    }

    /// Waits until `service` is in a state that `awaited` describes and `holds` accepts.
    pub(super) async fn wait_for_state(
        &self,
        service: &str,
        awaited: &str,
        holds: impl Fn(&ServiceState) -> bool + Send + Sync,
    ) -> Result<()> {
        self.wait_for(&format!("{service} to be {awaited}"), || {
            Box::pin(async {
                let state = self.target.state(service).await?;
                Ok(if holds(&state) {
                    Ok(())
                } else {
                    Err(state.to_string())
                })
            })
        })
        .await
    }

    /// Waits until `look` says that what is `awaited` is so; until then it is `otherwise`.
    pub(super) async fn wait_until<'a>(
        &self,
        awaited: &str,
        otherwise: &'a str,
        look: impl Fn() -> BoxFuture<'a, Result<bool>> + Send + Sync,
    ) -> Result<()> {
        self.wait_for(awaited, || {
            let is_so = look();
            Box::pin(async move { Ok(is_so.await?.then_some(()).ok_or(otherwise.to_owned())) })
        })
        .await
    }

    /// Waits until `look` finds what is `awaited`; what it sees instead is in the error.
    pub(super) async fn wait_for<'a>(
        &self,
        awaited: &str,
        look: impl Fn() -> BoxFuture<'a, Result<Result<(), String>>> + Send + Sync,
    ) -> Result<()> {
        let began = self.clock.monotonic();
        loop {
            let Err(last_seen) = look().await? else {
                return Ok(());
            };
            let waited = self.clock.monotonic().saturating_sub(began);
            if waited >= SEEN_WITHIN {
                return Err(Error::TimedOut {
                    awaited: awaited.to_owned(),
                    last_seen,
                    waited,
                });
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }
}
