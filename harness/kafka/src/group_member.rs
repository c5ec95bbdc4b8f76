//! A member of a consumer group that takes the partition away from every other member.

use std::time::Duration;

use alertdrill_core::{Error, Result, Stopped};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::offsets::{ANSWER_WITHIN, PARTITION, blocking, last_between, uncommitted};

/// A group with a busy member takes a while to rebalance.
const ASSIGNED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// A member's id begins with its client's. The range assignor sorts members by id and gives a
/// single partition to the first.
pub(crate) const CLIENT_ID: &str = "0-drill";

/// A member that has the partition of its topic.
pub(crate) struct GroupMember {
    consumer: BaseConsumer,
    topic: String,
    group: String,
}

impl GroupMember {
    /// Joins `group` and waits until it has the partition of `topic`.
    pub(crate) async fn join(bootstrap: &str, group: &str, topic: &str) -> Result<Self> {
        let (bootstrap, group, topic) = (bootstrap.to_owned(), group.to_owned(), topic.to_owned());
        blocking(move || Self::join_blocking(&bootstrap, group, topic)).await
    }

    fn join_blocking(bootstrap: &str, group: String, topic: String) -> Result<Self> {
        let failed = |error: KafkaError| Error::NoAnswer {
            attempted: format!("join the consumer group {group} of {topic}"),
            reason: error.to_string(),
        };
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("client.id", CLIENT_ID)
            .set("group.id", &group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            // If this process is killed, the group continues without it after this time.
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "1000")
            .create()
            .map_err(failed)?;
        consumer.subscribe(&[&topic]).map_err(failed)?;
        let began = std::time::Instant::now();
        while consumer.assignment().map_err(failed)?.count() == 0 {
            if began.elapsed() >= ASSIGNED_WITHIN {
                return Err(Error::TimedOut {
                    awaited: format!("the partition of {topic} in the group {group}"),
                    last_seen: "the group gives it to another member".to_owned(),
                    waited: began.elapsed(),
                });
            }
            // Messages are dropped, and nothing is committed.
            let _ = consumer.poll(POLL);
        }
        Ok(Self {
            consumer,
            topic,
            group,
        })
    }

    /// Keeps the partition until `stopped`, and drops the messages that it reads; then leaves the
    /// group.
    pub(crate) async fn stay(self, mut stopped: Stopped) {
        let stayed = tokio::task::spawn_blocking(move || {
            while matches!(stopped.try_recv(), Ok(None)) {
                let _ = self.consumer.poll(POLL);
            }
        });
        // A panic in the task leaves the group too.
        let _ = stayed.await;
    }

    /// Commits the group's offset past the last message that holds `payload`, unless the group is
    /// already past it; then leaves the group.
    pub(crate) async fn pass(self, payload: String) -> Result<()> {
        blocking(move || self.pass_blocking(payload.as_bytes())).await
    }

    fn pass_blocking(self, payload: &[u8]) -> Result<()> {
        let failed = |error: KafkaError| self.failed(&error);
        let uncommitted = uncommitted(&self.consumer, &self.topic).map_err(failed)?;
        let start = Offset::Offset(uncommitted.start);
        let sought = self
            .consumer
            .seek(&self.topic, PARTITION, start, ANSWER_WITHIN);
        sought.map_err(failed)?;
        let found = last_between(&self.consumer, &self.topic, payload, uncommitted);
        let Some(poison) = found? else {
            return Ok(());
        };
        let mut past = TopicPartitionList::new();
        past.add_partition_offset(&self.topic, PARTITION, Offset::Offset(poison + 1))
            .map_err(failed)?;
        let committed = self.consumer.commit(&past, CommitMode::Sync);
        committed.map_err(failed)
    }

    fn failed(&self, error: &KafkaError) -> Error {
        let attempted = format!(
            "move the consumer group {} past a message on {}",
            self.group, self.topic
        );
        Error::NoAnswer {
            attempted,
            reason: error.to_string(),
        }
    }
}
