//! Where the last run of a project is kept.

use std::path::{Path, PathBuf};

use alertdrill_core::Result;
use alertdrill_target::compose::{find_project, target_folder};

/// The folder of the last run of `project`.
///
/// # Errors
/// As [`find_project`].
pub fn latest_run(project: &Path) -> Result<PathBuf> {
    let root = find_project(project)?.root();
    Ok(target_folder(&root).join("drills/latest"))
}
