//! The compose file: where it is, and how compose reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::command::{self, Compose};
use super::files::finish_hash;

/// The keys that make a compose file depend on other files.
const OTHER_FILES: [&str; 3] = ["include:", "extends:", "env_file:"];
/// The section of a compose file that describes how the project is drilled.
const SECTION: &str = "x-alertdrill:";

/// The part of compose's own reading of the file that is needed here.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ComposeConfig {
    pub(super) name: String,
    pub(super) services: BTreeMap<String, ComposeService>,
    #[serde(rename = "x-alertdrill")]
    pub(super) settings: Option<Settings>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeService {
    pub(super) image: Option<String>,
    pub(super) build: Option<ComposeBuild>,
    #[serde(default)]
    pub(super) depends_on: BTreeMap<String, ComposeDependency>,
    #[serde(default)]
    pub(super) volumes: Vec<ComposeVolume>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeVolume {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) source: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeDependency {
    pub(super) condition: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeBuild {
    pub(super) context: PathBuf,
    #[serde(default)]
    pub(super) dockerfile: Option<PathBuf>,
}

/// The compose file of `project`, which is that file itself, or a folder that holds one compose
/// file with the section `x-alertdrill`.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] if there is none, or more than one.
pub fn find_compose_file(project: &Path) -> Result<PathBuf> {
    if project.is_file() {
        return Ok(project.to_owned());
    }
    let root = project;
    let mut found = Vec::new();
    let entries = std::fs::read_dir(root).map_err(Error::file("read the folder", root))?;
    for entry in entries {
        let path = entry.map_err(Error::file("read the folder", root))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        if is_yaml && name.contains("compose") {
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            if text.lines().any(|line| line.starts_with(SECTION)) {
                found.push(path);
            }
        }
    }
    found.sort();
    let what = format!("the project in {}", root.display());
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => {
            let reason = "no compose file there has a section `x-alertdrill`, which says how the \
                          project is drilled; name one with --project";
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

/// How compose reads the file. Compose takes a fifth of a second to answer, so the folder `kept_in`
/// keeps the answer for as long as the file and the variables that it uses stay the same.
///
/// # Errors
/// As [`command::run`], or [`Error::BadDescription`] if the answer is not understood.
pub(super) async fn read(compose: &Compose, kept_in: &Path) -> Result<ComposeConfig> {
    let kept = kept_config(compose, kept_in)?;
    let answer = kept.as_ref().and_then(|kept| std::fs::read(kept).ok());
    if let Some(config) = answer.and_then(|json| serde_json::from_slice(&json).ok()) {
        return Ok(config);
    }
    let arguments = ["config", "--format", "json"];
    let json = command::run(compose, &arguments, "read the compose file", |_| ()).await?;
    let bad = |error: serde_json::Error| Error::BadDescription {
        what: compose.file.display().to_string(),
        reason: error.to_string(),
    };
    let config = serde_json::from_str(&json).map_err(bad)?;
    if let Some(kept) = kept {
        keep(&serde_json::to_vec(&config).map_err(bad)?, &kept)?;
    }
    Ok(config)
}

fn keep(json: &[u8], path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    let staged = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
    std::fs::rename(&staged, path).map_err(Error::file("write", path))
}

/// Where the answer for this file and these variables is kept; `None` if the answer depends on
/// other files too.
fn kept_config(compose: &Compose, kept_in: &Path) -> Result<Option<PathBuf>> {
    let file = &compose.file;
    let text = std::fs::read_to_string(file).map_err(Error::file("read", file))?;
    if OTHER_FILES.iter().any(|key| text.contains(key)) {
        return Ok(None);
    }
    let is_used = |name: &str| {
        name.starts_with("COMPOSE_")
            || text.contains(&format!("${{{name}"))
            || text.contains(&format!("${name}"))
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut used: BTreeMap<_, _> = environment.filter(|(name, _)| is_used(name)).collect();
    used.extend(compose.variables.clone());
    let dot_env = std::fs::read_to_string(compose.folder().join(".env")).ok();
    let mut hash = Sha256::new();
    // The version is part of it, because each version keeps answers in its own format.
    let (version, file) = (env!("CARGO_PKG_VERSION"), file.display());
    hash.update(format!("{version} {file} {used:?} {dot_env:?} "));
    hash.update(&text);
    let name = format!("{}.json", &finish_hash(hash)[..16]);
    Ok(Some(kept_in.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_kept_for_the_same_file_and_variables_and_never_where_it_depends_on_other_files() {
        let root = tempfile::tempdir().unwrap();
        let kept_for = |text: &str, port: &str| {
            let file = root.path().join("compose.yml");
            std::fs::write(&file, text).unwrap();
            let variables = [("PORT".to_owned(), port.to_owned())].into();
            kept_config(&Compose { file, variables }, Path::new("")).unwrap()
        };
        let first = kept_for("name: x", "1");
        assert!(first.is_some());
        assert_eq!(kept_for("name: x", "1"), first);
        assert_ne!(kept_for("name: x", "2"), first);
        assert_ne!(kept_for("name: y", "1"), first);
        assert_eq!(kept_for("include: [other.yml]", "1"), None);
    }

    #[test]
    fn compose_file_is_the_one_with_the_section_and_several_or_none_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        write("docker-compose.yml", "services: {}\n");
        let refused = || find_compose_file(root.path()).unwrap_err().to_string();
        assert!(refused().contains("no compose file there has a section `x-alertdrill`"));
        write("compose.drills.yml", "x-alertdrill:\n  watched_by: []\n");
        let found = find_compose_file(root.path()).unwrap();
        assert!(found.ends_with("compose.drills.yml"), "{found:?}");
        write("compose.yaml", "x-alertdrill: {}\n");
        let refused = refused();
        assert!(refused.contains("name one with --project"), "{refused}");
    }
}
