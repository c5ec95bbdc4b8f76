//! What is saved of a run that is going on: which drills it will run, and what the running ones
//! have seen so far.
//!
//! Each process of a run holds a lock on a file of its folder. The kernel releases it, even if the
//! process is killed: so it can be told whether a run that has no end is still going on.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use super::{RunFolder, Versioned, make_folder};
use alertdrill_core::{DrillRecord, Error, Result, RunInfo};

const BEGUN: &str = "begun.json";
/// The version of [`BEGUN`]; raised with every change that an older reader would misread.
const BEGUN_SCHEMA_VERSION: u32 = 1;
/// The folder of what running drills have seen so far.
const UNDER_WAY: &str = "under_way";
const HELD: &str = ".going_on";

/// A run that has begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BegunRun {
    /// What it is; when it ends is not known.
    pub run: RunInfo,
    /// The names of its drills.
    pub drills: BTreeSet<String>,
}

impl BegunRun {
    /// This run together with what another process of it will run.
    fn together_with(self, other: Self) -> Self {
        Self {
            run: self.run.together_with(other.run),
            drills: self.drills.into_iter().chain(other.drills).collect(),
        }
    }
}

impl RunFolder {
    /// Saves what this run, which has begun, will do. Processes that share a run save it together.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if what another process saved cannot be read.
    pub fn save_begun(&self, begun: BegunRun) -> Result<()> {
        let _turn = self.lock()?;
        let begun = match self.begun()? {
            Some(earlier) => earlier.together_with(begun),
            None => begun,
        };
        self.save(BEGUN, &Versioned::new(BEGUN_SCHEMA_VERSION, &begun))
    }

    /// What the run set out to do; `None` if its stack was never ready, or if it is older than this
    /// is saved.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read or is of another version.
    pub fn begun(&self) -> Result<Option<BegunRun>> {
        self.read(BEGUN, 1..=BEGUN_SCHEMA_VERSION)
    }

    /// Saves what a running drill has seen so far.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_so_far(&self, record: &DrillRecord) -> Result<()> {
        make_folder(&self.path.join(UNDER_WAY))?;
        self.save(&format!("{UNDER_WAY}/{}.json", record.drill.name), record)
    }

    /// What drills that have begun and not ended have seen so far, by their names.
    ///
    /// # Errors
    /// As [`RunFolder::records`].
    pub fn so_far(&self) -> Result<Vec<DrillRecord>> {
        let folder = self.path.join(UNDER_WAY);
        let begun = if folder.exists() {
            super::records_in(&folder)?
        } else {
            Vec::new()
        };
        let ended = self.records()?;
        let has_ended = |one: &DrillRecord| ended.iter().any(|it| it.drill.name == one.drill.name);
        Ok(begun.into_iter().filter(|one| !has_ended(one)).collect())
    }

    pub(super) fn forget_so_far(&self, drill: &str) -> Result<()> {
        let path = self.path.join(UNDER_WAY).join(format!("{drill}.json"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::file("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Shows that the run is going on, as long as the file is open.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn hold(&self) -> Result<File> {
        let path = self.path.join(HELD);
        let file = File::create(&path).map_err(Error::file("open", &path))?;
        file.lock_shared().map_err(Error::file("lock", &path))?;
        Ok(file)
    }

    /// Whether a process still runs this run.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn is_going_on(&self) -> Result<bool> {
        let path = self.path.join(HELD);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::file("open", path)(error)),
        };
        match file.try_lock() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(Error::file("lock", path)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_record;

    fn run_folder() -> (tempfile::TempDir, RunFolder) {
        let target = tempfile::tempdir().unwrap();
        std::fs::create_dir(target.path().join("records")).unwrap();
        let folder = RunFolder::existing(target.path());
        (target, folder)
    }

    #[test]
    fn run_is_going_on_as_long_as_one_of_its_processes_holds_it() {
        let (_target, folder) = run_folder();
        assert!(!folder.is_going_on().unwrap());
        let holds = [folder.hold().unwrap(), folder.hold().unwrap()];
        assert!(folder.is_going_on().unwrap());
        let [first, second] = holds;
        drop(first);
        assert!(folder.is_going_on().unwrap());
        drop(second);
        assert!(!folder.is_going_on().unwrap());
    }

    #[test]
    fn drill_is_under_way_from_its_first_sight_to_its_record() {
        let (_target, folder) = run_folder();
        assert_eq!(folder.so_far().unwrap(), []);
        let record = example_record();
        folder.save_so_far(&record).unwrap();
        assert_eq!(folder.so_far().unwrap(), std::slice::from_ref(&record));
        assert_eq!(folder.records().unwrap(), []);
        folder.save_record(&record).unwrap();
        assert_eq!(folder.so_far().unwrap(), []);
        assert_eq!(folder.records().unwrap(), [record]);
    }

    #[test]
    fn processes_of_one_run_say_together_what_it_will_do() {
        let (_target, folder) = run_folder();
        assert_eq!(folder.begun().unwrap(), None);
        for drill in ["b", "a"] {
            let begun = BegunRun {
                run: RunInfo::example(),
                drills: [drill.to_owned()].into(),
            };
            folder.save_begun(begun).unwrap();
        }
        let drills = folder.begun().unwrap().unwrap().drills;
        assert_eq!(drills, ["a", "b"].map(ToOwned::to_owned).into());
    }
}
