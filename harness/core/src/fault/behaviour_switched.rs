//! A program of the system is told over HTTP to behave otherwise.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant, seconds};

/// A program of the system is told over HTTP to behave otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BehaviourSwitched {
    /// What goes wrong, in words.
    pub what: String,
    /// The service that is told.
    pub service: String,
    /// Its port as the service itself knows it.
    pub port: u16,
    /// Where the behaviour is posted to.
    pub path: String,
    /// The bad behaviours, as JSON, posted in this order; each lasts for its time, the last one
    /// until the revert.
    pub to: Vec<Behaviour>,
    /// The good one.
    pub back: Value,
    /// What it disturbs.
    pub disturbs: String,
}

/// One behaviour of several in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// What is posted.
    pub post: Value,
    /// How long it lasts before the next one.
    #[serde(default, with = "seconds", rename = "for_s")]
    pub lasts: Duration,
}

impl Fault {
    /// Posts behaviours to `path` at `port` of `service`, and `back` to revert them. It disturbs
    /// the whole service, unless it is told how far it reaches.
    #[must_use]
    pub fn switch_behaviour(
        service: impl Into<String>,
        port: u16,
        path: impl Into<String>,
        back: Value,
    ) -> BehaviourSwitched {
        let (service, path) = (service.into(), path.into());
        BehaviourSwitched {
            what: format!("{service} behaves otherwise"),
            disturbs: service.clone(),
            service,
            port,
            path,
            to: Vec::new(),
            back,
        }
    }
}

impl BehaviourSwitched {
    /// The same fault, which posts `post` for `lasts`; the last behaviour lasts until the revert.
    #[must_use]
    pub fn to(mut self, post: Value, lasts: Duration) -> Self {
        self.to.push(Behaviour { post, lasts });
        self
    }

    /// The same fault, in words.
    #[must_use]
    pub fn what(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// The same fault, which disturbs only the service, path or lane `disturbs`.
    #[must_use]
    pub fn disturbs_only(mut self, disturbs: impl Into<String>) -> Self {
        self.disturbs = disturbs.into();
        self
    }
}

impl fmt::Display for BehaviourSwitched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

#[async_trait]
impl FaultKind for BehaviourSwitched {
    fn aim(&self) -> Aim<'_> {
        Aim::service_that_disturbs(&self.service, &self.disturbs)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        for text in [
            &mut self.what,
            &mut self.service,
            &mut self.path,
            &mut self.disturbs,
        ] {
            placement.fill(text);
        }
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        for behaviour in &self.to {
            site.target
                .post(&self.service, self.port, &self.path, &behaviour.post)
                .await?;
            site.clock.sleep(behaviour.lasts).await;
        }
        Ok(None)
    }

    /// No check is possible: only the program knows how it behaves, and it has confirmed the
    /// behaviour by its answer. What comes of it is the drill's own condition to tell.
    async fn wait_for_effect(&self, _site: &Site, _since: UtcInstant) -> Result<()> {
        Ok(())
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        site.target
            .post(&self.service, self.port, &self.path, &self.back)
            .await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::switch_behaviour("api", 8080, "/mode", json!({"mode": "good"}))
            .to(json!({"mode": "slow"}), Duration::from_secs(2))
            .to(json!({"mode": "bad"}), Duration::ZERO)
            .into()
    }

    #[test]
    fn behaviours_follow_one_another_and_each_lasts_for_its_time() {
        let trial = contract::Trial::new();
        let began = trial.site.clock.monotonic();
        contract::run(example().inject(&trial.site)).unwrap();
        let lasted = trial.site.clock.monotonic().saturating_sub(began);
        assert!(lasted >= Duration::from_secs(2));
        let posted = &trial.target.snapshot().services["api"].behaviour;
        assert_eq!(posted[&(8080, "/mode".to_owned())], json!({"mode": "bad"}));
    }
}
