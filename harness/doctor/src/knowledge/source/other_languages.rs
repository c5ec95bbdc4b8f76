//! Languages whose metrics are not read: what is written in them may export anything.

use super::{Scan, has_ending};
use crate::checkout::SourceFile;

/// Says which files are not read.
pub(super) fn scan(sources: &[&SourceFile], scan: &mut Scan) {
    for file in sources {
        let is_program = has_ending(&file.path, &["rs", "rb", "cs", "php", "ex", "exs", "scala"]);
        if is_program && super::tells_of_metrics(&file.text) {
            let path = file.path.display();
            scan.unreadable
                .insert(format!("{path}: its language is not read"));
        }
    }
}
