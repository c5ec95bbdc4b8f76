//! A member of a consumer group that gets the partition, whoever else is in the group.

use std::ops::Range;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

pub(super) const PARTITION: i32 = 0;
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A group whose other member is busy takes a while to come together.
const ASSIGNED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);
/// Members are sorted by their ids, which begin with this, and the first gets what cannot be
/// divided (the range assignor).
const CLIENT_ID: &str = "0-drill";

/// A member that has the partition of its topic.
pub(super) struct Intruder {
    consumer: BaseConsumer,
    topic: String,
    group: String,
}

impl Intruder {
    /// Joins `group` and waits until it has the partition of `topic`.
    pub(super) async fn join(bootstrap: &str, group: &str, topic: &str) -> Result<Self> {
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

    /// Keeps the partition, and reads and drops what is on it, until `stop`; then leaves the group.
    pub(super) async fn stay(self, stop: CancellationToken) {
        let stayed = tokio::task::spawn_blocking(move || {
            while !stop.is_cancelled() {
                let _ = self.consumer.poll(POLL);
            }
        });
        // A panic in there leaves the group as well.
        let _ = stayed.await;
    }

    /// Commits the group past the last message that says `payload`, and leaves it; a group that is
    /// past it is left alone.
    pub(super) async fn pass(self, payload: String) -> Result<()> {
        blocking(move || self.pass_blocking(payload.as_bytes())).await
    }

    fn pass_blocking(self, payload: &[u8]) -> Result<()> {
        let failed = |error: KafkaError| self.failed(&error);
        let uncommitted = uncommitted(&self.consumer, &self.topic).map_err(failed)?;
        let Some(poison) = self.last_between(payload, uncommitted)? else {
            return Ok(());
        };
        let mut past = TopicPartitionList::new();
        past.add_partition_offset(&self.topic, PARTITION, Offset::Offset(poison + 1))
            .map_err(failed)?;
        self.consumer
            .commit(&past, CommitMode::Sync)
            .map_err(failed)
    }

    /// The offset of the last message that says `payload`, in `offsets`.
    fn last_between(&self, payload: &[u8], offsets: Range<i64>) -> Result<Option<i64>> {
        let Range {
            start: mut next,
            end,
        } = offsets;
        let failed = |error: KafkaError| self.failed(&error);
        self.consumer
            .seek(&self.topic, PARTITION, Offset::Offset(next), ANSWER_WITHIN)
            .map_err(failed)?;
        let mut found = None;
        while next < end {
            let message = self
                .consumer
                .poll(ANSWER_WITHIN)
                .ok_or_else(|| Error::TimedOut {
                    awaited: format!("the message at offset {next} of {}", self.topic),
                    last_seen: format!("the topic ends at {end}"),
                    waited: ANSWER_WITHIN,
                })?;
            let message = message.map_err(failed)?;
            if message.payload() == Some(payload) {
                found = Some(message.offset());
            }
            next = message.offset() + 1;
        }
        Ok(found)
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

/// A client that asks for a group, and is not in it.
pub(super) fn outsider(bootstrap: &str, group: &str) -> KafkaResult<BaseConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .create()
}

/// The offsets of the messages that are on `topic` and that the group of `consumer` has not
/// committed.
pub(super) fn uncommitted(consumer: &BaseConsumer, topic: &str) -> KafkaResult<Range<i64>> {
    let (low, end) = consumer.fetch_watermarks(topic, PARTITION, ANSWER_WITHIN)?;
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition(topic, PARTITION);
    let committed = consumer.committed_offsets(partitions, ANSWER_WITHIN)?;
    let next = match committed
        .find_partition(topic, PARTITION)
        .map(|partition| partition.offset())
    {
        Some(Offset::Offset(offset)) => offset.max(low),
        _ => low,
    };
    Ok(next..end)
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| {
        Err(Error::NoAnswer {
            attempted: "talk to Kafka".to_owned(),
            reason: panic.to_string(),
        })
    })
}
