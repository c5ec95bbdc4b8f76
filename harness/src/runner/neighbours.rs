//! Which drills run on a stack at this time, in whatever process: what one of them causes is not another one's collateral.
//!
//! A file per drill, written before its first fault and once more at its end, so that drills that overlap know of each
//! other, and agree on whose alert it is that nobody declared.

use std::path::{Path, PathBuf};

use crate::drill::{Drill, Neighbour, UtcInstant};
use crate::process::is_alive;
use crate::{Error, Result};

/// The drills of one stack.
#[derive(Debug)]
pub struct Neighbourhood {
    folder: PathBuf,
}

impl Neighbourhood {
    /// The drills of the stack with this state folder.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn in_folder(state: &Path) -> Result<Self> {
        let folder = state.join("running");
        std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        Ok(Self { folder })
    }

    /// Forgets the drills of processes that have ended.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn forget_the_dead(&self) -> Result<()> {
        for path in self.files()?.into_iter().filter(|path| !runs(path)) {
            match std::fs::remove_file(&path) {
                // Another process does the same.
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("remove", path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes it known that `drill` breaks something from `from` on, and has ended at `until`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn announce(&self, drill: &Drill, from: UtcInstant, until: Option<UtcInstant>) -> Result<()> {
        let faults = drill.all_faults().map(ToString::to_string).collect();
        let neighbour = Neighbour { drill: drill.name.clone(), claims: drill.claims(), faults, from, until };
        let path = self.folder.join(format!("{}-{}-{}.json", std::process::id(), from.epoch_s(), drill.name));
        let json = serde_json::to_vec(&neighbour)
            .map_err(|error| Error::BadDescription { what: path.display().to_string(), reason: error.to_string() })?;
        let staged = path.with_extension("part");
        std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
        std::fs::rename(&staged, &path).map_err(Error::file("write", &path))
    }

    /// The drills other than `drill` that ran at any time since `since`.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn beside(&self, drill: &str, since: UtcInstant) -> Result<Vec<Neighbour>> {
        let mut neighbours = Vec::new();
        for path in self.files()? {
            let json = match std::fs::read(&path) {
                Ok(json) => json,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => return Err(Error::File { attempted: "read", path, source }),
            };
            let mut neighbour: Neighbour = serde_json::from_slice(&json)
                .map_err(|error| Error::BadDescription { what: path.display().to_string(), reason: error.to_string() })?;
            if neighbour.until.is_none() && !runs(&path) {
                // It was killed: what it caused may last until it is healed, and nobody knows when that was.
                neighbour.until = Some(since);
            }
            if neighbour.drill != drill && neighbour.until.is_none_or(|until| until >= since) {
                neighbours.push(neighbour);
            }
        }
        neighbours.sort_by(|a, b| (a.from, &a.drill).cmp(&(b.from, &b.drill)));
        Ok(neighbours)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(&self.folder).map_err(Error::file("read the folder", &self.folder))?;
        let paths = entries.map(|entry| Ok(entry.map_err(Error::file("read the folder", &self.folder))?.path()));
        let paths: Vec<_> = paths.collect::<Result<_>>()?;
        Ok(paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect())
    }
}

/// Whether the process of a drill's file, whose name begins with its number, still runs.
fn runs(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('-').next().and_then(|id| id.parse().ok()).is_some_and(is_alive)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::drill::Fault;

    #[test]
    fn drills_that_overlap_know_of_each_other_and_those_that_ended_before_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let neighbourhood = Neighbourhood::in_folder(folder.path()).unwrap();
        let at = |second: u64| UtcInstant::from_epoch_s(1000.0).unwrap().plus(Duration::from_secs(second));
        let drill = |name: &str| Drill::new(name, Fault::stop("kafka"));
        neighbourhood.announce(&drill("me"), at(50), None).unwrap();
        neighbourhood.announce(&drill("ended_before"), at(0), Some(at(49))).unwrap();
        neighbourhood.announce(&drill("overlaps"), at(0), None).unwrap();
        neighbourhood.announce(&drill("overlaps"), at(0), Some(at(60))).unwrap();
        neighbourhood.announce(&drill("runs"), at(55), None).unwrap();
        let beside = neighbourhood.beside("me", at(50)).unwrap();
        let names: Vec<_> = beside.iter().map(|neighbour| (neighbour.drill.as_str(), neighbour.until)).collect();
        assert_eq!(names, [("overlaps", Some(at(60))), ("runs", None)]);
    }

    #[test]
    fn drills_of_processes_that_have_ended_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let neighbourhood = Neighbourhood::in_folder(folder.path()).unwrap();
        let at = UtcInstant::from_epoch_s(1000.0).unwrap();
        neighbourhood.announce(&Drill::new("lives", Fault::stop("kafka")), at, None).unwrap();
        let file = neighbourhood.files().unwrap().remove(0);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        std::fs::copy(&file, file.with_file_name(format!("{}-1-dead.json", child.id()))).unwrap();
        neighbourhood.forget_the_dead().unwrap();
        assert_eq!(neighbourhood.files().unwrap(), [file]);
    }
}
