//! What a fault needs to be kept going while it lasts.

use std::fmt;
use std::pin::pin;

use futures_channel::oneshot;
use futures_util::future::{BoxFuture, Either, select};

use crate::Result;

/// Resolves when a fault is to be kept going no longer.
pub type Stopped = oneshot::Receiver<()>;

/// Waits for `pause`; false if the work is to stop.
///
/// Work that asks the system for something again and again stops in such a pause alone. A system
/// goes on with a request that nobody waits for any more, and would break what a revert has mended.
pub(crate) async fn goes_on_after(pause: impl Future<Output = ()>, stopped: &mut Stopped) -> bool {
    matches!(select(pin!(pause), stopped).await, Either::Left(_))
}

/// Work that has to go on while a fault lasts. Whoever injected the fault runs it, and it ends by
/// itself once it is told to stop.
pub struct Ongoing {
    /// The work. It ends with an error if the fault was not what it was asked to be.
    pub work: BoxFuture<'static, Result<()>>,
    /// Tells the work to stop when it is dropped.
    pub stop: oneshot::Sender<()>,
}

impl Ongoing {
    /// The work that `start` gives, which ends when what it is handed resolves.
    pub fn new<F>(start: impl FnOnce(Stopped) -> F) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel();
        Self {
            work: Box::pin(start(stopped)),
            stop,
        }
    }
}

impl fmt::Debug for Ongoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ongoing")
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::{pending, ready};

    use super::*;

    #[test]
    fn work_goes_on_after_its_pause_and_is_stopped_within_one() {
        let (stop, mut stopped) = oneshot::channel();
        assert_eq!(
            goes_on_after(ready(()), &mut stopped).now_or_never(),
            Some(true)
        );
        assert_eq!(goes_on_after(pending(), &mut stopped).now_or_never(), None);
        drop(stop);
        assert_eq!(
            goes_on_after(pending(), &mut stopped).now_or_never(),
            Some(false)
        );
    }
}
