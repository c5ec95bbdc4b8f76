//! Faults on Kafka topics, and what is on them.
//!
//! A crate of its own, because it is the one part that needs a C toolchain (librdkafka): whoever drills
//! no broker does without it.

mod group_member;
mod offsets;
mod topic;
mod topics;

pub use topic::Topic;
pub use topics::KafkaTopics;
