//! A file of the checkout.

use std::path::PathBuf;
use std::sync::Arc;

/// A file's path and text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Its path, as seen from the checkout's folder, with `/` between folders.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: Arc<str>,
}

impl SourceFile {
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}
