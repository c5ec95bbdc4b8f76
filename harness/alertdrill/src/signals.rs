//! Ctrl-C, SIGTERM and the end of the terminal stop a run in order: its faults are reverted, and
//! the stack that it started is removed.

use rustix::process::Signal;
use tokio::signal::unix::{Signal as Received, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use alertdrill_core::{Error, Result};

/// The signals that end a run, as they arrive from now on.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Received,
    terminate: Received,
    hang_up: Received,
}

impl Signals {
    /// Listens for them. To be called in an async runtime.
    ///
    /// # Errors
    /// [`Error::File`] if the process may not listen for signals.
    pub(crate) fn listen() -> Result<Self> {
        let listen =
            |kind| signal(kind).map_err(Error::file("listen for signals in", "this process"));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one. No signal is lost if this is not awaited to its end.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
            _ = self.hang_up.recv() => Signal::HUP,
        }
    }
}

/// A token that the first of these signals cancels. Must be called within an async runtime.
///
/// # Errors
/// As [`Signals::listen`].
pub(crate) fn cancelled_by_signals() -> Result<CancellationToken> {
    let mut signals = Signals::listen()?;
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        signals.next().await;
        token.cancel();
    });
    Ok(cancel)
}
