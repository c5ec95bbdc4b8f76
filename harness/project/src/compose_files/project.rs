//! What one compose file says, and several together.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::forms::{self, pairs, text};
use super::path::from_folder;
use super::places::FilePlace;
use super::service::{Reading, WrittenService};
use crate::yaml_tree::Node;
use crate::{Network, Volume};

/// A compose project as far as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct WrittenProject {
    pub(super) name: Option<String>,
    pub(super) services: BTreeMap<String, WrittenService>,
    pub(super) networks: BTreeMap<String, Network>,
    pub(super) volumes: BTreeMap<String, Volume>,
    pub(super) configs: BTreeMap<String, Json>,
    pub(super) config_contents: BTreeMap<String, FilePlace>,
}

/// What a document of a compose file says, without what it includes.
pub(super) fn project_of(reading: &Reading<'_>, document: &Node) -> WrittenProject {
    let mut project = WrittenProject {
        name: text(document.get("name")),
        ..WrittenProject::default()
    };
    for (key, node) in entries(document, "services") {
        let Some(name) = key.text() else { continue };
        if !name.starts_with("x-") {
            let service = reading.service(key, node);
            project.services.insert(name.to_owned(), service);
        }
    }
    for (key, node) in entries(document, "networks") {
        project
            .networks
            .extend(key.text().map(|name| (name.to_owned(), network(node))));
    }
    for (key, node) in entries(document, "volumes") {
        project
            .volumes
            .extend(key.text().map(|name| (name.to_owned(), volume(node))));
    }
    for (key, node) in entries(document, "configs") {
        let Some(name) = key.text() else { continue };
        project
            .configs
            .insert(name.to_owned(), config(node, reading.folder));
        if let Some(content) = node.get("content") {
            let at = reading.place(content.place);
            project.config_contents.insert(name.to_owned(), at);
        }
    }
    project
}

fn entries<'a>(document: &'a Node, key: &str) -> &'a [(Node, Node)] {
    document.get(key).map_or(&[], Node::entries)
}

/// Whether it belongs to somebody else, and the name that the old form of `external` gives.
fn external(node: &Node) -> (bool, Option<String>) {
    let external = node.get("external");
    let name =
        text(node.get("name")).or_else(|| external.and_then(|external| text(external.get("name"))));
    let is_external = external.is_some_and(|node| node.is_true() || !node.entries().is_empty());
    (is_external, name)
}

fn network(node: &Node) -> Network {
    let (is_external, name) = external(node);
    Network {
        name,
        external: is_external,
        internal: node.get("internal").is_some_and(Node::is_true),
        driver: text(node.get("driver")),
        driver_opts: match node.get("driver_opts").map(forms::json) {
            Some(Json::Object(options)) => options.into_iter().collect(),
            _ => BTreeMap::new(),
        },
        ipam: Some(node.get("ipam").map_or_else(|| json!({}), forms::json)),
        enable_ipv6: node.get("enable_ipv6").map(forms::json),
    }
}

fn volume(node: &Node) -> Volume {
    let (is_external, name) = external(node);
    let options = pairs(node.get("driver_opts")).into_iter();
    Volume {
        name,
        external: is_external,
        driver: text(node.get("driver")),
        driver_opts: options
            .map(|(name, value)| (name, value.unwrap_or_default()))
            .collect(),
    }
}

fn config(node: &Node, folder: &Path) -> Json {
    let mut config = serde_json::Map::new();
    if let Some(file) = text(node.get("file")) {
        let file = from_folder(folder, &file).to_string_lossy().into_owned();
        config.insert("file".to_owned(), Json::String(file));
    }
    for key in ["content", "environment", "name"] {
        let value = node.get(key).and_then(Node::text);
        config.extend(value.map(|value| (key.to_owned(), Json::String(value.to_owned()))));
    }
    let (is_external, _) = external(node);
    if is_external {
        config.insert("external".to_owned(), Json::Bool(true));
    }
    Json::Object(config)
}
