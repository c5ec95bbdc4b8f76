//! Whose a copy is, and who may read and write it.

use std::fs::{self, Metadata, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;

use alertdrill_core::{Error, Result};

const MODE: u32 = 0o7777;

/// Has a copy belong to whom the original belongs, with its mode. Where this user may not give it
/// away, everybody may do with it what the owner of the original may: its container runs as a user
/// that is not this one.
pub(super) fn own_as(copy: &Path, original: &Metadata) -> Result<()> {
    let there = fs::symlink_metadata(copy).map_err(Error::file("copy to", copy))?;
    let (uid, gid) = (original.uid(), original.gid());
    let is_given =
        (there.uid(), there.gid()) == (uid, gid) || chown(copy, Some(uid), Some(gid)).is_ok();
    let mode = original.mode() & MODE;
    let mode = if is_given || there.uid() == uid {
        mode
    } else {
        for_everybody(mode)
    };
    let now = fs::symlink_metadata(copy).map_err(Error::file("copy to", copy))?;
    if now.mode() & MODE == mode {
        return Ok(());
    }
    fs::set_permissions(copy, Permissions::from_mode(mode))
        .map_err(Error::file("set the mode of", copy))
}

/// A mode in which everybody may do what the owner may.
pub(super) fn for_everybody(mode: u32) -> u32 {
    let owner = mode & 0o700;
    (mode & 0o777) | (owner >> 3) | (owner >> 6)
}
