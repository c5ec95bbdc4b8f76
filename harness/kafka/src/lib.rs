//! Faults on Kafka topics, and what is on them.
//!
//! This is a crate of its own because only it needs a C toolchain (librdkafka). A project without a
//! broker is drilled without it.

mod group_member;
mod offsets;
mod topic_reader;
mod topics;

pub use topic_reader::TopicReader;
pub use topics::KafkaTopics;
