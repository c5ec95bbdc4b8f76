//! Files and folders of the checkout that Prometheus, Alertmanager and exporters mount.

use std::path::{Path, PathBuf};

use alertdrill_project::Service;
use alertdrill_project::compose_files::{ComposeFiles, FilePlace};
use alertdrill_project::discovery::{
    alertmanager_services, matches_pattern, prometheus_services, short_name,
};

use super::files::{Files, name_in_its_folder};
use super::lone_files::is_kept_apart;

/// Something that Prometheus, Alertmanager or an exporter mounts and that is not in the checkout.
#[derive(Clone, Debug)]
pub(crate) struct MissingMount {
    pub(crate) service: String,
    /// Where it should be.
    pub(crate) source: PathBuf,
    /// The path in the container.
    pub(crate) target: String,
    /// Where the mount is written.
    pub(crate) at: FilePlace,
    /// A file or folder of the checkout with the nearest path.
    pub(crate) nearest: Option<PathBuf>,
}

/// What Prometheus and Alertmanager mount and is not there. What git is told to ignore is made by
/// something.
pub(super) fn mounts_of(files: &Files, project: &ComposeFiles) -> Vec<MissingMount> {
    let model = &project.model;
    let servers = prometheus_services(model);
    let servers: Vec<_> = servers
        .into_iter()
        .chain(alertmanager_services(model))
        .collect();
    let exporters = model
        .services
        .iter()
        .filter(|(_, service)| is_an_exporter(service));
    let exporters = exporters.map(|(name, _)| name.as_str());
    let names = servers.iter().copied().chain(exporters);
    let mut missing = Vec::new();
    for name in names {
        let Some(service) = model.services.get(name) else {
            continue;
        };
        for volume in service
            .volumes
            .iter()
            .filter(|volume| volume.kind == "bind")
        {
            let Some(place) = project.places.mount(name, &volume.target) else {
                continue;
            };
            let host = Path::new(volume.source.as_deref().unwrap_or_default());
            let Some(source) = files.name_of(host).filter(|_| host.is_absolute()) else {
                continue;
            };
            if !place.is_known || files.has(&source) || is_ignored(files, &source) {
                continue;
            }
            let nearest = nearest_to(files, &source);
            // What an exporter lacks may be made by something; one that lies elsewhere is meant.
            if nearest.is_none() && !servers.contains(&name) {
                continue;
            }
            let file = files.name_of(&place.at.file);
            missing.push(MissingMount {
                service: name.to_owned(),
                nearest,
                source,
                target: volume.target.clone(),
                at: FilePlace {
                    file: file.map_or_else(|| place.at.file.clone(), Into::into),
                    place: place.at.place,
                },
            });
        }
    }
    missing
}

fn is_an_exporter(service: &Service) -> bool {
    let image = service.image.as_deref().map(short_name);
    image.is_some_and(|image| image.contains("exporter"))
}

/// Whether git is told to ignore it.
pub(super) fn is_ignored(files: &Files, source: &Path) -> bool {
    let parents = source.ancestors().skip(1);
    let ignores = parents.filter_map(|folder| files.read(&folder.join(".gitignore")));
    let path = source.to_string_lossy();
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    ignores.into_iter().any(|ignore| {
        let lines = ignore.text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '!']));
        lines.into_iter().any(|line| {
            let line = line.trim_matches('/');
            let line = line.trim_end_matches("/*").trim_start_matches("**/");
            path == line
                || name == line
                || path.starts_with(&format!("{line}/"))
                || path.contains(&format!("/{line}/"))
                || path.ends_with(&format!("/{line}"))
                || matches_pattern(line, &name)
        })
    })
}

/// A file with the same name elsewhere, or of the same name with another ending beside it.
fn nearest_to(files: &Files, source: &Path) -> Option<PathBuf> {
    let name = source.file_name()?.to_str()?;
    let named_so = |path: &&Path| {
        let is_alike = name_in_its_folder(path).eq_ignore_ascii_case(name);
        is_alike && !is_kept_apart(path)
    };
    let beside = |path: &&Path| {
        path.parent() == source.parent()
            && path.file_stem() == source.file_stem()
            && is_yaml(path)
            && is_yaml(source)
    };
    let found = files
        .paths()
        .find(beside)
        .or_else(|| files.paths().find(named_so));
    found.map(Path::to_owned)
}

pub(super) fn is_yaml(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| end == "yml" || end == "yaml")
}

impl MissingMount {
    /// Whether it is a file or a folder of configuration, by its path in the container: not one of
    /// data.
    pub(crate) fn is_a_configuration(&self) -> bool {
        is_yaml(Path::new(&self.target))
            || Path::new(&self.target)
                .extension()
                .is_some_and(|end| end == "rules")
            || self.target.starts_with("/etc/prometheus")
            || self.target.starts_with("/etc/alertmanager")
    }
}
