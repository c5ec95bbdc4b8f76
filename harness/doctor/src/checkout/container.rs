//! What a service's container sees of the checkout.

use std::path::{Path, PathBuf};

use alertdrill_project::compose_files::ComposeFiles;
use alertdrill_project::discovery::{
    CommandLine, Mounts, Seen, UsualPaths, beside, has_wildcards, images, normal, short_name,
};
use alertdrill_project::{ComposeModel, Service, VolumeUse};

use super::SourceFile;
use super::files::Files;

/// A kind of mount that nothing is known of.
const UNKNOWN: &str = "folder of the machine";
/// Who makes images that have no rules of their own in them.
const USUAL_MAKERS: [&str; 6] = [
    "",
    "prom",
    "prometheus",
    "bitnami",
    "bitnamilegacy",
    "ubuntu",
];

/// A service's container.
pub(super) struct Container<'a> {
    files: &'a Files,
    project: Option<&'a ComposeFiles>,
    service: Option<Service>,
    pub(super) mounts: Mounts,
    pub(super) command_line: CommandLine,
}

impl<'a> Container<'a> {
    /// The one of the service `name`.
    pub(super) fn of(files: &'a Files, project: &'a ComposeFiles, name: &str) -> Self {
        let model = within(files, project);
        let service = model.services.get(name).cloned().unwrap_or_default();
        let mounts = Mounts::of(&model, &service);
        Self {
            files,
            project: Some(project),
            command_line: CommandLine::of(&service, &mounts),
            mounts,
            service: Some(service),
        }
    }

    /// A program on the machine, that sees the checkout as its file system.
    pub(super) fn without_compose(files: &'a Files) -> Self {
        let service = Service {
            volumes: vec![VolumeUse {
                kind: "bind".to_owned(),
                source: Some(files.root().to_string_lossy().into_owned()),
                target: "/".to_owned(),
                ..VolumeUse::default()
            }],
            ..Service::default()
        };
        Self {
            files,
            project: None,
            mounts: Mounts::of(&ComposeModel::default(), &service),
            command_line: CommandLine::default(),
            service: None,
        }
    }

    /// Where its server looks for its configuration.
    pub(super) fn path_of(&self, usual: &UsualPaths) -> String {
        let service = self.service.clone().unwrap_or_default();
        usual.path_in(&service, &self.command_line)
    }

    /// The file of the checkout at `path` in the container.
    pub(super) fn file_at(&self, path: &str) -> Option<SourceFile> {
        match self.mounts.look_at(path) {
            Seen::Mounted(file) | Seen::Copied(file) => self.files.read(&file.on_host),
            Seen::NoFile(_) => self.content_at(path),
            Seen::Missing(_) | Seen::Folder(_) | Seen::NotMounted => None,
        }
    }

    /// The files that `pattern`, beside the file `from` in the container, stands for: each path in
    /// the container, and the file.
    pub(super) fn files_like(&self, from: &str, pattern: &str) -> Vec<(String, SourceFile)> {
        let absolute = beside(from, pattern);
        let mut paths = self.mounts.expand(&absolute);
        if paths.is_empty() && !has_wildcards(&absolute) {
            paths.push(absolute);
        }
        let files = paths.into_iter();
        let files = files.filter_map(|path| Some((path.clone(), self.file_at(&path)?)));
        files.collect()
    }

    /// Whether what lies at `path` in the container, and what does not, is known from the
    /// checkout.
    pub(super) fn is_known_at(&self, path: &str) -> bool {
        let Some(service) = &self.service else {
            return false;
        };
        if !is_as_it_is_written(service) || path.contains('$') {
            return false;
        }
        let fixed = path.split(['*', '?', '[']).next().unwrap_or(path);
        let is_whole = fixed.len() == path.len();
        let folder = fixed.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let seen = self.mounts.look_at(if is_whole { path } else { folder });
        match seen {
            Seen::Mounted(_) | Seen::Copied(_) | Seen::Folder(_) | Seen::Missing(_) => true,
            Seen::NoFile(_) => false,
            Seen::NotMounted => self.has_a_usual_image(),
        }
    }

    /// Whether a server that looks for its configuration at `path` surely finds no file there,
    /// though what is mounted is there.
    pub(super) fn lacks(&self, path: &str, usual: &UsualPaths) -> bool {
        let Some(service) = &self.service else {
            return false;
        };
        let may_be_made = service.build.is_some() || self.command_line.writes(path);
        if may_be_made || !is_as_it_is_written(service) || path.contains('$') {
            return false;
        }
        match self.mounts.look_at(path) {
            Seen::Missing(host) | Seen::Folder(host) => self.binds().any(|(source, _)| {
                // That a mount's own file is not there is a finding of its own.
                let is_whole = host == source && !source.is_dir();
                host.starts_with(&source) && self.files.has(&source) && !is_whole
            }),
            Seen::NotMounted => {
                let is_secret = path.starts_with("/run/secrets");
                path != of_the_image(usual) && !is_secret && is_published(service)
            }
            Seen::Mounted(_) | Seen::Copied(_) | Seen::NoFile(_) => false,
        }
    }

    /// The files of the checkout that it mounts, with their paths in the container.
    pub(super) fn mounted_files(&self) -> Vec<(String, PathBuf)> {
        let mut found = Vec::new();
        for (source, target) in self.binds() {
            let Some(source) = self.files.name_of(&source) else {
                continue;
            };
            let paths = self.files.paths();
            let files = paths.filter_map(|path| Some((path, path.strip_prefix(&source).ok()?)));
            found.extend(files.map(|(path, rest)| {
                let inside = format!("{target}/{}", rest.to_string_lossy());
                (normal(&inside), path.to_owned())
            }));
        }
        found
    }

    /// What it mounts of the checkout: each source, and its path in the container.
    fn binds(&self) -> impl Iterator<Item = (PathBuf, &str)> {
        let volumes = self.service.iter().flat_map(|service| &service.volumes);
        let binds = volumes.filter(|volume| volume.kind == "bind");
        binds.filter_map(|volume| {
            let source = volume.source.as_deref()?;
            Some((PathBuf::from(source), volume.target.as_str()))
        })
    }

    fn has_a_usual_image(&self) -> bool {
        let images = self.service.as_ref().map(images).unwrap_or_default();
        let makers = images.iter().map(|image| {
            let mut parts = image.rsplit('/');
            let is_prometheus = parts
                .next()
                .is_some_and(|name| short_name(name) == "prometheus");
            let maker = parts.next().unwrap_or_default();
            is_prometheus && USUAL_MAKERS.contains(&maker)
        });
        let known: Vec<_> = makers.collect();
        let is_built = self
            .service
            .as_ref()
            .is_some_and(|service| service.build.is_some());
        // The name of what is built says nothing of what is in it; what it is built from does.
        known.last().is_some_and(|is_usual| *is_usual) && (!is_built || !known.is_empty())
    }

    /// What a config that stands in the compose file itself has at `path`: the compose file's text,
    /// in which everything else is blank, so that places in it are places in the file.
    fn content_at(&self, path: &str) -> Option<SourceFile> {
        let (project, service) = (self.project?, self.service.as_ref()?);
        let config = service.configs.iter().find(|config| {
            let target = config.target.as_ref().unwrap_or(&config.source);
            normal(target) == normal(path)
        })?;
        let at = project.places.config_contents.get(&config.source)?;
        let file = self.files.read(&at.file)?;
        let text = block_alone(&file.text, at.place.line)?;
        Some(SourceFile::new(file.path, text))
    }
}

/// Whether nothing but its image, its mounts and its flags says what it does: no script, and nothing
/// of another service.
fn is_as_it_is_written(service: &Service) -> bool {
    let is_started_by_a_script = !service.entrypoint.is_empty()
        || service.command.first().is_some_and(|word| is_a_shell(word));
    !is_started_by_a_script && service.volumes_from.is_empty()
}

/// Whether its image is Prometheus's or Alertmanager's own.
fn is_published(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    let folder = image.rsplit_once('/').map_or("", |(folder, _)| folder);
    let maker = folder.rsplit('/').next().unwrap_or_default();
    ["prometheus", "alertmanager"].contains(&short_name(image))
        && ["prom", "prometheus"].contains(&maker)
}

fn is_a_shell(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or(word);
    ["sh", "bash", "ash"].contains(&name)
}

/// The lines of the block whose mark or first line is the line `at`, all others blank.
fn block_alone(text: &str, at: usize) -> Option<String> {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let is_mark = |line: &&str| line.trim_end_matches(['+', '-']).ends_with('|');
    let lines: Vec<_> = text.lines().collect();
    let marks = [at.checked_sub(1)?, at.saturating_sub(2)];
    let header = marks
        .into_iter()
        .find(|mark| lines.get(*mark).is_some_and(is_mark))?;
    let block = lines.get(header + 1..)?;
    let first = block.iter().find(|line| !line.trim().is_empty())?;
    let indent = indent_of(first);
    if indent == 0 {
        return None;
    }
    let mut alone = "\n".repeat(header + 1);
    for line in block {
        if !line.trim().is_empty() && indent_of(line) < indent {
            break;
        }
        alone.push_str(&line.replace("$$", "$"));
        alone.push('\n');
    }
    Some(alone)
}

/// The project with what lies outside of the checkout as something that is not known: what this
/// machine has there says nothing of the project.
fn within(files: &Files, project: &ComposeFiles) -> ComposeModel {
    let mut model = project.model.clone();
    for (name, service) in &mut model.services {
        for volume in &mut service.volumes {
            let source = PathBuf::from(volume.source.clone().unwrap_or_default());
            let place = project.places.mount(name, &volume.target);
            let is_known = place.is_none_or(|place| place.is_known) || files.has(&source);
            if volume.kind == "bind" && !(is_known && is_inside(files, &source)) {
                UNKNOWN.clone_into(&mut volume.kind);
            }
        }
        let is_outside = |build: &alertdrill_project::Build| !is_inside(files, &build.context);
        if service.build.as_ref().is_some_and(is_outside) {
            service.build = None;
        }
    }
    for config in model.configs.values_mut() {
        let file = config.get("file").and_then(serde_json::Value::as_str);
        let is_outside = file.is_some_and(|file| !is_inside(files, Path::new(file)));
        if let (true, Some(config)) = (is_outside, config.as_object_mut()) {
            config.remove("file");
        }
    }
    model
}

fn is_inside(files: &Files, path: &Path) -> bool {
    path.is_absolute() && files.name_of(path).is_some()
}
/// Where the published image has a configuration of its own.
pub(super) fn of_the_image(usual: &UsualPaths) -> String {
    usual.path_in(&Service::default(), &CommandLine::default())
}
