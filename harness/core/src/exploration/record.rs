//! The map as it is saved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CellKey, CellOutcome, MapCell};
use crate::UtcInstant;

/// The version of the saved form; raised with every change that an older reader would misread.
pub const MAP_SCHEMA_VERSION: u32 = 1;

/// Whose failure pages whom, and whose pages nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplorationMap {
    /// [`MAP_SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// The compose project.
    pub project: String,
    /// The rules, as they are shown: a file, or a folder of several.
    pub rules_file: String,
    /// The SHA-256 of the rules that were loaded.
    pub rules_sha256: String,
    /// The rules file that the recording was judged by; `None` if the alerts are those that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<String>,
    /// How long each fault was held at least, in seconds.
    pub hold_s: f64,
    /// The parts in which it was made, each with a recording of its own.
    pub segments: Vec<Segment>,
    /// The services, in the order of the compose file's names.
    pub services: Vec<String>,
    /// The cells.
    pub cells: Vec<MapCell>,
}

/// A part of an exploration that was made in one go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Segment {
    /// [`Segment::SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// The name of its folder.
    pub name: String,
    /// Its beginning.
    pub begun_at: UtcInstant,
    /// Its end.
    pub ended_at: UtcInstant,
    /// The steady state that movements are held against, from when until when.
    pub steady: [UtcInstant; 2],
}

impl Segment {
    /// The version of the saved form.
    pub const SCHEMA_VERSION: u32 = 1;
}

impl ExplorationMap {
    /// The cell of this key.
    #[must_use]
    pub fn cell(&self, key: &CellKey) -> Option<&MapCell> {
        self.cells.iter().find(|cell| cell.key == *key)
    }

    /// The cells of a service and a failure: several if it is cut off from several networks.
    pub fn cells_at<'a>(
        &'a self,
        service: &'a str,
        failure: super::FailureKind,
    ) -> impl Iterator<Item = &'a MapCell> {
        let cells = self.cells.iter();
        cells.filter(move |cell| cell.key.service == service && cell.key.failure == failure)
    }

    /// The failures that page nobody.
    pub fn blind_spots(&self) -> impl Iterator<Item = &MapCell> {
        self.cells
            .iter()
            .filter(|cell| cell.outcome.is_blind_spot())
    }

    /// How many cells came to this.
    #[must_use]
    pub fn count(&self, outcome: CellOutcome) -> usize {
        let cells = self.cells.iter();
        cells.filter(|cell| cell.outcome == outcome).count()
    }

    /// Whether it looks at a service at all.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.count(CellOutcome::NotTried) == 0
    }
}
