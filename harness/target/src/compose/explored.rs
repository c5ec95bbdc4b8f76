//! What of a project can be explored: its services, as far as that decides how they can fail.

use std::collections::BTreeSet;

use alertdrill_core::Settings;
use alertdrill_core::exploration::{ServiceLane, ServiceToExplore};
use alertdrill_project::{Service, is_a_size};
use serde_json::Value;

use super::project::Project;

impl Project {
    /// Its services, in the order of their names.
    #[must_use]
    pub fn services_to_explore(&self) -> Vec<ServiceToExplore> {
        let settings = self.settings();
        let sink = settings.notification_sink.as_ref();
        let is_sink = |name: &str| sink.is_some_and(|sink| sink.service == name);
        let alertmanager = settings.alertmanager.as_ref();
        let watches = |name: &str| {
            if name == settings.prometheus.service {
                Some("the rule engine".to_owned())
            } else if alertmanager.is_some_and(|it| it.service == name) {
                Some("Alertmanager".to_owned())
            } else {
                is_sink(name).then(|| "the sink, which is told".to_owned())
            }
        };
        // That of a project of others is ours, and not theirs to explore.
        let is_ours = |name: &str| is_sink(name) && !self.is_described_by_its_compose_file();
        let services = self.services().iter();
        let own = services.filter(|(name, _)| !is_ours(name));
        own.map(|(name, service)| ServiceToExplore {
            name: one_of(name, service),
            networks: networks_of(service),
            has_memory_limit: service.has_memory_limit(),
            is_restarted: is_restarted(service),
            ends_by_itself: self.is_one_shot(name),
            limited_volumes: limited_volumes(service),
            watches: watches(name),
            lane: lane_of(name, settings),
            may_be_broken: self.may_break.as_ref().is_none_or(|may| may.contains(name)),
        })
        .collect()
    }
}

/// The service, or the first of several containers that run it: they are equal.
fn one_of(name: &str, service: &Service) -> String {
    if service.replicas() > 1 {
        format!("{name}#1")
    } else {
        name.to_owned()
    }
}

/// The lane that owns a service.
fn lane_of(service: &str, settings: &Settings) -> Option<ServiceLane> {
    settings.paths.iter().find_map(|path| {
        let placeholder = path.placeholder();
        let owns = |lane: &&String| {
            let mut owned = path.owns.iter();
            owned.any(|it| it.contains(&placeholder) && it.replace(&placeholder, lane) == service)
        };
        let name = path.lanes.iter().find(owns)?;
        Some(ServiceLane {
            path: path.name.clone(),
            name: name.clone(),
        })
    })
}

/// Without a word on networks it is on the one that compose makes.
fn networks_of(service: &Service) -> BTreeSet<String> {
    if service.network_mode.is_some() {
        return BTreeSet::new();
    }
    let named: BTreeSet<_> = service.networks.keys().cloned().collect();
    if named.is_empty() {
        ["default".to_owned()].into()
    } else {
        named
    }
}

fn is_restarted(service: &Service) -> bool {
    let condition = service.deploy.as_ref();
    let condition = condition.and_then(|it| it.pointer("/restart_policy/condition"));
    let by_deployment = condition.is_some_and(|it| it != "none");
    let by_policy = !matches!(service.restart.as_deref(), None | Some("no"));
    by_policy || by_deployment
}

/// The folders that live in memory and have a limited size.
fn limited_volumes(service: &Service) -> BTreeSet<String> {
    let mounts = service.volumes.iter().filter(|volume| {
        let size = volume.tmpfs.as_ref().and_then(|tmpfs| tmpfs.get("size"));
        volume.kind == "tmpfs" && size.is_some_and(is_a_size)
    });
    let mounted = mounts.map(|volume| volume.target.clone());
    let texts = match &service.tmpfs {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let written = texts.into_iter().filter_map(|text| {
        let (path, options) = text.split_once(':')?;
        let is_limited = options.split(',').any(|option| option.starts_with("size="));
        is_limited.then(|| path.to_owned())
    });
    mounted.chain(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(json: &str) -> Service {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn service_is_on_the_lane_that_owns_it() {
        let settings = Settings::example();
        let lane = lane_of("handler-okx", &settings).unwrap();
        assert_eq!((lane.path.as_str(), lane.name.as_str()), ("lane", "okx"));
        assert_eq!(lane_of("minio", &settings), None);
        assert_eq!(lane_of("kafka", &settings), None);
    }

    #[test]
    fn volume_in_memory_counts_if_its_size_is_limited() {
        let limited = service(
            r#"{"tmpfs": ["/run:size=64m,mode=755", "/tmp"], "volumes": [
                {"type": "tmpfs", "target": "/data", "tmpfs": {"size": "1048576"}},
                {"type": "tmpfs", "target": "/all"},
                {"type": "volume", "source": "db", "target": "/var/lib/db"}]}"#,
        );
        let found: Vec<_> = limited_volumes(&limited).into_iter().collect();
        assert_eq!(found, ["/data", "/run"]);
        assert!(limited_volumes(&service("{}")).is_empty());
    }

    #[test]
    fn limits_and_policies_are_found_wherever_compose_takes_them() {
        let by_deployment = service(
            r#"{"deploy": {"resources": {"limits": {"memory": "67108864"}},
                "restart_policy": {"condition": "on-failure"}}}"#,
        );
        assert!(by_deployment.has_memory_limit() && is_restarted(&by_deployment));
        let plain = service(r#"{"mem_limit": "67108864", "restart": "unless-stopped"}"#);
        assert!(plain.has_memory_limit() && is_restarted(&plain));
        let none = service(r#"{"restart": "no"}"#);
        assert!(!none.has_memory_limit() && !is_restarted(&none));
        assert_eq!(networks_of(&none), ["default".to_owned()].into());
        assert!(networks_of(&service(r#"{"network_mode": "host"}"#)).is_empty());
        let twice = service(r#"{"deploy": {"replicas": 2}}"#);
        assert_eq!(one_of("api", &twice), "api#1");
        assert_eq!(one_of("api", &by_deployment), "api");
    }
}
