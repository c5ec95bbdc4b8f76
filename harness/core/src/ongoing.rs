//! What a fault needs to be kept going while it lasts.

use std::fmt;

use futures_channel::oneshot;
use futures_util::future::BoxFuture;

/// Resolves when a fault is to be kept going no longer.
pub type Stopped = oneshot::Receiver<()>;

/// Work that has to go on while a fault lasts. Whoever injected the fault runs it, and it ends by
/// itself once it is told to stop.
pub struct Ongoing {
    /// The work.
    pub work: BoxFuture<'static, ()>,
    /// Tells the work to stop when it is dropped.
    pub stop: oneshot::Sender<()>,
}

impl Ongoing {
    /// The work that `start` gives, which ends when what it is handed resolves.
    pub fn new<F: Future<Output = ()> + Send + 'static>(start: impl FnOnce(Stopped) -> F) -> Self {
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
