//! The folders that this program writes to.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};

use super::files::write_if_changed;

/// The folder in a project without cargo that this program writes to.
const OWN_FOLDER: &str = ".alertdrill";

/// The folder that this program writes to, for a project in `root`: `CARGO_TARGET_DIR`, that of
/// cargo in a project of Rust, and else one of its own, which git does not see.
#[must_use]
pub fn target_folder(root: &Path) -> PathBuf {
    if let Some(named) = std::env::var_os("CARGO_TARGET_DIR") {
        return root.join(named);
    }
    let is_of_rust = root.join("Cargo.toml").exists();
    root.join(if is_of_rust { "target" } else { OWN_FOLDER })
}

/// Makes the folder that this program writes to, for a project in `root`, and has git overlook it.
///
/// # Errors
/// [`Error::File`].
pub(super) fn make_target_folder(root: &Path) -> Result<PathBuf> {
    let folder = target_folder(root);
    std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
    if folder.ends_with(OWN_FOLDER) {
        write_if_changed(&folder.join(".gitignore"), "*\n")?;
    }
    Ok(folder)
}

pub(super) fn state_folder(root: &Path, name: &str) -> PathBuf {
    target_folder(root).join("stack").join(name)
}
