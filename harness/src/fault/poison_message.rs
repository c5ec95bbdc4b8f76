//! A message that its consumer cannot take is put on a topic, and holds up all that comes after it.
//!
//! Nothing can be taken off a topic: the revert takes the partition from the consumer, commits its
//! group past the message, and gives it back. A consumer that takes blocks gives up what lies
//! before the message in its block together with it, again and again, and the revert would skip
//! that too. So the message is put there when the group has committed all that lies before it:
//! whatever produces must hold its peace until then.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::group_member::{ANSWER_WITHIN, Intruder, PARTITION, blocking, outsider, uncommitted};
use super::site::Site;
use crate::{Error, Result};

/// How long the group may take to commit what is on the topic.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn inject(site: &Site, topic: &str, payload: &str, group: &str) -> Result<()> {
    let (bootstrap, topic, payload) = (
        site.kafka_bootstrap()?.to_owned(),
        topic.to_owned(),
        payload.to_owned(),
    );
    let group = group.to_owned();
    blocking(move || {
        wait_until_caught_up(&bootstrap, &topic, &group)?;
        produce(&bootstrap, &topic, &payload)
    })
    .await
}

pub(super) async fn revert(site: &Site, topic: &str, payload: &str, group: &str) -> Result<()> {
    Intruder::join(site.kafka_bootstrap()?, group, topic)
        .await?
        .pass(payload.to_owned())
        .await
}

fn wait_until_caught_up(bootstrap: &str, topic: &str, group: &str) -> Result<()> {
    let failed = |error: KafkaError| Error::NoAnswer {
        attempted: format!("ask how far the consumer group {group} is on {topic}"),
        reason: error.to_string(),
    };
    let consumer = outsider(bootstrap, group).map_err(failed)?;
    let began = Instant::now();
    loop {
        let uncommitted = uncommitted(&consumer, topic).map_err(failed)?;
        if uncommitted.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= CAUGHT_UP_WITHIN {
            return Err(Error::TimedOut {
                awaited: format!(
                    "the group {group} to commit all of {topic}: what lies before a poison message would be lost with it"
                ),
                last_seen: format!(
                    "{} messages are not committed; does something still produce?",
                    uncommitted.end - uncommitted.start
                ),
                waited: began.elapsed(),
            });
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn produce(bootstrap: &str, topic: &str, payload: &str) -> Result<()> {
    let failed = |error: KafkaError| Error::NoAnswer {
        attempted: format!("put a poison message on the topic {topic}"),
        reason: error.to_string(),
    };
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .create()
        .map_err(failed)?;
    let record = BaseRecord::<(), str>::to(topic)
        .partition(PARTITION)
        .payload(payload);
    producer.send(record).map_err(|(error, _)| failed(error))?;
    producer.flush(ANSWER_WITHIN).map_err(failed)
}
