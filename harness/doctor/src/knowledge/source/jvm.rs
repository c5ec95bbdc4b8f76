//! Java and Kotlin: Micrometer and Prometheus's own client.

use super::{Code, Scan};
use crate::checkout::SourceFile;

/// Adds what Java and Kotlin files export.
pub(super) fn scan(codes: &[Code<'_>], sources: &[&SourceFile], scan: &mut Scan) {
    let _ = sources;
    if let Some(code) = codes.first() {
        let path = code.file.path.display();
        scan.unreadable
            .insert(format!("{path}: its names are made by rules of its own"));
    }
}
