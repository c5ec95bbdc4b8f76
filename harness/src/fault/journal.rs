//! What is broken at this moment, on disk before it is broken.
//!
//! A file of JSON lines per stack, only ever appended to. Opening a fault is written and synced before the fault is
//! injected; closing it after it was seen to be reverted. A process that is killed in between leaves the fault open, and the
//! next start, or `heal`, reverts it. A last line that was cut off is a fault that was never injected, and is passed over.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drill::{Fault, UtcInstant};
use crate::{Error, Result};

/// The journal of one stack.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

/// A fault that was opened and not closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenFault {
    /// Its number in the journal, from 0.
    pub id: u64,
    /// When it was opened.
    pub opened_at: UtcInstant,
    /// The drill that opened it.
    pub drill: String,
    /// The process that runs the drill; 0 if that is not known.
    #[serde(default)]
    pub process: u32,
    /// All that is needed to revert it.
    pub fault: Fault,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
enum Entry {
    Opened(Box<OpenFault>),
    Closed { id: u64 },
}

impl Journal {
    /// The journal in a stack's state folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("journal.jsonl") }
    }

    /// Writes, and syncs, that `fault` is about to be injected.
    ///
    /// # Errors
    /// [`Error::File`]: then the fault must not be injected.
    pub fn open(&self, drill: &str, fault: &Fault) -> Result<OpenFault> {
        let _turn = self.lock()?;
        let id = self.entries()?.len() as u64;
        let opened = OpenFault {
            id,
            opened_at: Timestamp::now().into(),
            drill: drill.to_owned(),
            process: std::process::id(),
            fault: fault.clone(),
        };
        self.append(&Entry::Opened(Box::new(opened.clone())))?;
        Ok(opened)
    }

    /// Writes that the fault was seen to be reverted.
    ///
    /// # Errors
    /// [`Error::File`]: then the fault will be reverted once more, which does no harm.
    pub fn close(&self, id: u64) -> Result<()> {
        let _turn = self.lock()?;
        self.append(&Entry::Closed { id })
    }

    /// The faults that were opened and not closed, the latest first: the order to revert them in.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if a line other than the last is no entry.
    pub fn still_open(&self) -> Result<Vec<OpenFault>> {
        let mut open = Vec::new();
        for entry in self.entries()? {
            match entry {
                Entry::Opened(fault) => open.push(*fault),
                Entry::Closed { id } => open.retain(|fault: &OpenFault| fault.id != id),
            }
        }
        open.reverse();
        Ok(open)
    }

    /// One writer at a time, of all threads and processes: an entry's number is its place.
    fn lock(&self) -> Result<File> {
        let path = self.path.with_extension("lock");
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = opened.map_err(Error::file("open", &path))?;
        file.lock().map_err(Error::file("lock", &path))?;
        Ok(file)
    }

    fn entries(&self) -> Result<Vec<Entry>> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::File { attempted: "read", path: self.path.clone(), source }),
        };
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = complete.lines().enumerate();
        lines
            .map(|(number, line)| {
                serde_json::from_str(line).map_err(|error| Error::BadDescription {
                    what: format!("line {} of {}", number + 1, self.path.display()),
                    reason: error.to_string(),
                })
            })
            .collect()
    }

    fn append(&self, entry: &Entry) -> Result<()> {
        let failed = || Error::file("write", &self.path);
        let line = serde_json::to_string(entry)
            .map_err(|error| Error::BadDescription { what: "an entry of the journal".to_owned(), reason: error.to_string() })?;
        self.drop_torn_line()?;
        let mut file = File::options().create(true).append(true).open(&self.path).map_err(failed())?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(failed())?;
        file.sync_all().map_err(failed())
    }

    /// So that the next entry does not continue a line that was cut off.
    fn drop_torn_line(&self) -> Result<()> {
        let Ok(bytes) = std::fs::read(&self.path) else { return Ok(()) };
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if complete == bytes.len() {
            return Ok(());
        }
        let file = File::options().write(true).open(&self.path).map_err(Error::file("open", &self.path))?;
        file.set_len(complete as u64).map_err(Error::file("shorten", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path());
        (folder, journal)
    }

    #[test]
    fn journal_that_was_never_written_has_no_open_fault() {
        let (_folder, journal) = journal();
        assert_eq!(journal.still_open().unwrap(), []);
    }

    #[test]
    fn opened_fault_stays_open_until_it_is_closed() {
        let (_folder, journal) = journal();
        let first = journal.open("a", &Fault::stop("kafka")).unwrap();
        let second = journal.open("a", &Fault::stop("minio")).unwrap();
        assert_eq!(journal.still_open().unwrap(), [second.clone(), first.clone()]);
        journal.close(first.id).unwrap();
        assert_eq!(journal.still_open().unwrap(), [second]);
    }

    #[test]
    fn faults_that_are_opened_at_once_get_numbers_of_their_own() {
        let (_folder, journal) = journal();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| journal.open("a", &Fault::stop("kafka")).unwrap());
            }
        });
        let ids: std::collections::BTreeSet<_> = journal.still_open().unwrap().into_iter().map(|open| open.id).collect();
        assert_eq!(ids.len(), 8);
    }

    #[test]
    fn torn_last_line_is_passed_over_and_does_not_spoil_the_next_entry() {
        let (_folder, journal) = journal();
        let first = journal.open("a", &Fault::stop("kafka")).unwrap();
        let mut file = File::options().append(true).open(&journal.path).unwrap();
        file.write_all(br#"{"entry":"opened","id":1,"open"#).unwrap();
        assert_eq!(journal.still_open().unwrap(), std::slice::from_ref(&first));
        let second = journal.open("a", &Fault::stop("minio")).unwrap();
        assert_eq!(journal.still_open().unwrap(), [second, first]);
    }

    #[test]
    fn spoiled_line_in_the_middle_is_an_error_that_names_it() {
        let (_folder, journal) = journal();
        std::fs::write(&journal.path, "what?\n").unwrap();
        let error = journal.still_open().unwrap_err().to_string();
        assert!(error.contains("line 1 of"), "{error}");
    }
}
