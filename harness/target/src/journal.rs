//! The journal: every fault is on disk before it is injected.
//!
//! Each stack has one file, which only grows. Each line holds the CRC-32 of an entry and the entry
//! as JSON. A drill writes and syncs that it opens a fault before it injects it, and that it closes
//! it after it has seen the revert. A process that is killed in between leaves the fault open, and
//! the next start, or `heal`, reverts it.
//!
//! A last line that is cut off belongs to a fault that was never injected, so it is ignored. Any
//! other line whose checksum is wrong was damaged later: nobody knows what it said. The reader is
//! told its number, and the faults on the other lines are reverted all the same.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use alertdrill_core::{Error, Fault, Result, UtcInstant};

use crate::lock_file;
use crate::process::ProcessId;

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
    /// The process that runs the drill.
    pub process: ProcessId,
    /// All that is needed to revert it.
    pub fault: Fault,
}

/// The content of a journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalContent {
    /// The faults that were opened and not closed, the latest first: the order to revert them in.
    pub open: Vec<OpenFault>,
    /// The numbers of the damaged lines; what they said is unknown.
    pub spoiled: Vec<usize>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case", deny_unknown_fields)]
enum JournalLine {
    Opened { opened: Box<OpenFault> },
    Closed { id: u64 },
}

impl Journal {
    /// The journal in a stack's state folder.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join("journal"),
        }
    }

    /// Writes, and syncs, that `fault` is about to be injected, `now`.
    ///
    /// # Errors
    /// [`Error::File`]; then the fault must not be injected.
    pub fn open(&self, drill: &str, fault: &Fault, now: UtcInstant) -> Result<OpenFault> {
        let _turn = self.lock()?;
        let id = complete_lines(&self.bytes()?).count() as u64;
        let opened = OpenFault {
            id,
            opened_at: now,
            drill: drill.to_owned(),
            process: ProcessId::own(),
            fault: fault.clone(),
        };
        self.append(&JournalLine::Opened {
            opened: Box::new(opened.clone()),
        })?;
        Ok(opened)
    }

    /// Writes that the fault was seen to be reverted.
    ///
    /// # Errors
    /// [`Error::File`]; then the fault will be reverted once more, which does no harm.
    pub fn close(&self, id: u64) -> Result<()> {
        let _turn = self.lock()?;
        self.append(&JournalLine::Closed { id })
    }

    /// The open faults, and the lines that cannot be read.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn read(&self) -> Result<JournalContent> {
        Ok(decode(&self.bytes()?))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets all open faults: the stack that they broke is gone.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn forget(&self) -> Result<()> {
        let _turn = self.lock()?;
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file("remove", &self.path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Lets one thread of one process write at a time, because a fault's number is its line's.
    fn lock(&self) -> Result<File> {
        let path = self.path.with_extension("lock");
        let file = lock_file::open(&path, "open")?;
        file.lock().map_err(Error::file("lock", &path))?;
        Ok(file)
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        match std::fs::read(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(Error::file("read", &self.path)),
        }
    }

    fn append(&self, entry: &JournalLine) -> Result<()> {
        let failed = || Error::file("write", &self.path);
        let json = serde_json::to_string(entry).map_err(|error| Error::BadDescription {
            what: "an entry of the journal".to_owned(),
            reason: error.to_string(),
        })?;
        self.drop_torn_line()?;
        let opened = File::options().create(true).append(true).open(&self.path);
        let mut file = opened.map_err(failed())?;
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        file.write_all(line.as_bytes()).map_err(failed())?;
        file.sync_all().map_err(failed())
    }

    /// Keeps the next entry from continuing a line that was cut off.
    fn drop_torn_line(&self) -> Result<()> {
        let bytes = self.bytes()?;
        let complete = length_of_complete_lines(&bytes);
        if complete == bytes.len() {
            return Ok(());
        }
        let opened = File::options().write(true).open(&self.path);
        let file = opened.map_err(Error::file("open", &self.path))?;
        let shortened = file.set_len(complete as u64);
        shortened.map_err(Error::file("shorten", &self.path))
    }
}

/// Reads the bytes of a journal. It never fails: a line that cannot be read is named as damaged.
#[must_use]
pub fn decode(journal: &[u8]) -> JournalContent {
    let mut content = JournalContent::default();
    for (number, line) in complete_lines(journal).enumerate() {
        match journal_line(line) {
            Some(JournalLine::Opened { opened }) => content.open.push(*opened),
            Some(JournalLine::Closed { id }) => content.open.retain(|fault| fault.id != id),
            None => content.spoiled.push(number + 1),
        }
    }
    content.open.reverse();
    content
}

/// Without what follows the last line break: it was cut off while it was written.
fn complete_lines(journal: &[u8]) -> impl Iterator<Item = &[u8]> {
    let complete = &journal[..length_of_complete_lines(journal)];
    let lines = complete.split(|byte| *byte == b'\n');
    lines.filter(|line| !line.is_empty())
}

fn length_of_complete_lines(journal: &[u8]) -> usize {
    let last_break = journal.iter().rposition(|byte| *byte == b'\n');
    last_break.map_or(0, |end| end + 1)
}

fn journal_line(line: &[u8]) -> Option<JournalLine> {
    let (sum, json) = line.split_at_checked(8)?;
    let json = json.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    let is_intact = sum == crc32fast::hash(json);
    is_intact.then(|| serde_json::from_slice(json).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0).unwrap()
    }

    fn journal() -> (tempfile::TempDir, Journal) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path());
        (folder, journal)
    }

    fn open(journal: &Journal) -> Vec<OpenFault> {
        let JournalContent { open, spoiled } = journal.read().unwrap();
        assert!(spoiled.is_empty(), "{spoiled:?}");
        open
    }

    #[test]
    fn journal_that_was_never_written_has_no_open_fault() {
        let (_folder, journal) = journal();
        assert_eq!(journal.read().unwrap(), JournalContent::default());
    }

    #[test]
    fn opened_fault_stays_open_until_it_is_closed() {
        let (_folder, journal) = journal();
        let first = journal.open("a", &Fault::stop("kafka"), now()).unwrap();
        let second = journal.open("a", &Fault::stop("minio"), now()).unwrap();
        assert_eq!(open(&journal), [second.clone(), first.clone()]);
        journal.close(first.id).unwrap();
        assert_eq!(open(&journal), [second]);
        journal.forget().unwrap();
        assert_eq!(open(&journal), []);
    }

    #[test]
    fn faults_that_are_opened_at_once_get_numbers_of_their_own() {
        let (_folder, journal) = journal();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| journal.open("a", &Fault::stop("kafka"), now()).unwrap());
            }
        });
        let ids: std::collections::BTreeSet<_> =
            open(&journal).into_iter().map(|open| open.id).collect();
        assert_eq!(ids.len(), 8);
    }

    #[test]
    fn last_line_that_is_torn_anywhere_is_passed_over_and_does_not_spoil_the_next_entry() {
        let (_folder, journal) = journal();
        let first = journal.open("a", &Fault::stop("kafka"), now()).unwrap();
        let whole = journal.bytes().unwrap();
        journal.open("a", &Fault::stop("postgres"), now()).unwrap();
        let both = journal.bytes().unwrap();
        for cut in whole.len()..both.len() {
            std::fs::write(&journal.path, &both[..cut]).unwrap();
            assert_eq!(open(&journal), std::slice::from_ref(&first), "cut at {cut}");
            let second = journal.open("a", &Fault::stop("minio"), now()).unwrap();
            assert_eq!(open(&journal), [second, first.clone()], "cut at {cut}");
        }
    }

    #[test]
    fn spoiled_line_is_named_and_the_faults_of_the_others_are_known_all_the_same() {
        let (_folder, journal) = journal();
        let faults = ["kafka", "minio", "postgres"]
            .map(|service| journal.open("a", &Fault::stop(service), now()).unwrap());
        let text = String::from_utf8(journal.bytes().unwrap()).unwrap();
        std::fs::write(&journal.path, text.replace("minio", "mimio")).unwrap();
        let [first, _, third] = faults;
        let content = JournalContent {
            open: vec![third, first],
            spoiled: vec![2],
        };
        assert_eq!(journal.read().unwrap(), content);
        let next = journal.open("a", &Fault::stop("minio"), now()).unwrap();
        assert_eq!(next.id, 3, "a number that no other fault has");
    }

    #[test]
    fn fault_is_not_opened_when_the_journal_cannot_be_written() {
        let (_folder, journal) = journal();
        std::fs::create_dir(&journal.path).unwrap();
        let error = journal.open("a", &Fault::stop("kafka"), now()).unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error}");
    }
}
