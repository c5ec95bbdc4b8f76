//! Puts together what is found of a project.

use alertdrill_core::{Error, Result};

use super::addresses::Addresses;
use super::alertmanager::find_alertmanager;
use super::command_line::CommandLine;
use super::configuration_path::{UsualPaths, copied_note};
use super::found::{Discovered, MountedFile, Wishes};
use super::grafana::find_grafana;
use super::mounts::{Mounts, Seen, beside, is_not_there};
use super::prometheus_configuration::{PrometheusConfiguration, ScrapeConfigFile};
use super::prometheus_service::{find_prometheus, prometheus_services, service};
use super::rule_engine::find_vmalert;
use super::rule_files::{NamedBy, find_rule_files};
use super::scrape_jobs::{DEFAULT_INTERVAL, duration_or, scrape_jobs};
use super::written_yaml::read_yaml;
use crate::ComposeModel;

/// Where Prometheus's configuration is.
pub const PROMETHEUS_CONFIGURATION: UsualPaths = UsualPaths {
    own: "/etc/prometheus/prometheus.yml",
    bitnamis: "/opt/bitnami/prometheus/conf/prometheus.yml",
    working_folder: "/prometheus/",
};

/// What can be found of the project by its files. What `wishes` states is not looked for.
///
/// # Errors
/// [`Error::BadDescription`] that says what to do: no Prometheus or more than one; a configuration
/// that is no file of the project, or is not understood; no rule file, or one that is none; an
/// Alertmanager whose configuration is made when it starts. [`Error::File`] of one that cannot be
/// read.
pub fn discover(model: &ComposeModel, wishes: &Wishes) -> Result<Discovered> {
    let has_prometheus = wishes.prometheus.is_some() || !prometheus_services(model).is_empty();
    let vmalert = find_vmalert(model, wishes, has_prometheus)?;
    let (prometheus, guess) = match &vmalert {
        Some(vmalert) => (vmalert.samples.clone(), None),
        None => find_prometheus(model, &the_engine_is_prometheus(wishes))?,
    };
    let mut notes: Vec<_> = guess.into_iter().collect();
    let name = prometheus.service.as_str();
    let mounts = Mounts::of(model, service(model, name)?);
    let scrapes_by = vmalert.as_ref().map(|it| it.scrape_configuration.as_str());
    let configuration = configuration_of(model, name, scrapes_by, &mounts, &mut notes)?;
    let mut written: PrometheusConfiguration = read_yaml(&configuration.on_host)?;
    let on_host = configuration.on_host.display().to_string();
    let rules = match &vmalert {
        None => {
            let named_by = NamedBy {
                what: &on_host,
                key: "rule_files",
                server: "Prometheus",
                beside: &configuration.in_container,
            };
            find_rule_files(&written.rule_files, named_by, &mounts, &mut notes)?
        }
        Some(vmalert) => {
            written = vmalert.complete(written);
            let name = &vmalert.server.service;
            let named_by = NamedBy {
                what: &format!("the command of `{name}`"),
                key: "-rule",
                server: "vmalert",
                beside: "/",
            };
            let mounts = Mounts::of(model, service(model, name)?);
            find_rule_files(&written.rule_files, named_by, &mounts, &mut notes)?
        }
    };

    let at = &configuration.in_container;
    let mut jobs = written.scrape_configs;
    for pattern in &written.scrape_config_files {
        for path in mounts.expand(&beside(at, pattern)) {
            if let Seen::Mounted(file) | Seen::Copied(file) = mounts.look_at(&path) {
                jobs.extend(read_yaml::<ScrapeConfigFile>(&file.on_host)?.scrape_configs);
            }
        }
    }
    let global = &written.global;
    let asker = (name, &mounts, at.as_str());
    let scrape_jobs = scrape_jobs(&jobs, global, asker, &Addresses::of(model), &mut notes)?;
    let telling = vmalert.as_ref().map_or(name, |it| &it.server.service);
    let teller = (telling, &mounts, at.as_str());
    let alertmanager = find_alertmanager(model, wishes, &written.alerting.alertmanagers, teller)?;
    notes.extend(alertmanager.notes);
    let (grafana, note) = find_grafana(model);
    notes.extend(note);
    Ok(Discovered {
        scrape_interval: duration_or(global.scrape_interval.as_deref(), DEFAULT_INTERVAL)?,
        evaluation_interval: match &vmalert {
            Some(vmalert) => vmalert.delays.evaluation_interval,
            None => duration_or(global.evaluation_interval.as_deref(), DEFAULT_INTERVAL)?,
        },
        prometheus,
        prometheus_configuration: configuration,
        evaluation_delays: vmalert.as_ref().map(|it| it.delays),
        rule_engine: vmalert.map(|it| it.server),
        rules,
        alertmanager: alertmanager.server,
        alertmanager_configuration: alertmanager.configuration,
        alertmanager_peers: alertmanager.peers,
        also_told: alertmanager.also_told,
        grafana,
        scrape_jobs,
        notes,
    })
}

/// The same wishes; a rule engine that is wished for and is no vmalert is the Prometheus.
fn the_engine_is_prometheus(wishes: &Wishes) -> Wishes {
    let engine = wishes.rule_engine.clone();
    Wishes {
        prometheus: wishes.prometheus.clone().or(engine),
        ..wishes.clone()
    }
}

/// The file that Prometheus starts with; VictoriaMetrics starts with one of another flag.
fn configuration_of(
    model: &ComposeModel,
    name: &str,
    scrapes_by: Option<&str>,
    mounts: &Mounts,
    notes: &mut Vec<String>,
) -> Result<MountedFile> {
    let service = service(model, name)?;
    let command_line = CommandLine::of(service, mounts);
    let path = match scrapes_by {
        Some(path) => beside(PROMETHEUS_CONFIGURATION.working_folder, path),
        None => PROMETHEUS_CONFIGURATION.path_in(service, &command_line),
    };
    let refused = |reason: String| {
        Err(Error::BadDescription {
            what: format!("Prometheus's configuration, {path} in `{name}`"),
            reason,
        })
    };
    let mount_it = "mount it from a file of the project";
    if command_line.writes(&path) {
        let when = "the container writes it when it starts";
        return refused(format!("{when}; {mount_it}"));
    }
    match mounts.look_at(&path) {
        Seen::Mounted(file) => Ok(file),
        Seen::Copied(file) => {
            notes.push(copied_note(&path, name));
            Ok(file)
        }
        Seen::Missing(host) => refused(is_not_there(&host)),
        Seen::Folder(host) => refused(format!("{} is a folder", host.display())),
        Seen::NoFile(why) => refused(format!("{why}; {mount_it}")),
        Seen::NotMounted => {
            let places = mounts.places();
            let mounted = if places.is_empty() {
                "nothing is mounted into that service".to_owned()
            } else {
                format!("mounted are {}", places.join(", "))
            };
            refused(format!("it is in the image alone ({mounted}); {mount_it}"))
        }
    }
}
