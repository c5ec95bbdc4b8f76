//! Which service of the project is Alertmanager, and what it is configured by.

use alertdrill_core::{Error, Result};

use super::addresses::{Addresses, host_and_port};
use super::command_line::CommandLine;
use super::configuration_path::{UsualPaths, copied_note};
use super::found::{FoundPeer, FoundServer, MountedFile, Wishes};
use super::mounts::{Mounts, Seen, is_not_there};
use super::prometheus_configuration::WrittenAlertmanagers;
use super::prometheus_service::{
    images, listens_on, path_prefix, service, services_like, short_name,
};
use super::scrape_jobs::written_targets;
use crate::{ComposeModel, Service};

/// Where Alertmanager listens unless it is told otherwise.
const DEFAULT_PORT: u16 = 9093;
/// Where Alertmanager's configuration is.
pub const ALERTMANAGER_CONFIGURATION: UsualPaths = UsualPaths {
    own: "/etc/alertmanager/alertmanager.yml",
    bitnamis: "/opt/bitnami/alertmanager/conf/config.yml",
    working_folder: "/alertmanager/",
};

/// The Alertmanager of a project.
#[derive(Debug, Default)]
pub(super) struct FoundAlertmanager {
    pub(super) server: Option<FoundServer>,
    pub(super) configuration: Option<MountedFile>,
    pub(super) peers: Vec<FoundPeer>,
    pub(super) also_told: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The Alertmanager that Prometheus, a container of `prometheus` with these `mounts` and the
/// configuration at `configuration`, sends its alerts to.
///
/// # Errors
/// [`Error::BadDescription`] of one that is wished for and is not there, and of a configuration
/// that the container makes for itself.
pub(super) fn find_alertmanager(
    model: &ComposeModel,
    wishes: &Wishes,
    written: &[WrittenAlertmanagers],
    prometheus: (&str, &Mounts, &str),
) -> Result<FoundAlertmanager> {
    let (asker, mounts, configuration) = prometheus;
    let mut found = FoundAlertmanager::default();
    if wishes.no_alertmanager {
        return Ok(found);
    }
    let addresses = Addresses::of(model);
    // Per address, the service and the port there, and what its paths begin with.
    let mut told: Vec<(String, Option<FoundServer>)> = Vec::new();
    for group in written {
        let targets = written_targets(&group.targets, mounts, configuration, &mut found.notes);
        for target in targets {
            let service = addresses.service_at(&target.address, asker);
            let service = service.filter(|service| *service != asker);
            let prefix = group.path_prefix.as_deref().unwrap_or_default();
            let server = service.map(|service| FoundServer {
                service: service.to_owned(),
                port: host_and_port(&target.address).1.unwrap_or(DEFAULT_PORT),
                path_prefix: format!("/{}", prefix.trim_matches('/'))
                    .trim_end_matches('/')
                    .to_owned(),
            });
            if server.is_none() {
                found.notes.push(format!(
                    "Prometheus sends its alerts to {}, where no Alertmanager of the project \
                     answers",
                    target.address
                ));
            }
            told.push((target.address, server));
        }
    }
    let server = match &wishes.alertmanager {
        Some(named) => {
            let at_it = told.iter().filter_map(|(_, server)| server.as_ref());
            let mut at_it = at_it.filter(|server| server.service == named.service);
            let server = at_it.next().cloned();
            let mut server = server.map_or_else(|| by_flags(model, &named.service), Ok)?;
            server.port = named.port.unwrap_or(server.port);
            Some(server)
        }
        None => match told.iter().find_map(|(_, server)| server.clone()) {
            Some(told) => Some(told),
            None => by_image(model, &mut found.notes)?,
        },
    };
    let Some(mut server) = server else {
        found.also_told = told.into_iter().map(|(address, _)| address).collect();
        return Ok(found);
    };
    found.configuration = configuration_of(model, &server.service, &mut found.notes)?;
    for (address, told) in told {
        match told {
            Some(told) if told.service == server.service => {}
            Some(told) => match peer(model, told, found.configuration.as_ref()) {
                Some(peer) => found.peers.push(peer),
                None => found.also_told.push(address),
            },
            None => found.also_told.push(address),
        }
    }
    if !found.also_told.is_empty() {
        let others = found.also_told.join(", ");
        let note = format!("Prometheus tells {others} of every alert as well");
        found.notes.push(note);
    }
    let served_below = by_flags(model, &server.service)?.path_prefix;
    if served_below != server.path_prefix {
        found.notes.push(format!(
            "Prometheus sends its alerts to {} below `{}/`, and it answers below `{served_below}/` \
             (`path_prefix` in Prometheus's configuration): nobody is told",
            server.service, server.path_prefix
        ));
        server.path_prefix = served_below;
    }
    found.server = Some(server);
    Ok(found)
}

/// Another Alertmanager, if it starts with the same file as the one that is judged: then whatever
/// takes the place of that file leads both to the same receivers.
fn peer(
    model: &ComposeModel,
    server: FoundServer,
    configuration: Option<&MountedFile>,
) -> Option<FoundPeer> {
    let own = configuration_of(model, &server.service, &mut Vec::new()).ok()??;
    (own.on_host == configuration?.on_host).then_some(FoundPeer {
        service: server.service,
        configuration: own,
    })
}

/// The services that are Alertmanager by their images.
#[must_use]
pub fn alertmanager_services(model: &ComposeModel) -> Vec<&str> {
    services_like(model, |_, service| is_alertmanager(service))
}

fn by_image(model: &ComposeModel, notes: &mut Vec<String>) -> Result<Option<FoundServer>> {
    let found = alertmanager_services(model);
    let Some(first) = found.first() else {
        return Ok(None);
    };
    notes.push(format!(
        "{first} is Alertmanager by its image; Prometheus's configuration sends it no alerts, so \
         none will be delivered"
    ));
    by_flags(model, first).map(Some)
}

fn by_flags(model: &ComposeModel, name: &str) -> Result<FoundServer> {
    let service = service(model, name)?;
    let command_line = CommandLine::of(service, &Mounts::of(model, service));
    Ok(FoundServer {
        service: name.to_owned(),
        port: listens_on(&command_line, DEFAULT_PORT),
        path_prefix: path_prefix(&command_line),
    })
}

fn is_alertmanager(service: &Service) -> bool {
    images(service)
        .iter()
        .any(|image| short_name(image) == "alertmanager")
}

fn configuration_of(
    model: &ComposeModel,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Option<MountedFile>> {
    let service = service(model, name)?;
    let mounts = Mounts::of(model, service);
    let command_line = CommandLine::of(service, &mounts);
    let path = ALERTMANAGER_CONFIGURATION.path_in(service, &command_line);
    let refused = |reason: String| Error::BadDescription {
        what: format!("Alertmanager's configuration, {path} in `{name}`"),
        reason: format!(
            "{reason}; mount it from a file of the project, or judge firing alone: `--alertmanager \
             none`, or `alertmanager: none` in alertdrill.yml"
        ),
    };
    if command_line.writes(&path) {
        let reason = "the container writes it when it starts, so its routes cannot be read";
        return Err(refused(reason.to_owned()));
    }
    match mounts.look_at(&path) {
        Seen::Mounted(file) => Ok(Some(file)),
        Seen::Copied(file) => {
            notes.push(copied_note(&path, name));
            Ok(Some(file))
        }
        Seen::Missing(host) => Err(refused(is_not_there(&host))),
        Seen::Folder(host) => Err(refused(format!("{} is a folder", host.display()))),
        Seen::NoFile(why) => Err(refused(why)),
        Seen::NotMounted => {
            notes.push(format!(
                "{name} takes the configuration that is in its image, {path}"
            ));
            Ok(None)
        }
    }
}
