//! The files of a checkout.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use alertdrill_core::{Error, Result};
use alertdrill_project::compose_files::cleaned;
use alertdrill_project::yaml_tree::{self, Node};

use super::SourceFile;

/// Folders that hold other people's files, or what a build makes.
const SKIPPED: [&str; 6] = [
    "node_modules",
    ".git",
    "vendor",
    "target",
    ".venv",
    "__pycache__",
];
/// The most files that are looked at.
const MOST_FILES: usize = 100_000;
/// The longest file that is read.
const LONGEST_FILE_BYTES: u64 = 4_000_000;
/// How deep folders are looked into.
const DEEPEST: usize = 24;

/// The files below a folder.
#[derive(Debug)]
pub(super) struct Files {
    /// The folder, absolute and without links.
    root: PathBuf,
    /// Their paths from the folder, sorted, each with its size in bytes.
    sizes: BTreeMap<PathBuf, u64>,
}

impl Files {
    /// Those below `folder`. Links that lead out of it are not followed.
    pub(super) fn below(folder: &Path) -> Result<Self> {
        let root = folder.canonicalize().map_err(Error::file("read", folder))?;
        std::fs::read_dir(&root).map_err(Error::file("read", folder))?;
        let mut files = Self {
            root,
            sizes: BTreeMap::new(),
        };
        let mut folders = vec![(files.root.clone(), DEEPEST)];
        while let Some((folder, depth)) = folders.pop() {
            let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
            for entry in entries {
                let path = entry.path();
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                let name = entry.file_name();
                let is_skipped = name.to_str().is_none_or(|name| SKIPPED.contains(&name));
                if is_folder && !is_skipped && depth > 0 {
                    folders.push((path, depth - 1));
                } else if !is_folder && files.sizes.len() < MOST_FILES {
                    files.add(&path);
                }
            }
        }
        Ok(files)
    }

    fn add(&mut self, path: &Path) {
        let Ok(metadata) = std::fs::metadata(path) else {
            return;
        };
        if let (true, Some(name), Some(_)) =
            (metadata.is_file(), self.name_of(path), self.inside(path))
        {
            self.sizes.insert(name, metadata.len());
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The paths of all files, from the folder.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.sizes.keys().map(PathBuf::as_path)
    }

    /// The paths of all files, each with its size in bytes.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&Path, u64)> {
        self.sizes
            .iter()
            .map(|(path, size)| (path.as_path(), *size))
    }

    /// The path from the folder; `None` of one that lies outside.
    pub(super) fn name_of(&self, path: &Path) -> Option<PathBuf> {
        let path = cleaned(&self.root.join(path));
        Some(path.strip_prefix(&self.root).ok()?.to_owned())
    }

    /// The file or folder itself if it does not lie outside, by no link either.
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        let real = self.root.join(path).canonicalize().ok()?;
        real.starts_with(&self.root).then_some(real)
    }

    /// Whether something is at `path`.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.inside(path).is_some()
    }

    /// The file at `path`, from the folder or absolute; `None` if it is not there, lies outside or
    /// is too long. What is no text in it is replaced.
    pub(super) fn read(&self, path: &Path) -> Option<SourceFile> {
        let real = self.inside(path)?;
        let metadata = std::fs::metadata(&real).ok()?;
        if !metadata.is_file() || metadata.len() > LONGEST_FILE_BYTES {
            return None;
        }
        let bytes = std::fs::read(real).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        Some(SourceFile::new(self.name_of(path)?, &*text))
    }

    /// The files that may be YAML.
    pub(super) fn yaml(&self) -> impl Iterator<Item = &Path> {
        let ends = ["yml", "yaml", "rules", "rule"];
        self.paths().filter(move |path| {
            let end = path.extension().and_then(|end| end.to_str());
            end.is_some_and(|end| ends.contains(&end))
        })
    }
}

/// The first document of `file`; null if it is no YAML.
pub(super) fn first_document(file: &SourceFile) -> Node {
    let documents = yaml_tree::parse(&file.text).unwrap_or_default();
    documents.into_iter().next().unwrap_or_default()
}

/// The names of the folders in which `path` lies, in small letters.
pub(super) fn folders_of(path: &Path) -> Vec<String> {
    let parents = path.parent().unwrap_or(Path::new("")).components();
    let names = parents.filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().to_lowercase()),
        _ => None,
    });
    names.collect()
}

/// The file's own name.
pub(super) fn name_in_its_folder(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}
