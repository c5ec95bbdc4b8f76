//! The kernel kills the main process of a service at the service's own memory limit.
//!
//! One process that allocates would itself be the victim, and the service live on. So the main
//! process is made the kernel's first choice (raising one's `oom_score_adj` needs no privilege),
//! and several allocate at once.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// The kernel kills the main process of a service at its memory limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceOomKilled {
    /// The service, as the project names it.
    pub service: String,
}

const FILL_THE_MEMORY: &str = "echo 1000 > /proc/1/oom_score_adj; \
    for i in 1 2 3; do tail /dev/zero & done; wait";

impl Fault {
    /// Has the kernel kill `service` for its memory.
    #[must_use]
    pub fn oom_kill(service: impl Into<String>) -> Self {
        ServiceOomKilled {
            service: service.into(),
        }
        .into()
    }
}

impl fmt::Display for ServiceOomKilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} killed for its memory", self.service)
    }
}

#[async_trait]
impl FaultKind for ServiceOomKilled {
    fn aim(&self) -> Aim<'_> {
        Aim::service(&self.service)
    }

    fn is_momentary(&self) -> bool {
        true
    }

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.service);
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        let fill = ["sh", "-c", FILL_THE_MEMORY].map(str::to_owned);
        // However it ends: it goes down with the service.
        site.target
            .run(&self.service, None, &fill)
            .await
            .map(|_| None)
    }

    async fn wait_for_effect(&self, site: &Site, since: UtcInstant) -> Result<()> {
        site.wait_for_state(&self.service, "started anew", |state| {
            state.started_since(since)
        })
        .await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        site.bring_back(&self.service).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::fault) fn example() -> Fault {
        Fault::oom_kill("api")
    }
}
