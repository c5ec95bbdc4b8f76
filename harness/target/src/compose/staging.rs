//! The configuration that the stack mounts: a staged copy of the committed folders.
//!
//! With a copy, a candidate can take the place of a committed file, and a reload sees edited files.
//! (A container that mounts a single file keeps the old content when an editor replaces the file. A
//! mounted folder shows the new one.)
//!
//! A project that mounts its files as they are stages nothing, and accepts no candidate.

use std::path::{Path, PathBuf};

use alertdrill_core::{Result, Settings};
use sha2::{Digest, Sha256};

use super::drilled_files::DrilledFiles;
use super::files::{files_below, finish_hash, hash_file, hash_of_file};
use super::project::{Project, staged_alertmanager, staged_prometheus};
use super::tools::{LaidOut, copy_alertmanager, copy_prometheus};

/// The configuration that the stack must run with.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// The files that were asked for.
    pub(super) files: DrilledFiles,
    /// The hash of the rules file's content.
    pub(super) rules_sha256: String,
    /// The hash of all files of Prometheus and Alertmanager.
    pub(super) sha256: String,
}

/// The committed configuration, with the candidates that variables name.
///
/// # Errors
/// [`alertdrill_core::Error::File`], or [`alertdrill_core::Error::BadDescription`] of a
/// candidate that the project cannot load.
pub(super) fn asked_for(project: &Project) -> Result<Configuration> {
    let (root, settings) = (project.root(), project.settings());
    let committed = DrilledFiles::committed(root, settings);
    let files = DrilledFiles::of(root, settings);
    files.require_staging(&committed, settings)?;
    let rules_sha256 = hash_of_file(&files.rules)?;
    let mut hash = Sha256::new();
    for folder in [
        prometheus_folder(root, settings),
        alertmanager_folder(root, settings),
    ] {
        let mut beside = files_below(&folder)?;
        beside.retain(|file| !committed.all().contains(&file));
        for file in beside {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash_file(&mut hash, &file)?;
        }
    }
    for file in files.all() {
        // A committed configuration that is not there is the server's matter.
        if file.exists() || !committed.all().contains(&file) {
            hash.update(hash_of_file(file)?);
        }
    }
    Ok(Configuration {
        files,
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
    let staged = staged_scrapes(project).zip(staged_rules(project));
    staged.unwrap_or_else(|| {
        let committed = DrilledFiles::committed(project.root(), project.settings());
        (committed.prometheus, committed.rules)
    })
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

/// Copies the configuration to where the stack mounts it from. Changed rules and candidates are
/// checked first, so that what is refused changes nothing.
///
/// # Errors
/// [`alertdrill_core::Error::CandidateRefused`] in the words of the server's own tool, or
/// [`alertdrill_core::Error::File`].
pub(super) async fn stage(project: &Project, asked_for: &Configuration) -> Result<()> {
    let state = project.state_folder();
    let files = &asked_for.files;
    let committed = DrilledFiles::committed(project.root(), project.settings());
    let (rules, routes) = (staged_rules(project), staged_routes(project));
    let rules_changed = match &rules {
        // Rules that are already staged have been checked before.
        Some(staged) => !staged.exists() || hash_of_file(staged)? != asked_for.rules_sha256,
        None => false,
    };
    let scrapes_changed = rules.is_some() && files.prometheus != committed.prometheus;
    let routes_changed = routes.is_some() && files.routes != committed.routes;
    if rules_changed || scrapes_changed || routes_changed {
        let laid_out = LaidOut::of(project, files)?;
        if rules_changed {
            laid_out.check_rules().await?;
        }
        if scrapes_changed {
            laid_out.check_prometheus().await?;
        }
        if routes_changed {
            laid_out.check_alertmanager().await?;
        }
    }
    if rules.is_some() {
        copy_prometheus(project, files, &staged_prometheus(&state))?;
    }
    if routes.is_some() {
        copy_alertmanager(project, files, &staged_alertmanager(&state))?;
    }
    Ok(())
}

/// What the servers' own tools say of the files that would be drilled: per file of the project's
/// unit tests of rules that fails, the words of Prometheus's tool.
///
/// # Errors
/// [`alertdrill_core::Error::CandidateRefused`] in the words of the tool that does not take a file,
/// [`alertdrill_core::Error::File`], or that a tool cannot be run.
pub async fn failed_rule_tests(project: &Project) -> Result<Vec<String>> {
    let files = DrilledFiles::of(project.root(), project.settings());
    let laid_out = LaidOut::of(project, &files)?;
    laid_out.check_rules().await?;
    laid_out.check_prometheus().await?;
    laid_out.check_alertmanager().await?;
    laid_out.failed_rule_tests().await
}
