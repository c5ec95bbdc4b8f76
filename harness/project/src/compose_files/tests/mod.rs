mod bad_input;
mod one_file;
mod several_files;

use std::path::PathBuf;

use alertdrill_core::Result;
use tempfile::TempDir;

use super::{ComposeFiles, read_compose_files};

/// A folder with these files, and the compose files of it that are named.
fn read(files: &[(&str, &str)], named: &[&str]) -> (TempDir, Result<ComposeFiles>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let named: Vec<PathBuf> = named.iter().map(|name| folder.path().join(name)).collect();
    let read = read_compose_files(&named);
    (folder, read)
}

/// What one compose file says.
fn one(text: &str) -> ComposeFiles {
    read(&[("compose.yml", text)], &["compose.yml"]).1.unwrap()
}
