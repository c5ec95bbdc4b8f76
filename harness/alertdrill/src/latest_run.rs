//! Where the last run of a project is kept.

use std::path::{Path, PathBuf};

use alertdrill_core::{Result, UtcInstant};
use alertdrill_report::RunFolder;
use alertdrill_target::compose::{find_project, target_folder};

/// The folder of the last run of `project` that has ended.
///
/// # Errors
/// As [`find_project`].
pub fn latest_run(project: &Path) -> Result<PathBuf> {
    Ok(runs_of(project)?.join("latest"))
}

/// The folder of the run of `project` that began last: it may be going on, or was broken off.
///
/// # Errors
/// As [`find_project`].
pub fn newest_run(project: &Path) -> Result<PathBuf> {
    Ok(newest_in(&runs_of(project)?))
}

fn runs_of(project: &Path) -> Result<PathBuf> {
    let root = find_project(project)?.root();
    Ok(target_folder(&root).join("drills"))
}

/// A folder that cannot be read is no reason to show none: others may be there.
fn newest_in(runs: &Path) -> PathBuf {
    let latest = runs.join("latest");
    let ended_at = RunFolder::existing(&latest).run();
    let ended_at = ended_at.map(|run| run.started_at).ok();
    let entries = std::fs::read_dir(runs).into_iter().flatten().flatten();
    // The link `latest` leads to one of the others.
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let begun = folders.filter_map(|entry| {
        let begun = RunFolder::existing(entry.path()).begun().ok()??;
        Some((begun.run.started_at, entry.path()))
    });
    let newest: Option<(UtcInstant, PathBuf)> = begun.max();
    match newest {
        Some((began_at, folder)) if ended_at.is_none_or(|latest| latest < began_at) => folder,
        _ => latest,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use alertdrill_core::RunInfo;
    use alertdrill_report::BegunRun;

    use super::*;

    /// A run that began so many seconds after others.
    fn begun(runs: &Path, id: &str, seconds: u64) -> RunFolder {
        let folder = RunFolder::existing(runs.join(id));
        std::fs::create_dir_all(folder.path()).unwrap();
        let run = RunInfo {
            id: id.to_owned(),
            started_at: UtcInstant::EPOCH.plus(Duration::from_secs(seconds)),
            ..RunInfo::example()
        };
        let drills = ["x".to_owned()].into();
        folder.save_begun(BegunRun { run, drills }).unwrap();
        folder
    }

    fn end(folder: &RunFolder) {
        let run = folder.begun().unwrap().unwrap().run;
        folder.save_run(run).unwrap();
        folder.become_latest().unwrap();
    }

    #[test]
    fn newest_run_is_the_one_that_began_last_whatever_its_name_is() {
        let runs = tempfile::tempdir().unwrap();
        let latest = runs.path().join("latest");
        assert_eq!(newest_in(runs.path()), latest);
        let first = begun(runs.path(), "b", 10);
        assert_eq!(newest_in(runs.path()), first.path());
        end(&first);
        assert_eq!(newest_in(runs.path()), latest);
        let second = begun(runs.path(), "a", 20);
        assert_eq!(newest_in(runs.path()), second.path());
        let third = begun(runs.path(), "c", 30);
        end(&third);
        assert_eq!(newest_in(runs.path()), latest);
    }

    #[test]
    fn folder_of_which_nothing_can_be_read_hides_no_other() {
        let runs = tempfile::tempdir().unwrap();
        std::fs::create_dir(runs.path().join("z")).unwrap();
        std::fs::write(runs.path().join("z/begun.json"), "{").unwrap();
        let run = begun(runs.path(), "a", 10);
        assert_eq!(newest_in(runs.path()), run.path());
    }
}
