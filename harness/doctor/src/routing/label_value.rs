//! What is known of a label's value.

use std::ops::BitAnd;

/// The value of a label, as far as files tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LabelValue {
    /// The label is not there, which is the same as an empty value.
    Absent,
    /// It is this one.
    One(String),
    /// It may be there, and its value is not known.
    Unknown,
}

impl LabelValue {
    /// What is known of a value that is both at once: two series that match each other.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Unknown { other } else { self }
    }

    /// What is known of a value that is one or the other.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            _ => Self::Unknown,
        }
    }
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    No,
    /// It hangs on something that files do not tell.
    Maybe,
    Yes,
}

impl BitAnd for Verdict {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl From<bool> for Verdict {
    fn from(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }
}
