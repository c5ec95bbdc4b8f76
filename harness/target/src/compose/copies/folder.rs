//! Copies files and folders.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use alertdrill_core::{Error, Result};
use alertdrill_project::overlay::Copy;

use super::super::files::hash_of_file;
use super::ownership::own_as;

/// The mode of a file while it is written.
const WHILE_WRITTEN: u32 = 0o600;
/// What a folder's mode must hold while it is filled.
const WHILE_FILLED: u32 = 0o700;

pub(super) struct Copier<'a> {
    pub(super) copies: &'a [Copy],
    pub(super) folder: &'a Path,
}

impl Copier<'_> {
    /// Has `to` be what `from` is, or what it leads to if it is a link.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let metadata = fs::metadata(from).map_err(Error::file("copy", from))?;
        self.copy_entry(from, &metadata, to)
    }

    fn copy_entry(&self, from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.copy_folder(from, metadata, to)
        } else if kind.is_file() {
            copy_file(from, metadata, to)
        } else if kind.is_symlink() {
            copy_link(from, to)
        } else {
            // Sockets, pipes and devices belong to what made them.
            Ok(())
        }
    }

    fn copy_folder(&self, from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
        make_folder(to)?;
        // The copy of a folder that nobody may write to is one too; its own mode comes last.
        let there = fs::metadata(to).map_err(Error::file("copy to", to))?;
        if there.permissions().mode() & WHILE_FILLED != WHILE_FILLED {
            set_mode(to, WHILE_FILLED)?;
        }
        let mut names = Vec::new();
        for entry in entries_of(from)? {
            let source = entry.path();
            if source == self.folder {
                continue;
            }
            names.push(entry.file_name());
            if is_another(self.copies, &to.join(entry.file_name())) {
                continue;
            }
            let metadata = fs::symlink_metadata(&source).map_err(Error::file("copy", &source))?;
            self.copy_entry(&source, &metadata, &to.join(entry.file_name()))?;
        }
        self.remove_below(to, |name| !names.iter().any(|kept| kept == name))?;
        own_as(to, metadata)
    }

    /// Has `folder` be an empty one of this mode.
    pub(super) fn empty(&self, folder: &Path, mode: u32) -> Result<()> {
        make_folder(folder)?;
        self.remove_below(folder, |_| true)?;
        // A container may have made it its own.
        let is_so = fs::metadata(folder).is_ok_and(|it| it.permissions().mode() & 0o777 == mode);
        if is_so {
            Ok(())
        } else {
            set_mode(folder, mode)
        }
    }

    /// Removes what is in a folder, unless another copy lies there.
    fn remove_below(
        &self,
        folder: &Path,
        is_gone: impl Fn(&std::ffi::OsStr) -> bool,
    ) -> Result<()> {
        for entry in entries_of(folder)? {
            let path = entry.path();
            let is_copy = || self.copies.iter().any(|copy| copy.to.starts_with(&path));
            if is_gone(&entry.file_name()) && !is_copy() {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

/// Whether what is copied to `place` is a copy of its own, which is made by itself.
pub(super) fn is_another(copies: &[Copy], place: &Path) -> bool {
    copies.iter().any(|copy| copy.to == place)
}

/// Has a file hold a text.
pub(super) fn write_text(to: &Path, text: &str) -> Result<()> {
    let is_so = is_file(to) && fs::read(to).is_ok_and(|held| held == text.as_bytes());
    if is_so {
        return Ok(());
    }
    let mut file = opened(to)?;
    let written = file.write_all(text.as_bytes());
    written.map_err(Error::file("write", to))?;
    set_mode(to, 0o644)
}

fn copy_file(from: &Path, metadata: &Metadata, to: &Path) -> Result<()> {
    if !is_same(from, metadata, to)? {
        let mut source = File::open(from).map_err(Error::file("copy", from))?;
        let mut file = opened(to)?;
        io::copy(&mut source, &mut file).map_err(Error::file("copy", from))?;
    }
    own_as(to, metadata)
}

fn is_same(from: &Path, metadata: &Metadata, to: &Path) -> Result<bool> {
    let copy = fs::symlink_metadata(to).ok();
    let copy = copy.filter(|copy| copy.is_file() && copy.len() == metadata.len());
    if copy.is_none() || File::open(to).is_err() {
        return Ok(false);
    }
    Ok(hash_of_file(from)? == hash_of_file(to)?)
}

/// The file at `to`, empty: the one that is there, if it is one and can be written to.
fn opened(to: &Path) -> Result<File> {
    if is_file(to) {
        // One of a read-only file is read-only itself.
        let writable = set_mode(to, WHILE_WRITTEN).is_ok();
        let file = OpenOptions::new().write(true).truncate(true).open(to);
        if let (true, Ok(file)) = (writable, file) {
            return Ok(file);
        }
    }
    remove(to)?;
    let mut options = OpenOptions::new();
    let options = options.write(true).create_new(true).mode(WHILE_WRITTEN);
    options.open(to).map_err(Error::file("make the file", to))
}

fn copy_link(from: &Path, to: &Path) -> Result<()> {
    let target = fs::read_link(from).map_err(Error::file("copy the link", from))?;
    if fs::read_link(to).is_ok_and(|there| there == target) {
        return Ok(());
    }
    remove(to)?;
    symlink(target, to).map_err(Error::file("make the link", to))
}

fn make_folder(folder: &Path) -> Result<()> {
    if fs::symlink_metadata(folder).is_ok_and(|there| there.is_dir()) {
        return Ok(());
    }
    remove(folder)?;
    fs::create_dir(folder).map_err(Error::file("make the folder", folder))
}

/// Removes whatever is there.
fn remove(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let made_by_a_container = io::Error::other(format!(
                "{error}; a container made what is in it, as another user: remove it as root"
            ));
            Err(Error::file("remove", path)(made_by_a_container))
        }
        other => other.map_err(Error::file("remove", path)),
    }
}

fn entries_of(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    let entries = fs::read_dir(folder).map_err(Error::file("read the folder", folder))?;
    let entries: io::Result<_> = entries.collect();
    entries.map_err(Error::file("read the folder", folder))
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_file())
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(Error::file("set the mode of", path))
}
