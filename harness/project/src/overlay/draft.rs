//! The overlay while it is made, and when it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use alertdrill_core::Result;
use serde_yaml_ng::{Mapping, Value};

use super::copied_paths::{CopiedPaths, Copy};
use super::wishes::OverlayWishes;
use crate::ComposeModel;

const HEAD: &str = "\
# Made by alertdrill, which runs this project beside itself with one more compose file: this one.
# It is written anew for each run.
";

/// One more compose file, and what must be there before the project is started with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The file, which compose takes after all of theirs.
    pub text: String,
    /// What must lie in the folder of copies.
    pub copies: Vec<Copy>,
    /// Where the files lie that the run replaces, in the order in which they were wished for.
    pub places: Vec<Place>,
    /// Where their project runs otherwise than they wrote it: a sentence each, for the reader.
    pub notes: Vec<String>,
}

/// Where a file lies that the run replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The service.
    pub service: String,
    /// The file's path in the service's containers.
    pub path: PathBuf,
    /// Where it lies on this machine: below the folder of copies, and there once the copies are.
    pub on_machine: PathBuf,
    /// Whether no copy brings it: only the service's image holds it, so it must be written.
    pub must_be_written: bool,
}

/// The overlay while it is made.
pub(super) struct Draft<'a> {
    pub(super) model: &'a ComposeModel,
    pub(super) wishes: &'a OverlayWishes<'a>,
    pub(super) copied: CopiedPaths<'a>,
    pub(super) places: BTreeMap<(String, PathBuf), Place>,
    /// The networks of each service once it runs with the overlay.
    pub(super) joined: BTreeMap<String, BTreeSet<String>>,
    services: BTreeMap<String, DraftService>,
    networks: Mapping,
    volumes: Mapping,
    configs: Mapping,
    notes: Vec<String>,
}

/// What the overlay says of a service.
#[derive(Default)]
struct DraftService {
    said: Mapping,
    networks: BTreeMap<String, Mapping>,
    volumes: Vec<Value>,
}

impl DraftService {
    fn into_yaml(self) -> Value {
        let mut said = self.said;
        let networks = self.networks.into_iter();
        let networks: Mapping = networks
            .map(|(key, place)| (key.into(), place.into()))
            .collect();
        if !networks.is_empty() {
            said.insert("networks".into(), networks.into());
        }
        if !self.volumes.is_empty() {
            said.insert("volumes".into(), self.volumes.into());
        }
        said.into()
    }
}

impl<'a> Draft<'a> {
    pub(super) fn new(model: &'a ComposeModel, wishes: &'a OverlayWishes<'a>) -> Self {
        Self {
            model,
            wishes,
            copied: CopiedPaths::new(wishes),
            places: BTreeMap::new(),
            joined: BTreeMap::new(),
            services: BTreeMap::new(),
            networks: Mapping::new(),
            volumes: Mapping::new(),
            configs: Mapping::new(),
            notes: Vec::new(),
        }
    }

    /// Says something of a service.
    pub(super) fn say(&mut self, service: &str, key: &str, value: impl Into<Value>) {
        let service = self.services.entry(service.to_owned()).or_default();
        service.said.insert(key.into(), value.into());
    }

    /// Has a service mount something, in place of what they mount at the same target.
    pub(super) fn mount(&mut self, service: &str, volume: Mapping) {
        let service = self.services.entry(service.to_owned()).or_default();
        service.volumes.push(Value::Mapping(volume));
    }

    /// What the overlay says of a service's place in a network.
    pub(super) fn place_in_network(&mut self, service: &str, network: &str) -> &mut Mapping {
        let service = self.services.entry(service.to_owned()).or_default();
        service.networks.entry(network.to_owned()).or_default()
    }

    pub(super) fn set_network(&mut self, key: &str, value: Value) {
        self.networks.insert(key.into(), value);
    }

    pub(super) fn set_volume(&mut self, key: &str, value: Value) {
        self.volumes.insert(key.into(), value);
    }

    pub(super) fn set_config(&mut self, key: &str, value: Value) {
        self.configs.insert(key.into(), value);
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// That a file which the run replaces lies there.
    pub(super) fn found_at(&mut self, service: &str, path: &std::path::Path, place: PathBuf) {
        let key = (service.to_owned(), path.to_owned());
        let place = Place {
            service: service.to_owned(),
            path: path.to_owned(),
            on_machine: place,
            must_be_written: false,
        };
        self.places.entry(key).or_insert(place);
    }

    pub(super) fn finish(mut self) -> Result<Overlay> {
        let mut file = Mapping::new();
        let services = self.services.into_iter();
        let services = services.map(|(name, service)| (name.into(), service.into_yaml()));
        for (key, entries) in [
            ("services", services.collect()),
            ("networks", self.networks),
            ("volumes", self.volumes),
            ("configs", self.configs),
        ] {
            if !entries.is_empty() {
                file.insert(key.into(), Value::Mapping(entries));
            }
        }
        let yaml = serde_yaml_ng::to_string(&file).map_err(|error| {
            let reason = format!("its overlay is no YAML: {error}");
            self.wishes.refused(reason)
        })?;
        let wished = self.wishes.mounted.iter();
        let places = wished.filter_map(|file| {
            let key = (file.service.to_owned(), file.path.to_owned());
            self.places.remove(&key)
        });
        Ok(Overlay {
            text: format!("{HEAD}{yaml}"),
            places: places.collect(),
            copies: self.copied.into_copies(),
            notes: self.notes,
        })
    }
}
