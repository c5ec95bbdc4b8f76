//! The main process of a service ends by a signal: a crash.
//!
//! A signal that the program ends on by itself is sent from inside the container, so that its exit
//! is its own and the restart policy starts it again; the engine takes one that it was asked to
//! send for a stop that is wanted (20.10). `SIGKILL` cannot come from inside, where the main
//! process is immune to it: it is the engine's, and the revert is what starts it again.

use super::site::{SEEN_WITHIN, Site};
use crate::Result;
use crate::drill::UtcInstant;
use crate::stack::ContainerState;

pub(super) async fn inject(site: &Site, service: &str, signal: &str) -> Result<()> {
    if signal == "SIGKILL" {
        return site.containers.kill(service, signal).await;
    }
    if !site.containers.state(service).await?.is_running() {
        return Ok(());
    }
    let name = signal.trim_start_matches("SIG");
    // The container may be gone before the command is: what counts is the effect.
    site.containers
        .run(service, None, &["sh", "-c", &format!("kill -{name} 1")])
        .await
        .map(drop)
}

/// Down, or started anew since the fault.
pub(super) async fn wait_for_effect(site: &Site, service: &str, since: UtcInstant) -> Result<()> {
    let ended = |state: &ContainerState| !state.is_running() || state.started_since(since);
    site.containers
        .wait_for_state(service, "ended", SEEN_WITHIN, ended)
        .await
}

pub(super) async fn revert(site: &Site, service: &str) -> Result<()> {
    site.bring_back(service).await
}
