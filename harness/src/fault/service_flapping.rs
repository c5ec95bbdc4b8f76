//! A service stands still and goes on in turns: every other scrape of it fails.

use std::time::Duration;

use super::operations::Ongoing;
use super::site::{SEEN_WITHIN, Site};
use crate::Result;

pub(super) async fn inject(
    site: &Site,
    service: &str,
    paused: Duration,
    running: Duration,
) -> Result<Ongoing> {
    site.containers.pause(service).await?;
    let (containers, service) = (site.containers.clone(), service.to_owned());
    let flap = async move {
        loop {
            tokio::time::sleep(paused).await;
            // What fails here is seen as a fault without effect: the drill's condition tells.
            let _ = containers.resume(&service).await;
            tokio::time::sleep(running).await;
            let _ = containers.pause(&service).await;
        }
    };
    Ok(Ongoing::new(|stop| async move {
        stop.run_until_cancelled(flap).await.unwrap_or(())
    }))
}

pub(super) async fn wait_for_effect(site: &Site, service: &str) -> Result<()> {
    site.containers
        .wait_for_state(service, "paused", SEEN_WITHIN, |state| state.is_paused)
        .await
}

pub(super) async fn revert(site: &Site, service: &str) -> Result<()> {
    site.containers.resume(service).await?;
    site.bring_back(service).await
}
