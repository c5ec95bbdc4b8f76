//! A service is restarted over and over: a crash loop, as a wrong configuration makes one.
//!
//! Each life is too short for a rule that waits, and long enough for a scrape now and then.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, Site};
use crate::ongoing::goes_on_after;
use crate::{Placement, Result, UtcInstant, seconds};

/// A service is restarted over and over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceRestarting {
    /// The service, as the project names it.
    pub service: String,
    /// How long it runs before it is restarted again.
    #[serde(with = "seconds", rename = "every_s")]
    pub every: Duration,
}

impl Fault {
    /// Restarts `service` each time that it has run for that long.
    #[must_use]
    pub fn keep_restarting(service: impl Into<String>, every: Duration) -> Self {
        ServiceRestarting {
            service: service.into(),
            every,
        }
        .into()
    }
}

impl fmt::Display for ServiceRestarting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} restarted over and over", self.service)
    }
}

#[async_trait]
impl FaultKind for ServiceRestarting {
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
        site.target.restart(&self.service).await?;
        let (site, service, every) = (site.clone(), self.service.clone(), self.every);
        Ok(Some(Ongoing::new(|mut stopped| async move {
            while goes_on_after(site.clock.sleep(every), &mut stopped).await {
                site.target.restart(&service).await?;
            }
            Ok(())
        })))
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
    use futures_util::future::{Either, select};

    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::keep_restarting("api", Duration::from_secs(3))
    }

    #[test]
    fn service_is_started_again_and_again_while_the_fault_lasts() {
        let trial = contract::Trial::new();
        let starts = contract::run(async {
            let ongoing = example().inject(&trial.site).await.unwrap().unwrap();
            let look = async {
                let mut starts = std::collections::BTreeSet::new();
                for _ in 0..300 {
                    trial.site.clock.sleep(Duration::from_millis(50)).await;
                    let state = trial.site.target.state("api").await.unwrap();
                    starts.extend(state.started_at);
                }
                starts
            };
            match select(ongoing.work, Box::pin(look)).await {
                Either::Right((starts, _)) => starts,
                Either::Left(_) => [].into(),
            }
        });
        assert!(starts.len() > 3, "{starts:?}");
    }
}
