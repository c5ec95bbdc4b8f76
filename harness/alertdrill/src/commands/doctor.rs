//! `alertdrill doctor`: what of a project's alerts can never work, by its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::{Error, Finding, FindingSeverity, Result, RunOutcome, WaivedFinding};
use alertdrill_doctor::{
    Checkout, FailedScrape, Running, RunningAlert, Waived, Wishes, examine, kinds, without_waived,
};
use alertdrill_engine::{Prometheus, RuleEngine as _};
use alertdrill_project::read_project_file;
use alertdrill_report::{FindingsText, findings_json, findings_sarif};
use jiff::Zoned;

use super::Done;
use super::on_a_stack::prometheus_of_the_stack;
use crate::async_runtime::runtime;

/// The file that may hold waivers.
const OWN_FILE: &str = "alertdrill.yml";

/// What `alertdrill doctor` is asked for.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    /// The compose files; none if they are to be found.
    pub compose: Vec<PathBuf>,
    /// Prometheus's configuration, if it need not be found.
    pub prometheus: Option<PathBuf>,
    /// The address of a Prometheus to ask instead of the stack's.
    pub running: Option<String>,
    /// Whether the findings are printed for programs.
    pub json: bool,
    /// The file into which they are written for a code host, too.
    pub sarif: Option<PathBuf>,
}

/// Examines the files of `project`, and asks its Prometheus if its stack runs. It fails if
/// something surely cannot work.
///
/// # Errors
/// [`Error::BadDescription`] if `ALERT_RULES` names a candidate, and if there is nothing to
/// examine; as [`Checkout::read`] and [`read_project_file`]; [`Error::File`] of a file that cannot
/// be written; [`Error::NoAnswer`] or [`Error::BadAnswer`] of a Prometheus that is named.
pub fn doctor(project: &Path, programs: &Path, asked: &Doctor) -> Result<Done> {
    if let Some(candidate) = std::env::var_os("ALERT_RULES") {
        return Err(Error::BadDescription {
            what: format!("the variable ALERT_RULES ({})", candidate.to_string_lossy()),
            reason: "the doctor reads the files of the checkout, and no candidate; put the file \
                     into its place, or unset the variable"
                .to_owned(),
        });
    }
    let (folder, wishes) = what_to_read(project, asked)?;
    let waivers = waivers(&folder)?;
    let mut variants = Checkout::read(&folder, &wishes)?;
    let running = runtime()?.block_on(running(project, programs, asked.running.as_deref()))?;
    for variant in &mut variants {
        variant.running.clone_from(&running);
    }
    let today = Zoned::now().date();
    let findings = examine(&variants);
    let left = without_waived(findings, &waivers, Path::new(OWN_FILE), today);
    let is_examined = running.is_some() || variants.iter().any(Checkout::has_anything);
    if !is_examined && left.findings.is_empty() {
        return Err(nothing_to_examine(&folder));
    }
    if let Some(path) = &asked.sarif {
        write_sarif(path, &left)?;
    }
    let text = if asked.json {
        findings_json(&left.findings, &left.waived).to_string()
    } else {
        let text = FindingsText {
            findings: &left.findings,
            waived: &left.waived,
            examined: if is_examined {
                examined(&variants, running.is_some())
            } else {
                "no rules and no Prometheus configuration could be examined".to_owned()
            },
        };
        text.to_string()
    };
    Ok(Done {
        text,
        outcome: outcome(&left.findings, is_examined),
    })
}

/// Where there is nothing to examine, nothing was tested.
fn outcome(findings: &[Finding], is_examined: bool) -> RunOutcome {
    let mut severities = findings.iter().map(|finding| finding.severity);
    if severities.any(|severity| severity == FindingSeverity::Error) {
        RunOutcome::Failed
    } else if is_examined {
        RunOutcome::Passed
    } else {
        RunOutcome::NotTested
    }
}

fn nothing_to_examine(folder: &Path) -> Error {
    Error::BadDescription {
        what: folder.display().to_string(),
        reason: "no alert, no rules file and no Prometheus configuration is there, so nothing can \
                 be examined; name the folder of the checkout, or its files with --compose and \
                 --prometheus"
            .to_owned(),
    }
}

/// The project's folder, and the files that need not be found.
fn what_to_read(project: &Path, asked: &Doctor) -> Result<(PathBuf, Wishes)> {
    let whole = |path: &PathBuf| path.canonicalize().map_err(Error::file("open", path));
    let project = whole(&project.to_owned())?;
    let mut compose: Vec<_> = asked.compose.iter().map(whole).collect::<Result<_>>()?;
    let prometheus = asked.prometheus.as_ref().map(whole).transpose()?;
    let mut folder = project.clone();
    if project.is_file() {
        compose.insert(0, project);
        folder.pop();
    }
    // Files that are named elsewhere are a project elsewhere.
    for named in compose.iter().chain(&prometheus) {
        if !named.starts_with(&folder) {
            folder = what_holds_all(compose.iter().chain(&prometheus));
        }
    }
    Ok((
        folder,
        Wishes {
            compose,
            prometheus,
        },
    ))
}

/// The deepest folder that all these files lie in or below.
fn what_holds_all<'a>(mut files: impl Iterator<Item = &'a PathBuf>) -> PathBuf {
    let first = files.next().and_then(|file| file.parent());
    let mut folder = first.map(Path::to_owned).unwrap_or_default();
    for file in files {
        while !file.starts_with(&folder) && folder.pop() {}
    }
    folder
}

fn waivers(folder: &Path) -> Result<Vec<WaivedFinding>> {
    let path = folder.join(OWN_FILE);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    Ok(read_project_file(&path)?.waived_findings)
}

/// What the Prometheus at `address` says, else that of the stack; `None` if none runs.
async fn running(
    project: &Path,
    programs: &Path,
    address: Option<&str>,
) -> Result<Option<Running>> {
    let prometheus = match address {
        Some(address) => Prometheus::new(address),
        // Files that describe no project that can be started are what is examined.
        None => match prometheus_of_the_stack(project, programs).await {
            Ok(Some(prometheus)) => prometheus,
            Ok(None) | Err(_) => return Ok(None),
        },
    };
    let alerts = prometheus.alerting_rules(Duration::ZERO).await?.into_iter();
    let failed = prometheus.failed_scrapes().await?.into_iter();
    let failed_scrapes = failed.map(|(labels, why)| {
        let label = |name: &str| labels.get(name).cloned().unwrap_or_default();
        FailedScrape {
            job: label("job"),
            instance: label("instance"),
            why,
        }
    });
    Ok(Some(Running {
        metric_names: prometheus.metric_names().await?,
        alerts: alerts
            .map(|rule| RunningAlert {
                name: rule.alert,
                sick: rule.sick,
            })
            .collect(),
        failed_scrapes: failed_scrapes.collect(),
    }))
}

fn write_sarif(path: &Path, left: &Waived) -> Result<()> {
    let titles: BTreeMap<_, _> = kinds().map(|kind| (kind.id, kind.title)).collect();
    let sarif = findings_sarif(&left.findings, &left.waived, &titles);
    std::fs::write(path, format!("{sarif:#}\n")).map_err(Error::file("write", path))
}

fn examined(variants: &[Checkout], is_asked: bool) -> String {
    let counts = variants.iter().map(Checkout::alerts_and_files);
    let (alerts, files) = counts.max().unwrap_or_default();
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    let asked = if is_asked {
        ", and what the running Prometheus says"
    } else {
        ""
    };
    let (alerts, files) = (plural(alerts, "alert"), plural(files, "file"));
    format!("{alerts} in {files}{asked}")
}
