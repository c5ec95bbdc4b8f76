//! Where the last run of a project is kept.

use std::path::{Path, PathBuf};

use alertdrill_core::Result;
use alertdrill_target::compose::{find_compose_file, target_folder};

/// The folder of the last run of `project`.
///
/// # Errors
/// As [`find_compose_file`].
pub fn latest_run(project: &Path) -> Result<PathBuf> {
    let compose_file = find_compose_file(project)?;
    // An empty path, if the file is named without a folder, is the current folder's.
    let root = compose_file.parent().unwrap_or(Path::new(""));
    Ok(target_folder(root).join("drills/latest"))
}
