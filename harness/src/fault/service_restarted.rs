//! A service's container is restarted, as an operator or an upgrade does.

use super::site::{SEEN_WITHIN, Site};
use crate::Result;
use crate::drill::UtcInstant;

pub(super) async fn inject(site: &Site, service: &str) -> Result<()> {
    site.containers.restart(service).await
}

/// Started anew since the fault.
pub(super) async fn wait_for_effect(site: &Site, service: &str, since: UtcInstant) -> Result<()> {
    site.containers
        .wait_for_state(service, "started anew", SEEN_WITHIN, |state| {
            state.started_since(since)
        })
        .await
}

pub(super) async fn revert(site: &Site, service: &str) -> Result<()> {
    site.bring_back(service).await
}
