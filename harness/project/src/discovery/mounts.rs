//! Which files of the machine a container sees, and where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_core::nearest;

use super::dockerfile::Dockerfile;
use super::found::MountedFile;
use super::glob;
use crate::{ComposeModel, Service};

/// How many wildcards a path may stand for: a project has some dozens of rule files.
const MOST_FILES: usize = 10_000;

/// What a service's container sees.
#[derive(Debug)]
pub struct Mounts {
    mounts: Vec<Mount>,
}

#[derive(Debug)]
struct Mount {
    /// A normal path in the container.
    at: String,
    source: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// A file or a folder of the machine.
    Path(PathBuf),
    /// The same, copied when the image was built.
    Copied(PathBuf),
    /// Something that is no file of the project, in words.
    NoFile(String),
}

/// What stands at a path in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A file of the machine that is mounted.
    Mounted(MountedFile),
    /// A file of the machine that was copied into the image.
    Copied(MountedFile),
    /// Where it should be on the machine; nothing is there.
    Missing(PathBuf),
    /// A folder is there.
    Folder(PathBuf),
    /// It is none of the project's files; why, in words.
    NoFile(String),
    /// Nothing is mounted there.
    NotMounted,
}

impl Mounts {
    /// What the containers of `service` see.
    #[must_use]
    pub fn of(model: &ComposeModel, service: &Service) -> Self {
        let mut mounts = Vec::new();
        let dockerfile = service.build.as_ref().and_then(Dockerfile::of);
        for (from, to) in dockerfile.unwrap_or_default().copies {
            let copies_into_a_folder = to.ends_with('/') && !from.is_dir();
            let name = from.file_name().unwrap_or_default().to_string_lossy();
            let to = if copies_into_a_folder || from.is_file() && glob::has_wildcards(&name) {
                format!("{to}{name}")
            } else {
                to
            };
            mounts.push(Mount {
                at: normal(&to),
                source: Source::Copied(from),
            });
        }
        for volume in &service.volumes {
            let source = volume.source.clone().unwrap_or_default();
            mounts.push(Mount {
                at: normal(&volume.target),
                source: match volume.kind.as_str() {
                    "bind" => Source::Path(PathBuf::from(source)),
                    "volume" => Source::NoFile(format!("it lies in the volume `{source}`")),
                    other => Source::NoFile(format!("it lies in a mount of the type {other}")),
                },
            });
        }
        for config in &service.configs {
            let at = config.target.clone();
            let described = model.configs.get(&config.source);
            let file = described.and_then(|described| described.get("file")?.as_str());
            mounts.push(Mount {
                at: normal(&at.unwrap_or_else(|| config.source.clone())),
                source: file.map_or_else(
                    || {
                        let name = &config.source;
                        Source::NoFile(format!("it is the config `{name}`, which has no `file`"))
                    },
                    |file| Source::Path(PathBuf::from(file)),
                ),
            });
        }
        Self { mounts }
    }

    /// What stands at `path` in the container.
    #[must_use]
    pub fn look_at(&self, path: &str) -> Seen {
        let path = normal(path);
        let Some((mount, rest)) = self.mount_of(&path) else {
            return Seen::NotMounted;
        };
        let (host, is_copied) = match &mount.source {
            Source::Path(host) => (host, false),
            Source::Copied(host) => (host, true),
            Source::NoFile(why) => return Seen::NoFile(why.clone()),
        };
        let host = if rest.is_empty() {
            host.clone()
        } else {
            host.join(rest)
        };
        if host.is_dir() {
            return Seen::Folder(host);
        }
        if !host.is_file() {
            return Seen::Missing(host);
        }
        let file = MountedFile {
            on_host: host,
            in_container: path,
        };
        if is_copied {
            Seen::Copied(file)
        } else {
            Seen::Mounted(file)
        }
    }

    /// The paths of files in the container that `pattern`, an absolute path, stands for, sorted.
    #[must_use]
    pub fn expand(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in normal(pattern).split('/').skip(1) {
            let mut next = Vec::new();
            for folder in &found {
                if !glob::has_wildcards(part) {
                    next.push(format!("{folder}/{part}"));
                    continue;
                }
                let names = self.names_in(folder).into_iter();
                let names = names.filter(|name| glob::matches(part, name));
                next.extend(names.map(|name| format!("{folder}/{name}")));
            }
            next.truncate(MOST_FILES);
            found = next;
        }
        found.retain(|path| matches!(self.look_at(path), Seen::Mounted(_) | Seen::Copied(_)));
        found
    }

    /// The files of the machine that are mounted or copied, and those in mounted folders, by their
    /// paths in the container.
    #[must_use]
    pub fn files(&self) -> Vec<MountedFile> {
        let paths = self.mounts.iter().flat_map(|mount| {
            let inside = self.names_in(&mount.at).into_iter();
            let inside = inside.map(|name| format!("{}/{name}", mount.at));
            [mount.at.clone()].into_iter().chain(inside)
        });
        let paths: BTreeSet<_> = paths.collect();
        let files = paths.iter().filter_map(|path| match self.look_at(path) {
            Seen::Mounted(file) | Seen::Copied(file) => Some(file),
            _ => None,
        });
        files.collect()
    }

    /// Where something is mounted, for a message.
    pub(super) fn places(&self) -> Vec<&str> {
        self.mounts.iter().map(|mount| mount.at.as_str()).collect()
    }

    /// The names in a folder of the container, sorted.
    fn names_in(&self, folder: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        if let Seen::Folder(host) = self.look_at(folder) {
            let entries = std::fs::read_dir(host).into_iter().flatten().flatten();
            names.extend(entries.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        }
        let below = format!("{folder}/");
        let mounted = self.mounts.iter();
        let mounted = mounted.filter_map(|mount| mount.at.strip_prefix(&below));
        names.extend(mounted.filter_map(|rest| Some(rest.split('/').next()?.to_owned())));
        names
    }

    /// The innermost mount that `path` lies in, and the rest of the path. A mount hides what was
    /// copied to the same place.
    fn mount_of<'a>(&self, path: &'a str) -> Option<(&Mount, &'a str)> {
        let mut found: Option<(&Mount, &str)> = None;
        for mount in &self.mounts {
            let Some(rest) = path.strip_prefix(mount.at.trim_end_matches('/')) else {
                continue;
            };
            let is_inside = rest.is_empty() || rest.starts_with('/');
            if is_inside && found.is_none_or(|(best, _)| mount.at.len() >= best.at.len()) {
                found = Some((mount, rest.trim_start_matches('/')));
            }
        }
        found
    }
}

/// That nothing is at `path` of the machine, and what is nearest to its name there.
pub(super) fn is_not_there(path: &Path) -> String {
    let beside = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    let entries = beside.into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match nearest(&name, names.iter().map(String::as_str)) {
        Some(nearest) => format!("{} is not there; beside it is {nearest}", path.display()),
        None => format!("{} is not there", path.display()),
    }
}

/// The same path, absolute, without empty parts, `.` and `..`.
#[must_use]
pub fn normal(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// `path`, from the folder in which the file `beside` lies unless it is absolute.
#[must_use]
pub fn beside(beside: &str, path: &str) -> String {
    if path.starts_with('/') {
        return normal(path);
    }
    let folder = beside.rsplit_once('/').map_or("", |(folder, _)| folder);
    normal(&format!("{folder}/{path}"))
}
