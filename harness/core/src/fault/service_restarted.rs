//! A service is restarted, as an operator or an upgrade does.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, Site};
use crate::{Placement, Result, UtcInstant};

/// A service is restarted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRestarted {
    /// The service, as the project names it.
    pub service: String,
}

impl Fault {
    /// Restarts `service`.
    #[must_use]
    pub fn restart(service: impl Into<String>) -> Self {
        ServiceRestarted {
            service: service.into(),
        }
        .into()
    }
}

impl fmt::Display for ServiceRestarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} restarted", self.service)
    }
}

#[async_trait]
impl FaultKind for ServiceRestarted {
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
        site.target.restart(&self.service).await.map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, since: UtcInstant) -> Result<()> {
        site.wait_for_state(&self.service, "started anew", |state| {
            state.started_since(since)
        })
        .await
    }

    async fn settles_within(&self, site: &Site) -> Result<Duration> {
        site.stop_settles_within(&self.service).await
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        site.bring_back(&self.service).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::fault) fn example() -> Fault {
        Fault::restart("api")
    }
}
