//! Ctrl-C, SIGTERM and the end of the terminal stop a run in order: its faults are reverted, and
//! the stack that it started is removed.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use alertdrill_core::{Error, Result};

/// A token that the first of these signals cancels. Must be called within an async runtime.
///
/// # Errors
/// [`Error::File`] if the process may not listen for signals.
pub(crate) fn cancelled_by_signals() -> Result<CancellationToken> {
    let listen = |kind| signal(kind).map_err(Error::file("listen for signals in", "this process"));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
        token.cancel();
    });
    Ok(cancel)
}
