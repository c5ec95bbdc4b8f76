//! A service is cut off from one of its networks; on the others it goes on.
//!
//! How it was connected (its names there, its fixed address) is looked up before the journal is
//! written: others may know it by another name than its own, and would not find it again.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Attachment, Placement, Replica, Result, ServiceState, UtcInstant};

/// A service is cut off from one of its networks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkCut {
    /// The service, as the project names it.
    pub service: String,
    /// The network, as the project names it.
    pub network: String,
    /// How it was connected, once that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Attachment>,
}

impl Fault {
    /// Cuts `service` off from `network`.
    #[must_use]
    pub fn cut_off(service: impl Into<String>, network: impl Into<String>) -> Self {
        NetworkCut {
            service: service.into(),
            network: network.into(),
            before: None,
        }
        .into()
    }
}

impl NetworkCut {
    fn is_of_the_same(&self, other: &Self) -> bool {
        (&self.service, &self.network) == (&other.service, &other.network)
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

    async fn prepare(&mut self, left_open: &[Fault], site: &Site) -> Result<()> {
        let known = left_open.iter().find_map(|fault| match fault {
            Fault::NetworkCut(cut) if self.is_of_the_same(cut) => cut.before.clone(),
            _ => None,
        });
        self.before = self.before.take().or(known);
        if self.before.is_none() {
            let mut state = site.target.state(&self.service).await?;
            self.before = state.networks.remove(&self.network);
        }
        Ok(())
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        site.target
            .disconnect(&self.service, &self.network)
            .await
            .map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let awaited = format!("off the network {}", self.network);
        let is_off = |state: &ServiceState| !state.networks.contains_key(&self.network);
        site.wait_for_state(&self.service, &awaited, is_off).await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        let by_its_name = || Attachment::named(Replica::of(&self.service).service);
        let before = self.before.clone().unwrap_or_else(by_its_name);
        let target = &site.target;
        target
            .connect(&self.service, &self.network, &before)
            .await?;
        let awaited = format!("on the network {}", self.network);
        let is_on = |state: &ServiceState| state.networks.contains_key(&self.network);
        site.wait_for_state(&self.service, &awaited, is_on).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::cut_off("api", "back")
    }

    #[test]
    fn service_is_found_again_by_each_name_that_it_had_also_if_a_killed_run_had_cut_it_off() {
        let trial = contract::Trial::new();
        let known = Attachment {
            aliases: ["api".to_owned(), "backend".to_owned()].into(),
            ipv4_address: Some("172.20.0.7".to_owned()),
            ipv6_address: None,
        };
        contract::run(async {
            let target = &trial.site.target;
            target.disconnect("api", "back").await.unwrap();
            target.connect("api", "back", &known).await.unwrap();
            let left_open = example().prepared(&[], &trial.site).await.unwrap();
            left_open.inject(&trial.site).await.unwrap();
            let open = [Fault::stop("api"), left_open];
            let again = example().prepared(&open, &trial.site).await.unwrap();
            again.inject(&trial.site).await.unwrap();
            again.revert(&trial.site).await.unwrap();
            let state = target.state("api").await.unwrap();
            assert_eq!(state.networks["back"], known);
        });
    }
}
