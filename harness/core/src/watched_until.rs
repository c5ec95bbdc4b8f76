//! How far a drill is watched.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a drill is watched, and so what its verdict speaks of. What was broken is reverted in
/// any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WatchedUntil {
    /// Until its alerts are delivered. A rule that looks back goes on firing for minutes after the
    /// fault; who edits it wants to know before whether it fires as it must.
    Delivered,
    /// To the end: resolved, that delivered, the stack in steady state again, no data lost.
    #[default]
    Resolved,
}

impl WatchedUntil {
    /// Whether the drill is not watched to its end.
    #[must_use]
    pub fn is_cut_short(self) -> bool {
        self == Self::Delivered
    }

    /// What to say in the place of the instant of an end that was not seen.
    #[must_use]
    pub fn unseen_end(self) -> &'static str {
        if self.is_cut_short() {
            "not awaited"
        } else {
            "never"
        }
    }

    /// What a reader of the verdict has to know; nothing if the drill was watched to its end.
    #[must_use]
    pub fn cut_short(self) -> Option<&'static str> {
        self.is_cut_short().then_some(
            "watched until its alerts were delivered, as WATCH_UNTIL asks: that they resolve, and \
             that nothing is lost, was not awaited",
        )
    }
}

impl FromStr for WatchedUntil {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "delivered" => Ok(Self::Delivered),
            "resolved" => Ok(Self::Resolved),
            other => Err(format!("`{other}` is neither `delivered` nor `resolved`")),
        }
    }
}
