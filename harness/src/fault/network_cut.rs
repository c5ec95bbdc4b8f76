//! A service's container is cut off from one of its networks; on the others it goes on.

use super::site::{SEEN_WITHIN, Site};
use crate::Result;

pub(super) async fn inject(site: &Site, service: &str, network: &str) -> Result<()> {
    site.containers.disconnect(service, network).await
}

pub(super) async fn wait_for_effect(site: &Site, service: &str, network: &str) -> Result<()> {
    let awaited = format!("off the network {network}");
    site.containers
        .wait_for_state(service, &awaited, SEEN_WITHIN, |state| {
            !state.networks.contains(network)
        })
        .await
}

pub(super) async fn revert(site: &Site, service: &str, network: &str) -> Result<()> {
    site.containers.connect_to(service, network).await?;
    let awaited = format!("on the network {network}");
    site.containers
        .wait_for_state(service, &awaited, SEEN_WITHIN, |state| {
            state.networks.contains(network)
        })
        .await
}
