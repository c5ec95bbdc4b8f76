//! The configuration that the stack mounts: copies of the committed files.
//!
//! With a copy, a candidate can take the place of a committed file, and a reload sees edited files.
//! (A container that mounts a single file keeps the old content when an editor replaces the file. A
//! mounted folder shows the new one.)
//!
//! A project that mounts its files as they are stages nothing, and accepts no candidate.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use alertdrill_project::overlay::MOST_BYTES_COPIED;
use serde_yaml_ng::Value;
use sha2::{Digest, Sha256};

use super::copies;
use super::drilled_files::{DrilledFile, DrilledFiles};
use super::files::{
    files_below, finish_hash, hash_file, hash_of_file, read_text, write_if_changed,
};
use super::foreign::{copies_folder, routes_to};
use super::project::{Layout, Project, staged_alertmanager, staged_prometheus};
use super::tools::{LaidOut, copy_folder};

/// The configuration that the stack must run with.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    /// The files that were asked for.
    pub(super) files: DrilledFiles,
    /// The hash of the rules files' content.
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
    let files = DrilledFiles::of(root, settings)?;
    for file in files.all() {
        if file.is_candidate() && mounted_from(project, &file.committed).is_none() {
            let is_of_prometheus = files.routes.as_ref() != Some(file);
            return Err(file.not_staged(if is_of_prometheus {
                "prometheus_files"
            } else {
                "alertmanager_files"
            }));
        }
    }
    if matches!(project.layout(), Layout::Copies(_)) {
        require_the_same_alertmanagers(&files.prometheus)?;
    }
    let mut hash = Sha256::new();
    for folder in staged_folders(root, settings, project.layout()) {
        let mut beside = files_below(&folder)?;
        beside.retain(|beside| files.all().all(|file| file.committed != *beside));
        for file in beside {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash_file(&mut hash, &file)?;
        }
    }
    for file in files.all() {
        // A committed configuration that is not there is the server's matter.
        if file.path.exists() || file.is_candidate() {
            hash.update(hash_of_file(&file.path)?);
        }
    }
    Ok(Configuration {
        rules_sha256: hash_of_rules(&files)?,
        files,
        sha256: finish_hash(hash),
    })
}

/// A candidate that sends alerts elsewhere than to the Alertmanager whose receivers were replaced
/// would page people for each drill.
fn require_the_same_alertmanagers(configuration: &DrilledFile) -> Result<()> {
    if !configuration.is_candidate() {
        return Ok(());
    }
    let alerting = |file: &Path| {
        let read: Value = serde_yaml_ng::from_str(&read_text(file)?)
            .map_err(|error| refused(file, error.to_string()))?;
        Ok::<_, Error>(read.get("alerting").cloned())
    };
    if alerting(&configuration.committed)? == alerting(&configuration.path)? {
        return Ok(());
    }
    let reason = format!(
        "its section `alerting` is not that of {}, which was looked at: drills would page whoever \
         it tells; a candidate keeps that section",
        configuration.committed.display()
    );
    Err(refused(&configuration.path, reason))
}

fn refused(file: &Path, reason: String) -> Error {
    Error::BadDescription {
        what: file.display().to_string(),
        reason,
    }
}

/// The hash of the only rules file's content, or of those of several.
fn hash_of_rules(files: &DrilledFiles) -> Result<String> {
    if let [only] = files.rules.as_slice() {
        return hash_of_file(&only.path);
    }
    let mut hash = Sha256::new();
    for file in &files.rules {
        hash.update(hash_of_file(&file.path)?);
    }
    Ok(finish_hash(hash))
}

fn folder_of(root: &Path, file: &Path) -> PathBuf {
    let file = root.join(file);
    file.parent().map(Path::to_owned).unwrap_or_default()
}

/// The folders of configuration that are staged as a whole, or mounted as they are.
fn staged_folders(root: &Path, settings: &Settings, layout: &Layout) -> Vec<PathBuf> {
    if !matches!(layout, Layout::Folders) {
        return Vec::new();
    }
    let prometheus = folder_of(root, &settings.prometheus_files.configuration);
    let alertmanager = settings.alertmanager_files.as_ref();
    let alertmanager = alertmanager.map(|files| folder_of(root, &files.configuration));
    [prometheus].into_iter().chain(alertmanager).collect()
}

/// Where the stack mounts a committed file from; `None` if it mounts that file itself.
pub(super) fn mounted_from(project: &Project, committed: &Path) -> Option<PathBuf> {
    let (root, settings) = (project.root(), project.settings());
    match project.layout() {
        Layout::Attached => None,
        Layout::Copies(beside) => beside.place_of(committed),
        Layout::Folders => {
            let state = project.state_folder();
            let (prometheus, routes) = (&settings.prometheus_files, &settings.alertmanager_files);
            let routes = routes.as_ref();
            let of_routes = routes.filter(|routes| root.join(&routes.configuration) == committed);
            let (configuration, staged) = if let Some(routes) = of_routes {
                routes.staged_by.as_ref()?;
                (&routes.configuration, staged_alertmanager(&state))
            } else {
                prometheus.staged_by.as_ref()?;
                (&prometheus.configuration, staged_prometheus(&state))
            };
            let below = committed.strip_prefix(folder_of(root, configuration));
            Some(staged.join(below.ok()?))
        }
    }
}

/// Prometheus's configuration and its rules files, where the stack mounts them from.
pub(super) fn prometheus_files_in_use(project: &Project) -> (PathBuf, Vec<PathBuf>) {
    let (root, files) = (project.root(), &project.settings().prometheus_files);
    let in_use = |file: &PathBuf| {
        let committed = root.join(file);
        mounted_from(project, &committed).unwrap_or(committed)
    };
    let rules = files.rules.iter().map(in_use);
    (in_use(&files.configuration), rules.collect())
}

/// Copies the configuration to where the stack mounts it from. Changed rules and candidates are
/// checked first, so that what is refused changes nothing.
///
/// # Errors
/// [`alertdrill_core::Error::CandidateRefused`] in the words of the server's own tool, or
/// [`alertdrill_core::Error::File`].
pub(super) async fn stage(project: &Project, asked_for: &Configuration) -> Result<()> {
    check_changed(project, &asked_for.files).await?;
    match project.layout() {
        Layout::Folders => stage_folders(project, &asked_for.files),
        Layout::Copies(_) | Layout::Attached => Ok(()),
    }
}

/// Makes the copies that a project of others mounts. Nobody may use them: what a container wrote
/// into them is gone.
///
/// # Errors
/// [`alertdrill_core::Error::File`], or [`alertdrill_core::Error::BadDescription`] of too much to
/// be copied, or of a configuration of Alertmanager that cannot be rewritten.
pub(super) fn make_copies(project: &Project, asked_for: &Configuration) -> Result<()> {
    let Layout::Copies(beside) = project.layout() else {
        return Ok(());
    };
    let folder = copies_folder(&project.state_folder());
    set_aside_what_is_not_ours(&folder)?;
    copies::bring_up_to_date(&beside.overlay.copies, &folder, MOST_BYTES_COPIED)?;
    stage_drilled(project, &asked_for.files)
}

/// Containers of the last start may have written files there as a user whose files this one cannot
/// remove. A folder of ours can be renamed all the same.
fn set_aside_what_is_not_ours(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let aside = folder.with_extension(format!("left.{}", std::process::id()));
            std::fs::rename(folder, aside).map_err(Error::file("set aside the folder", folder))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Error::file("remove the folder", folder)(error))
        }
        _ => Ok(()),
    }
}

async fn check_changed(project: &Project, files: &DrilledFiles) -> Result<()> {
    let is_changed = |file: &DrilledFile| {
        let staged = mounted_from(project, &file.committed);
        staged.map_or(Ok(false), |staged| {
            // Rules that are already staged have been checked before.
            Ok(!staged.exists() || hash_of_file(&staged)? != hash_of_file(&file.path)?)
        })
    };
    let mut rules = Vec::new();
    for file in &files.rules {
        // What a project of others has is loaded as it is: its servers say what is wrong with it.
        let is_ours = matches!(project.layout(), Layout::Folders) || file.is_candidate();
        if is_ours && is_changed(file)? {
            rules.push(file);
        }
    }
    let scrapes = files.prometheus.is_candidate();
    let routes = files.routes.as_ref().is_some_and(DrilledFile::is_candidate);
    if rules.is_empty() && !scrapes && !routes {
        return Ok(());
    }
    let laid_out = LaidOut::of(project, files)?;
    for file in rules {
        laid_out.check_rules(file).await?;
    }
    if scrapes {
        laid_out.check_prometheus().await?;
    }
    if routes {
        laid_out.check_alertmanager().await?;
    }
    Ok(())
}

fn stage_folders(project: &Project, files: &DrilledFiles) -> Result<()> {
    let (settings, state) = (project.settings(), project.state_folder());
    if settings.prometheus_files.staged_by.is_some() {
        let drilled = [&files.prometheus].into_iter().chain(&files.rules);
        let drilled: Vec<_> = drilled.collect();
        copy_folder(
            &files.prometheus.committed,
            &drilled,
            &staged_prometheus(&state),
        )?;
    }
    let alertmanager = settings.alertmanager_files.as_ref();
    if let Some(routes) = &files.routes
        && alertmanager.is_some_and(|files| files.staged_by.is_some())
    {
        copy_folder(&routes.committed, &[routes], &staged_alertmanager(&state))?;
    }
    Ok(())
}

/// Puts candidates where the committed files were copied to, and has Alertmanager tell the sink.
fn stage_drilled(project: &Project, files: &DrilledFiles) -> Result<()> {
    for file in files.all() {
        let Some(place) = mounted_from(project, &file.committed) else {
            continue;
        };
        let sink = project.settings().notification_sink.as_ref();
        let text = match sink.filter(|_| files.routes.as_ref() == Some(file)) {
            Some(sink) => routes_to(sink, &file.path)?,
            None => read_text(&file.path)?,
        };
        write_if_changed(&place, &text)?;
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
    let files = DrilledFiles::of(project.root(), project.settings())?;
    let laid_out = LaidOut::of(project, &files)?;
    for file in &files.rules {
        laid_out.check_rules(file).await?;
    }
    laid_out.check_prometheus().await?;
    laid_out.check_alertmanager().await?;
    laid_out.failed_rule_tests().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidate_that_sends_alerts_elsewhere_is_refused_and_one_that_changes_all_else_is_not() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let told = |target: &str| {
            format!(
                "alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{target}']}}]}}]}}"
            )
        };
        let committed = write("prometheus.yml", &told("alertmanager:9093"));
        let candidate = |text: &str| {
            let mut settings = Settings::example();
            settings
                .prometheus_files
                .configuration
                .clone_from(&committed);
            let mut files = DrilledFiles::of(root.path(), &settings).unwrap();
            files.prometheus.path = write("candidate.yml", text);
            require_the_same_alertmanagers(&files.prometheus)
        };
        let same = format!(
            "{}\nglobal: {{scrape_interval: 5s}}",
            told("alertmanager:9093")
        );
        candidate(&same).unwrap();
        for other in [&told("alerts.example.com:9093"), "global: {}"] {
            let refused = candidate(other).unwrap_err().to_string();
            assert!(refused.contains("would page whoever it tells"), "{refused}");
        }
        assert!(candidate("alerting: [").is_err());
    }
}
