//! What need not be found.

use std::path::PathBuf;

/// Files that need not be found.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The compose files, in the order in which they are merged.
    pub compose: Vec<PathBuf>,
    /// Prometheus's configuration.
    pub prometheus: Option<PathBuf>,
}
