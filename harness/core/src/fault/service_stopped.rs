//! A service is stopped, as an operator or a failed deployment stops it.
//!
//! Stopped by hand, so that the restart policy leaves it down: a killed process would be back
//! within a second.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, Site};
use crate::{Placement, Result, UtcInstant};

/// A service is stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceStopped {
    /// The service, as the project names it.
    pub service: String,
}

impl Fault {
    /// Stops `service`.
    #[must_use]
    pub fn stop(service: impl Into<String>) -> Self {
        ServiceStopped {
            service: service.into(),
        }
        .into()
    }
}

impl fmt::Display for ServiceStopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stopped", self.service)
    }
}

#[async_trait]
impl FaultKind for ServiceStopped {
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
        site.target.stop(&self.service).await.map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        site.wait_for_state(&self.service, "stopped", |state| !state.is_running())
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
        Fault::stop("api")
    }
}
