//! Where a project says how it is drilled: in its `alertdrill.yml`, or in a compose file with the
//! section `x-alertdrill`.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};

use super::files::read_text;

/// The section of a compose file that describes how the project is drilled.
const SECTION: &str = "x-alertdrill:";
/// The file that describes how a project is drilled, by its usual names.
const PROJECT_FILES: [&str; 2] = ["alertdrill.yml", "alertdrill.yaml"];

/// The file that says how a project is drilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectPath {
    /// A compose file with the section `x-alertdrill`.
    Compose(PathBuf),
    /// An `alertdrill.yml`.
    ProjectFile(PathBuf),
}

impl ProjectPath {
    /// The folder that the file lies in.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let (Self::Compose(file) | Self::ProjectFile(file)) = self;
        match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }
}

/// The file by which `project` is drilled: `project` itself, or in the folder `project` its
/// `alertdrill.yml`, else its compose file with the section `x-alertdrill`.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] if there is none, or more than one.
pub fn find_project(project: &Path) -> Result<ProjectPath> {
    if project.is_file() {
        let file = project.to_owned();
        return Ok(if has_section(project)? {
            ProjectPath::Compose(file)
        } else {
            ProjectPath::ProjectFile(file)
        });
    }
    let mut files = PROJECT_FILES.iter().map(|name| project.join(name));
    if let Some(file) = files.find(|file| file.is_file()) {
        return Ok(ProjectPath::ProjectFile(file));
    }
    compose_file_with_section(project).map(ProjectPath::Compose)
}

fn has_section(file: &Path) -> Result<bool> {
    let text = read_text(file)?;
    Ok(text.lines().any(|line| line.starts_with(SECTION)))
}

fn compose_file_with_section(root: &Path) -> Result<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(root).map_err(Error::file("read the folder", root))?;
    for entry in entries {
        let path = entry.map_err(Error::file("read the folder", root))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if is_yaml && name.contains("compose") && has_section(&path)? {
            found.push(path);
        }
    }
    found.sort();
    let what = format!("the project in {}", root.display());
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let reason = "there is no alertdrill.yml, and no compose file has a section \
                          `x-alertdrill`; `alertdrill init` writes one, and --project names one \
                          that is elsewhere";
            Err(Error::BadDescription {
                what,
                reason: reason.to_owned(),
            })
        }
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            let names = names.join(" and ");
            let reason = format!("{names} have a section `x-alertdrill`; name one with --project");
            Err(Error::BadDescription { what, reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_is_described_by_its_own_file_else_by_the_only_compose_file_with_the_section() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        let found = || find_project(root.path());
        write("docker-compose.yml", "services: {}\n");
        let refused = found().unwrap_err().to_string();
        assert!(refused.contains("there is no alertdrill.yml"), "{refused}");
        write("compose.drills.yml", "x-alertdrill:\n  watched_by: []\n");
        let compose = root.path().join("compose.drills.yml");
        assert_eq!(found().unwrap(), ProjectPath::Compose(compose.clone()));
        assert_eq!(
            find_project(&compose).unwrap(),
            ProjectPath::Compose(compose)
        );
        write("compose.yaml", "x-alertdrill: {}\n");
        let refused = found().unwrap_err().to_string();
        assert!(refused.contains("name one with --project"), "{refused}");
        write("alertdrill.yml", "drills: []\n");
        let file = root.path().join("alertdrill.yml");
        assert_eq!(found().unwrap(), ProjectPath::ProjectFile(file));
    }
}
