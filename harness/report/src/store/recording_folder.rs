//! The files of a recording: its description, and beside it the samples as Prometheus keeps them.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, RECORDING_SCHEMA_VERSION, Recording, Result};

use super::{make_folder, read_json, unreadable};

const DESCRIPTION: &str = "recording.json";
const SAMPLES: &str = "tsdb";

/// The folder of a recording.
#[derive(Clone, Debug)]
pub struct RecordingFolder {
    path: PathBuf,
}

impl RecordingFolder {
    /// The one at `path`.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of its samples, which Prometheus opens (`--storage.tsdb.path`).
    #[must_use]
    pub fn samples(&self) -> PathBuf {
        self.path.join(SAMPLES)
    }

    /// Makes it an empty folder, whatever it held.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn clear(&self) -> Result<()> {
        if self.path.join(DESCRIPTION).exists() || self.samples().exists() {
            std::fs::remove_dir_all(&self.path).map_err(Error::file("remove", &self.path))?;
        }
        make_folder(&self.path)
    }

    /// Saves what it holds beside its samples. It is committed to repositories, so it is small
    /// before it is pretty.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, recording: &Recording) -> Result<()> {
        let path = self.path.join(DESCRIPTION);
        let json = serde_json::to_vec(recording).map_err(unreadable(&path))?;
        std::fs::write(&path, json).map_err(Error::file("write", path))
    }

    /// What it holds beside its samples.
    ///
    /// # Errors
    /// [`Error::File`] if there is no recording, or [`Error::BadDescription`] if it cannot be read
    /// or is of another version.
    pub fn recording(&self) -> Result<Recording> {
        let path = self.path.join(DESCRIPTION);
        let versions = RECORDING_SCHEMA_VERSION..=RECORDING_SCHEMA_VERSION;
        let missing =
            || Error::file("read the recording", &path)(std::io::ErrorKind::NotFound.into());
        read_json(&path, versions)?.ok_or_else(missing)
    }
}
