//! A folder by which the drills of a stack tell each other what they do, in whatever process they
//! run. It holds a file per entry.
//!
//! An entry is written whole or not at all. Its file's name begins with the number of the process
//! that wrote it, so that readers recognise what a killed process left behind. Reading is cheap:
//! the files are read again only when one of them has changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::process::is_alive;
use alertdrill_core::{Error, Result};

/// The folder's modification time shows neither a change within the same tick of the file system's
/// clock nor the end of a process.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A folder of entries.
#[derive(Debug)]
pub struct Register<T> {
    folder: PathBuf,
    read: Mutex<Option<LastRead<T>>>,
}

#[derive(Debug)]
struct LastRead<T> {
    at: Instant,
    changed_at: Option<SystemTime>,
    snapshot: Arc<Snapshot<T>>,
}

/// The entries at one moment.
#[derive(Debug, PartialEq)]
pub struct Snapshot<T> {
    /// Changes when the entries change.
    pub version: u64,
    /// In the order of their files' names.
    pub entries: Vec<Entry<T>>,
}

/// One entry.
#[derive(Debug, PartialEq)]
pub struct Entry<T> {
    /// Its file.
    pub path: PathBuf,
    /// The process that wrote it.
    pub writer: u32,
    /// Whether the process that wrote it still runs.
    pub is_current: bool,
    /// What it says.
    pub value: T,
}

impl<T: Serialize + DeserializeOwned + PartialEq> Register<T> {
    /// The register in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn in_folder(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        Ok(Self {
            folder,
            read: Mutex::new(None),
        })
    }

    /// The file of this process's entry `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder
            .join(format!("{}-{name}.json", std::process::id()))
    }

    /// Writes this process's entry `name`, in place of what it was before.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write(&self, name: &str, value: &T) -> Result<()> {
        let path = self.path(name);
        let json = serde_json::to_vec(value).map_err(|error| Error::BadDescription {
            what: path.display().to_string(),
            reason: error.to_string(),
        })?;
        let staged = path.with_extension("part");
        std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
        std::fs::rename(&staged, &path).map_err(Error::file("write", path))
    }

    /// Every entry.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn snapshot(&self) -> Result<Arc<Snapshot<T>>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked before the files are read: a change in between then shows at the next call.
        let changed_at = std::fs::metadata(&self.folder)
            .and_then(|folder| folder.modified())
            .ok();
        if let Some(reading) = &*read
            && reading.changed_at == changed_at
            && reading.at.elapsed() < READ_AGAIN_AFTER
        {
            return Ok(Arc::clone(&reading.snapshot));
        }
        let entries = self.read_all()?;
        let snapshot = match read.take() {
            Some(before) if before.snapshot.entries == entries => before.snapshot,
            before => Arc::new(Snapshot {
                version: before.map_or(0, |before| before.snapshot.version + 1),
                entries,
            }),
        };
        *read = Some(LastRead {
            at: Instant::now(),
            changed_at,
            snapshot: Arc::clone(&snapshot),
        });
        Ok(snapshot)
    }

    fn read_all(&self) -> Result<Vec<Entry<T>>> {
        let mut entries = Vec::new();
        for path in self.files()? {
            let json = match std::fs::read(&path) {
                Ok(json) => json,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(Error::File {
                        attempted: "read",
                        path,
                        source,
                    });
                }
            };
            let value = serde_json::from_slice(&json).map_err(|error| Error::BadDescription {
                what: path.display().to_string(),
                reason: error.to_string(),
            })?;
            let writer = writer_of(&path);
            entries.push(Entry {
                path,
                writer,
                is_current: is_alive(writer),
                value,
            });
        }
        Ok(entries)
    }

    /// Removes the entries of processes that have ended.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn forget_the_dead(&self) -> Result<()> {
        let mut left_behind = self.files()?;
        left_behind.retain(|path| !is_alive(writer_of(path)));
        for path in left_behind {
            match std::fs::remove_file(&path) {
                // If it is gone, another process has removed it.
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let failed = || Error::file("read the folder", &self.folder);
        let mut paths = Vec::new();
        for file in std::fs::read_dir(&self.folder).map_err(failed())? {
            paths.push(file.map_err(failed())?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
        paths.sort();
        Ok(paths)
    }
}

/// The number of the process that wrote the file; 0, which no process has, if its name has none.
fn writer_of(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let id = name.split('-').next();
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_that_another_register_wrote_is_seen_and_one_of_a_process_that_ended_is_not_current() {
        let folder = tempfile::tempdir().unwrap();
        let here = Register::<u32>::in_folder(folder.path().to_owned()).unwrap();
        let elsewhere = Register::<u32>::in_folder(folder.path().to_owned()).unwrap();
        assert!(here.snapshot().unwrap().entries.is_empty());
        elsewhere.write("a", &1).unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        std::fs::write(folder.path().join(format!("{}-b.json", child.id())), "2").unwrap();
        let anew = Register::<u32>::in_folder(folder.path().to_owned()).unwrap();
        let snapshot = anew.snapshot().unwrap();
        let entries = snapshot.entries.iter();
        let mut seen: Vec<_> = entries.map(|it| (it.value, it.is_current)).collect();
        seen.sort_unstable();
        assert_eq!(seen, [(1, true), (2, false)]);
        here.forget_the_dead().unwrap();
        assert_eq!(here.files().unwrap(), [elsewhere.path("a")]);
    }

    #[test]
    fn entry_that_is_written_again_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let register = Register::<u32>::in_folder(folder.path().to_owned()).unwrap();
        for value in 0..20 {
            register.write("a", &value).unwrap();
            // Longer than a tick of the file system's clock.
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(register.snapshot().unwrap().entries[0].value, value);
        }
    }

    #[test]
    fn version_changes_with_the_entries_and_not_with_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let register = Register::<u32>::in_folder(folder.path().to_owned()).unwrap();
        let version_with = |value| {
            register.write("a", &value).unwrap();
            std::thread::sleep(Duration::from_millis(20));
            register.snapshot().unwrap().version
        };
        let first = version_with(1);
        assert_eq!(version_with(1), first);
        assert_ne!(version_with(2), first);
    }
}
