//! Runs the shop's drills on one engine after the other.

use std::path::Path;

use alertdrill::child::{Children, Launch};
use alertdrill::{Error, Progress, Result, RunOutcome, commands};

use super::matrix::{Matrix, Report};
use super::{ENGINES, Engine, SHOP};

/// Where a run of the shop leaves its report, within the shop's folder.
const LATEST: &str = ".alertdrill/drills/latest/report.json";

/// Runs the drills whose names contain one of `names`, all without one, on each engine. The table
/// is printed, and kept with all else as `target/engines/latest.json` and `latest.md`.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] of a report that is not understood.
pub(crate) fn compare(root: &Path, names: &[String], progress: &Progress) -> Result<RunOutcome> {
    let mut children = Children::new()?;
    let mut matrix = Matrix::default();
    let mut worst = RunOutcome::Passed;
    for engine in ENGINES {
        progress.line(&format!("==> the web shop's drills on {}", engine.name));
        let latest = root.join(SHOP).join(LATEST);
        let before = modified(&latest);
        let ended = children.run(&launch(root, engine, names))?;
        worst = worst.max(RunOutcome::of_exit_code(ended.status.code()));
        if children.are_interrupted() {
            return Ok(RunOutcome::NotTested);
        }
        if modified(&latest) == before {
            progress.line(&format!("{} made no report", engine.name));
            worst = worst.max(RunOutcome::NotTested);
            continue;
        }
        matrix.add(engine.name, read(&latest)?);
    }
    let table = matrix.table();
    let folder = root.join("target/engines");
    std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    let written = serde_json::to_string_pretty(&matrix).unwrap_or_default();
    for (name, text) in [("latest.json", &written), ("latest.md", &table)] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    progress.line(&table);
    Ok(worst)
}

fn launch(root: &Path, engine: Engine, names: &[String]) -> Launch {
    let program = commands::programs().join("alertdrill");
    let shop = root.join(SHOP).into_os_string();
    let arguments = ["--project".into(), shop, "run".into()];
    Launch::new(program)
        .arguments(arguments)
        .arguments(names)
        .variable("COMPOSE_FILE", engine.compose_files)
        .variable("COMPOSE_PATH_SEPARATOR", ":")
}

/// When the report was written last; a run leaves one of its own.
fn modified(latest: &Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(latest).ok()?.modified().ok()
}

fn read(latest: &Path) -> Result<Report> {
    let text = std::fs::read_to_string(latest).map_err(Error::file("read", latest))?;
    serde_json::from_str(&text).map_err(|error| Error::BadDescription {
        what: latest.display().to_string(),
        reason: error.to_string(),
    })
}
