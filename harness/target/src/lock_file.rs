//! A file that is there to be locked. The kernel releases the lock when its holder ends, even by a
//! kill.

use std::fs::File;
use std::path::Path;

use alertdrill_core::{Error, Result};

/// Opens the lock file `path`, and makes it if it is not there. What it says stays.
///
/// # Errors
/// [`Error::File`], with what was `attempted`.
pub(crate) fn open(path: &Path, attempted: &'static str) -> Result<File> {
    let opened = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path);
    opened.map_err(Error::file(attempted, path))
}
