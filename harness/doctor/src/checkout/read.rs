//! Reads a checkout.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use alertdrill_core::{Error, Result};
use alertdrill_project::ComposeModel;
use alertdrill_project::compose_files::ComposeFiles;
use alertdrill_project::discovery::{prometheus_services, services_of_its_kind};
use alertdrill_project::yaml_tree;

use super::Checkout;
use super::compose_projects::ComposeProjects;
use super::files::{Files, first_document};
use super::headings::anchors;
use super::lone_files::{alertmanager_files, prometheus_files, rules_alone};
use super::sources::sources;
use super::stack_names::stack_names;
use super::unloaded::find_unloaded;
use super::variant::{of_configuration, of_service, without_prometheus};
use super::wishes::Wishes;

/// Of what a configuration of Prometheus has at least one.
const CONFIGURATION_KEYS: [&str; 5] = [
    "global",
    "rule_files",
    "alerting",
    "scrape_configs",
    "scrape_config_files",
];

impl Checkout {
    /// Each way to run the project in `folder`.
    ///
    /// # Errors
    /// [`Error::File`] of a file that cannot be read; [`Error::BadDescription`] of a named file
    /// that is not what it should be, and if there is nothing to read at all.
    pub fn read(folder: &Path, wishes: &Wishes) -> Result<Vec<Self>> {
        let files = Files::below(folder)?;
        let projects = ComposeProjects::of(&files, wishes)?;
        let (mut variants, deeper) = match &wishes.prometheus {
            Some(named) => (vec![of_named(&files, &projects, named)?], 0),
            None => found(&files, &projects),
        };
        if variants.is_empty() {
            return Err(projects.error.unwrap_or_else(|| nothing_there(folder)));
        }
        let sources = sources(&files);
        let paths: Arc<BTreeSet<_>> = Arc::new(files.paths().map(Path::to_owned).collect());
        let stack_names = Arc::new(stack_names(&files));
        let lone_alertmanagers = alertmanager_files(&files);
        for variant in &mut variants {
            files.root().clone_into(&mut variant.root);
            variant.files = Arc::clone(&paths);
            variant.sources.clone_from(&sources);
            variant.stack_names = Arc::clone(&stack_names);
            variant.services_elsewhere = elsewhere(&projects, variant);
            if variant.alertmanager.is_none() && !variant.has_alertmanager_service() {
                variant.alertmanager = variant.nearest_of(&lone_alertmanagers);
            }
        }
        find_unloaded(&files, &mut variants);
        let anchors = Arc::new(anchors(&files, &variants));
        for variant in &mut variants {
            variant.anchors = Arc::clone(&anchors);
        }
        variants.truncate(variants.len() - deeper);
        Ok(variants)
    }
}

/// The variants, and how many at their end are other projects that lie deeper in the checkout beside
/// one in its folder itself: examples, fixtures of tests. What these load is no rule that nobody
/// loads.
fn found(files: &Files, projects: &ComposeProjects) -> (Vec<Checkout>, usize) {
    let is_of_the_folder = |project: &&ComposeFiles| {
        let first = project.files.first().and_then(|file| file.parent());
        first == Some(files.root())
    };
    let all = projects.with_prometheus.iter();
    let (of_the_folder, deeper): (Vec<_>, Vec<_>) = all.partition(is_of_the_folder);
    let mut variants = Vec::new();
    add_variants(files, &of_the_folder, &mut variants);
    let meant = variants.len();
    add_variants(files, &deeper, &mut variants);
    if meant > 0 {
        let deeper = variants.len() - meant;
        return (variants, deeper);
    }
    if variants.is_empty() {
        variants = without_compose_prometheus(files, projects);
    }
    (variants, 0)
}

fn add_variants(files: &Files, projects: &[&ComposeFiles], variants: &mut Vec<Checkout>) {
    for project in projects {
        let services = prometheus_services(&project.model);
        let all = services
            .iter()
            .map(|service| of_service(files, project, service));
        for variant in all {
            let is_new = !variants.iter().any(|other| variant.is_same_as(other));
            if is_new {
                variants.push(variant);
            }
        }
    }
}

fn without_compose_prometheus(files: &Files, projects: &ComposeProjects) -> Vec<Checkout> {
    let compose = projects.others.first();
    let is_of_another_kind =
        |project: &&ComposeFiles| !services_of_its_kind(&project.model).is_empty();
    let of_another_kind = projects.others.iter().find(is_of_another_kind);
    if let Some(project) = of_another_kind {
        return vec![without_prometheus(files, Some(project))];
    }
    let configurations = prometheus_files(files);
    if !configurations.is_empty() {
        let variants = configurations.into_iter();
        return variants
            .map(|file| of_configuration(files, compose, &file))
            .collect();
    }
    let is_there = || !rules_alone(files).is_empty() || !alertmanager_files(files).is_empty();
    if compose.is_some() || is_there() {
        return vec![without_prometheus(files, compose)];
    }
    Vec::new()
}

fn of_named(files: &Files, projects: &ComposeProjects, named: &Path) -> Result<Checkout> {
    let path = std::path::absolute(named).map_err(Error::file("read", named))?;
    std::fs::metadata(&path).map_err(Error::file("read", named))?;
    let bad = |reason: &str| Error::BadDescription {
        what: named.display().to_string(),
        reason: reason.to_owned(),
    };
    let file = files
        .read(&path)
        .ok_or_else(|| bad("it lies outside of the folder, or is no file; name one inside"))?;
    let document = first_document(&file);
    let is_one = CONFIGURATION_KEYS
        .iter()
        .any(|key| document.get(key).is_some());
    if !is_one && yaml_tree::parse(&file.text).is_ok() {
        return Err(bad(
            "it is no configuration of Prometheus: it has neither `scrape_configs` nor `rule_files`",
        ));
    }
    let with_prometheus = projects.with_prometheus.iter();
    let services = with_prometheus.flat_map(|project| {
        let services = prometheus_services(&project.model).into_iter();
        services.map(move |service| of_service(files, project, service))
    });
    let mut variants = services.filter(|variant| {
        let prometheus = variant.prometheus.as_ref();
        prometheus.is_some_and(|prometheus| prometheus.file.path == file.path)
    });
    if let Some(variant) = variants.next() {
        return Ok(variant);
    }
    let compose = projects
        .with_prometheus
        .iter()
        .chain(&projects.others)
        .next();
    Ok(of_configuration(files, compose, &file))
}

fn nothing_there(folder: &Path) -> Error {
    Error::BadDescription {
        what: folder.display().to_string(),
        reason: "no compose file, no Prometheus configuration and no rules file is there; name \
                 the folder of the checkout, or its files with --compose and --prometheus"
            .to_owned(),
    }
}

/// The services of other compose projects, by all names that they answer to.
fn elsewhere(projects: &ComposeProjects, variant: &Checkout) -> Vec<String> {
    let own: BTreeSet<_> = variant.compose.iter().flat_map(names_in).collect();
    let all = projects.with_prometheus.iter().chain(&projects.others);
    let names: BTreeSet<_> = all.flat_map(|project| names_in(&project.model)).collect();
    names.difference(&own).cloned().collect()
}

fn names_in(model: &ComposeModel) -> Vec<String> {
    let services = model.services.iter();
    let names = services.flat_map(|(name, service)| {
        let networks = service.networks.values().flatten();
        let aliases = networks.flat_map(|network| network.aliases.clone());
        aliases
            .chain(service.container_name.clone())
            .chain(Some(name.clone()))
    });
    names.collect()
}
