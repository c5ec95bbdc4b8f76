//! Reads a file, and compares it with the project.

use std::io::Read as _;
use std::path::Path;

use alertdrill_core::plan::Plan;
use alertdrill_core::{Error, LoadedRule, Promises, Result, WaivedFinding};

use super::file::{Attach, ProjectFile};
use super::source_text::{Complaint, Place, SourceText};
use super::written::{AttachTo, WrittenFile};
use super::{checks, drills, settings, waived_findings, yaml};
use crate::ComposeModel;

/// Longer than any file that a person writes.
const LONGEST_BYTES: u64 = 4 * 1024 * 1024;

/// What stands for an Alertmanager that a project does not have.
const NONE: &str = "none";

/// Reads the `alertdrill.yml` at `path`.
///
/// # Errors
/// [`Error::File`] if it cannot be read; [`Error::InFile`] of what is wrong in it, or
/// [`Error::Several`] of them.
pub fn read_project_file(path: &Path) -> Result<ProjectFile> {
    let file = std::fs::File::open(path).map_err(Error::file("open", path))?;
    let mut bytes = Vec::new();
    let mut file = file.take(LONGEST_BYTES + 1);
    file.read_to_end(&mut bytes)
        .map_err(Error::file("read", path))?;
    match String::from_utf8(bytes) {
        Ok(text) => parse_project_file(path, &text),
        Err(error) => Err(not_utf8(path, &error)),
    }
}

/// The error that shows where a file is no text.
fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Error {
    let valid = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(error.as_bytes().get(..valid).unwrap_or_default());
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let place = Place {
        line: before.matches('\n').count() + 1,
        column: last_line.chars().count() + 1,
        characters: 1,
    };
    let text = String::from_utf8_lossy(error.as_bytes());
    SourceText::new(path, &text).error(Complaint::at(
        place,
        "from here on it is no text in UTF-8",
        "save the file as UTF-8",
    ))
}

/// What `text`, which stands in the file at `path`, says.
///
/// # Errors
/// [`Error::InFile`] of what is wrong in it, or [`Error::Several`] of them.
pub fn parse_project_file(path: &Path, text: &str) -> Result<ProjectFile> {
    let source = SourceText::new(path, text);
    let refuse = |complaint| source.error(complaint);
    if text.len() as u64 > LONGEST_BYTES {
        return Err(refuse(Complaint::at(
            Place::default(),
            format!("the file is longer than {LONGEST_BYTES} bytes"),
            "name the file of drills; this one is none",
        )));
    }
    let written: Option<WrittenFile> = yaml::read(source.text()).map_err(refuse)?;
    let Some(written) = written else {
        return Err(refuse(Complaint::at(
            Place::default(),
            "the file is empty",
            "`alertdrill init` proposes drills; `drills: []` says that there are none yet",
        )));
    };
    let plan = match drills::plan_of(&written) {
        Ok(plan) => plan,
        Err(complaints) => {
            source.refuse(complaints)?;
            Plan::default()
        }
    };
    let promises = settings::promises(&written.promises).map_err(refuse)?;
    let waived_findings = waived_findings::waived_findings(&written).map_err(refuse)?;
    Ok(project_file(
        written,
        source,
        plan,
        promises,
        waived_findings,
    ))
}

fn project_file(
    written: WrittenFile,
    source: SourceText,
    plan: Plan,
    promises: Promises,
    waived_findings: Vec<WaivedFinding>,
) -> ProjectFile {
    let alertmanager = written.alertmanager.as_ref();
    let alertmanager = alertmanager.map(settings::server_name);
    let has_no_alertmanager = written.alertmanager.as_ref().is_some_and(
        |written| matches!(&written.value, yaml::ShortOrLong::Short(name) if name == NONE),
    );
    let attach = written.attach.as_ref().and_then(|to| match &to.value {
        AttachTo::Nothing => None,
        AttachTo::ItsOwnName => Some(Attach { project: None }),
        AttachTo::Project(name) => Some(Attach {
            project: Some(name.clone()),
        }),
    });
    let may_break = written.may_break.as_ref();
    let may_break = may_break.map(|services| settings::values(services).into_iter().collect());
    ProjectFile {
        path: source.path().to_owned(),
        compose: settings::values(&written.compose),
        profiles: settings::values(&written.profiles),
        prometheus: written.prometheus.as_ref().map(settings::server_name),
        rule_engine: written.rule_engine.as_ref().map(settings::server_name),
        alertmanager: alertmanager.filter(|_| !has_no_alertmanager),
        has_no_alertmanager,
        attach,
        may_break,
        plan,
        receivers: written.receivers.clone(),
        may_be_told: settings::values(&written.may_be_told),
        waived_findings,
        promises,
        culprits: settings::values(&written.culprits),
        instances: written.instances.iter().map(settings::instances).collect(),
        runbook: written.runbook.clone(),
        coverage: settings::demand(written.coverage),
        watchdogs: settings::values(&written.watchdogs),
        rule_tests: settings::values(&written.rule_tests),
        recording: written.recording.clone(),
        waived_mutants: written.waived_mutants.clone(),
        annotations: settings::values(&written.annotations),
        kafka: written.kafka.clone(),
        dashboard: written.dashboard.clone(),
        grafana: written.grafana.as_ref().map(settings::server_name),
        usage: written.usage.as_ref().map(settings::usage),
        watched_by: settings::values(&written.watched_by),
        paths: written.paths.iter().map(settings::path_through).collect(),
        steady_state: settings::steady_state(&written.steady_state),
        written,
        source,
    }
}

impl ProjectFile {
    /// Whether every name in it is one that the project has: services, networks, alerts and their
    /// labels. `rules` are the alerting rules of the project's Prometheus.
    ///
    /// # Errors
    /// [`Error::InFile`] of a name that is not there, [`Error::Several`] of more than one.
    pub fn check(&self, model: &ComposeModel, rules: &[LoadedRule]) -> Result<()> {
        self.completed_plan(model, rules).map(drop)
    }

    /// As [`ProjectFile::check`]; then the plan has what only the project can tell: the severity of
    /// an alert's rule where none is written, the network of a service that has only one.
    ///
    /// # Errors
    /// As [`ProjectFile::check`].
    pub fn complete(&mut self, model: &ComposeModel, rules: &[LoadedRule]) -> Result<()> {
        self.plan = self.completed_plan(model, rules)?;
        Ok(())
    }

    fn completed_plan(&self, model: &ComposeModel, rules: &[LoadedRule]) -> Result<Plan> {
        let (plan, complaints) = checks::completed_plan(self, model, rules);
        self.source.refuse(complaints)?;
        Ok(plan)
    }
}
