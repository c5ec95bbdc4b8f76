//! Paths as compose makes them absolute.

use std::path::{Component, Path, PathBuf};

/// The same path without `.` and `..`, as far as its text tells.
#[must_use]
pub fn cleaned(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !clean.pop() {
                    clean.push("..");
                }
            }
            part => clean.push(part),
        }
    }
    clean
}

/// `path` from `folder`, unless it is absolute or begins at somebody's home.
pub(super) fn from_folder(folder: &Path, path: &str) -> PathBuf {
    if path.starts_with('~') {
        return PathBuf::from(path);
    }
    cleaned(&folder.join(path))
}
