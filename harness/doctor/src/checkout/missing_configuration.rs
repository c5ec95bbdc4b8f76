//! A configuration that a server looks for and that is not in its container.

use std::path::{Path, PathBuf};

use alertdrill_project::compose_files::{ComposeFiles, FilePlace};
use alertdrill_project::discovery::{
    ALERTMANAGER_CONFIGURATION, PROMETHEUS_CONFIGURATION, Seen, UsualPaths, alertmanager_services,
    prometheus_services,
};
use alertdrill_project::yaml_tree::Node;

use super::SourceFile;
use super::container::{Container, of_the_image};
use super::files::{Files, first_document, name_in_its_folder};
use super::lone_files::{is_alertmanager, is_kept_apart, is_prometheus};
use super::mounts::{is_ignored, is_yaml};

/// A configuration that Prometheus or Alertmanager looks for and that is not in its container.
#[derive(Clone, Debug)]
pub(crate) struct MissingConfiguration {
    pub(crate) service: String,
    /// Where it looks, in the container.
    pub(crate) path: String,
    /// Whether its image has a file there, which a mount hides.
    pub(crate) is_hidden: bool,
    /// Where that is written: the command line, or else the service.
    pub(crate) at: FilePlace,
    /// The file of the checkout that is meant, and its path in the container.
    pub(crate) meant: Option<(PathBuf, String)>,
}

/// The services that are one kind of server, and what its configuration is.
struct Kind<'a> {
    services: Vec<&'a str>,
    usual: &'a UsualPaths,
    is_one: fn(&Node) -> bool,
}

/// The longest text in which it is looked for who makes a file, in bytes.
const LONGEST_TEXT_BYTES: u64 = 200_000;

/// Those of all servers of `project`. What git is told to ignore, and what a text of the checkout
/// says how to make, is made by something.
pub(super) fn missing_configurations(
    files: &Files,
    project: &ComposeFiles,
) -> Vec<MissingConfiguration> {
    let kinds: [Kind<'_>; 2] = [
        Kind {
            services: prometheus_services(&project.model),
            usual: &PROMETHEUS_CONFIGURATION,
            is_one: is_prometheus,
        },
        Kind {
            services: alertmanager_services(&project.model),
            usual: &ALERTMANAGER_CONFIGURATION,
            is_one: is_alertmanager,
        },
    ];
    let mut missing = Vec::new();
    for Kind {
        services,
        usual,
        is_one,
    } in kinds
    {
        for name in services {
            let container = Container::of(files, project, name);
            let path = container.path_of(usual);
            if !container.lacks(&path, usual) || is_made(files, &container, &path) {
                continue;
            }
            let Some(places) = project.places.services.get(name) else {
                continue;
            };
            let keys = ["command", "volumes"].into_iter();
            let key = keys.into_iter().find_map(|key| places.keys.get(key));
            let at = key.unwrap_or(&places.name);
            let file = files.name_of(&at.file);
            let written = file.as_ref().and_then(|path| files.read(path));
            if written.is_some_and(|file| names_it_by_a_variable(&file.text)) {
                continue;
            }
            let meant = meant_file(files, &container, &path, is_one);
            missing.push(MissingConfiguration {
                service: name.to_owned(),
                is_hidden: path == of_the_image(usual),
                meant: meant.map(|(path, file)| (file.path, path)),
                path,
                at: FilePlace {
                    file: file.map_or_else(|| at.file.clone(), Into::into),
                    place: at.place,
                },
            });
        }
    }
    missing
}

/// Whether a compose file has a variable in the path of a configuration: what that is need not be
/// what compose makes of it here.
fn names_it_by_a_variable(compose: &str) -> bool {
    let mut flags = compose.match_indices("config.file");
    flags.any(|(at, flag)| {
        let rest = compose.get(at + flag.len()..).unwrap_or_default();
        let is_end = |c: char| c.is_whitespace() || ",]".contains(c);
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "=\"',-".contains(c));
        let value = rest.split(is_end).next().unwrap_or_default();
        value.contains('$')
    })
}

/// The file that is meant by a configuration which is not at `path` in the container: the mounted
/// one that has its name, or that is such a configuration; with its path in the container.
pub(super) fn meant_file(
    files: &Files,
    container: &Container<'_>,
    path: &str,
    is_one: fn(&Node) -> bool,
) -> Option<(String, SourceFile)> {
    let wanted = Path::new(path);
    let mut best: Option<(u8, usize, String, SourceFile)> = None;
    for (in_container, name) in container.mounted_files() {
        if !is_yaml(&name) || is_kept_apart(&name) {
            continue;
        }
        let Some(file) = files.read(&name) else {
            continue;
        };
        let is_alike = Path::new(&in_container).file_stem() == wanted.file_stem();
        let rank = 2 * u8::from(is_one(&first_document(&file))) + u8::from(is_alike);
        let depth = name.components().count();
        let is_better = best.as_ref().is_none_or(|(known, known_depth, ..)| {
            rank > *known || rank == *known && depth < *known_depth
        });
        if rank > 0 && is_better {
            best = Some((rank, depth, in_container, file));
        }
    }
    best.map(|(_, _, in_container, file)| (in_container, file))
}

fn is_made(files: &Files, container: &Container<'_>, path: &str) -> bool {
    let (Seen::Missing(host) | Seen::Folder(host)) = container.mounts.look_at(path) else {
        return false;
    };
    let Some(source) = files.name_of(&host) else {
        return true;
    };
    is_ignored(files, &source) || is_made_by_a_text(files, name_in_its_folder(&source))
}

/// Whether a script, a pipeline or a README says how the file `name` is made.
fn is_made_by_a_text(files: &Files, name: &str) -> bool {
    let marks = [
        "cp ", "mv ", "ln -", "tee ", "envsubst", "template", "dest:", "rsync ",
    ];
    let is_written = |line: &str| {
        let behind = line.rsplit_once("> ").map_or("", |(_, behind)| behind);
        let is_quoted = line.trim_start().starts_with(['>', '<']);
        !is_quoted && behind.contains(name)
    };
    let texts = files.sizes().filter(|(path, size)| {
        let name = name_in_its_folder(path).to_lowercase();
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        let is_compose = name.contains("compose");
        let is_a_text = ["sh", "md", "ps1", "py", "mk", "txt", "tf", "yml", "yaml"].contains(&end);
        let is_named = ["makefile", "justfile", "jenkinsfile", "dockerfile"].contains(&&*name);
        *size <= LONGEST_TEXT_BYTES && !is_compose && (is_a_text || is_named)
    });
    let mut texts = texts.filter_map(|(path, _)| files.read(path));
    texts.any(|file| {
        let mut lines = file.text.lines().filter(|line| line.contains(name));
        lines.any(|line| is_written(line) || marks.iter().any(|mark| line.contains(mark)))
    })
}
