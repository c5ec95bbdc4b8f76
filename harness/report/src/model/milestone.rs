//! The milestones of an alert's life.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an alert reaches, in this order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// The first sample that shows the fault.
    FirstSample,
    /// The first instant at which the rule's expression is true.
    ExpressionTrue,
    /// The first evaluation that saw it pending.
    Pending,
    /// The first evaluation that saw it firing.
    Firing,
    /// The receiver was notified.
    Notified,
    /// The first evaluation that no longer saw it.
    Resolved,
    /// The receiver was notified of its end.
    ResolveNotified,
}

impl Milestone {
    /// Whether it lies between the fault and the notification. The others lie between the revert
    /// and the notification of the alert's end.
    #[must_use]
    pub fn is_until_notified(self) -> bool {
        self <= Self::Notified
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstSample => "first sample that shows it",
            Self::ExpressionTrue => "expression true",
            Self::Pending => "pending",
            Self::Firing => "firing",
            Self::Notified => "notified",
            Self::Resolved => "resolved",
            Self::ResolveNotified => "resolve notified",
        })
    }
}
