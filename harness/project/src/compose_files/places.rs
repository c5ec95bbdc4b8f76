//! Where compose files say what they say.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::yaml_tree::Place;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The file.
    pub file: Arc<Path>,
    /// The place in it.
    pub place: Place,
}

/// Where a mount is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPlace {
    /// The path in the container.
    pub target: String,
    /// Where the mount is written.
    pub at: FilePlace,
    /// Whether every variable in it has a value.
    pub is_known: bool,
}

/// Where a service is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePlaces {
    /// Its name, in the last file that says something of it.
    pub name: FilePlace,
    /// Its keys (`image`, `command`, …): each where it was written last.
    pub keys: BTreeMap<String, FilePlace>,
    /// Its published ports, by the port in the container and the one on the machine.
    pub ports: Vec<(u16, Option<String>, FilePlace)>,
    /// What it mounts.
    pub mounts: Vec<MountPlace>,
}

/// Where everything of a compose project is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComposePlaces {
    /// Its services by their names.
    pub services: BTreeMap<String, ServicePlaces>,
    /// The text of each config that has its `content` in the compose file.
    pub config_contents: BTreeMap<String, FilePlace>,
}

impl ComposePlaces {
    /// The mount of `service` at the path `target` of its container.
    #[must_use]
    pub fn mount(&self, service: &str, target: &str) -> Option<&MountPlace> {
        let mounts = &self.services.get(service)?.mounts;
        mounts.iter().find(|mount| mount.target == target)
    }
}
