//! A project as compose reads it, whoever it belongs to.

use std::path::{Path, PathBuf};

use alertdrill_core::Result;

use super::command::{Compose, run};
use super::compose_files::compose_files_of;

/// What `docker compose config --format json` prints of the project in `folder`: of its compose
/// `files`, or of those that compose finds there if none are named, with these `profiles`.
///
/// # Errors
/// [`Error::BadDescription`](alertdrill_core::Error::BadDescription) without a compose file;
/// [`Error::NoCompose`](alertdrill_core::Error::NoCompose), or
/// [`Error::Compose`](alertdrill_core::Error::Compose) with what compose says of the files.
pub async fn merged_config(
    folder: &Path,
    files: &[PathBuf],
    profiles: &[String],
) -> Result<String> {
    let compose = Compose {
        files: compose_files_of(folder, files)?,
        profiles: profiles.to_vec(),
        ..Compose::default()
    };
    let files = compose.files.iter();
    let files: Vec<_> = files.map(|file| file.display().to_string()).collect();
    let attempted = format!("read the compose project of {}", files.join(", "));
    let arguments = ["config", "--format", "json"];
    run(&compose, &arguments, &attempted, |_| ()).await
}
