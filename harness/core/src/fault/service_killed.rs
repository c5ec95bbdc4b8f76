//! The main process of a service ends by a signal: a crash.
//!
//! A signal that the program ends on by itself is sent from inside the service, so that its exit is
//! its own and the restart policy starts it again; Docker takes one that it was asked to send for a
//! stop that is wanted (20.10). `SIGKILL` cannot come from inside, where the main process is immune
//! to it: it is the system's, and the revert is what starts the service again.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, ServiceState, UtcInstant};

/// The main process of a service ends by a signal, and is started again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceKilled {
    /// The service, as the project names it.
    pub service: String,
    /// The signal's name: `SIGKILL`, or one that the program ends on by itself.
    pub signal: String,
}

impl Fault {
    /// Ends the main process of `service` by `signal`.
    #[must_use]
    pub fn kill(service: impl Into<String>, signal: impl Into<String>) -> Self {
        ServiceKilled {
            service: service.into(),
            signal: signal.into(),
        }
        .into()
    }
}

impl fmt::Display for ServiceKilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} killed by {}", self.service, self.signal)
    }
}

#[async_trait]
impl FaultKind for ServiceKilled {
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
        if self.signal == "SIGKILL" {
            return site
                .target
                .signal(&self.service, &self.signal)
                .await
                .map(|()| None);
        }
        if site.target.state(&self.service).await?.is_running() {
            let name = self.signal.trim_start_matches("SIG");
            let kill = ["sh", "-c", &format!("kill -{name} 1")].map(str::to_owned);
            // The service may be gone before the command is: what counts is the effect.
            site.target.run(&self.service, None, &kill).await?;
        }
        Ok(None)
    }

    /// Down, or started anew since the fault.
    async fn wait_for_effect(&self, site: &Site, since: UtcInstant) -> Result<()> {
        let ended = |state: &ServiceState| !state.is_running() || state.started_since(since);
        site.wait_for_state(&self.service, "ended", ended).await
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
        Fault::kill("api", "SIGKILL")
    }

    #[test]
    fn signal_that_the_program_ends_on_leaves_its_start_to_the_restart_policy() {
        contract::holds("service_killed", &Fault::kill("api", "SIGTERM"));
        let trial = contract::Trial::new();
        contract::run(Fault::kill("api", "SIGTERM").inject(&trial.site)).unwrap();
        assert!(trial.target.works("api"));
        contract::run(example().inject(&trial.site)).unwrap();
        assert!(
            !trial.target.works("api"),
            "the system's own signal is a stop that is wanted"
        );
    }
}
