//! Which files of the checkout a service's process runs: the one that its command starts, and those
//! that this one imports.

mod command;
mod go;
mod javascript;
mod python;
mod serves;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use alertdrill_project::Service;

use super::service_texts::ServiceTexts;
use crate::checkout::SourceFile;
pub(crate) use serves::{Serves, serves};

/// The most files that are followed.
const MOST_FILES: usize = 2_000;

/// What a service runs.
#[derive(Clone, Debug)]
pub(crate) struct Started<'a> {
    /// The file that it starts.
    pub(crate) entry: &'a SourceFile,
    /// That file and what it imports.
    pub(crate) files: Vec<&'a SourceFile>,
    /// The words of its command.
    pub(crate) words: Vec<String>,
}

impl<'a> Started<'a> {
    /// What `name` runs; `None` if that cannot be seen.
    pub(crate) fn of(name: &str, service: &Service, texts: &ServiceTexts<'a>) -> Option<Self> {
        let words = command::words(service, texts);
        let files: Vec<_> = texts.files().collect();
        let entries = python::entries(&words, service, &files)
            .or_else(|| javascript::entries(&words, &files))
            .or_else(|| go::entries(&words, &files))
            .or_else(|| {
                let knows_nothing = words.is_empty() && texts.dockerfile().is_none();
                knows_nothing.then(|| by_name(name, &files)).flatten()
            })?;
        let entry = *entries.first()?;
        let mut found: Vec<&'a SourceFile> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut left = entries;
        while let Some(file) = left.pop() {
            if !seen.insert(file.path.clone()) {
                continue;
            }
            if seen.len() > MOST_FILES {
                return None;
            }
            found.push(file);
            let imported = match ending(&file.path) {
                "py" => python::imports(file, &files),
                "go" => go::imports(file, &files),
                _ => javascript::imports(file, &files),
            };
            left.extend(imported?);
        }
        Some(Self {
            entry,
            files: found,
            words,
        })
    }
}

/// What a service of this name starts, where nothing says it: a folder with its name has a file that
/// people start.
fn by_name<'a>(name: &str, files: &[&'a SourceFile]) -> Option<Vec<&'a SourceFile>> {
    const STARTED: [&str; 6] = ["main", "app", "__main__", "server", "index", "bot"];
    let mut found = files.iter().filter(|file| {
        let stem = file.path.file_stem().and_then(|stem| stem.to_str());
        let folder = file.path.parent().and_then(Path::file_name);
        let folder = folder.and_then(|folder| folder.to_str());
        ["py", "js", "ts"].contains(&ending(&file.path))
            && folder == Some(name)
            && stem.is_some_and(|stem| STARTED.contains(&stem))
    });
    let first = *found.next()?;
    found.next().is_none().then(|| vec![first])
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

/// The one file whose path ends so; the one nearest to `from` if there are several.
fn ends_with<'a>(end: &Path, from: &Path, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let found = files.iter().filter(|file| file.path.ends_with(end));
    let shared = |file: &SourceFile| {
        let pairs = file.path.components().zip(from.components());
        pairs.take_while(|(a, b)| a == b).count()
    };
    found
        .max_by_key(|file| {
            (
                shared(file),
                std::cmp::Reverse(file.path.components().count()),
            )
        })
        .copied()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
