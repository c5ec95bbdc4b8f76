//! A file of the checkout.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use alertdrill_project::yaml_tree::{Node, Place};

/// A file's path and text.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceFile {
    /// Its path, as seen from the checkout's folder, with `/` between folders.
    pub(crate) path: PathBuf,
    /// Its text.
    pub(crate) text: Arc<str>,
    /// Where each line begins, in bytes: a long file is looked into from the line that is asked for.
    lines: Arc<OnceLock<Vec<usize>>>,
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path && self.text == other.text
    }
}

impl Eq for SourceFile {}

impl SourceFile {
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            lines: Arc::default(),
        }
    }

    /// Where the character at `offset` (in bytes) of a text of this file stands.
    pub(crate) fn place_in(&self, node: &Node, offset: usize) -> Place {
        let lines = self.lines.get_or_init(|| {
            let ends = self.text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(ends).collect()
        });
        let before = node.place.line.saturating_sub(1);
        let begins = lines.get(before).copied().unwrap_or_default();
        let rest = self.text.get(begins..).unwrap_or_default();
        let place = Place {
            line: 1,
            column: node.place.column,
        };
        let value = node.value.clone();
        let found = Node { value, place }.place_in(rest, offset);
        Place {
            line: found.line + before,
            column: found.column,
        }
    }
}
