//! A member of a consumer group that takes the partition away from every other member.

use std::time::{Duration, Instant};

use alertdrill_core::{Error, Result, Stopped};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;

use crate::offsets::{PARTITION, blocking, no_answer};

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
        let attempted = format!("join the consumer group {group} on {topic}");
        let failed = |error: KafkaError| no_answer(attempted.clone(), &error);
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
        let member = Self {
            consumer,
            topic,
            group,
        };
        member.wait_for_the_partition(Instant::now())?;
        Ok(member)
    }

    /// Waits until this member has the partition, for at most as long since `began` as a group may
    /// take to rebalance.
    fn wait_for_the_partition(&self, began: Instant) -> Result<()> {
        let Self {
            consumer,
            topic,
            group,
        } = self;
        let assigned = || {
            consumer
                .assignment()
                .map_err(|error| self.failed("join", &error))
        };
        while assigned()?.count() == 0 {
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
        Ok(())
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

    /// Commits that the group goes on at the offset `next`; then leaves the group.
    pub(crate) async fn commit(self, next: i64) -> Result<()> {
        blocking(move || self.commit_blocking(next)).await
    }

    /// A group takes no commit while it rebalances, which its other members can begin at any time:
    /// then this member waits for its partition and commits again.
    fn commit_blocking(self, next: i64) -> Result<()> {
        let failed = |error: KafkaError| self.failed("move", &error);
        let mut offsets = TopicPartitionList::new();
        offsets
            .add_partition_offset(&self.topic, PARTITION, Offset::Offset(next))
            .map_err(failed)?;
        let began = Instant::now();
        loop {
            self.wait_for_the_partition(began)?;
            match self.consumer.commit(&offsets, CommitMode::Sync) {
                Ok(()) => return Ok(()),
                Err(error) if is_of_a_rebalance(&error) && began.elapsed() < ASSIGNED_WITHIN => {
                    let _ = self.consumer.poll(POLL);
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    fn failed(&self, attempted: &str, error: &KafkaError) -> Error {
        let Self { topic, group, .. } = self;
        no_answer(
            format!("{attempted} the consumer group {group} on {topic}"),
            error,
        )
    }
}

fn is_of_a_rebalance(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::RebalanceInProgress
                | RDKafkaErrorCode::IllegalGeneration
                | RDKafkaErrorCode::UnknownMemberId
        )
    )
}
