//! A Kafka topic, read from outside: what producers really wrote.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};

use alertdrill_core::{Error, Result};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// One topic of a broker. Its calls block: from async code, use `spawn_blocking`.
pub struct Topic {
    consumer: BaseConsumer,
    name: String,
}

impl Topic {
    /// The topic `name` of the broker at `bootstrap`. Nothing is committed: reading leaves no
    /// trace.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if the client cannot be made.
    pub fn new(bootstrap: &str, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "alertdrill-observer")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .map_err(|error| no_answer(&name, &error))?;
        Ok(Self { consumer, name })
    }

    /// The payloads of partition 0, oldest first, from offset `from` to its end at the time of the
    /// call.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::TimedOut`].
    pub fn read_from(&self, from: i64) -> Result<Vec<Vec<u8>>> {
        let failed = |error: &rdkafka::error::KafkaError| no_answer(&self.name, error);
        let (low, end) = self
            .consumer
            .fetch_watermarks(&self.name, 0, ANSWER_WITHIN)
            .map_err(|error| failed(&error))?;
        let mut next = from.max(low);
        let mut partitions = TopicPartitionList::new();
        partitions
            .add_partition_offset(&self.name, 0, Offset::Offset(next))
            .map_err(|error| failed(&error))?;
        self.consumer
            .assign(&partitions)
            .map_err(|error| failed(&error))?;
        let mut payloads = Vec::new();
        while next < end {
            match self.consumer.poll(ANSWER_WITHIN) {
                Some(Ok(message)) => {
                    next = message.offset() + 1;
                    payloads.push(message.payload().unwrap_or_default().to_vec());
                }
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => break,
                Some(Err(error)) => return Err(failed(&error)),
                None => {
                    return Err(Error::TimedOut {
                        awaited: format!("the message at offset {next} of {}", self.name),
                        last_seen: format!("{} messages, the topic ends at {end}", payloads.len()),
                        waited: ANSWER_WITHIN,
                    });
                }
            }
        }
        Ok(payloads)
    }
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topic")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn no_answer(topic: &str, error: &rdkafka::error::KafkaError) -> Error {
    Error::NoAnswer {
        attempted: format!("read the topic {topic}"),
        reason: error.to_string(),
    }
}
