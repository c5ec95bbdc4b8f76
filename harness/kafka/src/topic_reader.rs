//! Reads a Kafka topic from outside: what producers really wrote.

use std::fmt;

use alertdrill_core::{Error, Result};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::offsets::{ANSWER_WITHIN, PARTITION, no_answer};

/// A reader of one topic. Its calls block: async code calls them in `spawn_blocking`.
pub struct TopicReader {
    consumer: BaseConsumer,
    topic: String,
}

impl TopicReader {
    /// A reader of `topic` on the broker at `bootstrap`. It commits nothing, so it leaves no trace.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if the client cannot be made.
    pub fn new(bootstrap: &str, topic: impl Into<String>) -> Result<Self> {
        let topic = topic.into();
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "alertdrill-observer")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .map_err(|error| not_read(&topic, &error))?;
        Ok(Self { consumer, topic })
    }

    /// The payloads of partition 0, oldest first, from offset `from` to the end that the partition
    /// has at the time of the call.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::TimedOut`].
    pub fn read_from(&self, from: i64) -> Result<Vec<Vec<u8>>> {
        let Self { consumer, topic } = self;
        let failed = |error: KafkaError| not_read(topic, &error);
        let watermarks = consumer.fetch_watermarks(topic, PARTITION, ANSWER_WITHIN);
        let (low, end) = watermarks.map_err(failed)?;
        let mut next = from.max(low);
        let mut start = TopicPartitionList::new();
        start
            .add_partition_offset(topic, PARTITION, Offset::Offset(next))
            .map_err(failed)?;
        consumer.assign(&start).map_err(failed)?;
        let mut payloads = Vec::new();
        while next < end {
            match consumer.poll(ANSWER_WITHIN) {
                Some(Ok(message)) => {
                    next = message.offset() + 1;
                    payloads.push(message.payload().unwrap_or_default().to_vec());
                }
                Some(Err(KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(failed(error)),
                None => {
                    return Err(Error::TimedOut {
                        awaited: format!("the message at offset {next} of {topic}"),
                        last_seen: format!("{} messages, the topic ends at {end}", payloads.len()),
                        waited: ANSWER_WITHIN,
                    });
                }
            }
        }
        Ok(payloads)
    }
}

impl fmt::Debug for TopicReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicReader")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

fn not_read(topic: &str, error: &KafkaError) -> Error {
    no_answer(format!("read the topic {topic}"), error)
}
