//! The project's own programs: which files a service is made of, and what they export.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;

use super::source::Scan;
use crate::checkout::{Checkout, SourceFile};
use crate::network::{Serves, ServiceTexts, Started, serves};

/// Images that hold a language and no program: what they run is mounted.
const LANGUAGES: [&str; 14] = [
    "python",
    "node",
    "golang",
    "openjdk",
    "eclipse-temurin",
    "ruby",
    "php",
    "rust",
    "alpine",
    "debian",
    "ubuntu",
    "bun",
    "deno",
    "amazoncorretto",
];

/// Images that programs are put into, besides those of languages.
const BARE: [&str; 24] = [
    "scratch",
    "static",
    "static-debian11",
    "static-debian12",
    "base",
    "base-debian12",
    "busybox",
    "bookworm",
    "centos",
    "fedora",
    "amazonlinux",
    "rockylinux",
    "ubi8",
    "ubi9",
    "ubi-minimal",
    "nodejs",
    "python3",
    "jre",
    "jdk",
    "aspnet",
    "runtime",
    "sdk",
    "uv",
    "miniconda3",
];

/// Programs of a checkout, each scanned once.
pub(super) struct Programs<'a> {
    checkout: &'a Checkout,
    /// The checkout's own folder, where compose's absolute paths tell it.
    root: Option<PathBuf>,
    scanned: HashMap<PathBuf, Scan>,
}

/// A program and what it exports.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Its folder, as seen from the checkout's.
    pub(super) folder: PathBuf,
    pub(super) scan: Scan,
    /// Whether nothing that it runs serves metrics, as far as that is seen.
    pub(super) serves_none: bool,
    /// Whether it is known which files of the folder it runs.
    pub(super) is_what_is_run: bool,
}

impl<'a> Programs<'a> {
    pub(super) fn of(checkout: &'a Checkout) -> Self {
        Self {
            checkout,
            root: root_of(checkout).or_else(|| folder_of_builds(checkout)),
            scanned: HashMap::new(),
        }
    }

    /// The program that a service is built from, or that is mounted into it; `None` if it is not in
    /// the checkout.
    pub(super) fn of_service(&mut self, name: &str, service: &Service) -> Option<Program> {
        if let Some(build) = &service.build {
            let folder = self.folder(&build.context)?;
            return Some(self.program_run(&folder, name, service));
        }
        let image = service.image.as_deref().map(short_name)?;
        if !LANGUAGES.contains(&image) {
            return None;
        }
        let binds = service
            .volumes
            .iter()
            .filter(|volume| volume.kind == "bind");
        let folders: Vec<_> = binds
            .filter_map(|volume| self.folder(Path::new(volume.source.as_deref()?)))
            .collect();
        let programs = folders.iter().map(|folder| self.program(folder));
        let mut programs = programs.filter(|program| program.scan.is_whole());
        programs.next()
    }

    /// Whether all that sends metrics to the `StatsD` server `server` is in the checkout: programs, and
    /// Airflow, whose names begin with a prefix that its settings tell.
    pub(super) fn send_statsd(&self, server: &str) -> bool {
        let services = self.checkout.compose.iter().flat_map(|it| &it.services);
        let mut senders = services.filter(|(name, service)| {
            let words = service.command.iter().chain(&service.entrypoint);
            let values = service.environment.values().flatten();
            let keys = service.environment.keys();
            let mut words = words.chain(values).chain(keys);
            name.as_str() != server
                && words.any(|word| {
                    let word = word.to_ascii_lowercase();
                    word.contains("statsd") || word.contains(server)
                })
        });
        senders.all(|(_, service)| {
            service.build.is_some()
                || service
                    .image
                    .as_deref()
                    .is_some_and(|image| short_name(image) == "airflow")
        })
    }

    /// The last part of the name of the image that a service's own image is made from.
    pub(super) fn base_image(&self, service: &Service) -> Option<&'a str> {
        let build = service.build.as_ref()?;
        let folder = self.folder(&build.context)?;
        let own = build
            .dockerfile
            .as_deref()
            .unwrap_or_else(|| Path::new("Dockerfile"));
        let path = folder.join(own.file_name()?);
        let checkout: &'a Checkout = self.checkout;
        let is_it = |file: &&SourceFile| {
            let name = file.path.to_string_lossy();
            name.eq_ignore_ascii_case(&path.to_string_lossy()) || file.path.ends_with(own)
        };
        let file = checkout.sources.iter().find(is_it)?;
        let mut names = HashMap::new();
        let mut last = None;
        for line in file.text.lines() {
            let mut words = line.split_whitespace();
            let is_from = words
                .next()
                .is_some_and(|it| it.eq_ignore_ascii_case("from"));
            let image = words.find(|word| !word.starts_with("--"));
            let Some(image) = image.filter(|_| is_from) else {
                continue;
            };
            // A part may be made from an earlier one, by its name.
            let image = names.get(image).copied().unwrap_or(image);
            if let (Some(_), Some(name)) = (words.next(), words.next()) {
                names.insert(name, image);
            }
            last = Some(image);
        }
        last.map(short_name)
    }

    /// Whether a service's image has nothing in it but a language and the service's own program.
    pub(super) fn holds_only_its_own(&self, service: &Service) -> bool {
        let base = self.base_image(service);
        base.is_none_or(|base| LANGUAGES.contains(&base) || BARE.contains(&base))
    }

    /// Whether an image is built from a folder.
    pub(super) fn has_dockerfile(&self, folder: &Path) -> bool {
        self.checkout.sources.iter().any(|file| {
            let name = file.path.file_name().and_then(|name| name.to_str());
            file.path.parent() == Some(folder)
                && name.is_some_and(|name| name.to_ascii_lowercase().contains("dockerfile"))
        })
    }

    /// The program in a folder of this name, if there is just one.
    pub(super) fn named(&mut self, name: &str) -> Option<Program> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for source in &self.checkout.sources {
            let mut folder = PathBuf::new();
            for part in source.path.parent()?.components() {
                folder.push(part);
                if part.as_os_str() == name && !folders.contains(&folder) {
                    folders.push(folder.clone());
                }
            }
        }
        match folders.as_slice() {
            [folder] => Some(self.program(folder)),
            _ => None,
        }
    }

    /// All of the checkout as one program.
    pub(super) fn all(&mut self) -> Program {
        self.program(Path::new(""))
    }

    fn program(&mut self, folder: &Path) -> Program {
        let checkout = self.checkout;
        let scan = self.scanned.entry(folder.to_owned()).or_insert_with(|| {
            let below = checkout
                .sources
                .iter()
                .filter(|file| file.path.starts_with(folder));
            Scan::of(&below.collect::<Vec<&SourceFile>>())
        });
        Program {
            folder: folder.to_owned(),
            scan: scan.clone(),
            serves_none: false,
            is_what_is_run: false,
        }
    }

    /// The program that a service's command runs in `folder`; all of the folder if it does not tell.
    fn program_run(&mut self, folder: &Path, name: &str, service: &Service) -> Program {
        let checkout = self.checkout;
        let texts = ServiceTexts::of(checkout, service);
        let Some(started) = Started::of(name, service, &texts) else {
            return self.program(folder);
        };
        let below = checkout.sources.iter();
        let below = below.filter(|file| file.path.starts_with(folder));
        let run: Vec<_> = below.filter(|file| !started.leaves_out(file)).collect();
        Program {
            folder: folder.to_owned(),
            scan: Scan::of(&run),
            serves_none: serves(&started, service) == Some(Serves::Nothing),
            is_what_is_run: true,
        }
    }

    /// The folder of the checkout that compose's path means; `None` if nothing of it is there.
    fn folder(&self, path: &Path) -> Option<PathBuf> {
        let has_sources = |folder: &Path| {
            self.checkout
                .sources
                .iter()
                .any(|file| file.path.starts_with(folder))
        };
        if path.is_relative() {
            let folder: PathBuf = path
                .components()
                .filter(|part| *part != Component::CurDir)
                .collect();
            return has_sources(&folder).then_some(folder);
        }
        if let Some(root) = &self.root {
            let folder = path.strip_prefix(root).ok()?.to_owned();
            return has_sources(&folder).then_some(folder);
        }
        let parts: Vec<_> = path.components().collect();
        let tails =
            (1..parts.len()).map(|from| parts.get(from..).unwrap_or_default().iter().collect());
        tails.into_iter().find(|tail: &PathBuf| has_sources(tail))
    }
}

/// The checkout's own folder, if what is built lies in it.
fn folder_of_builds(checkout: &Checkout) -> Option<PathBuf> {
    let root = &checkout.root;
    let mut services = checkout.compose.as_ref()?.services.values();
    let has_builds = services.any(|service| {
        let build = service.build.as_ref();
        build.is_some_and(|build| build.context.starts_with(root))
    });
    (root.is_absolute() && has_builds).then(|| root.clone())
}

/// The checkout's own folder: what a path of compose begins with that ends in the path of a file
/// that is known.
fn root_of(checkout: &Checkout) -> Option<PathBuf> {
    let prometheus = checkout.prometheus.as_ref()?;
    let service = checkout
        .compose
        .as_ref()?
        .services
        .get(prometheus.service.as_ref()?)?;
    let sources = service
        .volumes
        .iter()
        .filter_map(|volume| volume.source.as_deref());
    let sources: Vec<&Path> = sources
        .map(Path::new)
        .filter(|path| path.is_absolute())
        .collect();
    let ends = prometheus
        .file
        .path
        .ancestors()
        .filter(|end| !end.as_os_str().is_empty());
    for end in ends {
        if let Some(found) = sources.iter().find(|path| path.ends_with(end)) {
            return found
                .ancestors()
                .nth(end.components().count())
                .map(Path::to_owned);
        }
    }
    None
}
