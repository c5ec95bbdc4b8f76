//! `alertdrill init`: writes `alertdrill.yml` for a project that has none.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, RunOutcome};
use alertdrill_project::ServerName;
use alertdrill_project::discovery::{Wishes, discover, loaded_rules};
use alertdrill_project::proposal::{
    FileHeading, ProposedPlan, found_in_words, propose, proposed_file,
};
use alertdrill_target::compose::compose_model;

use super::Done;
use crate::async_runtime::runtime;

/// The name of the file.
const FILE_NAME: &str = "alertdrill.yml";
/// How Alertmanager is named where there is to be none.
const NONE: &str = "none";

/// What `alertdrill init` is asked for.
#[derive(Clone, Debug, Default)]
pub struct Init {
    /// The compose files; none if compose finds them itself in the project's folder.
    pub compose: Vec<PathBuf>,
    /// The profiles of services that belong to it.
    pub profiles: Vec<String>,
    /// The service that is Prometheus, if it need not be found.
    pub prometheus: Option<String>,
    /// The service that is Alertmanager, if it need not be found; `none` for none.
    pub alertmanager: Option<String>,
    /// Whether the file is printed and not written.
    pub print: bool,
}

/// Writes `alertdrill.yml` beside the compose files of `project`, with a drill for each alert whose
/// cause its rule tells; gives what was found and what to do next. Nothing is started or broken.
///
/// # Errors
/// [`Error::BadDescription`] if the file is there already, and as [`compose_model`], [`discover`]
/// and [`loaded_rules`].
pub fn init(project: &Path, asked: &Init) -> Result<Done> {
    let (folder, files) = compose_files(project, &asked.compose)?;
    let path = folder.join(FILE_NAME);
    if !asked.print && path.exists() {
        return Err(is_there(&path));
    }
    let model = runtime()?.block_on(compose_model(&folder, &files, &asked.profiles))?;
    let wishes = wishes(asked);
    let discovered = discover(&model, &wishes)?;
    let rules = loaded_rules(&discovered)?;
    let plan = propose(&model, &discovered, &rules);
    let heading = FileHeading {
        folder: &folder,
        compose: &files,
        profiles: &asked.profiles,
        wishes: &wishes,
    };
    let text = proposed_file(&heading, &discovered, &rules, &plan);
    if asked.print {
        return Ok(done(text.trim_end().to_owned()));
    }
    write_new(&path, &text)?;
    let mut lines = found_in_words(&folder, &discovered, rules.len());
    lines.push(String::new());
    lines.extend(proposed_in_words(&plan, &path));
    Ok(done(lines.join("\n")))
}

fn done(text: String) -> Done {
    Done {
        text,
        outcome: RunOutcome::Passed,
    }
}

/// The folder of the project, and its compose files with their whole paths.
fn compose_files(project: &Path, named: &[PathBuf]) -> Result<(PathBuf, Vec<PathBuf>)> {
    let whole = |path: &Path| path.canonicalize().map_err(Error::file("open", path));
    let named = if project.is_file() && named.is_empty() {
        vec![whole(project)?]
    } else {
        let named = named.iter().map(|path| whole(path));
        named.collect::<Result<_>>()?
    };
    let folder = match named.first().and_then(|first| first.parent()) {
        Some(folder) => folder.to_owned(),
        None => whole(project)?,
    };
    Ok((folder, named))
}

fn wishes(asked: &Init) -> Wishes {
    let server = |name: &String| ServerName {
        service: name.clone(),
        port: None,
    };
    let alertmanager = asked.alertmanager.as_ref();
    Wishes {
        prometheus: asked.prometheus.as_ref().map(server),
        rule_engine: None,
        alertmanager: alertmanager.filter(|name| *name != NONE).map(server),
        no_alertmanager: alertmanager.is_some_and(|name| name == NONE),
    }
}

fn is_there(path: &Path) -> Error {
    Error::Refused {
        attempted: format!("write {}", path.display()),
        reason: "it is there already and is not written over; move it away, or see what would be \
                 written with --print"
            .to_owned(),
    }
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    let mut file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => is_there(path),
        _ => Error::file("write", path)(error),
    })?;
    file.write_all(text.as_bytes())
        .map_err(Error::file("write", path))
}

fn proposed_in_words(plan: &ProposedPlan, path: &Path) -> Vec<String> {
    let certain = plan.drills.iter().filter(|drill| drill.is_certain).count();
    let mut lines = vec![format!(
        "Written: {}. Drills: {certain} certain, {} proposed (please check those).",
        path.display(),
        plan.drills.len() - certain,
    )];
    if !plan.undrilled.is_empty() {
        lines.push("No drill for:".to_owned());
    }
    let undrilled = plan.undrilled.iter();
    lines.extend(undrilled.map(|undrilled| format!("  {}: {}", undrilled.rule, undrilled.reason)));
    lines.push("Next: alertdrill plan (breaks nothing), then alertdrill run.".to_owned());
    lines
}
