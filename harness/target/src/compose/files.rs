//! Compares files and folders by their content. That decides whether an image is built,
//! configuration is reloaded or a stack is started anew.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use alertdrill_core::{Error, Result};

pub(super) fn copy_if_changed(from: &Path, to: &Path) -> Result<()> {
    if to.exists() && hash_of_file(from)? == hash_of_file(to)? {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    }
    std::fs::copy(from, to)
        .map_err(Error::file("copy", from))
        .map(drop)
}

pub(super) fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file("read", path))
}

pub(super) fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read(path).is_ok_and(|before| before == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    }
    std::fs::write(path, text).map_err(Error::file("write", path))
}

/// The SHA-256 of a file's content.
///
/// # Errors
/// [`Error::File`].
pub fn hash_of_file(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    hash_file(&mut hash, path)?;
    Ok(finish_hash(hash))
}

/// Adds every file below `folder`: its path below the folder, and its content.
pub(super) fn hash_tree(hash: &mut Sha256, folder: &Path) -> Result<()> {
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path);
        hash.update(name.as_os_str().as_encoded_bytes());
        hash.update([0]);
        hash_file(hash, &path)?;
    }
    Ok(())
}

pub(super) fn hash_file(hash: &mut Sha256, path: &Path) -> Result<()> {
    let mut file = std::fs::File::open(path).map_err(Error::file("read", path))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(Error::file("read", path))? {
            0 => return Ok(()),
            n => hash.update(&buffer[..n]),
        }
    }
}

pub(super) fn finish_hash(hash: Sha256) -> String {
    hex::encode(hash.finalize())
}

/// All files below `folder`, sorted, because the file system gives them in any order.
pub(super) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || Error::file("read the folder", folder);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
