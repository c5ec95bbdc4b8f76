//! The configuration that the stack mounts: a staged copy of the committed folders, so that
//! `ALERT_RULES` can put other rules in place of the committed ones, and so that a reload sees an
//! edited file (a mounted file that an editor replaces keeps its old content inside the container;
//! a folder does not).

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::files::{copy_if_changed, files_below, finish_hash, hash_file, hash_of_file};
use super::project::{Project, Settings};
use crate::{Error, Result};

/// The variable that names another rules file than the committed one.
const ALERT_RULES: &str = "ALERT_RULES";

/// The configuration that the stack is to run with.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The rules file that was asked for.
    pub(super) rules_file: PathBuf,
    /// The hash of its content.
    pub(super) rules_sha256: String,
    /// The hash of all files of Prometheus and Alertmanager.
    pub(super) sha256: String,
}

/// The rules file of the project in `root`: the one that `ALERT_RULES` names if it is set, else the
/// committed one.
pub(crate) fn rules_file(root: &Path, settings: &Settings) -> PathBuf {
    let committed = || {
        root.join(&settings.prometheus_configuration.folder)
            .join(&settings.rules_file)
    };
    std::env::var_os(ALERT_RULES).map_or_else(committed, |file| root.join(file))
}

/// What is committed, with the rules of `ALERT_RULES` if it is set.
///
/// # Errors
/// [`Error::File`].
pub(super) fn wanted(project: &Project) -> Result<Wanted> {
    let settings = project.settings();
    let folder = project
        .root()
        .join(&settings.prometheus_configuration.folder);
    let committed_rules = folder.join(&settings.rules_file);
    let rules_file = rules_file(project.root(), settings);
    let rules_sha256 = hash_of_file(&rules_file)?;
    let mut hash = Sha256::new();
    for folder in [
        folder,
        project
            .root()
            .join(&settings.alertmanager_configuration.folder),
    ] {
        for file in files_below(&folder)?
            .into_iter()
            .filter(|file| *file != committed_rules)
        {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash_file(&mut hash, &file)?;
        }
    }
    hash.update(&rules_sha256);
    Ok(Wanted {
        rules_file,
        rules_sha256,
        sha256: finish_hash(hash),
    })
}

/// Copies what is wanted to where the stack mounts it from. What Prometheus says of the rules is
/// asked first, so that refused rules change nothing.
///
/// # Errors
/// [`Error::RulesRefused`] with `promtool`'s own message, [`Error::File`].
pub(super) async fn stage(project: &Project, wanted: &Wanted) -> Result<()> {
    let settings = project.settings();
    let staged_rules = project.staged_prometheus().join(&settings.rules_file);
    // Rules that are staged already were checked when they came there.
    if !staged_rules.exists() || hash_of_file(&staged_rules)? != wanted.rules_sha256 {
        check_rules(project, &wanted.rules_file).await?;
    }
    let committed = project
        .root()
        .join(&settings.prometheus_configuration.folder);
    copy_folder(
        &committed,
        &project.staged_prometheus(),
        Some(&settings.rules_file),
    )?;
    copy_if_changed(&wanted.rules_file, &staged_rules)?;
    copy_folder(
        &project
            .root()
            .join(&settings.alertmanager_configuration.folder),
        &project.staged_alertmanager(),
        None,
    )
}

/// Asks `promtool` of the stack's own Prometheus image, so that the version that will load the
/// rules is the one that judges them.
async fn check_rules(project: &Project, rules_file: &Path) -> Result<()> {
    let service = &project.settings().prometheus.service;
    let mount = format!("{}:/candidate.yml:ro", rules_file.display());
    let arguments = [
        "run",
        "--rm",
        "--no-deps",
        "-T",
        "--volume",
        &mount,
        "--entrypoint",
        "promtool",
        service,
        "check",
        "rules",
        "/candidate.yml",
    ];
    match project.compose(&arguments, "check the rules", |_| ()).await {
        Ok(_) => Ok(()),
        Err(Error::Compose { log, .. })
            if log.contains("FAILED") || log.contains("/candidate.yml") =>
        {
            let message = log.replace("/candidate.yml", &rules_file.display().to_string());
            Err(Error::RulesRefused {
                file: rules_file.to_owned(),
                message,
            })
        }
        Err(other) => Err(other),
    }
}

fn copy_folder(from: &Path, to: &Path, except: Option<&str>) -> Result<()> {
    for file in files_below(from)? {
        let name = file.strip_prefix(from).unwrap_or(&file);
        if except.is_some_and(|except| Path::new(except) == name) {
            continue;
        }
        copy_if_changed(&file, &to.join(name))?;
    }
    Ok(())
}
