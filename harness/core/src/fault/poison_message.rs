//! A message that its consumer cannot take is put on a topic, and holds up all that comes after it.
//!
//! Nothing can be taken off a topic: the revert takes the partition from the consumer, commits its
//! group past the message, and gives it back. A consumer that takes blocks gives up what lies
//! before the message in its block together with it, again and again, and the revert would skip
//! that too. So the message is put there when the group has committed all that lies before it:
//! whatever produces must pause until then.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// A message that its consumer cannot take is put on a topic, once the consumer has taken all that
/// lies before it: whatever produces has to pause until then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoisonMessage {
    /// The topic; its partition 0 is meant.
    pub topic: String,
    /// What the message says. It is found again by this.
    pub payload: String,
    /// The consumer group that stumbles over it.
    pub group: String,
    /// What it disturbs.
    pub disturbs: String,
}

impl Fault {
    /// Puts a message that says `payload` on `topic`, where `group` consumes it, which disturbs the
    /// service, path or lane `disturbs`.
    #[must_use]
    pub fn poison(
        topic: impl Into<String>,
        payload: impl Into<String>,
        group: impl Into<String>,
        disturbs: impl Into<String>,
    ) -> Self {
        let (topic, payload) = (topic.into(), payload.into());
        PoisonMessage {
            topic,
            payload,
            group: group.into(),
            disturbs: disturbs.into(),
        }
        .into()
    }
}

impl fmt::Display for PoisonMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a poison message on {}", self.topic)
    }
}

#[async_trait]
impl FaultKind for PoisonMessage {
    fn aim(&self) -> Aim<'_> {
        Aim::topic(&self.topic, &self.disturbs)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    /// The payload is left alone: it is what the consumer must stumble over.
    fn place(&mut self, placement: &Placement) {
        for text in [&mut self.topic, &mut self.group, &mut self.disturbs] {
            placement.fill(text);
        }
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        let put = site
            .topics()?
            .put_when_caught_up(&self.topic, &self.group, &self.payload);
        put.await.map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        let awaited = format!(
            "the message on {} that {} cannot take",
            self.topic, self.group
        );
        let topics = site.topics()?;
        let is_ahead = || topics.is_ahead_of(&self.topic, &self.group, &self.payload);
        let otherwise = "the group has committed all that is on the topic";
        site.wait_until(&awaited, otherwise, is_ahead).await
    }

    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        site.topics()?
            .commit_past(&self.topic, &self.group, &self.payload)
            .await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::fault) fn example() -> Fault {
        Fault::poison("orders", "{lane} is no number", "billing", "api")
    }

    #[test]
    fn payload_is_sent_as_it_is_whatever_lane_its_drill_got() {
        let placed = example().placed(&Placement::on([("lane", "okx")]));
        assert_eq!(placed, example());
    }
}
