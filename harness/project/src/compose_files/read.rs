//! Reads compose files, and those that they include and extend.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alertdrill_core::{Error, Result};

use super::fill::filled;
use super::normalise::normalised;
use super::path::{cleaned, from_folder};
use super::places::ComposePlaces;
use super::project::{WrittenProject, project_of};
use super::service::{Reading, WrittenService};
use super::variables::Variables;
use crate::ComposeModel;
use crate::yaml_tree::{self, Node, NotYaml};

/// How many files may include or extend each other in a row.
const DEEPEST: usize = 12;
/// The most files of a project.
const MOST_FILES: usize = 500;
/// The longest compose file.
const LONGEST_FILE_BYTES: u64 = 4_000_000;
/// What a compose file has at its top.
const TOP_LEVEL_KEYS: [&str; 8] = [
    "services", "include", "networks", "volumes", "configs", "secrets", "version", "name",
];

/// A compose project that is read from its files.
#[derive(Clone, Debug, Default)]
pub struct ComposeFiles {
    /// What the files say, as `docker compose config` prints it.
    pub model: ComposeModel,
    /// Where they say it.
    pub places: ComposePlaces,
    /// Every file that was read, in their order: those that are included and extended, too.
    pub files: Vec<PathBuf>,
}

/// What `files`, which compose merges in this order, say. Services of all profiles are read.
///
/// # Errors
/// [`Error::File`] of one that cannot be read; [`Error::BadDescription`] with the line of one that
/// is no YAML or no compose file. What cannot be read of other files that they name is left out.
pub fn read_compose_files(files: &[PathBuf]) -> Result<ComposeFiles> {
    let first = files.first().map_or(Path::new(""), PathBuf::as_path);
    let folder = first.parent().unwrap_or(Path::new(""));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = cleaned(&folder);
    let variables = Variables::of_folder(&folder);
    let mut reader = Reader::default();
    let mut project = WrittenProject::default();
    for file in files {
        let read = reader.read(file, &folder, &variables, DEEPEST)?;
        project = project.merged_with(read);
    }
    let (model, places) = normalised(project, &folder, &variables);
    Ok(ComposeFiles {
        model,
        places,
        files: reader.read,
    })
}

#[derive(Default)]
struct Reader {
    read: Vec<PathBuf>,
    /// How many files were read, the same again and again among them.
    count: usize,
}

impl Reader {
    fn read(
        &mut self,
        file: &Path,
        folder: &Path,
        variables: &Variables,
        depth: usize,
    ) -> Result<WrittenProject> {
        self.count += 1;
        if depth == 0 || self.count > MOST_FILES {
            return Err(Error::BadDescription {
                what: file.display().to_string(),
                reason: "files include or extend each other without an end; take one of them out"
                    .to_owned(),
            });
        }
        let text = text_of(file)?;
        let documents = yaml_tree::parse(&text).map_err(|error| not_yaml(file, &error))?;
        if !self.read.iter().any(|read| read == file) {
            self.read.push(file.to_owned());
        }
        let mut project = WrittenProject::default();
        for document in &documents {
            check_is_a_compose_file(file, document)?;
            let mut unknown = BTreeSet::new();
            let document = filled(document, variables, &mut unknown);
            let reading = Reading {
                file: Arc::from(file),
                folder,
                variables,
                unknown: &unknown,
                lines: text.lines().collect(),
            };
            let mut own = project_of(&reading, &document);
            self.extend(&mut own, file, variables, depth);
            for included in self.included(&document, folder, variables, depth) {
                own = included.merged_with(own);
            }
            project = project.merged_with(own);
        }
        Ok(project)
    }

    /// The projects that a document includes.
    fn included(
        &mut self,
        document: &Node,
        folder: &Path,
        variables: &Variables,
        depth: usize,
    ) -> Vec<WrittenProject> {
        let mut included = Vec::new();
        for item in document.get("include").map_or(&[][..], Node::items) {
            let paths = item.get("path").unwrap_or(item).one_or_many();
            let paths: Vec<_> = paths
                .iter()
                .filter_map(|path| Some(from_folder(folder, path.text()?)))
                .collect();
            let own_folder = match item.text_at(&["project_directory"]) {
                Some(named) => from_folder(folder, named),
                None => paths
                    .first()
                    .and_then(|path| path.parent())
                    .unwrap_or(folder)
                    .to_owned(),
            };
            // Its own `.env` gives way to the variables of who includes it.
            let mut own_variables = Variables::of_folder(&own_folder);
            for file in item.get("env_file").map_or(&[][..], Node::one_or_many) {
                let path = from_folder(folder, file.text().unwrap_or_default());
                let text = std::fs::read_to_string(path).unwrap_or_default();
                own_variables = own_variables.with(&text);
            }
            let own_variables = own_variables.below(variables);
            let mut project = WrittenProject::default();
            for path in paths {
                if let Ok(read) = self.read(&path, &own_folder, &own_variables, depth - 1) {
                    project = project.merged_with(read);
                }
            }
            project.name = None;
            included.push(project);
        }
        included
    }

    /// Puts what services extend below what they say themselves.
    fn extend(
        &mut self,
        project: &mut WrittenProject,
        file: &Path,
        variables: &Variables,
        depth: usize,
    ) {
        let names: Vec<_> = project.services.keys().cloned().collect();
        for name in names {
            if let Some(service) = project.services.get(&name).cloned() {
                let extended = self.extended(service, project, file, variables, depth);
                project.services.insert(name, extended);
            }
        }
    }

    fn extended(
        &mut self,
        mut service: WrittenService,
        project: &WrittenProject,
        file: &Path,
        variables: &Variables,
        depth: usize,
    ) -> WrittenService {
        let Some(extends) = service.extends.take() else {
            return service;
        };
        let is_own = extends.file.as_deref().is_none_or(|other| other == file);
        let base = if is_own {
            project.services.get(&extends.service).cloned()
        } else {
            extends.file.and_then(|other| {
                let folder = other.parent().unwrap_or(Path::new("")).to_owned();
                let read = self.read(&other, &folder, variables, depth - 1).ok()?;
                read.services.get(&extends.service).cloned()
            })
        };
        let (Some(base), Some(depth)) = (base, depth.checked_sub(1)) else {
            return service;
        };
        if depth == 0 {
            return service;
        }
        let base = self.extended(base, project, file, variables, depth);
        base.merged_with(service)
    }
}

fn text_of(file: &Path) -> Result<String> {
    let size = std::fs::metadata(file).map_err(Error::file("read", file))?;
    if size.len() > LONGEST_FILE_BYTES {
        return Err(Error::BadDescription {
            what: file.display().to_string(),
            reason: "it is longer than any compose file; name another".to_owned(),
        });
    }
    std::fs::read_to_string(file).map_err(Error::file("read", file))
}

fn not_yaml(file: &Path, error: &NotYaml) -> Error {
    let place = error.place;
    Error::BadDescription {
        what: format!("{}:{}:{}", file.display(), place.line, place.column),
        reason: format!(
            "it is no YAML ({}); see what `docker compose config` says of it",
            error.reason
        ),
    }
}

fn check_is_a_compose_file(file: &Path, document: &Node) -> Result<()> {
    let mut names = document.entries().iter().filter_map(|(key, _)| key.text());
    let is_one =
        document.is_null() || names.any(|name| TOP_LEVEL_KEYS.contains(&name) || is_more(name));
    if is_one {
        return Ok(());
    }
    Err(Error::BadDescription {
        what: format!("{}:{}", file.display(), document.place.line),
        reason: "it is no compose file, for it has no `services:`; put the services below that, \
                 or name another file with --compose"
            .to_owned(),
    })
}

fn is_more(name: &str) -> bool {
    name.starts_with("x-")
}
