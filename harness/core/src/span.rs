//! A span of time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::UtcInstant;

/// A span of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The first instant.
    pub from: UtcInstant,
    /// The last one.
    pub until: UtcInstant,
}

impl Span {
    /// The spans of instants that are at most about `apart` from the next, in their order.
    #[must_use]
    pub fn through(instants: impl IntoIterator<Item = UtcInstant>, apart: Duration) -> Vec<Self> {
        let mut spans: Vec<Self> = Vec::new();
        for at in instants {
            match spans.last_mut() {
                Some(span) if at.seconds_since(span.until) < 1.5 * apart.as_secs_f64() => {
                    span.until = at;
                }
                _ => spans.push(Self {
                    from: at,
                    until: at,
                }),
            }
        }
        spans
    }
}
