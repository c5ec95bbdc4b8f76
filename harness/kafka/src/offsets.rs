//! How far a consumer group has come on a topic, and which messages are before it.

use std::ops::Range;
use std::time::Duration;

use alertdrill_core::{Error, Result};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// The one partition of a topic that faults and readers use.
pub(crate) const PARTITION: i32 = 0;
/// How long a broker may take to answer.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A client that asks about a group without joining it.
pub(crate) fn outsider(bootstrap: &str, group: &str) -> KafkaResult<BaseConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .create()
}

/// The offsets of the messages that are on `topic` and that the group of `consumer` has not
/// committed.
pub(crate) fn uncommitted(consumer: &BaseConsumer, topic: &str) -> KafkaResult<Range<i64>> {
    let (low, end) = consumer.fetch_watermarks(topic, PARTITION, ANSWER_WITHIN)?;
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition(topic, PARTITION);
    let committed = consumer.committed_offsets(partitions, ANSWER_WITHIN)?;
    let committed = committed.find_partition(topic, PARTITION);
    let next = match committed.map(|partition| partition.offset()) {
        Some(Offset::Offset(offset)) => offset.max(low),
        _ => low,
    };
    Ok(next..end)
}

/// The offset of the last message on `topic` that holds `payload` and that `group` has not
/// committed. It is read from outside the group, so no rebalance of the group delays it.
///
/// # Errors
/// [`Error::NoAnswer`], or [`Error::TimedOut`] if the messages do not come.
pub(crate) fn last_uncommitted(
    bootstrap: &str,
    [topic, group, payload]: [&str; 3],
) -> Result<Option<i64>> {
    let failed = |error: KafkaError| no_answer(format!("read {topic}"), &error);
    let consumer = outsider(bootstrap, group).map_err(failed)?;
    let Range { start, end } = uncommitted(&consumer, topic).map_err(failed)?;
    let mut from = TopicPartitionList::new();
    from.add_partition_offset(topic, PARTITION, Offset::Offset(start))
        .map_err(failed)?;
    consumer.assign(&from).map_err(failed)?;
    let (mut next, mut found) = (start, None);
    while next < end {
        let message = consumer
            .poll(ANSWER_WITHIN)
            .ok_or_else(|| Error::TimedOut {
                awaited: format!("the message at offset {next} of {topic}"),
                last_seen: format!("the topic ends at {end}"),
                waited: ANSWER_WITHIN,
            })?;
        let message = message.map_err(failed)?;
        if message.payload() == Some(payload.as_bytes()) {
            found = Some(message.offset());
        }
        next = message.offset() + 1;
    }
    Ok(found)
}

/// The error for a broker that gave no answer.
pub(crate) fn no_answer(attempted: String, error: &KafkaError) -> Error {
    Error::NoAnswer {
        attempted,
        reason: error.to_string(),
    }
}

/// Runs blocking work on a thread where it delays no async task.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    let failed = |panic: tokio::task::JoinError| Error::NoAnswer {
        attempted: "talk to Kafka".to_owned(),
        reason: panic.to_string(),
    };
    done.unwrap_or_else(|panic| Err(failed(panic)))
}
