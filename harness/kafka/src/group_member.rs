//! A member of a consumer group that gets the partition, whoever else is in the group.

use std::time::Duration;

use alertdrill_core::{Error, Result, Stopped};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::offsets::{ANSWER_WITHIN, PARTITION, blocking, last_between, uncommitted};

/// A group whose other member is busy takes a while to come together.
const ASSIGNED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// Members are sorted by their ids, which begin with this, and the first gets what cannot be
/// divided (the range assignor).
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
            // If this process is killed, the group goes on without it that soon.
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
            // What is read is dropped: nothing is committed.
            let _ = consumer.poll(POLL);
        }
        Ok(Self {
            consumer,
            topic,
            group,
        })
    }

    /// Keeps the partition, and reads and drops what is on it, until `stopped`; then leaves the group.
    pub(crate) async fn stay(self, mut stopped: Stopped) {
        let stayed = tokio::task::spawn_blocking(move || {
            while matches!(stopped.try_recv(), Ok(None)) {
                let _ = self.consumer.poll(POLL);
            }
        });
        // A panic in there leaves the group as well.
        let _ = stayed.await;
    }

    /// Commits the group past the last message that says `payload`, and leaves it; a group that is
    /// past it is left alone.
    pub(crate) async fn pass(self, payload: String) -> Result<()> {
        blocking(move || self.pass_blocking(payload.as_bytes())).await
    }

    fn pass_blocking(self, payload: &[u8]) -> Result<()> {
        let failed = |error: KafkaError| self.failed(&error);
        let uncommitted = uncommitted(&self.consumer, &self.topic).map_err(failed)?;
        self.consumer
            .seek(
                &self.topic,
                PARTITION,
                Offset::Offset(uncommitted.start),
                ANSWER_WITHIN,
            )
            .map_err(failed)?;
        let found = last_between(&self.consumer, &self.topic, payload, uncommitted);
        let Some(poison) = found? else {
            return Ok(());
        };
        let mut past = TopicPartitionList::new();
        past.add_partition_offset(&self.topic, PARTITION, Offset::Offset(poison + 1))
            .map_err(failed)?;
        self.consumer
            .commit(&past, CommitMode::Sync)
            .map_err(failed)
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
