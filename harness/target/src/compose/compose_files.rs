//! The compose files of a project of others.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};

use super::command::Compose;

/// The names that compose looks for, in its order
/// (<https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file>).
const USUAL: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
/// The variable that names them for compose, and the one that separates its paths.
const COMPOSE_FILE: &str = "COMPOSE_FILE";
const SEPARATOR: &str = "COMPOSE_PATH_SEPARATOR";

/// What compose is told of the project in `root`: its files, as [`compose_files_of`] finds them,
/// and these `profiles`.
///
/// # Errors
/// As [`compose_files_of`].
pub(super) fn compose_of(root: &Path, named: &[PathBuf], profiles: &[String]) -> Result<Compose> {
    Ok(Compose {
        files: compose_files_of(root, named)?,
        profiles: profiles.to_vec(),
        ..Compose::default()
    })
}

/// The compose files of the project in `root`, in the order in which they are merged: those that
/// are `named`, else those that `COMPOSE_FILE` names, else those that compose finds by itself: the
/// file of a usual name and its override.
///
/// # Errors
/// [`Error::BadDescription`] if there is none, or one that is named is not there.
fn compose_files_of(root: &Path, named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let by_variable = || {
        let named = std::env::var(COMPOSE_FILE)
            .ok()
            .filter(|it| !it.is_empty())?;
        let separator = std::env::var(SEPARATOR).unwrap_or_else(|_| ":".to_owned());
        Some(named.split(&*separator).map(PathBuf::from).collect())
    };
    let named = Some(named.to_vec()).filter(|named| !named.is_empty());
    match named.or_else(by_variable) {
        Some(named) => named.iter().map(|file| existing(root, file)).collect(),
        None => found_in(root),
    }
}

fn existing(root: &Path, file: &Path) -> Result<PathBuf> {
    let path = root.join(file);
    path.canonicalize()
        .map_err(Error::file("open the compose file", &path))
}

fn found_in(root: &Path) -> Result<Vec<PathBuf>> {
    let mut usual = USUAL.iter().map(|name| root.join(name));
    let Some(file) = usual.find(|file| file.is_file()) else {
        return Err(Error::BadDescription {
            what: format!("the compose files of the project in {}", root.display()),
            reason: format!(
                "there is none of {}; name them: `compose: [path/to/compose.yml]` in \
                 alertdrill.yml",
                USUAL.join(", ")
            ),
        });
    };
    let overrides = ["yml", "yaml"].into_iter().map(|extension| {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        root.join(format!("{stem}.override.{extension}"))
    });
    let first = overrides.into_iter().find(|file| file.is_file());
    Ok([file.clone()].into_iter().chain(first).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_that_are_named_else_that_of_the_first_usual_name_with_its_override() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let found = |named: &[&str]| {
            let named: Vec<_> = named.iter().map(PathBuf::from).collect();
            let files = compose_files_of(&root, &named)?.into_iter();
            let files = files.map(|file| file.file_name().unwrap().to_str().unwrap().to_owned());
            Ok::<_, Error>(files.collect::<Vec<_>>())
        };
        let refused = found(&[]).unwrap_err().to_string();
        assert!(refused.contains("name them: `compose:"), "{refused}");
        let write = |name: &str| std::fs::write(root.join(name), "services: {}\n").unwrap();
        write("docker-compose.yml");
        assert_eq!(found(&[]).unwrap(), ["docker-compose.yml"]);
        write("docker-compose.override.yml");
        let both = ["docker-compose.yml", "docker-compose.override.yml"];
        assert_eq!(found(&[]).unwrap(), both);
        write("compose.yaml");
        assert_eq!(found(&[]).unwrap(), ["compose.yaml"]);
        assert_eq!(
            found(&["docker-compose.yml"]).unwrap(),
            ["docker-compose.yml"]
        );
        assert!(found(&["not-there.yml"]).is_err());
    }
}
