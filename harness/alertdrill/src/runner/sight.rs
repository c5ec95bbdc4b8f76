//! The observer's looks, one after the other, for as long as they can be trusted.

use std::time::Duration;

use alertdrill_core::{Error, Result};
use alertdrill_engine::{ClockCheck, Observation, Observer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long looks may fail in a row before that ends a drill: a verdict without sight would be a
/// guess.
pub(super) const BLIND_FOR: Duration = Duration::from_secs(30);

/// What is seen through an observer, until somebody cancels it.
#[derive(Debug)]
pub(super) struct Sight<'a> {
    observation: watch::Receiver<Observation>,
    cancel: &'a CancellationToken,
    blind_for: Duration,
    /// The first look at the clocks.
    clock: Option<ClockCheck>,
}

impl<'a> Sight<'a> {
    /// Through `observer`, whose looks may fail in a row for `blind_for`.
    pub(super) fn through(
        observer: &Observer,
        cancel: &'a CancellationToken,
        blind_for: Duration,
    ) -> Self {
        Self {
            observation: observer.observation(),
            cancel,
            blind_for,
            clock: None,
        }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> watch::Ref<'_, Observation> {
        self.observation.borrow()
    }

    /// Waits until a look succeeds, if there was none yet or the latest one has failed.
    pub(super) async fn see_again(&mut self) -> Result<()> {
        while self.seen().looks == 0 || self.seen().failing.is_some() {
            self.next_look(Duration::MAX).await?;
        }
        Ok(())
    }

    /// Waits for the next look, or for `at_most`.
    pub(super) async fn next_look(&mut self, at_most: Duration) -> Result<()> {
        tokio::select! {
            () = self.cancel.cancelled() => return Err(Error::Interrupted),
            changed = self.observation.changed() => {
                changed.map_err(|_| blind("the observer has ended", Duration::ZERO))?;
            }
            () = tokio::time::sleep(at_most) => {}
        }
        let seen = self.observation.borrow_and_update();
        if let Some((since, error)) = &seen.failing
            && since.elapsed() >= self.blind_for
        {
            return Err(blind(error, since.elapsed()));
        }
        let Some(clock) = &seen.clock else {
            return Ok(());
        };
        clock.agrees_since(self.clock.get_or_insert(*clock))
    }
}

fn blind(error: &str, waited: Duration) -> Error {
    let awaited = "an answer to every look at the system".to_owned();
    Error::TimedOut {
        awaited,
        last_seen: error.to_owned(),
        waited,
    }
}
