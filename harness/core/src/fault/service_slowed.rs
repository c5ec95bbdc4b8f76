//! A service gets so little of the processors that it is slow: it answers, but late.
//!
//! The engine's quota does that. What limit the service had is looked up before the journal is
//! written, so that a revert gives just that back, whoever does it. If a killed run left the service
//! slowed, its limit is not the one that it has now, but the one that that run wrote down. A service that needs less than
//! its quota is not slowed: the kernel counts the periods in which it was held up, and without any
//! the fault has no effect.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{CpuLimit, Placement, Result, UtcInstant};

/// A service gets little of the processors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSlowed {
    /// The service, as the project names it.
    pub service: String,
    /// How many processors it gets: 0.02 is a fiftieth of one.
    pub cores: f64,
    /// The limit that it had, once that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<CpuLimit>,
}

impl ServiceSlowed {
    /// So little that most programs are slow: the engine grants no less than half of it.
    pub const FEW_CORES: f64 = 0.02;
    /// The least that the engine grants.
    pub const LEAST_CORES: f64 = 0.01;
}

impl Fault {
    /// Gives `service` so many processors.
    #[must_use]
    pub fn slow(service: impl Into<String>, cores: f64) -> Self {
        ServiceSlowed {
            service: service.into(),
            cores,
            before: None,
        }
        .into()
    }
}

impl fmt::Display for ServiceSlowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} slowed to {} % of a core",
            self.service,
            100.0 * self.cores
        )
    }
}

#[async_trait]
impl FaultKind for ServiceSlowed {
    fn aim(&self) -> Aim<'_> {
        Aim::service(&self.service)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        placement.fill(&mut self.service);
    }

    async fn prepare(&mut self, left_open: &[Fault], site: &Site) -> Result<()> {
        let known = left_open.iter().find_map(|fault| match fault {
            Fault::ServiceSlowed(slowed) if slowed.service == self.service => slowed.before,
            _ => None,
        });
        self.before = self.before.or(known);
        if self.before.is_none() {
            self.before = Some(site.target.cpu_limit(&self.service).await?);
        }
        Ok(())
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        let before = match self.before {
            Some(before) => before,
            None => site.target.cpu_limit(&self.service).await?,
        };
        let limit = before.lowered_to(self.cores);
        site.target
            .limit_cpu(&self.service, limit)
            .await
            .map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let at_first = site.target.throttled_periods(&self.service).await?;
        let awaited = format!("{} to be held up by its quota", self.service);
        site.wait_until(&awaited, "it needs less than its quota", || {
            Box::pin(async move {
                let now = site.target.throttled_periods(&self.service).await?;
                Ok(now > at_first)
            })
        })
        .await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        let before = self.before.unwrap_or(CpuLimit::None);
        site.target.limit_cpu(&self.service, before).await?;
        let awaited = format!("{} to have the limit that it had", self.service);
        site.wait_until(&awaited, "another limit", || {
            Box::pin(async move { Ok(site.target.cpu_limit(&self.service).await? == before) })
        })
        .await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::slow("api", ServiceSlowed::FEW_CORES)
    }

    #[test]
    fn limit_that_the_service_had_is_known_before_it_is_broken_and_is_given_back() {
        for before in [
            CpuLimit::NanoCpus(500_000_000),
            CpuLimit::Quota {
                quota_us: 20_000,
                period_us: 50_000,
            },
        ] {
            let trial = contract::Trial::new();
            contract::run(async {
                trial.site.target.limit_cpu("api", before).await.unwrap();
                let mut slowed = ServiceSlowed {
                    service: "api".to_owned(),
                    cores: 0.1,
                    before: None,
                };
                slowed.prepare(&[], &trial.site).await.unwrap();
                slowed.inject(&trial.site).await.unwrap();
                let limit = trial.site.target.cpu_limit("api").await.unwrap();
                assert_eq!(limit.cores(), Some(0.1));
                // Looked up again, by whoever breaks it a second time, it stays what it was.
                slowed.prepare(&[], &trial.site).await.unwrap();
                slowed.revert(&trial.site).await.unwrap();
                let limit = trial.site.target.cpu_limit("api").await.unwrap();
                assert_eq!(limit, before);
            });
        }
    }
    #[test]
    fn service_that_a_killed_run_left_slowed_gets_the_limit_back_that_it_had_before_that_run() {
        let trial = contract::Trial::new();
        contract::run(async {
            let left_open = example().prepared(&[], &trial.site).await.unwrap();
            left_open.inject(&trial.site).await.unwrap();
            let open = [Fault::stop("api"), left_open.clone()];
            let again = example().prepared(&open, &trial.site).await.unwrap();
            again.inject(&trial.site).await.unwrap();
            left_open.revert(&trial.site).await.unwrap();
            again.revert(&trial.site).await.unwrap();
            let limit = trial.site.target.cpu_limit("api").await.unwrap();
            assert_eq!(limit, CpuLimit::None);
        });
    }
}
