//! A service's container is stopped, as an operator or a failed deployment stops it.
//!
//! Stopped by hand, so that the restart policy leaves it down: a killed process would be back
//! within a second.

use super::site::{SEEN_WITHIN, Site};
use crate::Result;

pub(super) async fn inject(site: &Site, service: &str) -> Result<()> {
    site.containers.stop(service).await
}

pub(super) async fn wait_for_effect(site: &Site, service: &str) -> Result<()> {
    site.containers
        .wait_for_state(service, "stopped", SEEN_WITHIN, |state| !state.is_running())
        .await
}

pub(super) async fn revert(site: &Site, service: &str) -> Result<()> {
    site.bring_back(service).await
}
