//! The compose file: where it is, and how compose reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use alertdrill_project::ComposeModel;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::command::{self, Compose};
use super::compose_files::compose_of;
use super::files::{finish_hash, read_text};

/// The keys that make a compose file depend on other files.
const OTHER_FILES: [&str; 3] = ["include:", "extends:", "env_file:"];

/// A compose project as compose reads it, and what its section `x-alertdrill` says.
#[derive(Debug, Deserialize)]
pub(super) struct ComposeConfig {
    #[serde(flatten)]
    pub(super) model: ComposeModel,
    #[serde(rename = "x-alertdrill")]
    pub(super) settings: Option<Settings>,
}

/// How compose reads the files. Compose takes a fifth of a second to answer, so the folder
/// `kept_in` keeps the answer for as long as the files and the variables that they use stay the
/// same.
///
/// # Errors
/// As [`command::run`], or [`Error::BadDescription`] if the answer is not understood.
pub(super) async fn read(compose: &Compose, kept_in: &Path) -> Result<ComposeConfig> {
    let kept = kept_config(compose, kept_in)?;
    let answer = kept.as_ref().and_then(|kept| std::fs::read(kept).ok());
    if let Some(config) = answer.and_then(|json| serde_json::from_slice(&json).ok()) {
        return Ok(config);
    }
    let json = ask(compose).await?;
    let config = serde_json::from_str(&json).map_err(|error| Error::BadDescription {
        what: compose.shown(),
        reason: error.to_string(),
    })?;
    if let Some(kept) = kept {
        keep(json.as_bytes(), &kept)?;
    }
    Ok(config)
}

/// How compose reads the project in `folder`: its compose `files`, or those that compose finds
/// there if none are named, with these `profiles`. Nothing is kept.
///
/// # Errors
/// [`Error::BadDescription`] without a compose file, [`Error::NoCompose`], or [`Error::Compose`]
/// with what compose says of the files.
pub async fn compose_model(
    folder: &Path,
    files: &[PathBuf],
    profiles: &[String],
) -> Result<ComposeModel> {
    ComposeModel::from_json(&ask(&compose_of(folder, files, profiles)?).await?)
}

async fn ask(compose: &Compose) -> Result<String> {
    let arguments = ["config", "--format", "json"];
    let attempted = format!("read {}", compose.shown());
    command::run(compose, &arguments, &attempted, |_| ()).await
}

fn keep(json: &[u8], path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    let staged = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
    std::fs::rename(&staged, path).map_err(Error::file("write", path))
}

/// Where the answer for these files and variables is kept; `None` if the answer depends on other
/// files too.
fn kept_config(compose: &Compose, kept_in: &Path) -> Result<Option<PathBuf>> {
    let mut hash = Sha256::new();
    let mut texts = String::new();
    for file in &compose.files {
        let text = read_text(file)?;
        hash.update(file.as_os_str().as_encoded_bytes());
        texts += &text;
    }
    if OTHER_FILES.iter().any(|key| texts.contains(key)) {
        return Ok(None);
    }
    let is_used = |name: &str| {
        name.starts_with("COMPOSE_")
            || texts.contains(&format!("${{{name}"))
            || texts.contains(&format!("${name}"))
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut used: BTreeMap<_, _> = environment.filter(|(name, _)| is_used(name)).collect();
    used.extend(compose.variables.clone());
    let dot_env = std::fs::read_to_string(compose.folder().join(".env")).ok();
    // The version is part of it, because each version keeps answers in its own format.
    let version = env!("CARGO_PKG_VERSION");
    let Compose {
        profiles, project, ..
    } = compose;
    hash.update(format!(
        "{version} {profiles:?} {project:?} {used:?} {dot_env:?} "
    ));
    hash.update(&texts);
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
            let compose = Compose {
                files: vec![file],
                variables,
                ..Compose::default()
            };
            kept_config(&compose, Path::new("")).unwrap()
        };
        let first = kept_for("name: x", "1");
        assert!(first.is_some());
        assert_eq!(kept_for("name: x", "1"), first);
        assert_ne!(kept_for("name: x", "2"), first);
        assert_ne!(kept_for("name: y", "1"), first);
        assert_eq!(kept_for("include: [other.yml]", "1"), None);
    }
}
