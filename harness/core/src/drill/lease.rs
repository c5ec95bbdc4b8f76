//! What a drill disturbs, and what it needs undisturbed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A drill's hold on something: a service, or a path of services that the stack's description
/// names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The name of the service or path.
    pub on: String,
    /// Whether others may hold it too.
    pub mode: LeaseMode,
}

/// Whether others may hold the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseMode {
    /// The drill needs it undisturbed, and does not disturb it.
    Shared,
    /// The drill disturbs it.
    Exclusive,
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            LeaseMode::Shared => "shared",
            LeaseMode::Exclusive => "exclusive",
        };
        write!(f, "{} ({mode})", self.on)
    }
}
