//! `alertdrill sink`: the server that a stack's Alertmanager sends to instead of to people.

use std::net::SocketAddr;

use alertdrill_core::{Error, Result};
use alertdrill_engine::serve_sink;
use alertdrill_progress::Progress;
use tokio::runtime::Builder;

use crate::signals::cancelled_by_signals;

/// Serves a notification sink on `address` until a signal ends it, and logs what it is sent that
/// it cannot keep.
///
/// As process 1 of a container it would not be ended by a signal that nobody listens for.
///
/// # Errors
/// As [`serve_sink`].
pub fn sink(address: SocketAddr) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Error::file("start the async runtime in", "this process"))?;
    runtime.block_on(async {
        let log = Progress::in_a_log();
        let told_to_end = cancelled_by_signals()?;
        tokio::select! {
            outcome = serve_sink(address, move |line| log.line(line)) => outcome,
            () = told_to_end.cancelled() => Ok(()),
        }
    })
}
