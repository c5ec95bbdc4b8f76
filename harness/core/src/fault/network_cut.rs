//! A service is cut off from one of its networks; on the others it goes on.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, ServiceState, UtcInstant};

/// A service is cut off from one of its networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkCut {
    /// The service, as the project names it.
    pub service: String,
    /// The network, as the project names it.
    pub network: String,
}

impl Fault {
    /// Cuts `service` off from `network`.
    #[must_use]
    pub fn cut_off(service: impl Into<String>, network: impl Into<String>) -> Self {
        NetworkCut {
            service: service.into(),
            network: network.into(),
        }
        .into()
    }
}

impl fmt::Display for NetworkCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cut off from the network {}",
            self.service, self.network
        )
    }
}

#[async_trait]
impl FaultKind for NetworkCut {
    fn aim(&self) -> Aim<'_> {
        Aim::service(&self.service)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.service);
        placement.fill(&mut self.network);
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        site.target
            .disconnect(&self.service, &self.network)
            .await
            .map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let awaited = format!("off the network {}", self.network);
        let is_off = |state: &ServiceState| !state.networks.contains(&self.network);
        site.wait_for_state(&self.service, &awaited, is_off).await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        site.target.connect(&self.service, &self.network).await?;
        let awaited = format!("on the network {}", self.network);
        let is_on = |state: &ServiceState| state.networks.contains(&self.network);
        site.wait_for_state(&self.service, &awaited, is_on).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::fault) fn example() -> Fault {
        Fault::cut_off("api", "back")
    }
}
