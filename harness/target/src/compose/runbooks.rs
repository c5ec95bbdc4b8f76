//! The runbooks that a project has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill_core::Result;
use alertdrill_core::settings::{ALERT_PLACEHOLDER, Settings};

use super::files::files_below;

/// The files of the project in `root` that lie where its setting `runbook` has the runbooks of its
/// alerts, relative to `root`; none if it has no such setting or no such folder.
///
/// # Errors
/// [`alertdrill_core::Error::File`] of a folder that cannot be read.
pub fn runbooks(root: &Path, settings: &Settings) -> Result<BTreeSet<String>> {
    let Some(runbook) = &settings.runbook else {
        return Ok(BTreeSet::new());
    };
    let before_the_name = runbook.split(ALERT_PLACEHOLDER).next().unwrap_or_default();
    let folder = before_the_name
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let folder = root.join(folder);
    if !folder.is_dir() {
        return Ok(BTreeSet::new());
    }
    let relative = |file: PathBuf| Some(file.strip_prefix(root).ok()?.to_str()?.to_owned());
    Ok(files_below(&folder)?
        .into_iter()
        .filter_map(relative)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runbooks_are_the_files_below_the_folder_that_the_setting_names() {
        let root = tempfile::tempdir().unwrap();
        let found = |runbook: &str| {
            let settings = Settings {
                runbook: Some(runbook.to_owned()),
                ..Settings::example()
            };
            runbooks(root.path(), &settings)
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>()
        };
        std::fs::create_dir_all(root.path().join("docs/runbooks/Down")).unwrap();
        std::fs::write(root.path().join("docs/runbooks/Down/first.md"), "x").unwrap();
        std::fs::write(root.path().join("docs/other.md"), "x").unwrap();
        assert_eq!(
            found("docs/runbooks/{alert}/first.md"),
            ["docs/runbooks/Down/first.md"]
        );
        assert!(found("elsewhere/{alert}.md").is_empty());
    }
}
