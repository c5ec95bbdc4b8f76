//! The kernel kills the main process of a service at the container's own memory limit.
//!
//! One process that allocates would itself be the victim, and the container live on. So the main
//! process is made the kernel's first choice (raising one's `oom_score_adj` needs no privilege),
//! and several allocate at once.

use super::service_restarted;
use super::site::Site;
use crate::Result;
use crate::drill::UtcInstant;

const FILL_THE_MEMORY: &str =
    "echo 1000 > /proc/1/oom_score_adj; for i in 1 2 3; do tail /dev/zero & done; wait";

pub(super) async fn inject(site: &Site, service: &str) -> Result<()> {
    // However it ends: it goes down with the container.
    site.containers
        .run(service, None, &["sh", "-c", FILL_THE_MEMORY])
        .await
        .map(drop)
}

pub(super) async fn wait_for_effect(site: &Site, service: &str, since: UtcInstant) -> Result<()> {
    service_restarted::wait_for_effect(site, service, since).await
}

pub(super) async fn revert(site: &Site, service: &str) -> Result<()> {
    site.bring_back(service).await
}
