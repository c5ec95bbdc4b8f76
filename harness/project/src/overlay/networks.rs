//! Which networks the services are in: those of our project, under the names that they know.

use std::collections::BTreeSet;

use alertdrill_core::Result;
use serde_yaml_ng::{Mapping, Value};

use super::draft::Draft;
use super::yaml::{as_written, mapping, overriding, reset, text};
use crate::{ComposeModel, Network, Service};

/// A network of ours through which this machine reaches a server that is in none but internal
/// networks: the engine publishes no port of those.
pub(super) const WAY_IN: &str = "alertdrill-way-in";
/// The network of services that name none.
const DEFAULT: &str = "default";
/// The option that gives a bridge a name on the machine, which no other network can have.
const NAME_OF_BRIDGE: &str = "com.docker.network.bridge.name";

/// What a service has in place of networks.
enum Mode<'a> {
    Networks,
    Host,
    None,
    /// The engine's own network, in which nobody has a name.
    Bridge,
    /// Those of another service's container.
    OfService(&'a str),
}

pub(super) fn add(draft: &mut Draft) -> Result<()> {
    join(draft)?;
    refuse_unreachable_servers(draft)?;
    leave_the_host(draft);
    rename_containers(draft);
    let mut used: BTreeSet<String> = draft.joined.values().flatten().cloned().collect();
    used.extend(draft.model.networks.keys().cloned());
    for key in used {
        match draft.model.networks.get(&key) {
            Some(network) => own(draft, &key, network),
            None => draft.set_network(&key, named(draft.wishes.own_name(&key))),
        }
    }
    Ok(())
}

/// The service whose container has the networks of this one: itself, or another one.
pub(super) fn bearer<'m>(model: &'m ComposeModel, mut service: &'m str) -> &'m str {
    // Compose refuses circles.
    for _ in 0..model.services.len() {
        match model.services.get(service).map(|it| mode(model, it)) {
            Some(Some(Mode::OfService(other))) => service = other,
            _ => break,
        }
    }
    service
}

/// What a service has in place of networks; `None` if that is another project's container.
fn mode<'m>(model: &'m ComposeModel, service: &'m Service) -> Option<Mode<'m>> {
    match service.network_mode.as_deref() {
        Some("host") => Some(Mode::Host),
        Some("none") => Some(Mode::None),
        Some("bridge") => Some(Mode::Bridge),
        Some(other) => match other.split_once(':') {
            Some(("service", service)) => Some(Mode::OfService(service)),
            Some(("container", container)) => of_container(model, container).map(Mode::OfService),
            _ => Some(Mode::Networks),
        },
        None => Some(Mode::Networks),
    }
}

/// The service whose container has that name.
pub(super) fn of_container<'m>(model: &'m ComposeModel, container: &str) -> Option<&'m str> {
    let mut services = model.services.iter();
    let named = services.find(|(_, it)| it.container_name.as_deref() == Some(container));
    named.map(|(name, _)| name.as_str())
}

fn join(draft: &mut Draft) -> Result<()> {
    let model = draft.model;
    for (name, service) in &model.services {
        for (key, value) in [
            ("network_mode", &service.network_mode),
            ("pid", &service.pid),
            ("ipc", &service.ipc),
        ] {
            let Some(container) = value.as_ref().and_then(|it| it.strip_prefix("container:"))
            else {
                continue;
            };
            let Some(of) = of_container(model, container) else {
                return Err(draft.wishes.refused(format!(
                    "its service `{name}` shares the {key} of the container `{container}`, which \
                     is none of its own; name a service: `{key}: service:NAME`"
                )));
            };
            let shared = text(format!("service:{of}"));
            draft.say(name, key, shared);
        }
        share_volumes(draft, name, service)?;
        if !service.external_links.is_empty() {
            draft.say(name, "external_links", reset());
            draft.note(format!(
                "{name} does not reach {}, which its external_links name: containers of others",
                service.external_links.join(", ")
            ));
        }
        let networks = match mode(model, service) {
            Some(Mode::Networks) => service.networks.keys().cloned().collect(),
            _ => BTreeSet::new(),
        };
        draft.joined.insert(name.clone(), networks);
    }
    Ok(())
}

/// Gives a service the mounts of services where it names their containers.
fn share_volumes(draft: &mut Draft, name: &str, service: &Service) -> Result<()> {
    let mut renamed = false;
    let mut shared = Vec::new();
    for from in &service.volumes_from {
        let Some(container) = from.strip_prefix("container:") else {
            shared.push(from.clone());
            continue;
        };
        let (container, access) = match container.split_once(':') {
            Some((container, access)) => (container, format!(":{access}")),
            None => (container, String::new()),
        };
        let Some(of) = of_container(draft.model, container) else {
            return Err(draft.wishes.refused(format!(
                "its service `{name}` has the mounts of the container `{container}`, which is \
                 none of its own; name a service: `volumes_from: [NAME]`"
            )));
        };
        renamed = true;
        shared.push(format!("{of}{access}"));
    }
    if renamed {
        let shared = overriding(super::yaml::texts(shared));
        draft.say(name, "volumes_from", shared);
    }
    Ok(())
}

/// That this machine can reach the servers, and that Alertmanager can reach the sink.
fn refuse_unreachable_servers(draft: &Draft) -> Result<()> {
    let (model, wishes) = (draft.model, draft.wishes);
    for server in wishes.servers() {
        let bearer = bearer(model, server.service);
        let needs_names = wishes.alertmanager == Some(server) && wishes.sink.is_some();
        let how = match model.services.get(bearer).and_then(|it| mode(model, it)) {
            Some(Mode::Host) => "is in the host's network, where it listens on every address",
            Some(Mode::None) => "is in no network, so nothing reaches it",
            Some(Mode::Bridge) if needs_names => {
                "is in the engine's own network, where it finds no service by its name"
            }
            _ => continue,
        };
        return Err(wishes.refused(format!(
            "its service `{}` {how} (`network_mode` of `{bearer}`); give it a network of the \
             project, or start the project yourself and attach to it: `attach` in alertdrill.yml",
            server.service
        )));
    }
    Ok(())
}

/// A container in the host's network would listen on every address of the machine, and collide
/// with a project that runs already. It goes to where Prometheus can scrape it.
fn leave_the_host(draft: &mut Draft) {
    let model = draft.model;
    let scraper = bearer(model, draft.wishes.prometheus.service);
    let mut networks = draft.joined.get(scraper).cloned().unwrap_or_default();
    if networks.is_empty() {
        networks.insert(DEFAULT.to_owned());
    }
    for (name, service) in &model.services {
        if !matches!(mode(model, service), Some(Mode::Host)) {
            continue;
        }
        draft.say(name, "network_mode", reset());
        for network in &networks {
            draft.place_in_network(name, network);
        }
        draft.joined.insert(name.clone(), networks.clone());
        draft.note(format!(
            "{name} is in the networks of {scraper} in place of the host's: it is reached as \
             `{name}`, not at an address of the machine, and measures its own network"
        ));
    }
}

/// Two containers cannot have one name. Others still find the service by it.
fn rename_containers(draft: &mut Draft) {
    for (name, service) in &draft.model.services {
        let Some(container) = &service.container_name else {
            continue;
        };
        draft.say(name, "container_name", reset());
        if container == name {
            continue;
        }
        let networks = draft.joined.get(name).cloned().unwrap_or_default();
        for network in networks {
            let aliases = super::yaml::texts([as_written(container)]);
            let place = draft.place_in_network(name, &network);
            place.insert("aliases".into(), aliases);
        }
    }
}

/// Puts a network of our project in the place of theirs.
fn own(draft: &mut Draft, key: &str, network: &Network) {
    let name = draft.wishes.own_name(key);
    let notes = notes_of(draft, key, network);
    let keeps = network.driver_opts.iter();
    let keeps: Mapping = keeps
        .filter(|(option, _)| *option != NAME_OF_BRIDGE && is_bridge(network))
        .map(|(option, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), as_written);
            (option.as_str().into(), text(value))
        })
        .collect();
    let changes_more_than_its_name = network.external
        || !is_bridge(network)
        || has_addresses(network)
        || network.driver_opts.contains_key(NAME_OF_BRIDGE);
    let ours = if changes_more_than_its_name {
        let Value::Mapping(mut ours) = named(name) else {
            return;
        };
        if network.internal {
            ours.insert("internal".into(), true.into());
        }
        if !keeps.is_empty() {
            ours.insert("driver_opts".into(), keeps.into());
        }
        overriding(ours)
    } else {
        named(name)
    };
    draft.set_network(key, ours);
    for note in notes {
        draft.note(note);
    }
}

fn named(name: String) -> Value {
    mapping([("name", text(name))])
}

fn notes_of(draft: &Draft, key: &str, network: &Network) -> Vec<String> {
    let mut notes = Vec::new();
    let derived = format!("{}_{key}", draft.model.name);
    let own = draft.wishes.own_name(key);
    let name = network.name.as_deref().unwrap_or(&derived);
    if network.external {
        notes.push(format!(
            "the network {key} is one of this run's own in place of `{name}`: what others have in \
             that one is not reached"
        ));
    } else if name != derived && name != own {
        notes.push(format!("the network {key} is called `{own}`, not `{name}`"));
    }
    if !is_bridge(network) {
        let driver = network.driver.as_deref().unwrap_or_default();
        notes.push(format!(
            "the network {key} is a bridge in place of `{driver}`"
        ));
    }
    if has_addresses(network) {
        notes.push(format!(
            "the network {key} has addresses that the engine chooses: two projects cannot share \
             a subnet"
        ));
    }
    notes
}

fn is_bridge(network: &Network) -> bool {
    matches!(
        network.driver.as_deref(),
        None | Some("" | "default" | "bridge")
    )
}

/// Whether it says which addresses it has.
fn has_addresses(network: &Network) -> bool {
    let is_set = |key: &str| {
        let ipam = network.ipam.as_ref();
        let value = ipam.and_then(|ipam| ipam.get(key));
        value.is_some_and(|value| !value.is_null())
    };
    let version_6 = network.enable_ipv6.as_ref();
    let version_6 = version_6.is_some_and(|it| it.as_bool() == Some(true) || it == "true");
    version_6 || is_set("config") || is_set("driver") || is_set("options")
}
