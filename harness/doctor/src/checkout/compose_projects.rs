//! Which compose files of a checkout belong together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};
use alertdrill_project::compose_files::{ComposeFiles, read_compose_files};
use alertdrill_project::discovery::prometheus_services;

use super::files::{Files, name_in_its_folder};
use super::wishes::Wishes;

/// The names that compose finds by itself, the strongest first.
const BASES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
/// The most compose files that are read.
const MOST: usize = 200;

/// The compose projects of a checkout.
#[derive(Debug, Default)]
pub(super) struct ComposeProjects {
    /// Those with a Prometheus.
    pub(super) with_prometheus: Vec<ComposeFiles>,
    /// The others.
    pub(super) others: Vec<ComposeFiles>,
    /// Why the first file that cannot be read cannot.
    pub(super) error: Option<Error>,
}

impl ComposeProjects {
    /// What is named, or else found.
    pub(super) fn of(files: &Files, wishes: &Wishes) -> Result<Self> {
        if wishes.compose.is_empty() {
            return Ok(Self::found(files));
        }
        let named = wishes.compose.iter();
        let named = named.map(|path| absolute(path)).collect::<Vec<_>>();
        let mut projects = Self::default();
        projects.take(read_compose_files(&named)?);
        Ok(projects)
    }

    fn found(files: &Files) -> Self {
        let paths = files.yaml().filter(|path| is_compose_file(path));
        let paths: Vec<_> = paths.take(MOST).collect();
        let folders: BTreeSet<_> = paths.iter().filter_map(|path| path.parent()).collect();
        let mut projects = Self::default();
        let mut read_already: BTreeSet<PathBuf> = BTreeSet::new();
        for folder in folders {
            let inside: Vec<_> = paths
                .iter()
                .copied()
                .filter(|path| path.parent() == Some(folder))
                .collect();
            let base = base_of(&inside);
            let whole = base
                .iter()
                .map(|path| files.root().join(path))
                .collect::<Vec<_>>();
            let of_base = (!whole.is_empty()).then(|| projects.read(&whole)).flatten();
            read_already.extend(of_base.iter().flat_map(|read| read.files.clone()));
            let more = inside.iter().filter(|path| !base.contains(path));
            for path in more {
                let path = files.root().join(path);
                if read_already.contains(&path) {
                    continue;
                }
                let Some(alone) = projects.read(std::slice::from_ref(&path)) else {
                    continue;
                };
                let read = match &of_base {
                    Some(of_base) if is_said_beside(&alone, of_base) => {
                        let mut both = whole.clone();
                        both.push(path);
                        projects.read(&both).unwrap_or(alone)
                    }
                    _ => alone,
                };
                projects.take(read);
            }
            if let Some(of_base) = of_base {
                projects.take(of_base);
            }
        }
        projects
    }

    fn read(&mut self, files: &[PathBuf]) -> Option<ComposeFiles> {
        match read_compose_files(files) {
            Ok(read) => Some(read),
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }

    fn take(&mut self, read: ComposeFiles) {
        if prometheus_services(&read.model).is_empty() {
            self.others.push(read);
        } else {
            self.with_prometheus.push(read);
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_compose_file(path: &Path) -> bool {
    let name = name_in_its_folder(path).to_lowercase();
    let end = path.extension().and_then(|end| end.to_str());
    name.contains("compose") && end.is_some_and(|end| end == "yml" || end == "yaml")
}

/// What compose takes by itself of the files of a folder: the first of its names, and the file of
/// changes beside it.
fn base_of<'a>(inside: &[&'a Path]) -> Vec<&'a Path> {
    let named = |name: &str| inside.iter().find(|path| name_in_its_folder(path) == name);
    let Some(base) = BASES.iter().find_map(|name| named(name)) else {
        return Vec::new();
    };
    let changes = BASES.iter().find_map(|name| {
        let (stem, end) = name.rsplit_once('.')?;
        named(&format!("{stem}.override.{end}"))
    });
    [Some(base), changes]
        .into_iter()
        .flatten()
        .copied()
        .collect()
}

/// Whether a file is one that people start together with the file beside it (`-f one -f other`):
/// its services lack what makes a container, or only one of the two has a Prometheus.
fn is_said_beside(file: &ComposeFiles, base: &ComposeFiles) -> bool {
    let services = || file.model.services.values();
    let lacks_an_image =
        services().any(|service| service.image.is_none() && service.build.is_none());
    let own = prometheus_services(&file.model);
    let of_base = prometheus_services(&base.model);
    lacks_an_image || !own.is_empty() && of_base.is_empty()
}
