//! Small projects for the tests of checks: texts that hold several files.
//!
//! ```text
//! --- docker-compose.yml
//! services: …
//! --- prometheus/rules.yml
//! groups: …
//! ```

use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::read_project_file;

use crate::checkout::{Checkout, Wishes};
use crate::examine::examine;
use crate::waivers::without_waived;

/// Writes the files of `project` into a folder.
pub(crate) fn write(project: &str, folder: &Path) {
    let project = format!("\n{project}");
    let files = project.split("\n--- ").skip(1);
    for file in files {
        let (name, text) = file.split_once('\n').unwrap();
        let path = folder.join(name.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// What all checks find in `project`: `rules.yml:2:1 error loaded/not-rules: message`.
pub(crate) fn findings(project: &str) -> Vec<String> {
    let findings = found_in(project).into_iter().map(|finding| {
        let (line, column) = (finding.line, finding.column);
        let severity = finding.severity.as_str();
        format!(
            "{}:{line}:{column} {severity} {}: {}",
            finding.file.display(),
            finding.id,
            finding.message
        )
    });
    findings.collect()
}

/// What all checks find in files that have these names.
pub(crate) fn found_in_files(files: &[(String, String)]) -> Vec<Finding> {
    let texts = files
        .iter()
        .map(|(name, text)| format!("--- {name}\n{text}"));
    found_in(&texts.collect::<String>())
}

fn found_in(project: &str) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    write(project, folder.path());
    let folder = folder.path();
    let mut checkouts = Checkout::read(folder, &Wishes::default()).unwrap();
    if let Ok(running) = std::fs::read_to_string(folder.join("running.json")) {
        for checkout in &mut checkouts {
            checkout.running = Some(serde_json::from_str(&running).unwrap());
        }
    }
    let own = folder.join("alertdrill.yml");
    let waivers = if own.exists() {
        read_project_file(&own).unwrap().waived_findings
    } else {
        Vec::new()
    };
    let today = "2026-11-27".parse().unwrap();
    let own = Path::new("alertdrill.yml");
    without_waived(examine(&checkouts), &waivers, own, today).findings
}

/// The check `id` finds just what is expected: each finding's beginning, without the id.
#[track_caller]
pub(crate) fn assert_finds(id: &str, project: &str, expected: &[&str]) {
    let marked = format!(" {id}: ");
    let found: Vec<_> = findings(project)
        .into_iter()
        .filter(|line| line.contains(&marked))
        .collect();
    let agree = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.replace(&marked, ": ").starts_with(expected));
    assert!(agree, "expected {expected:#?}, found {found:#?}");
}

/// The check `id` finds nothing.
#[track_caller]
pub(crate) fn assert_silent(id: &str, project: &str) {
    assert_finds(id, project, &[]);
}
