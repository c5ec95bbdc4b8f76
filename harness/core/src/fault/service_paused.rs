//! A service stands still: it keeps its connections and answers nobody, as one that hangs does.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// A service stands still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServicePaused {
    /// The service, as the project names it.
    pub service: String,
}

impl Fault {
    /// Pauses `service` until the revert.
    #[must_use]
    pub fn pause(service: impl Into<String>) -> Self {
        ServicePaused {
            service: service.into(),
        }
        .into()
    }
}

impl fmt::Display for ServicePaused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} paused", self.service)
    }
}

#[async_trait]
impl FaultKind for ServicePaused {
    fn aim(&self) -> Aim<'_> {
        Aim::service(&self.service)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.service);
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        site.target.pause(&self.service).await.map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        site.wait_for_state(&self.service, "paused", |state| state.is_paused)
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
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::pause("api")
    }

    #[test]
    fn paused_service_is_there_and_does_not_work_until_the_revert() {
        let trial = contract::Trial::new();
        contract::run(example().inject(&trial.site)).unwrap();
        let state = contract::run(trial.site.target.state("api")).unwrap();
        assert!(state.is_paused && !trial.target.works("api"), "{state}");
        contract::run(example().revert(&trial.site)).unwrap();
        assert!(trial.target.works("api"));
    }
}
