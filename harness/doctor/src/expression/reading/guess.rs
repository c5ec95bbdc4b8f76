//! How much is taken for sure.

/// How much is taken for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Only what is known.
    Nothing,
    /// What names tell, too: errors are a part of requests.
    ByNames,
}
