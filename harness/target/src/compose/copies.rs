//! Copies of what a project of others mounts, so that its containers write to nothing of theirs.
//!
//! A container sees a link as a link, and follows it among its own files. So links are copied as
//! links, and none is followed here: neither one of theirs that leads out of their folder, nor one
//! that a container has put into a copy. Files that are the same are not touched, and a changed one
//! is written where it is, since a container that mounts a single file sees no other one in its
//! place.

mod folder;
mod ownership;
mod size;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_project::overlay::{Copy, CopySource};

use folder::{Copier, write_text};

/// Everybody may write to a folder that a container of any user is to fill.
const FOR_EVERY_USER: u32 = 0o777;
/// Copies may be open to more users than what they are copies of: nobody else gets to them.
const FOR_THIS_USER: u32 = 0o700;

/// Has each copy in `folder` be what it is a copy of, as that is now.
///
/// # Errors
/// [`Error::BadDescription`] of more than `max_bytes`, before anything is copied, or
/// [`Error::File`] that names the file.
pub(super) fn bring_up_to_date(copies: &[Copy], folder: &Path, max_bytes: u64) -> Result<()> {
    size::require_at_most(copies, folder, max_bytes)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(FOR_THIS_USER)
        .create(folder)
        .map_err(Error::file("make the folder", folder))?;
    let at_work = Copier { copies, folder };
    for copy in copies {
        if !copy.to.starts_with(folder) {
            let outside = io::Error::other("it lies outside of the folder of copies");
            return Err(Error::file("copy to", &copy.to)(outside));
        }
        if let Some(parent) = copy.to.parent() {
            fs::create_dir_all(parent).map_err(Error::file("make the folder", parent))?;
        }
        match &copy.from {
            CopySource::Path(from) => at_work.copy(from, &copy.to)?,
            CopySource::EmptyFolder => at_work.empty(&copy.to, FOR_EVERY_USER)?,
            CopySource::Text(text) => write_text(&copy.to, text)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
