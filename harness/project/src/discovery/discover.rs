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
use super::prometheus_service::{find_prometheus, service};
use super::rule_files::find_rule_files;
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
    let (prometheus, guess) = find_prometheus(model, wishes)?;
    let mut notes: Vec<_> = guess.into_iter().collect();
    let name = prometheus.service.as_str();
    let mounts = Mounts::of(model, service(model, name)?);
    let configuration = configuration_of(model, name, &mounts, &mut notes)?;
    let written: PrometheusConfiguration = read_yaml(&configuration.on_host)?;
    let rules = find_rule_files(&written.rule_files, &configuration, &mounts, &mut notes)?;

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
    let alertmanager = find_alertmanager(model, wishes, &written.alerting.alertmanagers, asker)?;
    notes.extend(alertmanager.notes);
    let (grafana, note) = find_grafana(model);
    notes.extend(note);
    Ok(Discovered {
        scrape_interval: duration_or(global.scrape_interval.as_deref(), DEFAULT_INTERVAL)?,
        evaluation_interval: duration_or(global.evaluation_interval.as_deref(), DEFAULT_INTERVAL)?,
        prometheus,
        prometheus_configuration: configuration,
        rules,
        alertmanager: alertmanager.server,
        alertmanager_configuration: alertmanager.configuration,
        also_told: alertmanager.also_told,
        grafana,
        scrape_jobs,
        notes,
    })
}

/// The file that Prometheus starts with.
fn configuration_of(
    model: &ComposeModel,
    name: &str,
    mounts: &Mounts,
    notes: &mut Vec<String>,
) -> Result<MountedFile> {
    let service = service(model, name)?;
    let command_line = CommandLine::of(service, mounts);
    let path = PROMETHEUS_CONFIGURATION.path_in(service, &command_line);
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
