//! One way to run a project: its Prometheus, what that loads and scrapes, and whom it tells.

use std::path::Path;

use alertdrill_project::compose_files::{ComposeFiles, ComposePlaces, FilePlace};
use alertdrill_project::discovery::{
    ALERTMANAGER_CONFIGURATION, Addresses, PROMETHEUS_CONFIGURATION, Seen, UsualPaths,
    alertmanager_services,
};
use alertdrill_project::yaml_tree::Node;

use super::container::Container;
use super::files::{Files, first_document, name_in_its_folder};
use super::loaded_files::{add_jobs_of_files, add_targets_of_files, load_rules};
use super::lone_files::{is_alertmanager, is_prometheus, rules_alone};
use super::missing_configuration::{meant_file, missing_configurations};
use super::mounts::mounts_of;
use super::{Alertmanager, Checkout, Prometheus, RulesFile, SourceFile};

/// The way to run `project` with the Prometheus that the service `name` is.
pub(super) fn of_service(files: &Files, project: &ComposeFiles, name: &str) -> Checkout {
    let container = Container::of(files, project, name);
    let found = configuration(files, &container, &PROMETHEUS_CONFIGURATION, is_prometheus);
    let Some((path, file)) = found else {
        return without_prometheus(files, Some(project));
    };
    let mut variant = of_compose(files, project);
    let seen = container.mounts.files().into_iter();
    variant.in_container = seen
        .filter_map(|file| Some((files.name_of(&file.on_host)?, file.in_container)))
        .collect();
    let mut prometheus = Prometheus::read(&file, &first_document(&file));
    prometheus.service = Some(name.to_owned());
    variant.rules_files = load_rules(files, &container, &path, &mut prometheus);
    add_jobs_of_files(&container, &path, &mut prometheus);
    add_targets_of_files(&container, &path, &mut prometheus);
    let addresses = Addresses::of(&project.model);
    let at = |address: &str| addresses.service_at(address, name).map(str::to_owned);
    for target in prometheus.jobs.iter_mut().flat_map(|job| &mut job.targets) {
        target.service = at(&target.address.text);
    }
    for alertmanager in &mut prometheus.alertmanagers {
        alertmanager.service = at(&alertmanager.address.text);
    }
    variant.alertmanager = alertmanager_of(files, project, &prometheus);
    variant.prometheus = Some(prometheus);
    variant
}

/// The way to run a Prometheus with the configuration `file`, which no compose file names.
pub(super) fn of_configuration(
    files: &Files,
    project: Option<&ComposeFiles>,
    file: &SourceFile,
) -> Checkout {
    let container = Container::without_compose(files);
    let path = format!("/{}", file.path.to_string_lossy());
    let mut variant = match project {
        Some(project) => of_compose(files, project),
        None => Checkout::default(),
    };
    let mut prometheus = Prometheus::read(file, &first_document(file));
    variant.rules_files = load_rules(files, &container, &path, &mut prometheus);
    add_jobs_of_files(&container, &path, &mut prometheus);
    add_targets_of_files(&container, &path, &mut prometheus);
    if let Some(project) = project {
        // It may run on the machine or beside the services: only their names are sure.
        let addresses = Addresses::of(&project.model);
        let at = |address: &str| addresses.service_at(address, "").map(str::to_owned);
        for target in prometheus.jobs.iter_mut().flat_map(|job| &mut job.targets) {
            target.service = at(&target.address.text);
        }
        for alertmanager in &mut prometheus.alertmanagers {
            alertmanager.service = at(&alertmanager.address.text);
        }
        variant.alertmanager = alertmanager_of(files, project, &prometheus);
    }
    variant.prometheus = Some(prometheus);
    variant
}

/// All rules of the checkout, for there is no Prometheus whose configuration can be read.
pub(super) fn without_prometheus(files: &Files, project: Option<&ComposeFiles>) -> Checkout {
    let mut variant = match project {
        Some(project) => of_compose(files, project),
        None => Checkout::default(),
    };
    let rules = rules_alone(files);
    variant.rules_files = rules.iter().map(RulesFile::read).collect();
    if let Some(project) = project {
        variant.alertmanager = alertmanager_of(files, project, &Prometheus::default());
    }
    variant
}

fn of_compose(files: &Files, project: &ComposeFiles) -> Checkout {
    Checkout {
        compose: Some(project.model.clone()),
        compose_places: inside(files, &project.places),
        missing_mounts: mounts_of(files, project),
        missing_configurations: missing_configurations(files, project),
        ..Checkout::default()
    }
}

/// The same places, of files as seen from the checkout's folder.
fn inside(files: &Files, places: &ComposePlaces) -> ComposePlaces {
    let mut places = places.clone();
    let shorten = |place: &mut FilePlace| {
        if let Some(name) = files.name_of(&place.file) {
            place.file = name.into();
        }
    };
    for service in places.services.values_mut() {
        shorten(&mut service.name);
        service.keys.values_mut().for_each(shorten);
        service.ports.iter_mut().for_each(|(_, _, at)| shorten(at));
        service
            .mounts
            .iter_mut()
            .for_each(|mount| shorten(&mut mount.at));
    }
    places.config_contents.values_mut().for_each(shorten);
    places
}

/// A server's configuration: its path in the container, and the file. What a script makes when the
/// container starts is read from the file that it is made of; if it is surely not there, it is the
/// one that is meant, at its own path.
fn configuration(
    files: &Files,
    container: &Container<'_>,
    usual: &UsualPaths,
    is_one: fn(&Node) -> bool,
) -> Option<(String, SourceFile)> {
    let path = container.path_of(usual);
    if !container.command_line.writes(&path)
        && let Some(file) = container.file_at(&path)
    {
        return Some((path, file));
    }
    if container.lacks(&path, usual) {
        return meant_file(files, container, &path, is_one);
    }
    if matches!(container.mounts.look_at(&path), Seen::Missing(_)) {
        return None;
    }
    let all = container.mounts.files().into_iter();
    let mut alike = all.filter_map(|file| {
        let file = container.file_at(&file.in_container)?;
        is_one(&first_document(&file)).then_some(file)
    });
    Some((path, alike.next()?))
}

/// The template of which a configuration is made that is mounted and not in the checkout.
fn template_of(
    files: &Files,
    container: &Container<'_>,
    path: &str,
    is_one: fn(&Node) -> bool,
) -> Option<SourceFile> {
    const ENDS: [&str; 3] = [".tpl", ".template", ".tmpl"];
    let Seen::Missing(host) = container.mounts.look_at(path) else {
        return None;
    };
    let meant = files.name_of(&host)?;
    let mut beside = files.paths().filter(|other| {
        let name = name_in_its_folder(other);
        other.parent() == meant.parent() && ENDS.iter().any(|end| name.ends_with(end))
    });
    beside.find_map(|path| {
        let file = files.read(path)?;
        is_one(&first_document(&file)).then_some(file)
    })
}

/// The Alertmanager that Prometheus tells, or else the first.
fn alertmanager_of(
    files: &Files,
    project: &ComposeFiles,
    prometheus: &Prometheus,
) -> Option<Alertmanager> {
    let told = prometheus
        .alertmanagers
        .iter()
        .filter_map(|told| told.service.as_deref());
    let by_image = alertmanager_services(&project.model);
    let names = told
        .filter(|name| Some(*name) != prometheus.service.as_deref())
        .chain(by_image);
    let mut found = names.filter_map(|name| {
        let container = Container::of(files, project, name);
        let usual = &ALERTMANAGER_CONFIGURATION;
        let file = match configuration(files, &container, usual, is_alertmanager) {
            Some((_, file)) => file,
            None => template_of(
                files,
                &container,
                &container.path_of(usual),
                is_alertmanager,
            )?,
        };
        Some(Alertmanager {
            node: first_document(&file),
            file,
            service: Some(name.to_owned()),
        })
    });
    found.next()
}

impl Checkout {
    /// Whether a service of its compose project is an Alertmanager.
    pub(super) fn has_alertmanager_service(&self) -> bool {
        let model = self.compose.as_ref();
        model.is_some_and(|model| !alertmanager_services(model).is_empty())
    }

    /// Whether it is the same Prometheus with the same configuration in the same compose project.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        let file = |variant: &Self| {
            let prometheus = variant.prometheus.as_ref();
            prometheus.map(|prometheus| prometheus.file.path.clone())
        };
        file(self) == file(other) && self.compose == other.compose
    }

    /// The one that lies nearest to its Prometheus's configuration.
    pub(super) fn nearest_of(&self, all: &[Alertmanager]) -> Option<Alertmanager> {
        let of_prometheus = self
            .prometheus
            .as_ref()
            .map(|prometheus| &prometheus.file.path);
        let from = of_prometheus.or_else(|| self.rules_files.first().map(|file| &file.file.path));
        let from = from.map_or(Path::new(""), |path| path);
        let shared = |file: &Alertmanager| {
            let both = file.file.path.components().zip(from.components());
            both.take_while(|(one, other)| one == other).count()
        };
        let mut nearest: Option<&Alertmanager> = None;
        for one in all {
            if nearest.is_none_or(|nearest| shared(one) > shared(nearest)) {
                nearest = Some(one);
            }
        }
        nearest.cloned()
    }
}
