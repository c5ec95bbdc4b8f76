//! Faults on the topics of a Kafka broker.

use std::time::{Duration, Instant};

use alertdrill_core::{Error, Ongoing, Result, Topics};
use async_trait::async_trait;
use rdkafka::ClientConfig;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::groups::GroupInfo;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::group_member::{CLIENT_ID, GroupMember};
use crate::offsets::{
    ANSWER_WITHIN, PARTITION, blocking, last_uncommitted, no_answer, outsider, uncommitted,
};

/// How long a group may take to commit what is on a topic.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The topics of a Kafka broker.
#[derive(Clone, Debug)]
pub struct KafkaTopics {
    bootstrap: String,
}

impl KafkaTopics {
    /// The topics of the broker that a client on this machine reaches at `bootstrap` (`host:port`).
    #[must_use]
    pub fn new(bootstrap: impl Into<String>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
        }
    }

    /// Runs `work`, which blocks, with the broker's address, a topic, a group and a payload.
    async fn with<T: Send + 'static>(
        &self,
        [topic, group, payload]: [&str; 3],
        work: fn(&str, [&str; 3]) -> Result<T>,
    ) -> Result<T> {
        let bootstrap = self.bootstrap.clone();
        let words = [topic, group, payload].map(str::to_owned);
        blocking(move || work(&bootstrap, words.each_ref().map(String::as_str))).await
    }
}

#[async_trait]
impl Topics for KafkaTopics {
    async fn displace(&self, topic: &str, group: &str) -> Result<Ongoing> {
        let member = GroupMember::join(&self.bootstrap, group, topic).await?;
        Ok(Ongoing::new(|stopped| async {
            member.stay(stopped).await;
            Ok(())
        }))
    }

    async fn is_displaced(&self, topic: &str, group: &str) -> Result<bool> {
        self.with([topic, group, ""], |bootstrap, [topic, group, _]| {
            let failed = |error| no_answer(format!("ask who is in the group {group}"), &error);
            let consumer = outsider(bootstrap, group).map_err(failed)?;
            let client = consumer.client();
            let listed = client.fetch_group_list(Some(group), ANSWER_WITHIN);
            let groups = listed.map_err(failed)?;
            let mut groups = groups.groups().iter();
            Ok(groups.any(|group| is_displaced(group, topic)))
        })
        .await
    }

    async fn put_when_caught_up(&self, topic: &str, group: &str, payload: &str) -> Result<()> {
        self.with(
            [topic, group, payload],
            |bootstrap, [topic, group, payload]| {
                wait_until_caught_up(bootstrap, topic, group)?;
                produce(bootstrap, topic, payload)
            },
        )
        .await
    }

    async fn is_ahead_of(&self, topic: &str, group: &str, payload: &str) -> Result<bool> {
        let found = self.with([topic, group, payload], last_uncommitted).await?;
        Ok(found.is_some())
    }

    /// The member takes the partition first: then the group's own consumer commits nothing more.
    async fn commit_past(&self, topic: &str, group: &str, payload: &str) -> Result<()> {
        let member = GroupMember::join(&self.bootstrap, group, topic).await?;
        match self.with([topic, group, payload], last_uncommitted).await? {
            Some(offset) => member.commit(offset + 1).await,
            None => Ok(()),
        }
    }
}

/// Whether the fault's own member has the partition of `topic`.
fn is_displaced(group: &GroupInfo, topic: &str) -> bool {
    // An assignment is in Kafka's binary format, which holds the names of topics as plain text.
    let names = |assignment: &[u8]| {
        assignment
            .windows(topic.len())
            .any(|part| part == topic.as_bytes())
    };
    let mut members = group.members().iter();
    members.any(|member| member.client_id() == CLIENT_ID && member.assignment().is_some_and(names))
}

fn wait_until_caught_up(bootstrap: &str, topic: &str, group: &str) -> Result<()> {
    let attempted = format!("ask how far the consumer group {group} is on {topic}");
    let failed = |error: KafkaError| no_answer(attempted.clone(), &error);
    let consumer = outsider(bootstrap, group).map_err(failed)?;
    let began = Instant::now();
    loop {
        let uncommitted = uncommitted(&consumer, topic).map_err(failed)?;
        if uncommitted.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= CAUGHT_UP_WITHIN {
            let count = uncommitted.end - uncommitted.start;
            return Err(Error::TimedOut {
                awaited: format!(
                    "the group {group} to commit all of {topic}, so that no message before the \
                     poison message is lost"
                ),
                last_seen: format!(
                    "{count} messages are not committed; does something still produce?"
                ),
                waited: began.elapsed(),
            });
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn produce(bootstrap: &str, topic: &str, payload: &str) -> Result<()> {
    let attempted = format!("put a poison message on the topic {topic}");
    let failed = |error: KafkaError| no_answer(attempted.clone(), &error);
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all");
    let producer: BaseProducer = config.create().map_err(failed)?;
    let record = BaseRecord::<(), str>::to(topic)
        .partition(PARTITION)
        .payload(payload);
    producer.send(record).map_err(|(error, _)| failed(error))?;
    producer.flush(ANSWER_WITHIN).map_err(failed)
}
