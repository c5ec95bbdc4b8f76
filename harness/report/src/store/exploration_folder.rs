//! The folder of an exploration: its map, and for each part that was made in one go the records of
//! its cells and its recording.

use std::path::{Path, PathBuf};

use alertdrill_core::exploration::{ExplorationMap, MAP_SCHEMA_VERSION, Segment};
use alertdrill_core::{Error, Result};
use jiff::Timestamp;
use serde::Serialize;

use super::{RecordingFolder, RunFolder, make_folder, read_json};

/// The file of the map.
const MAP: &str = "map.json";
const SEGMENT: &str = "segment.json";
const RECORDING: &str = "recording";
const GRAPHS: &str = "graphs.json";

/// The folder of an exploration, below `target/explorations`.
#[derive(Clone, Debug)]
pub struct ExplorationFolder {
    path: PathBuf,
}

impl ExplorationFolder {
    /// Makes the folder of a new exploration below `target`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(target: &Path) -> Result<Self> {
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let id = format!("{now}-{}", std::process::id());
        let path = target.join("explorations").join(id);
        make_folder(&path)?;
        Ok(Self { path })
    }

    /// The one at `path`.
    #[must_use]
    pub fn existing(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The last one below `target`, if there is one.
    #[must_use]
    pub fn latest(target: &Path) -> Option<Self> {
        let path = target.join("explorations").join("latest");
        path.canonicalize().ok().map(Self::existing)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder of a further part.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn new_segment(&self) -> Result<RunFolder> {
        let number = self.segments()?.len() + 1;
        RunFolder::new(self.path.join(format!("segment-{number}")))
    }

    /// The folders of its parts, in their order.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn segments(&self) -> Result<Vec<RunFolder>> {
        let mut segments = Vec::new();
        loop {
            let path = self.path.join(format!("segment-{}", segments.len() + 1));
            if !path.is_dir() {
                return Ok(segments);
            }
            segments.push(RunFolder::existing(path));
        }
    }

    /// The folder of the recording of a part.
    #[must_use]
    pub fn recording_of(segment: &RunFolder) -> RecordingFolder {
        RecordingFolder::at(segment.path().join(RECORDING))
    }

    /// Saves what a part is.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_segment(folder: &RunFolder, segment: &Segment) -> Result<()> {
        folder.save(SEGMENT, segment)
    }

    /// What a part is; `None` if nothing of it was kept.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read.
    pub fn segment(folder: &RunFolder) -> Result<Option<Segment>> {
        folder.read(SEGMENT, 1..=1)
    }

    /// Saves the map.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_map(&self, map: &ExplorationMap) -> Result<()> {
        self.save(MAP, map)
    }

    /// The map.
    ///
    /// # Errors
    /// [`Error::File`] if there is none, or [`Error::BadDescription`] if it cannot be read or is of
    /// another version.
    pub fn map(&self) -> Result<ExplorationMap> {
        let path = self.path.join(MAP);
        let versions = MAP_SCHEMA_VERSION..=MAP_SCHEMA_VERSION;
        let missing = || Error::file("read the map", &path)(std::io::ErrorKind::NotFound.into());
        read_json(&path, versions)?.ok_or_else(missing)
    }

    /// Saves the lines that the page draws.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_graphs(&self, graphs: &impl Serialize) -> Result<()> {
        self.save(GRAPHS, graphs)
    }

    /// The lines that the page draws, as JSON; none if none were saved.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn graphs(&self) -> Result<String> {
        let path = self.path.join(GRAPHS);
        match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok("{}".to_owned()),
            read => read.map_err(Error::file("read", path)),
        }
    }

    /// Points the link `latest`, beside it, at this exploration.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn become_latest(&self) -> Result<()> {
        RunFolder::existing(&self.path).become_latest()
    }

    fn save(&self, name: &str, content: &impl Serialize) -> Result<()> {
        RunFolder::existing(&self.path).save(name, content)
    }
}
