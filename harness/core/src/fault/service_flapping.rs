//! A service is paused and resumed in turns: every other scrape of it fails.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::ongoing::goes_on_after;
use crate::{Placement, Result, UtcInstant, seconds};

/// A service is paused and resumed in turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceFlapping {
    /// The service, as the project names it.
    pub service: String,
    /// How long it is paused.
    #[serde(with = "seconds", rename = "paused_s")]
    pub paused: Duration,
    /// How long it runs in between.
    #[serde(with = "seconds", rename = "running_s")]
    pub running: Duration,
}

impl Fault {
    /// Pauses `service` and lets it run, in turns of these lengths.
    #[must_use]
    pub fn flap(service: impl Into<String>, paused: Duration, running: Duration) -> Self {
        ServiceFlapping {
            service: service.into(),
            paused,
            running,
        }
        .into()
    }
}

impl fmt::Display for ServiceFlapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} paused and resumed in turns", self.service)
    }
}

#[async_trait]
impl FaultKind for ServiceFlapping {
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
        site.target.pause(&self.service).await?;
        let (site, service, paused, running) = (
            site.clone(),
            self.service.clone(),
            self.paused,
            self.running,
        );
        Ok(Some(Ongoing::new(|mut stopped| async move {
            // What fails here is seen as a fault without effect: the drill's condition tells.
            while goes_on_after(site.clock.sleep(paused), &mut stopped).await {
                let _ = site.target.resume(&service).await;
                if !goes_on_after(site.clock.sleep(running), &mut stopped).await {
                    break;
                }
                let _ = site.target.pause(&service).await;
            }
        })))
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
    use futures_util::future::{Either, select};

    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::flap("api", Duration::from_secs(3), Duration::from_secs(2))
    }

    #[test]
    fn service_is_paused_and_runs_in_turns_while_the_fault_lasts() {
        let trial = contract::Trial::new();
        let seen = contract::run(async {
            let ongoing = example().inject(&trial.site).await.unwrap().unwrap();
            let look = async {
                let mut seen = Vec::new();
                for _ in 0..600 {
                    trial.site.clock.sleep(Duration::from_millis(50)).await;
                    let is_running = trial.target.works("api");
                    if seen.last() != Some(&is_running) {
                        seen.push(is_running);
                    }
                }
                seen
            };
            match select(ongoing.work, Box::pin(look)).await {
                Either::Right((seen, _)) => seen,
                Either::Left(_) => Vec::new(),
            }
        });
        assert!(seen.len() > 4 && !seen[0], "{seen:?}");
    }

    #[test]
    fn service_that_was_left_paused_runs_after_the_revert() {
        let trial = contract::Trial::new();
        contract::run(trial.site.target.pause("api")).unwrap();
        contract::run(example().revert(&trial.site)).unwrap();
        assert!(trial.target.works("api"));
    }
}
