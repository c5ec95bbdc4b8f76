//! Rules evaluated again over recorded samples, by Prometheus's own rule engine.
//!
//! That engine is a program of its own (`harness/replayer`, in Go), for no other language has one
//! that is complete. It is driven over its pipes, one JSON object a line: no port, no socket file,
//! and a person can drive it by hand.

mod child;
mod evaluated_rules;
mod messages;
mod recorded_server;
mod replayer;

pub use child::REPLAYER;
pub use evaluated_rules::{EvaluatedRules, RuleVector};
pub use messages::{Difference, Proof};
pub use recorded_server::{describe_server, rules_files};
pub use replayer::{Evaluation, Replayer, Visibility};
