//! One service of one compose file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::forms::{bytes, command, json, named, pairs, text, texts};
use super::path::from_folder;
use super::places::{FilePlace, MountPlace, ServicePlaces};
use super::ports::ports_of;
use super::variables::{self, Variables};
use super::volumes::volume_of;
use crate::yaml_tree::{Node, Place};
use crate::{Build, ConfigUse, Dependency, NetworkUse, Service};

/// A compose file that is being read.
pub(super) struct Reading<'a> {
    pub(super) file: Arc<Path>,
    /// The folder from which its relative paths begin.
    pub(super) folder: &'a Path,
    pub(super) variables: &'a Variables,
    /// Texts with a variable that has no value.
    pub(super) unknown: &'a BTreeSet<Place>,
    /// The file's lines, for the marks that YAML's tree leaves out.
    pub(super) lines: Vec<&'a str>,
}

/// A service as a file says it.
#[derive(Clone, Debug)]
pub(super) struct WrittenService {
    pub(super) service: Service,
    pub(super) places: ServicePlaces,
    /// Keys that stand in the place of what other files say, instead of beside it.
    pub(super) replaces: BTreeSet<String>,
    pub(super) extends: Option<Extends>,
}

/// Which service another one is made of.
#[derive(Clone, Debug)]
pub(super) struct Extends {
    pub(super) service: String,
    pub(super) file: Option<PathBuf>,
}

impl Reading<'_> {
    pub(super) fn place(&self, place: Place) -> FilePlace {
        FilePlace {
            file: Arc::clone(&self.file),
            place,
        }
    }

    pub(super) fn service(&self, name: &Node, node: &Node) -> WrittenService {
        let mut places = ServicePlaces {
            name: self.place(name.place),
            keys: node
                .entries()
                .iter()
                .filter_map(|(key, _)| Some((key.text()?.to_owned(), self.place(key.place))))
                .collect(),
            ports: Vec::new(),
            mounts: Vec::new(),
        };
        let items = |key: &str| node.get(key).map_or(&[][..], Node::items).iter();
        let mut service = self.plain_parts(node);
        for item in items("ports") {
            for port in ports_of(item) {
                let published = port.published.clone();
                places
                    .ports
                    .push((port.target, published, self.place(item.place)));
                service.ports.push(port);
            }
        }
        for item in items("volumes") {
            let Some(volume) = volume_of(item, self.folder) else {
                continue;
            };
            let source = item.get("source").unwrap_or(item);
            places.mounts.push(MountPlace {
                target: volume.target.clone(),
                at: self.place(source.place),
                is_known: !self.unknown.contains(&source.place),
            });
            service.volumes.push(volume);
        }
        WrittenService {
            service,
            places,
            replaces: self.replaced_keys(node),
            extends: node
                .get("extends")
                .and_then(|extends| self.extends(extends)),
        }
    }

    fn plain_parts(&self, node: &Node) -> Service {
        let at = |key: &str| node.get(key);
        let configs = at("configs").map_or(&[][..], Node::items).iter();
        Service {
            image: text(at("image")),
            build: at("build").and_then(|build| self.build(build)),
            command: command(at("command")),
            entrypoint: command(at("entrypoint")),
            container_name: text(at("container_name")),
            environment: self.environment(node),
            depends_on: dependencies(node),
            expose: texts(at("expose")),
            configs: configs.filter_map(config_use).collect(),
            networks: named(at("networks"))
                .into_iter()
                .map(|(name, how)| (name, how.and_then(network_use)))
                .collect(),
            network_mode: text(at("network_mode")),
            pid: text(at("pid")),
            ipc: text(at("ipc")),
            volumes_from: texts(at("volumes_from")),
            external_links: texts(at("external_links")),
            links: texts(at("links")),
            hostname: text(at("hostname")),
            extra_hosts: at("extra_hosts").filter(|node| !node.is_null()).map(json),
            privileged: at("privileged").is_some_and(Node::is_true),
            restart: text(at("restart")),
            healthcheck: at("healthcheck").filter(|node| !node.is_null()).map(json),
            mem_limit: text(at("mem_limit")).and_then(|text| bytes(&text)),
            deploy: at("deploy").filter(|node| !node.is_null()).map(json),
            scale: text(at("scale")).and_then(|text| text.parse().ok()),
            profiles: texts(at("profiles")),
            ..Service::default()
        }
    }

    fn build(&self, node: &Node) -> Option<Build> {
        if node.is_null() {
            return None;
        }
        let context = node.text().or_else(|| node.text_at(&["context"]));
        let is_remote = |context: &&str| context.contains("://") || context.starts_with("git@");
        Some(Build {
            context: match context {
                Some(remote) if is_remote(&remote) => PathBuf::from(remote),
                Some(context) => from_folder(self.folder, context),
                None => PathBuf::new(),
            },
            dockerfile: node.text_at(&["dockerfile"]).map(PathBuf::from),
        })
    }

    fn environment(&self, node: &Node) -> BTreeMap<String, Option<String>> {
        let files = node.get("env_file").map_or(&[][..], |files| {
            if files.text().is_some() {
                std::slice::from_ref(files)
            } else {
                files.items()
            }
        });
        let names = files
            .iter()
            .filter_map(|file| file.text().or_else(|| file.text_at(&["path"])));
        let mut environment = BTreeMap::new();
        for name in names {
            let path = from_folder(self.folder, name);
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let values = variables::parse(&text).into_iter();
            environment.extend(values.map(|(name, value)| (name, Some(value))));
        }
        let own = pairs(node.get("environment")).into_iter();
        environment.extend(own.map(|(name, value)| {
            let value = value.or_else(|| self.variables.get(&name).cloned());
            (name, value)
        }));
        environment
    }

    fn extends(&self, node: &Node) -> Option<Extends> {
        let service = node.text().or_else(|| node.text_at(&["service"]))?;
        Some(Extends {
            service: service.to_owned(),
            file: node
                .text_at(&["file"])
                .map(|file| from_folder(self.folder, file)),
        })
    }

    /// The keys with the tag `!reset` or `!override`, which YAML's tree leaves out.
    fn replaced_keys(&self, node: &Node) -> BTreeSet<String> {
        let keys = node.entries().iter().filter_map(|(key, _)| {
            let name = key.text()?;
            let line = self.lines.get(key.place.line.checked_sub(1)?)?;
            let from = line.char_indices().nth(key.place.column - 1)?.0;
            let after = line.get(from..)?.split_once(':')?.1.trim_start();
            let has_tag = after.starts_with("!reset") || after.starts_with("!override");
            has_tag.then(|| name.to_owned())
        });
        keys.collect()
    }
}

/// The services that it waits for: those that it names, and those that it links to.
fn dependencies(node: &Node) -> BTreeMap<String, Dependency> {
    let links = texts(node.get("links")).into_iter();
    let links = links.map(|link| (link.split(':').next().unwrap_or_default().to_owned(), None));
    let waited_for = links.chain(named(node.get("depends_on")));
    let dependencies = waited_for.map(|(name, how)| {
        let condition = how.and_then(|how: &Node| how.text_at(&["condition"]));
        let condition = condition.unwrap_or("service_started").to_owned();
        (name, Dependency { condition })
    });
    dependencies.collect()
}

fn config_use(node: &Node) -> Option<ConfigUse> {
    let source = node.text().or_else(|| node.text_at(&["source"]))?;
    Some(ConfigUse {
        source: source.to_owned(),
        target: node.text_at(&["target"]).map(str::to_owned),
    })
}

fn network_use(node: &Node) -> Option<NetworkUse> {
    if node.is_null() {
        return None;
    }
    Some(NetworkUse {
        aliases: texts(node.get("aliases")),
        ipv4_address: text(node.get("ipv4_address")),
        ipv6_address: text(node.get("ipv6_address")),
    })
}
