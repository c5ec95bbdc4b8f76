//! What a running stack was started from, to tell whether it is current.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};
use alertdrill_project::overlay::CopySource;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::{finish_hash, hash_file, hash_tree};
use super::project::{Layout, Project};

/// What a running stack was started from.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// The compose file, what it mounts, what its images are built from.
    pub(super) files_sha256: String,
    /// The images that are built here.
    pub(super) image_ids: Vec<String>,
    /// Rules and routes.
    pub(super) configuration_sha256: String,
}

impl Fingerprint {
    /// Where the fingerprint of the running stack is kept.
    pub(super) fn file(project: &Project) -> PathBuf {
        project.state_folder().join("running.json")
    }

    /// The fingerprint of the stack that was started last; `None` if there is none.
    pub(super) fn read(project: &Project) -> Option<Self> {
        let json = std::fs::read(Self::file(project)).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Keeps it as the fingerprint of the running stack.
    pub(super) fn write(&self, project: &Project) -> Result<()> {
        let path = Self::file(project);
        let json = serde_json::to_vec(self).map_err(|error| Error::BadDescription {
            what: path.display().to_string(),
            reason: error.to_string(),
        })?;
        std::fs::write(&path, json).map_err(Error::file("write", path))
    }

    /// Whether a stack of `other` has the same containers: rules and routes may differ, because a
    /// reload brings them.
    pub(super) fn has_containers_of(&self, other: &Self) -> bool {
        self.files_sha256 == other.files_sha256 && self.image_ids == other.image_ids
    }
}

/// The hash of what needs new containers when it changes: the compose file and what it mounts, the
/// images' names and what they are built from.
pub(super) fn files_sha256(project: &Project) -> Result<String> {
    let mut hash = Sha256::new();
    let services = project.services().values();
    for image in services.filter_map(|service| service.image.as_ref()) {
        hash.update(image);
        hash.update([0]);
    }
    for file in project.compose_files() {
        hash_file(&mut hash, file)?;
    }
    if let Some((image, program)) = project.program_image() {
        hash_file(&mut hash, &program)?;
        hash_file(&mut hash, &project.root().join(&image.dockerfile))?;
    }
    if let Layout::Copies(beside) = project.layout() {
        for copy in &beside.overlay.copies {
            if let CopySource::Path(from) = &copy.from {
                hash_path(&mut hash, from)?;
            }
        }
        return Ok(finish_hash(hash));
    }
    for source in project.committed_sources() {
        hash_path(&mut hash, &source)?;
    }
    Ok(finish_hash(hash))
}

fn hash_path(hash: &mut Sha256, path: &Path) -> Result<()> {
    hash.update(path.as_os_str().as_encoded_bytes());
    if path.is_dir() {
        hash_tree(hash, path)
    } else {
        hash_file(hash, path)
    }
}
