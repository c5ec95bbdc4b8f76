//! A service is paused and resumed in turns: every other scrape of it fails.
//!
//! A busy engine resumes it late. A pause that went on for much longer than it was asked breaks
//! more than the drill says, so that it proves nothing.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::ongoing::goes_on_after;
use crate::{Error, Placement, Result, UtcInstant, seconds};

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

impl ServiceFlapping {
    /// That no pause, of which this was the longest, went on for half as long again, or for the
    /// time that a request takes, if that is longer.
    fn was_as_asked(&self, longest: Duration) -> Result<()> {
        if longest <= self.paused + (self.paused / 2).max(REQUEST_UNDER_WAY) {
            return Ok(());
        }
        let (asked_s, longest_s) = (self.paused.as_secs_f64(), longest.as_secs_f64());
        Err(Error::Refused {
            attempted: format!("pause {} for {asked_s} s at a time", self.service),
            reason: format!(
                "one pause went on for {longest_s:.1} s, because the machine was too busy to end \
                 it; run the drill again with less beside it"
            ),
        })
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
        let (flapping, site) = (self.clone(), site.clone());
        Ok(Some(Ongoing::new(|mut stopped| async move {
            let Self {
                service,
                paused,
                running,
            } = &flapping;
            let (mut since, mut longest) = (site.clock.monotonic(), Duration::ZERO);
            while goes_on_after(site.clock.sleep(*paused), &mut stopped).await {
                site.target.resume(service).await?;
                longest = longest.max(site.clock.monotonic().saturating_sub(since));
                if !goes_on_after(site.clock.sleep(*running), &mut stopped).await {
                    break;
                }
                site.target.pause(service).await?;
                since = site.clock.monotonic();
            }
            flapping.was_as_asked(longest)
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
    use futures_util::FutureExt as _;
    use futures_util::future::{Either, join, select};

    use super::*;
    use crate::fault::contract;
    use crate::memory::Response;

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

    /// Flaps for ten seconds on an engine that takes so long to resume a service.
    fn kept_up(resumed_within: Duration) -> Result<()> {
        let trial = contract::Trial::new();
        let clock = trial.site.clock.clone();
        trial.plan.follow(move |call| {
            if call.verb == "resume" {
                let _ = clock.sleep(resumed_within).now_or_never();
            }
            Response::Done
        });
        contract::run(async {
            let second = Duration::from_secs(1);
            let flapping = Fault::flap("api", second, second);
            let Ongoing { work, stop } = flapping.inject(&trial.site).await.unwrap().unwrap();
            let stops = async {
                for _ in 0..100 {
                    trial.site.clock.sleep(Duration::from_millis(100)).await;
                }
                drop(stop);
            };
            join(work, stops).await.0
        })
    }

    #[test]
    fn pause_that_goes_on_for_much_longer_than_it_was_asked_is_told() {
        kept_up(Duration::from_millis(100)).unwrap();
        let told = kept_up(Duration::from_millis(2500))
            .unwrap_err()
            .to_string();
        assert!(told.contains("pause api for 1 s at a time"), "{told}");
        assert!(told.contains("one pause went on for 3."), "{told}");
    }

    #[test]
    fn service_that_was_left_paused_runs_after_the_revert() {
        let trial = contract::Trial::new();
        contract::run(trial.site.target.pause("api")).unwrap();
        contract::run(example().revert(&trial.site)).unwrap();
        assert!(trial.target.works("api"));
    }
}
