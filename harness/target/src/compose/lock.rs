//! The lock of a stack: any number of processes share the stack as it is, and one process alone
//! starts, changes or removes it.
//!
//! It is a lock of the operating system on a file: the kernel releases it when its holder ends,
//! even by a kill.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::lock_file;
use crate::process::is_alive;
use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;

const TRY_EVERY: Duration = Duration::from_millis(100);

/// The stack is held by this process until this value is dropped.
#[derive(Debug)]
pub struct StackLock {
    file: File,
    path: PathBuf,
    is_held: bool,
}

/// A process may live long after it let go of the stack: the file must not name it then.
impl Drop for StackLock {
    fn drop(&mut self) {
        if self.is_held && holder(&mut self.file) == Some(std::process::id()) {
            // If that fails, those that wait are shown a name too many; the lock is released.
            let _ = self.file.set_len(0);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LockMode {
    Shared,
    Alone,
}

impl StackLock {
    /// The lock at `path` for this process alone, if nobody else has it.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn try_alone(path: &Path) -> Result<Option<Self>> {
        Self::try_open(path, LockMode::Alone)
    }

    /// The lock at `path` together with others, if nobody has it alone.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn try_shared(path: &Path) -> Result<Option<Self>> {
        Self::try_open(path, LockMode::Shared)
    }

    /// Who has the lock at `path`, in words.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn holder(path: &Path) -> Result<String> {
        let mut lock = Self::open(path)?;
        Ok(match holder(&mut lock.file) {
            Some(id) => format!("process {id}"),
            None => "an unknown process".to_owned(),
        })
    }

    /// The lock at `path` for this process alone. Waits while others have it, and shows who does.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used, [`Error::Interrupted`] if `cancel` comes first.
    pub async fn alone(
        path: &Path,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        if let Some(lock) = Self::try_alone(path)? {
            return Ok(lock);
        }
        let holder = Self::holder(path)?;
        let what = format!("another run uses it ({holder}); waiting for its end");
        let step = progress.step("stack", what);
        loop {
            step.update("still waiting");
            pause(cancel).await?;
            if let Some(lock) = Self::try_alone(path)? {
                return Ok(lock);
            }
        }
    }

    /// The same lock once more: it is held until both are gone, in whatever process.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn duplicate(&self) -> Result<File> {
        self.file
            .try_clone()
            .map_err(Error::file("duplicate the stack's lock", &self.path))
    }

    fn try_open(path: &Path, mode: LockMode) -> Result<Option<Self>> {
        let mut lock = Self::open(path)?;
        Ok(lock.try_take(mode)?.then_some(lock))
    }

    fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            file: lock_file::open(path, "open the stack's lock")?,
            path: path.to_owned(),
            is_held: false,
        })
    }

    fn try_take(&mut self, mode: LockMode) -> Result<bool> {
        let taken = match mode {
            LockMode::Shared => self.file.try_lock_shared(),
            LockMode::Alone => self.file.try_lock(),
        };
        match taken {
            Ok(()) => self.is_held = true,
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(source)) => {
                return Err(Error::File {
                    attempted: "lock",
                    path: self.path.clone(),
                    source,
                });
            }
        }
        // The file names the holder for those that wait. Of several holders it names the first, as
        // long as that one lives.
        if mode == LockMode::Shared && holder(&mut self.file).is_some_and(is_alive) {
            return Ok(true);
        }
        let name = std::process::id().to_string();
        let failed = || Error::file("write", &self.path);
        self.file.set_len(0).map_err(failed())?;
        self.file.rewind().map_err(failed())?;
        self.file.write_all(name.as_bytes()).map_err(failed())?;
        Ok(true)
    }
}

/// Waits until the next try for the lock.
///
/// # Errors
/// [`Error::Interrupted`] if `cancel` comes first.
pub(super) async fn pause(cancel: &CancellationToken) -> Result<()> {
    tokio::select! {
        () = cancel.cancelled() => Err(Error::Interrupted),
        () = tokio::time::sleep(TRY_EVERY) => Ok(()),
    }
}

/// The process whose number stands in the file.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind()
        .and_then(|()| file.read_to_string(&mut text))
        .ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_is_shared_by_any_number_or_held_by_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let alone = StackLock::try_alone(&path).unwrap().unwrap();
        assert!(StackLock::try_alone(&path).unwrap().is_none());
        assert!(StackLock::try_shared(&path).unwrap().is_none());
        drop(alone);
        let first = StackLock::try_shared(&path).unwrap().unwrap();
        let second = StackLock::try_shared(&path).unwrap().unwrap();
        let own = format!("process {}", std::process::id());
        assert_eq!(StackLock::holder(&path).unwrap(), own);
        assert!(StackLock::try_alone(&path).unwrap().is_none());
        drop((first, second));
        assert!(StackLock::try_alone(&path).unwrap().is_some());
    }

    #[test]
    fn lock_that_was_let_go_names_nobody_though_its_process_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = StackLock::try_shared(&path).unwrap().unwrap();
        let own = format!("process {}", std::process::id());
        assert_eq!(StackLock::holder(&path).unwrap(), own);
        // Asking who holds it changes nothing.
        assert_eq!(StackLock::holder(&path).unwrap(), own);
        drop(first);
        let holder = StackLock::holder(&path).unwrap();
        assert_eq!(holder, "an unknown process");
    }

    #[test]
    fn sharer_does_not_replace_the_name_of_a_holder_that_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        // Process 1 runs on every machine; a number beyond the largest runs on none.
        for (named, stays) in [("1", 1), ("4194999", std::process::id())] {
            std::fs::write(&path, named).unwrap();
            let _lock = StackLock::try_shared(&path).unwrap().unwrap();
            let holder = StackLock::holder(&path).unwrap();
            assert_eq!(holder, format!("process {stays}"));
        }
    }
}
