//! A message that its consumer cannot take is put on a topic, and holds up all that comes after it.
//!
//! Nothing can be taken off a topic: the revert takes the partition from the consumer, commits its group past the message,
//! and gives it back.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::group_member::{ANSWER_WITHIN, Intruder, PARTITION, blocking};
use super::site::Site;
use crate::{Error, Result};

pub(super) async fn inject(site: &Site, topic: &str, payload: &str) -> Result<()> {
    let (bootstrap, topic, payload) = (site.kafka_bootstrap()?.to_owned(), topic.to_owned(), payload.to_owned());
    blocking(move || produce(&bootstrap, &topic, &payload)).await
}

pub(super) async fn revert(site: &Site, topic: &str, payload: &str, group: &str) -> Result<()> {
    Intruder::join(site.kafka_bootstrap()?, group, topic).await?.pass(payload.to_owned()).await
}

fn produce(bootstrap: &str, topic: &str, payload: &str) -> Result<()> {
    let failed = |error: KafkaError| Error::NoAnswer {
        attempted: format!("put a poison message on the topic {topic}"),
        reason: error.to_string(),
    };
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).set("acks", "all").create().map_err(failed)?;
    let record = BaseRecord::<(), str>::to(topic).partition(PARTITION).payload(payload);
    producer.send(record).map_err(|(error, _)| failed(error))?;
    producer.flush(ANSWER_WITHIN).map_err(failed)
}
