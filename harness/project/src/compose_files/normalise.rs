//! What compose adds by itself: names, the default network, the usual Dockerfile.

use std::path::{Path, PathBuf};

use super::forms::bytes;
use super::places::ComposePlaces;
use super::project::WrittenProject;
use super::variables::Variables;
use crate::{ComposeModel, Network, Service};

/// The project as compose prints it, and where it is written.
pub(super) fn normalised(
    project: WrittenProject,
    folder: &Path,
    variables: &Variables,
) -> (ComposeModel, ComposePlaces) {
    let of_folder = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = variables.get("COMPOSE_PROJECT_NAME").cloned();
    let name = name.or(project.name);
    let name = project_name(&name.unwrap_or_else(|| of_folder.into_owned()));
    let mut model = ComposeModel {
        name,
        networks: project.networks,
        volumes: project.volumes,
        configs: project.configs,
        ..ComposeModel::default()
    };
    let mut places = ComposePlaces {
        config_contents: project.config_contents,
        ..ComposePlaces::default()
    };
    for (name, written) in project.services {
        let mut service = written.service;
        complete(&mut service, folder);
        if service.networks.contains_key("default") {
            model
                .networks
                .entry("default".to_owned())
                .or_insert_with(|| Network {
                    ipam: Some(serde_json::json!({})),
                    ..Network::default()
                });
        }
        model.services.insert(name.clone(), service);
        places.services.insert(name, written.places);
    }
    let named = |key: &str, is_external: bool| {
        if is_external {
            key.to_owned()
        } else {
            format!("{}_{key}", model.name)
        }
    };
    for (key, network) in &mut model.networks {
        network
            .name
            .get_or_insert_with(|| named(key, network.external));
    }
    for (key, volume) in &mut model.volumes {
        volume
            .name
            .get_or_insert_with(|| named(key, volume.external));
    }
    for (key, config) in &mut model.configs {
        let is_external = config.get("external").is_some();
        if let Some(config) = config.as_object_mut() {
            config
                .entry("name")
                .or_insert_with(|| named(key, is_external).into());
        }
    }
    (model, places)
}

fn complete(service: &mut Service, folder: &Path) {
    if service.networks.is_empty() && service.network_mode.is_none() {
        service.networks.insert("default".to_owned(), None);
    }
    let mut resources = service
        .deploy
        .as_mut()
        .and_then(|deploy| deploy.get_mut("resources"));
    for key in ["limits", "reservations"] {
        let amounts = resources
            .as_deref_mut()
            .and_then(|resources| resources.get_mut(key));
        if let Some(memory) = amounts.and_then(|amounts| amounts.get_mut("memory"))
            && let Some(amount) = memory.as_str().and_then(bytes)
        {
            *memory = amount;
        }
    }
    if let Some(build) = &mut service.build {
        if build.context.as_os_str().is_empty() {
            folder.clone_into(&mut build.context);
        }
        build
            .dockerfile
            .get_or_insert_with(|| PathBuf::from("Dockerfile"));
    }
}

/// As compose makes a name of a folder's.
fn project_name(text: &str) -> String {
    let text = text.to_lowercase();
    let kept = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_' || *c == '-';
    let name: String = text.chars().filter(kept).collect();
    name.trim_start_matches(['_', '-']).to_owned()
}
