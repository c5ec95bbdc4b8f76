//! A clock that stands still until somebody sleeps.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::{Clock, UtcInstant};

/// A clock that needs no runtime: whoever sleeps moves its time on, and gives way once, so that two
/// tasks that sleep in turns both make progress.
#[derive(Clone, Debug, Default)]
pub struct MemoryClock {
    elapsed_ns: Arc<AtomicU64>,
}

impl MemoryClock {
    /// Moves the time on.
    pub fn advance(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.elapsed_ns.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Clock for MemoryClock {
    fn now(&self) -> UtcInstant {
        UtcInstant::from(Timestamp::UNIX_EPOCH).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.elapsed_ns.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (clock, mut has_given_way) = (self.clone(), false);
        let sleep = poll_fn(move |context| {
            if has_given_way {
                return Poll::Ready(());
            }
            has_given_way = true;
            clock.advance(duration);
            context.waker().wake_by_ref();
            Poll::Pending
        });
        sleep.boxed()
    }
}
