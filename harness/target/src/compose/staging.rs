//! The configuration that the stack mounts: a staged copy of the committed folders.
//!
//! With a copy, `ALERT_RULES` can replace the committed rules, and a reload sees edited files. (A
//! container that mounts a single file keeps the old content when an editor replaces the file. A
//! mounted folder shows the new one.)
//!
//! A project that mounts its files as they are stages nothing, and accepts no candidate.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use sha2::{Digest, Sha256};

use super::files::{copy_if_changed, files_below, finish_hash, hash_file, hash_of_file};
use super::project::{Project, staged_alertmanager, staged_prometheus};

/// The variable that names another rules file than the committed one.
const ALERT_RULES: &str = "ALERT_RULES";

/// The configuration that the stack must run with.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// The rules file that was asked for.
    pub(super) rules_file: PathBuf,
    /// The hash of its content.
    pub(super) rules_sha256: String,
    /// The hash of all files of Prometheus and Alertmanager.
    pub(super) sha256: String,
}

/// The rules file of the project in `root`: the one that `ALERT_RULES` names if it is set, else the
/// committed one.
#[must_use]
pub fn rules_file(root: &Path, settings: &Settings) -> PathBuf {
    let named = std::env::var_os(ALERT_RULES);
    let committed = || root.join(&settings.prometheus_files.rules);
    named.map_or_else(committed, |file| root.join(file))
}

/// The committed configuration, with the rules of `ALERT_RULES` if it is set.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] of a candidate that the project cannot load.
pub(super) fn asked_for(project: &Project) -> Result<Configuration> {
    let (root, settings) = (project.root(), project.settings());
    let committed_rules = root.join(&settings.prometheus_files.rules);
    let rules_file = rules_file(root, settings);
    if rules_file != committed_rules && settings.prometheus_files.staged_by.is_none() {
        let reason = "the project mounts its rules as they are; its setting \
                      `prometheus_files.staged_by` would let another file take their place";
        let what = format!("the variable {ALERT_RULES}");
        return Err(Error::BadDescription {
            what,
            reason: reason.to_owned(),
        });
    }
    let rules_sha256 = hash_of_file(&rules_file)?;
    let mut hash = Sha256::new();
    for folder in [
        prometheus_folder(root, settings),
        alertmanager_folder(root, settings),
    ] {
        let mut files = files_below(&folder)?;
        files.retain(|file| *file != committed_rules);
        for file in files {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash_file(&mut hash, &file)?;
        }
    }
    hash.update(&rules_sha256);
    Ok(Configuration {
        rules_file,
        rules_sha256,
        sha256: finish_hash(hash),
    })
}

fn folder_of(root: &Path, file: &Path) -> PathBuf {
    let file = root.join(file);
    file.parent().map(Path::to_owned).unwrap_or_default()
}

fn prometheus_folder(root: &Path, settings: &Settings) -> PathBuf {
    folder_of(root, &settings.prometheus_files.configuration)
}

fn alertmanager_folder(root: &Path, settings: &Settings) -> PathBuf {
    folder_of(root, &settings.alertmanager_files.configuration)
}

/// Prometheus's configuration and its rules file, where the stack mounts them from.
pub(super) fn prometheus_files_in_use(project: &Project) -> (PathBuf, PathBuf) {
    let (root, files) = (project.root(), &project.settings().prometheus_files);
    let staged = staged_rules(project).zip(files.configuration.file_name());
    staged.map_or_else(
        || (root.join(&files.configuration), root.join(&files.rules)),
        |(rules, name)| (staged_prometheus(&project.state_folder()).join(name), rules),
    )
}

/// Where the stack mounts its rules file from; `None` if it mounts the committed file.
pub(super) fn staged_rules(project: &Project) -> Option<PathBuf> {
    let (root, settings) = (project.root(), project.settings());
    settings.prometheus_files.staged_by.as_ref()?;
    let rules = root.join(&settings.prometheus_files.rules);
    let name = rules.strip_prefix(prometheus_folder(root, settings)).ok()?;
    Some(staged_prometheus(&project.state_folder()).join(name))
}

/// Where the stack mounts Prometheus's configuration from; `None` if it mounts the committed file.
pub(super) fn staged_scrapes(project: &Project) -> Option<PathBuf> {
    let files = &project.settings().prometheus_files;
    files.staged_by.as_ref()?;
    Some(staged_prometheus(&project.state_folder()).join(files.configuration.file_name()?))
}

/// Where the stack mounts Alertmanager's configuration from; `None` if it mounts the committed
/// file.
pub(super) fn staged_routes(project: &Project) -> Option<PathBuf> {
    let files = &project.settings().alertmanager_files;
    files.staged_by.as_ref()?;
    Some(staged_alertmanager(&project.state_folder()).join(files.configuration.file_name()?))
}

/// Copies the configuration to where the stack mounts it from. Changed rules are checked first, so
/// that refused rules change nothing.
///
/// # Errors
/// [`Error::RulesRefused`] with `promtool`'s own message, [`Error::File`].
pub(super) async fn stage(project: &Project, asked_for: &Configuration) -> Result<()> {
    let (root, settings, state) = (project.root(), project.settings(), project.state_folder());
    if let Some(staged) = staged_rules(project) {
        // Rules that are already staged have been checked before.
        if !staged.exists() || hash_of_file(&staged)? != asked_for.rules_sha256 {
            check_rules(project, &asked_for.rules_file).await?;
        }
        let folder = prometheus_folder(root, settings);
        let committed_rules = root.join(&settings.prometheus_files.rules);
        copy_folder(&folder, &staged_prometheus(&state), Some(&committed_rules))?;
        copy_if_changed(&asked_for.rules_file, &staged)?;
    }
    if staged_routes(project).is_some() {
        let folder = alertmanager_folder(root, settings);
        copy_folder(&folder, &staged_alertmanager(&state), None)?;
    }
    Ok(())
}

/// Checks the rules by `promtool` of the project's own Prometheus image: the version that will load
/// them is the one that decides.
async fn check_rules(project: &Project, rules_file: &Path) -> Result<()> {
    let service = &project.settings().prometheus.service;
    let mount = format!("{}:/candidate.yml:ro", rules_file.display());
    let run = ["run", "--rm", "--no-deps", "-T"];
    let with = ["--volume", &mount, "--entrypoint", "promtool"];
    let promtool = [service, "check", "rules", "/candidate.yml"];
    let arguments = [run, with, promtool].concat();
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

fn copy_folder(from: &Path, to: &Path, except: Option<&Path>) -> Result<()> {
    for file in files_below(from)? {
        if except != Some(file.as_path()) {
            copy_if_changed(&file, &to.join(file.strip_prefix(from).unwrap_or(&file)))?;
        }
    }
    Ok(())
}
