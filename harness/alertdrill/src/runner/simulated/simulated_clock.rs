//! The clock of tokio's runtime, which a test pauses: it stands still while anything can go on, and
//! then jumps to whoever sleeps the shortest.

use std::time::Duration;

use alertdrill_core::{Clock, UtcInstant};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

/// Seconds since the epoch at the start of each simulation.
const BEGAN_S: f64 = 1_700_000_000.0;

/// What all of a simulated world goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct SimulatedClock {
    began: Instant,
}

impl SimulatedClock {
    pub(super) fn starting_now() -> Self {
        Self {
            began: Instant::now(),
        }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> UtcInstant {
        let began = UtcInstant::from_epoch_s(BEGAN_S).expect("an instant of our time");
        began.plus(self.began.elapsed())
    }

    fn monotonic(&self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        tokio::time::sleep(duration).boxed()
    }
}
