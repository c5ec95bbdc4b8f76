//! What the servers' own tools say of configuration: the versions that will load it decide.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};
use serde_yaml_ng::Value;

use super::drilled_files::{DrilledFile, DrilledFiles};
use super::files::{copy_if_changed, files_below, read_text};
use super::project::{Layout, Project};

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
        let of_prometheus: Vec<_> = [&files.prometheus]
            .into_iter()
            .chain(&files.rules)
            .collect();
        let mut roles = vec![(PROMETHEUS, of_prometheus)];
        roles.extend(
            files
                .routes
                .as_ref()
                .map(|routes| (ALERTMANAGER, vec![routes])),
        );
        for (role, drilled) in roles {
            let to = laid_out.folder.join(role);
            // A configuration reads files beside it: certificates, targets, templates.
            if matches!(project.layout(), Layout::Folders) {
                copy_folder(&drilled[0].committed, &drilled, &to)?;
            } else {
                for file in drilled {
                    let name = laid_out.name_within(role, file);
                    copy_if_changed(&file.path, &to.join(name))?;
                }
            }
        }
        Ok(laid_out)
    }

    /// That Prometheus takes these rules.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `promtool`'s own words.
    pub(super) async fn check_rules(&self, rules: &DrilledFile) -> Result<()> {
        let file = self.within(PROMETHEUS, rules);
        let (server, refused) = match &self.settings().rule_engine {
            None => (
                "Prometheus",
                self.promtool(&["check", "rules", &file]).await?,
            ),
            Some(vmalert) => {
                let rule = format!("-rule={file}");
                let check = ["-dryRun", "-datasource.url=http://unused.invalid", &rule];
                (
                    "vmalert",
                    self.run(&vmalert.service, "vmalert", &check).await?,
                )
            }
        };
        refused.map_or(Ok(()), |message| {
            Err(refusal(server, "rules", &rules.path, message))
        })
    }

    /// That Prometheus takes its configuration, with the rules that it names.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `promtool`'s own words.
    pub(super) async fn check_prometheus(&self) -> Result<()> {
        let configuration = &self.files.prometheus;
        if self.settings().rule_engine.is_some() {
            // VictoriaMetrics passes over what it does not know, and starts all the same.
            return Ok(());
        }
        let file = self.within(PROMETHEUS, configuration);
        let refused = self.promtool(&["check", "config", &file]).await?;
        refused.map_or(Ok(()), |message| {
            let file = &configuration.path;
            Err(refusal("Prometheus", "configuration", file, message))
        })
    }

    /// That Alertmanager, if there is one, takes its configuration.
    ///
    /// # Errors
    /// [`Error::CandidateRefused`] in `amtool`'s own words.
    pub(super) async fn check_alertmanager(&self) -> Result<()> {
        let server = self.settings().alertmanager.as_ref();
        let Some((server, routes)) = server.zip(self.files.routes.as_ref()) else {
            return Ok(());
        };
        let file = self.within(ALERTMANAGER, routes);
        let check = ["check-config", &file];
        let refused = self.run(&server.service, "amtool", &check).await?;
        refused.map_or(Ok(()), |message| {
            Err(refusal(
                "Alertmanager",
                "configuration",
                &routes.path,
                message,
            ))
        })
    }

    /// What the project's unit tests say of the rules: per file of tests that fail, `promtool`'s
    /// own words.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] of a file of tests that is not understood.
    pub(super) async fn failed_rule_tests(&self) -> Result<Vec<String>> {
        let rules = self.files.rules.iter();
        let rules: Vec<_> = rules
            .map(|rules| (rules, self.within(PROMETHEUS, rules)))
            .collect();
        let mut failed = Vec::new();
        for file in &self.settings().rule_tests {
            let path = self.project.root().join(file);
            let text = read_text(&path)?;
            let text = with_rules(&text, &rules).map_err(|reason| Error::BadDescription {
                what: path.display().to_string(),
                reason,
            })?;
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

    /// The path of a file below the folder of its server's configuration; its bare name if it lies
    /// elsewhere.
    fn name_within<'b>(&self, role: &str, file: &'b DrilledFile) -> &'b Path {
        let configuration = match (role, &self.files.routes) {
            (ALERTMANAGER, Some(routes)) => routes,
            _ => &self.files.prometheus,
        };
        let beside = configuration.committed.parent().unwrap_or(Path::new(""));
        let below = file.committed.strip_prefix(beside).ok();
        below.unwrap_or_else(|| {
            file.committed
                .file_name()
                .map_or(&file.committed, Path::new)
        })
    }

    /// The path of a drilled file, as the tools see it.
    fn within(&self, role: &str, file: &DrilledFile) -> String {
        let name = self.name_within(role, file);
        format!("{IN_THE_CONTAINER}/{role}/{}", name.display())
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
                let named = self.files.rules.iter().fold(log, |log, rules| {
                    let within = self.within(PROMETHEUS, rules);
                    log.replace(&within, &rules.path.display().to_string())
                });
                Ok(Some(named))
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

/// The file of unit tests `text` with the drilled rules, each as the tools see it, in place of the
/// committed ones.
fn with_rules(text: &str, rules: &[(&DrilledFile, String)]) -> Result<String, String> {
    let mut tests: Value = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
    let files = tests.get_mut("rule_files").and_then(Value::as_sequence_mut);
    let mut is_replaced = false;
    for file in files.ok_or("it has no list `rule_files`")? {
        let name = file.as_str().map(Path::new).and_then(Path::file_name);
        let mut named = rules.iter();
        let drilled =
            named.find(|(rules, _)| name.is_some() && name == rules.committed.file_name());
        if let Some((_, within)) = drilled {
            *file = Value::from(within.as_str());
            is_replaced = true;
        }
    }
    if !is_replaced {
        let names: Vec<_> = rules
            .iter()
            .map(|(rules, _)| rules.committed.display().to_string())
            .collect();
        let names = names.join(" or ");
        return Err(format!("its `rule_files` do not name {names}"));
    }
    serde_yaml_ng::to_string(&tests).map_err(|error| error.to_string())
}

/// Copies the folder of `configuration` to `to`, with what is drilled in place of what is
/// committed. A committed file that is not there is the server's matter.
pub(super) fn copy_folder(configuration: &Path, drilled: &[&DrilledFile], to: &Path) -> Result<()> {
    let from = configuration.parent().unwrap_or(configuration);
    for file in files_below(from)? {
        if drilled.iter().all(|drilled| drilled.committed != file) {
            copy_if_changed(&file, &to.join(file.strip_prefix(from).unwrap_or(&file)))?;
        }
    }
    for file in drilled {
        if !file.is_candidate() && !file.path.exists() {
            continue;
        }
        let name = file.committed.strip_prefix(from).unwrap_or(&file.committed);
        copy_if_changed(&file.path, &to.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_tests_are_those_of_the_candidate_and_not_of_the_committed_rules() {
        let replaced = |text: &str| {
            let files = DrilledFiles::of(Path::new("docker"), &Settings::example()).unwrap();
            with_rules(
                text,
                &[(
                    &files.rules[0],
                    "/candidate/prometheus/rules.yml".to_owned(),
                )],
            )
        };
        let tests =
            replaced("rule_files: [../prometheus/rules.yml, other.yml]\ntests: []").unwrap();
        assert!(
            tests.contains("- /candidate/prometheus/rules.yml\n- other.yml\n"),
            "{tests}"
        );
        let of_others = replaced("rule_files: [other.yml]").unwrap_err();
        assert!(
            of_others.contains("do not name docker/p/rules.yml"),
            "{of_others}"
        );
        assert!(replaced("tests: []").is_err());
    }
}
