//! How what several files say of a project becomes one.

use serde_json::Value as Json;

use super::project::WrittenProject;
use super::service::WrittenService;
use crate::{Build, Service};

impl WrittenProject {
    /// What `over`, a later file, says beside or in the place of this.
    pub(super) fn merged_with(mut self, over: Self) -> Self {
        self.name = over.name.or(self.name);
        for (name, service) in over.services {
            let merged = match self.services.remove(&name) {
                Some(base) => base.merged_with(service),
                None => service,
            };
            self.services.insert(name, merged);
        }
        self.networks.extend(over.networks);
        self.volumes.extend(over.volumes);
        self.configs.extend(over.configs);
        self.config_contents.extend(over.config_contents);
        self
    }
}

impl WrittenService {
    /// What `over` says beside or in the place of this.
    pub(super) fn merged_with(self, over: Self) -> Self {
        let Self {
            mut service,
            mut places,
            ..
        } = self;
        for key in &over.replaces {
            forget(&mut service, key);
        }
        let mounted: Vec<_> = over
            .places
            .mounts
            .iter()
            .map(|mount| &mount.target)
            .collect();
        places
            .mounts
            .retain(|mount| !mounted.contains(&&mount.target));
        places.mounts.extend(over.places.mounts);
        places.ports.extend(over.places.ports);
        places.keys.extend(over.places.keys);
        places.name = over.places.name;
        Self {
            service: merged(service, over.service),
            places,
            replaces: self.replaces,
            extends: over.extends,
        }
    }
}

fn forget(service: &mut Service, key: &str) {
    match key {
        "image" => service.image = None,
        "build" => service.build = None,
        "command" => service.command.clear(),
        "entrypoint" => service.entrypoint.clear(),
        "environment" => service.environment.clear(),
        "depends_on" => service.depends_on.clear(),
        "ports" => service.ports.clear(),
        "expose" => service.expose.clear(),
        "volumes" => service.volumes.clear(),
        "configs" => service.configs.clear(),
        "networks" => service.networks.clear(),
        "network_mode" => service.network_mode = None,
        "container_name" => service.container_name = None,
        "profiles" => service.profiles.clear(),
        "restart" => service.restart = None,
        "healthcheck" => service.healthcheck = None,
        "deploy" => service.deploy = None,
        "mem_limit" => service.mem_limit = None,
        _ => {}
    }
}

fn merged(mut base: Service, over: Service) -> Service {
    base.environment.extend(over.environment);
    base.depends_on.extend(over.depends_on);
    base.networks.extend(over.networks);
    for volume in over.volumes {
        let old = base.volumes.iter_mut();
        match old.into_iter().find(|old| old.target == volume.target) {
            Some(old) => *old = volume,
            None => base.volumes.push(volume),
        }
    }
    base.configs
        .retain(|old| !over.configs.iter().any(|new| new.source == old.source));
    base.configs.extend(over.configs);
    let later = |over: Vec<String>, base: Vec<String>| if over.is_empty() { base } else { over };
    Service {
        image: over.image.or(base.image),
        build: merged_build(base.build, over.build),
        command: later(over.command, base.command),
        entrypoint: later(over.entrypoint, base.entrypoint),
        container_name: over.container_name.or(base.container_name),
        ports: together(base.ports, over.ports),
        expose: together(base.expose, over.expose),
        network_mode: over.network_mode.or(base.network_mode),
        pid: over.pid.or(base.pid),
        ipc: over.ipc.or(base.ipc),
        volumes_from: together(base.volumes_from, over.volumes_from),
        external_links: together(base.external_links, over.external_links),
        links: together(base.links, over.links),
        hostname: over.hostname.or(base.hostname),
        extra_hosts: over.extra_hosts.or(base.extra_hosts),
        privileged: base.privileged || over.privileged,
        restart: over.restart.or(base.restart),
        healthcheck: merged_json(base.healthcheck, over.healthcheck),
        mem_limit: over.mem_limit.or(base.mem_limit),
        deploy: merged_json(base.deploy, over.deploy),
        scale: over.scale.or(base.scale),
        profiles: together(base.profiles, over.profiles),
        ..base
    }
}

fn together<T: PartialEq>(mut base: Vec<T>, over: Vec<T>) -> Vec<T> {
    for item in over {
        if !base.contains(&item) {
            base.push(item);
        }
    }
    base
}

fn merged_build(base: Option<Build>, over: Option<Build>) -> Option<Build> {
    let Some(base) = base else { return over };
    let over = over.unwrap_or_default();
    let has_context = !over.context.as_os_str().is_empty();
    Some(Build {
        context: if has_context {
            over.context
        } else {
            base.context
        },
        dockerfile: over.dockerfile.or(base.dockerfile),
    })
}

fn merged_json(base: Option<Json>, over: Option<Json>) -> Option<Json> {
    match (base, over) {
        (Some(Json::Object(mut base)), Some(Json::Object(over))) => {
            for (key, value) in over {
                let merged = merged_json(base.remove(&key), Some(value));
                base.extend(merged.map(|value| (key, value)));
            }
            Some(Json::Object(base))
        }
        (base, over) => over.or(base),
    }
}
