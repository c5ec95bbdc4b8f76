//! What the servers' own tools say of configuration: the versions that will load it decide.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use serde_yaml_ng::Value;

use super::drilled_files::DrilledFiles;
use super::files::{copy_if_changed, files_below};
use super::project::Project;

/// Where a tool finds the files that it checks.
const IN_THE_CONTAINER: &str = "/candidate";
const PROMETHEUS: &str = "prometheus";
const ALERTMANAGER: &str = "alertmanager";

/// The folders of configuration with the drilled files in them, laid out for the tools; removed
/// when this is dropped.
#[derive(Debug)]
pub(super) struct LaidOut<'a> {
    project: &'a Project,
    files: &'a DrilledFiles,
    folder: PathBuf,
}

impl<'a> LaidOut<'a> {
    /// # Errors
    /// [`Error::File`].
    pub(super) fn of(project: &'a Project, files: &'a DrilledFiles) -> Result<Self> {
        let name = format!("trial-{}", std::process::id());
        let laid_out = Self {
            project,
            files,
            folder: project.state_folder().join(name),
        };
        copy_prometheus(project, files, &laid_out.folder.join(PROMETHEUS))?;
        copy_alertmanager(project, files, &laid_out.folder.join(ALERTMANAGER))?;
        Ok(laid_out)
    }

    /// That Prometheus takes the rules.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `promtool`'s own words.
    pub(super) async fn check_rules(&self) -> Result<()> {
        let file = self.within(PROMETHEUS, &self.settings().prometheus_files.rules);
        let refused = self.promtool(&["check", "rules", &file]).await?;
        refused.map_or(Ok(()), |message| {
            Err(refusal("Prometheus", "rules", &self.files.rules, message))
        })
    }

    /// That Prometheus takes its configuration, with the rules that it names.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `promtool`'s own words.
    pub(super) async fn check_prometheus(&self) -> Result<()> {
        let file = self.within(PROMETHEUS, &self.settings().prometheus_files.configuration);
        let refused = self.promtool(&["check", "config", &file]).await?;
        refused.map_or(Ok(()), |message| {
            let file = &self.files.prometheus;
            Err(refusal("Prometheus", "configuration", file, message))
        })
    }

    /// That Alertmanager takes its configuration.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `amtool`'s own words.
    pub(super) async fn check_alertmanager(&self) -> Result<()> {
        let settings = self.settings();
        let file = self.within(ALERTMANAGER, &settings.alertmanager_files.configuration);
        let service = &settings.alertmanager.service;
        let refused = self
            .run(service, "amtool", &["check-config", &file])
            .await?;
        refused.map_or(Ok(()), |message| {
            let file = &self.files.routes;
            Err(refusal("Alertmanager", "configuration", file, message))
        })
    }

    /// What the project's unit tests say of the rules: per file of tests that fail, `promtool`'s
    /// own words.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] of a file of tests that is not understood.
    pub(super) async fn failed_rule_tests(&self) -> Result<Vec<String>> {
        let mut failed = Vec::new();
        for file in &self.settings().rule_tests {
            let path = self.project.root().join(file);
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            let rules = self.within(PROMETHEUS, &self.settings().prometheus_files.rules);
            let text = with_rules(&text, &self.settings().prometheus_files.rules, &rules).map_err(
                |reason| Error::BadDescription {
                    what: path.display().to_string(),
                    reason,
                },
            )?;
            let copy = self.folder.join("tests.yml");
            std::fs::write(&copy, text).map_err(Error::file("write", &copy))?;
            let arguments = ["test", "rules", &format!("{IN_THE_CONTAINER}/tests.yml")];
            if let Some(said) = self.promtool(&arguments).await? {
                let shown = file.display().to_string();
                failed.push(said.replace(&format!("{IN_THE_CONTAINER}/tests.yml"), &shown));
            }
        }
        Ok(failed)
    }

    fn settings(&self) -> &'a Settings {
        self.project.settings()
    }

    /// The path of a committed file, as the tools see the one in its place.
    fn within(&self, folder: &str, committed: &Path) -> String {
        let settings = self.settings();
        let configuration = match folder {
            PROMETHEUS => &settings.prometheus_files.configuration,
            _ => &settings.alertmanager_files.configuration,
        };
        let beside = configuration.parent().unwrap_or(Path::new(""));
        let name = committed.strip_prefix(beside).unwrap_or(committed);
        format!("{IN_THE_CONTAINER}/{folder}/{}", name.display())
    }

    async fn promtool(&self, arguments: &[&str]) -> Result<Option<String>> {
        let service = &self.settings().prometheus.service;
        self.run(service, "promtool", arguments).await
    }

    /// Runs a tool of the image of `service`; gives what it said if it was not content.
    async fn run(&self, service: &str, tool: &str, arguments: &[&str]) -> Result<Option<String>> {
        let mount = format!("{}:{IN_THE_CONTAINER}:ro", self.folder.display());
        let run = ["run", "--rm", "--no-deps", "-T"];
        let with = ["--volume", &mount, "--entrypoint", tool, service];
        let command = [&run[..], &with, arguments].concat();
        let attempted = format!("run {tool} {}", arguments.join(" "));
        match self.project.compose(&command, &attempted, |_| ()).await {
            Ok(_) => Ok(None),
            Err(Error::Compose { log, .. })
                if log.contains("FAILED") || log.contains(IN_THE_CONTAINER) =>
            {
                let settings = self.settings();
                let rules = self.within(PROMETHEUS, &settings.prometheus_files.rules);
                Ok(Some(
                    log.replace(&rules, &self.files.rules.display().to_string()),
                ))
            }
            Err(other) => Err(other),
        }
    }
}

impl Drop for LaidOut<'_> {
    fn drop(&mut self) {
        // What is left is overwritten by the next process of this number.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn refusal(server: &'static str, what: &'static str, file: &Path, message: String) -> Error {
    Error::CandidateRefused {
        server,
        what,
        file: file.to_owned(),
        message,
    }
}

/// The file of unit tests `text` with `candidate` in place of the rules file `committed`.
fn with_rules(text: &str, committed: &Path, candidate: &str) -> Result<String, String> {
    let mut tests: Value = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    let files = tests.get_mut("rule_files").and_then(Value::as_sequence_mut);
    let mut is_replaced = false;
    for file in files.ok_or("it has no list `rule_files`")? {
        let name = file.as_str().map(Path::new).and_then(Path::file_name);
        if name.is_some() && name == committed.file_name() {
            *file = Value::from(candidate);
            is_replaced = true;
        }
    }
    if !is_replaced {
        return Err(format!(
            "its `rule_files` do not name {}",
            committed.display()
        ));
    }
    serde_yaml_ng::to_string(&tests).map_err(|error| error.to_string())
}

/// Copies the folder of Prometheus's configuration, with the drilled files in place of the
/// committed ones.
pub(super) fn copy_prometheus(project: &Project, files: &DrilledFiles, to: &Path) -> Result<()> {
    let committed = DrilledFiles::committed(project.root(), project.settings());
    let drilled = [
        (&committed.prometheus, &files.prometheus),
        (&committed.rules, &files.rules),
    ];
    copy_with(&committed.prometheus, &drilled, to)
}

/// The same of Alertmanager.
pub(super) fn copy_alertmanager(project: &Project, files: &DrilledFiles, to: &Path) -> Result<()> {
    let committed = DrilledFiles::committed(project.root(), project.settings());
    copy_with(&committed.routes, &[(&committed.routes, &files.routes)], to)
}

/// Copies the folder of `configuration` to `to`; of each pair, the second file in place of the
/// first. A committed file that is not there is the server's matter.
fn copy_with(configuration: &Path, drilled: &[(&PathBuf, &PathBuf)], to: &Path) -> Result<()> {
    let from = configuration.parent().unwrap_or(configuration);
    for file in files_below(from)? {
        if drilled.iter().all(|(committed, _)| **committed != file) {
            copy_if_changed(&file, &to.join(file.strip_prefix(from).unwrap_or(&file)))?;
        }
    }
    for (committed, file) in drilled {
        if committed == file && !file.exists() {
            continue;
        }
        let name = committed.strip_prefix(from).unwrap_or(committed);
        copy_if_changed(file, &to.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_tests_are_those_of_the_candidate_and_not_of_the_committed_rules() {
        let replaced = |text: &str| {
            let committed = Path::new("docker/prometheus/rules.yml");
            with_rules(text, committed, "/candidate/prometheus/rules.yml")
        };
        let tests =
            replaced("rule_files: [../prometheus/rules.yml, other.yml]\ntests: []").unwrap();
        assert!(
            tests.contains("- /candidate/prometheus/rules.yml\n- other.yml\n"),
            "{tests}"
        );
        let of_others = replaced("rule_files: [other.yml]").unwrap_err();
        assert!(
            of_others.contains("do not name docker/prometheus/rules.yml"),
            "{of_others}"
        );
        assert!(replaced("tests: []").is_err());
    }
}
