//! Which paths of the machine are copied, and where the copies lie.
//!
//! A copy lies below one folder at its own path in the project, so that a file which is mounted
//! alone and with its folder is one copy as it is one file.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::wishes::OverlayWishes;

/// The most bytes that are copied of a project. A project that mounts more of itself than this is
/// better attached to.
pub const MOST_BYTES_COPIED: u64 = 256 << 20;

/// What must be there, in the folder of copies, before the project is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// What it is a copy of.
    pub from: CopySource,
    /// Its absolute path.
    pub to: PathBuf,
}

/// What a copy is a copy of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopySource {
    /// A file or folder, by its absolute path.
    Path(PathBuf),
    /// A folder that every user may write to, empty before the project is started.
    EmptyFolder,
    /// A file of this text.
    Text(String),
}

/// Paths that are copied.
pub(super) struct CopiedPaths<'a> {
    root: &'a Path,
    canonical_root: PathBuf,
    copies: &'a Path,
    by_place: BTreeMap<PathBuf, CopySource>,
}

impl<'a> CopiedPaths<'a> {
    pub(super) fn new(wishes: &OverlayWishes<'a>) -> Self {
        Self {
            root: wishes.root,
            canonical_root: canonical(wishes.root),
            copies: wishes.copies,
            by_place: BTreeMap::new(),
        }
    }

    /// Whether a path, and what it leads to, lies in their folder.
    pub(super) fn is_in_project(&self, path: &Path) -> bool {
        canonical(path).starts_with(&self.canonical_root)
    }

    /// Where the copy of a path lies, which is one from now on.
    pub(super) fn copy_of(&mut self, path: &Path) -> PathBuf {
        let place = self.place_of(path);
        self.add(CopySource::Path(path.to_owned()), place)
    }

    /// The same, or an empty folder if the path is not there.
    pub(super) fn copy_or_empty(&mut self, path: &Path) -> PathBuf {
        if path.exists() {
            self.copy_of(path)
        } else {
            self.empty_in_place_of(path)
        }
    }

    /// An empty file in place of a path.
    pub(super) fn empty_file_in_place_of(&mut self, path: &Path) -> PathBuf {
        let place = self.place_of(path);
        self.add(CopySource::Text(String::new()), place)
    }

    /// An empty folder in place of a path.
    pub(super) fn empty_in_place_of(&mut self, path: &Path) -> PathBuf {
        let place = self.place_of(path);
        // Whoever else mounts it sees the same folder, as in their project.
        self.by_place.insert(place.clone(), CopySource::EmptyFolder);
        place
    }

    /// A file of a config that had a text and no file.
    pub(super) fn text_of_config(&mut self, config: &str, text: String) -> PathBuf {
        let place = self.place_of_config(config);
        self.add(CopySource::Text(text), place)
    }

    /// The file of a config that has no file of its own.
    pub(super) fn place_of_config(&self, config: &str) -> PathBuf {
        self.copies.join("configs").join(config)
    }

    /// The place of a file that a service's image holds and nothing mounts.
    pub(super) fn place_beside(&self, service: &str, path: &Path) -> PathBuf {
        below(self.copies.join("added").join(service), path)
    }

    /// Every copy that is not part of another one.
    pub(super) fn into_copies(self) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        // A folder sorts before what it holds.
        for (to, from) in self.by_place {
            let part = copies
                .iter()
                .any(|copy| to.starts_with(&copy.to) && matches!(copy.from, CopySource::Path(_)));
            if !part || !matches!(from, CopySource::Path(_)) {
                copies.push(Copy { from, to });
            }
        }
        copies
    }

    fn place_of(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(self.root) {
            Ok(inside) => below(self.copies.join("project"), inside),
            Err(_) => below(self.copies.join("outside"), path),
        }
    }

    fn add(&mut self, from: CopySource, place: PathBuf) -> PathBuf {
        self.by_place.entry(place.clone()).or_insert(from);
        place
    }
}

/// `path` as one below `folder`, whatever it begins with.
fn below(mut folder: PathBuf, path: &Path) -> PathBuf {
    for part in path.components() {
        if let Component::Normal(part) = part {
            folder.push(part);
        }
    }
    folder
}

/// A path without links, as far as it exists.
fn canonical(path: &Path) -> PathBuf {
    if let Ok(canonical) = path.canonicalize() {
        return canonical;
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => canonical(folder).join(name),
        _ => path.to_owned(),
    }
}
