//! Another member joins a consumer's group and gets its partition: the consumer is left with
//! nothing to read, and the messages wait.
//!
//! It ends by itself when that member is gone, whatever took it away: the group gives the partition
//! back.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// Another member takes a consumer's partition and reads nothing of it: the consumer stands still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerDisplaced {
    /// The topic; its partition 0 is meant.
    pub topic: String,
    /// The consumer's group.
    pub group: String,
    /// What it disturbs.
    pub disturbs: String,
}

impl Fault {
    /// Displaces the consumer of `topic` in `group`, which disturbs the service, path or lane
    /// `disturbs`.
    #[must_use]
    pub fn displace_consumer(
        topic: impl Into<String>,
        group: impl Into<String>,
        disturbs: impl Into<String>,
    ) -> Self {
        let (topic, group, disturbs) = (topic.into(), group.into(), disturbs.into());
        ConsumerDisplaced {
            topic,
            group,
            disturbs,
        }
        .into()
    }
}

impl fmt::Display for ConsumerDisplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the consumer of the group {} displaced", self.group)
    }
}

#[async_trait]
impl FaultKind for ConsumerDisplaced {
    fn aim(&self) -> Aim<'_> {
        Aim::topic(&self.group, &self.disturbs)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        for text in [&mut self.topic, &mut self.group, &mut self.disturbs] {
            placement.fill(text);
        }
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        site.topics()?
            .displace(&self.topic, &self.group)
            .await
            .map(Some)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let awaited = format!(
            "the group {} to give {} to another member",
            self.group, self.topic
        );
        let topics = site.topics()?;
        let is_displaced = || topics.is_displaced(&self.topic, &self.group);
        site.wait_until(&awaited, "its own consumer has it", is_displaced)
            .await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    /// It was over when the work that kept it up was.
    async fn revert(&self, _site: &Site) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        Fault::displace_consumer("orders", "billing", "api")
    }

    #[test]
    fn fault_on_a_topic_of_a_system_without_a_broker_is_refused() {
        let trial = contract::Trial::new();
        let target = trial.target.without_broker();
        let site = Site {
            target: std::sync::Arc::new(target),
            ..trial.site
        };
        let error = contract::run(example().inject(&site)).unwrap_err();
        assert!(error.to_string().contains("no broker"), "{error}");
    }
}
