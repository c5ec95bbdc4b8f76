//! How much would be copied.

use std::fs;
use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_project::overlay::{Copy, CopySource};

use super::folder::is_another;

const MEBIBYTE: u64 = 1 << 20;

/// That the copies hold `max_bytes` at most.
pub(super) fn require_at_most(copies: &[Copy], folder: &Path, max_bytes: u64) -> Result<()> {
    let mut total = 0;
    let mut largest = (0, Path::new(""));
    for copy in copies {
        let CopySource::Path(from) = &copy.from else {
            continue;
        };
        // It may be a link; what it leads to is what is mounted.
        let real = from.canonicalize().map_err(Error::file("copy", from))?;
        let bytes = bytes_of((&real, &copy.to), copies, folder)?;
        total += bytes;
        if bytes > largest.0 {
            largest = (bytes, from);
        }
    }
    if total <= max_bytes {
        return Ok(());
    }
    let (bytes, largest) = largest;
    Err(Error::Refused {
        attempted: "copy what the project mounts of its own folder".to_owned(),
        reason: format!(
            "{} MiB would be copied, of which {} hold {} MiB, and {} MiB is the most that is; \
             mount a smaller folder, mount it read-only if nothing writes to it, or start the \
             project yourself and attach to it: `attach` in alertdrill.yml",
            total.div_ceil(MEBIBYTE),
            largest.display(),
            bytes.div_ceil(MEBIBYTE),
            max_bytes / MEBIBYTE
        ),
    })
}

/// How much of what `path` holds would be copied `to` there.
fn bytes_of((path, to): (&Path, &Path), copies: &[Copy], folder: &Path) -> Result<u64> {
    let metadata = fs::symlink_metadata(path).map_err(Error::file("copy", path))?;
    if metadata.is_file() {
        return Ok(metadata.len());
    }
    if !metadata.is_dir() || path == folder {
        return Ok(0);
    }
    let failed = || Error::file("read the folder", path);
    let mut total = 0;
    for entry in fs::read_dir(path).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let to = to.join(entry.file_name());
        if !is_another(copies, &to) {
            total += bytes_of((&entry.path(), &to), copies, folder)?;
        }
    }
    Ok(total)
}
