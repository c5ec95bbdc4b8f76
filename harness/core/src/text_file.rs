//! A file of text that was read.

use std::path::PathBuf;

/// A file of text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Where it is, for messages.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl TextFile {
    /// The file at `path`, which says `text`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        Self { path, text }
    }
}
