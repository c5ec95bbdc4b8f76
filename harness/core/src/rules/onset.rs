//! How long a rule's expression takes to become true.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::seconds;

/// Time from a fault's effect to the rule's expression becoming true: a queue has to grow, a
/// silence to last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onset {
    /// The shortest it can be.
    #[serde(with = "seconds", rename = "earliest_s")]
    pub earliest: Duration,
    /// The longest it can be.
    #[serde(with = "seconds", rename = "latest_s")]
    pub latest: Duration,
}
