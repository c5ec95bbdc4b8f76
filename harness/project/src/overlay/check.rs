//! That compose merged the overlay as it was meant: asked of compose itself, before anything is
//! started. Tags of the overlay have been merged otherwise by some versions of compose.

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::{Error, Result};

use super::networks::bearer;
use super::wishes::OverlayWishes;
use super::yaml::as_written;
use crate::{ComposeModel, Service, VolumeUse};

const LOOPBACK: &str = "127.0.0.1";

/// That a project as compose merged it (`docker compose config` with the overlay) keeps every
/// promise: ports on the loopback address, names of its own, nothing of theirs to write to, the
/// servers and the sink within reach.
///
/// # Errors
/// [`Error::BadDescription`] that names each promise that would be broken.
pub fn check_overlay(merged: &ComposeModel, wishes: &OverlayWishes) -> Result<()> {
    let mut broken = Vec::new();
    if merged.name != wishes.project {
        broken.push(format!("the project is called `{}`", merged.name));
    }
    for (name, service) in &merged.services {
        names_and_modes(&mut broken, name, service);
        ports(&mut broken, name, service);
        for mounted in &service.volumes {
            mount(&mut broken, name, mounted, wishes);
        }
    }
    networks_and_volumes(&mut broken, merged, wishes);
    servers(&mut broken, merged, wishes);
    sink(&mut broken, merged, wishes);
    for file in wishes.mounted {
        replaced(&mut broken, merged, wishes, (file.service, file.path));
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(Error::BadDescription {
        what: format!(
            "the project in {} with the overlay, as compose merges them",
            wishes.root.display()
        ),
        reason: format!(
            "{}; nothing was started; another version of compose may merge them as they are \
             meant, or start the project yourself and attach to it",
            broken.join("; ")
        ),
    })
}

fn names_and_modes(broken: &mut Vec<String>, name: &str, service: &Service) {
    if let Some(container) = &service.container_name {
        broken.push(format!("{name} still has the container name `{container}`"));
    }
    for (key, value) in [
        ("network_mode", &service.network_mode),
        ("pid", &service.pid),
        ("ipc", &service.ipc),
    ] {
        let value = value.as_deref().unwrap_or_default();
        if value.starts_with("container:") || (key == "network_mode" && value == "host") {
            broken.push(format!("{name} still has `{key}: {value}`"));
        }
    }
    let of_others = service.volumes_from.iter().chain(&service.external_links);
    for other in of_others.filter(|other| !service.volumes_from.contains(other)) {
        broken.push(format!(
            "{name} still links to the container of others `{other}`"
        ));
    }
    for from in &service.volumes_from {
        if from.starts_with("container:") {
            broken.push(format!("{name} still has the mounts of `{from}`"));
        }
    }
    for (network, place) in &service.networks {
        let place = place.iter();
        let addresses = place.flat_map(|place| [&place.ipv4_address, &place.ipv6_address]);
        for address in addresses.flatten().filter(|address| !address.is_empty()) {
            broken.push(format!(
                "{name} still has the address {address} in {network}"
            ));
        }
    }
}

fn ports(broken: &mut Vec<String>, name: &str, service: &Service) {
    for port in &service.ports {
        let published = port.published.as_deref().unwrap_or_default();
        if port.host_ip.as_deref() != Some(LOOPBACK) || !matches!(published, "" | "0") {
            let address = port.host_ip.as_deref().unwrap_or("every address");
            broken.push(format!(
                "{name} publishes its port {} on {address}, port `{published}`",
                port.target
            ));
        }
    }
}

fn mount(broken: &mut Vec<String>, name: &str, mounted: &VolumeUse, wishes: &OverlayWishes) {
    let Some(source) = mounted.source.as_ref().filter(|_| mounted.kind == "bind") else {
        return;
    };
    let source = as_written(source);
    let source = Path::new(&source);
    if source.starts_with(wishes.copies) || is_socket(source) {
        return;
    }
    let of_project = source.starts_with(wishes.root) && wishes.is_server(name);
    if !mounted.read_only || of_project {
        broken.push(format!(
            "{name} mounts {} itself at {}",
            source.display(),
            mounted.target
        ));
    }
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    path.metadata().is_ok_and(|it| it.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_socket(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "sock")
}

fn networks_and_volumes(broken: &mut Vec<String>, merged: &ComposeModel, wishes: &OverlayWishes) {
    for (key, network) in &merged.networks {
        let ours = network.name.as_deref() == Some(wishes.own_name(key).as_str());
        if network.external || !ours {
            let name = network.name.as_deref().unwrap_or_default();
            broken.push(format!("the network {key} is `{name}`, which is not ours"));
        }
        let ipam = network.ipam.as_ref().and_then(|ipam| ipam.get("config"));
        if ipam.is_some_and(|config| !config.is_null()) {
            broken.push(format!("the network {key} still has a subnet of its own"));
        }
    }
    for (key, volume) in &merged.volumes {
        let ours = volume.name.as_deref() == Some(wishes.own_name(key).as_str());
        if volume.external || !ours {
            let name = volume.name.as_deref().unwrap_or_default();
            broken.push(format!("the volume {key} is `{name}`, which is not ours"));
        }
        let device = volume
            .driver_opts
            .get("device")
            .map(|device| as_written(device));
        if let Some(device) = device
            && Path::new(&device).is_absolute()
            && !Path::new(&device).starts_with(wishes.copies)
        {
            broken.push(format!("the volume {key} is {device} itself"));
        }
    }
}

fn servers(broken: &mut Vec<String>, merged: &ComposeModel, wishes: &OverlayWishes) {
    let sink = wishes.sink.map(|sink| (sink.service, sink.port));
    let servers = wishes.servers().map(|server| (server.service, server.port));
    for (service, port) in servers.chain(sink) {
        let bearer = bearer(merged, service);
        let Some(bearing) = merged.services.get(bearer) else {
            broken.push(format!("there is no service `{bearer}`"));
            continue;
        };
        if !bearing
            .ports
            .iter()
            .any(|published| published.target == port)
        {
            broken.push(format!("{bearer} does not publish its port {port}"));
        }
        let networks: BTreeSet<&str> = bearing.networks.keys().map(String::as_str).collect();
        let internal = |key: &&str| merged.networks.get(*key).is_some_and(|it| it.internal);
        if !networks.is_empty() && networks.iter().all(internal) {
            broken.push(format!(
                "{bearer} is in internal networks alone: its ports lead nowhere"
            ));
        }
    }
}

fn sink(broken: &mut Vec<String>, merged: &ComposeModel, wishes: &OverlayWishes) {
    let (Some(sink), Some(alertmanager)) = (wishes.sink, wishes.alertmanager) else {
        return;
    };
    let networks_of = |service: &str| -> BTreeSet<&String> {
        let service = merged.services.get(bearer(merged, service));
        service
            .map(|it| it.networks.keys().collect())
            .unwrap_or_default()
    };
    let shared = networks_of(sink.service);
    if shared.is_disjoint(&networks_of(alertmanager.service)) {
        broken.push(format!(
            "{} shares no network with {}",
            sink.service, alertmanager.service
        ));
    }
    let image = merged
        .services
        .get(sink.service)
        .and_then(|it| it.image.as_deref());
    if image != Some(sink.image) {
        broken.push(format!("{} does not run `{}`", sink.service, sink.image));
    }
}

/// That a file which the run replaces comes out of the folder of copies.
fn replaced(
    broken: &mut Vec<String>,
    merged: &ComposeModel,
    wishes: &OverlayWishes,
    (service, path): (&str, &Path),
) {
    let Some(found) = merged.services.get(service) else {
        broken.push(format!("there is no service `{service}`"));
        return;
    };
    let mounts = found.volumes.iter().map(|mounted| {
        let is_bind = mounted.kind == "bind";
        let source = mounted.source.as_deref().filter(|_| is_bind);
        (as_written(&mounted.target), source.map(as_written))
    });
    let configs = found.configs.iter().map(|used| {
        let config = merged.configs.get(&used.source);
        let file = config.and_then(|config| config.get("file")?.as_str().map(as_written));
        let target = used
            .target
            .clone()
            .unwrap_or_else(|| format!("/{}", used.source));
        (as_written(&target), file)
    });
    let covering = mounts
        .chain(configs)
        .filter(|(target, _)| path.starts_with(target));
    let covering = covering.max_by_key(|(target, _)| Path::new(target).components().count());
    let source = covering.and_then(|(_, source)| source);
    if !source.is_some_and(|source| Path::new(&source).starts_with(wishes.copies)) {
        broken.push(format!(
            "{service} does not load {} from a copy",
            path.display()
        ));
    }
}
