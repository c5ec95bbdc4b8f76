//! Who uses a stack: any number of processes share it as it is; one alone starts, changes or
//! removes it.
//!
//! A lock of the operating system on a file: the kernel releases it when its holder ends, however
//! that happens.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::process::is_alive;
use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;

const TRY_EVERY: Duration = Duration::from_millis(100);

/// The stack is held by this process until this value is dropped.
#[derive(Debug)]
pub struct StackLock {
    file: File,
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Shared,
    Alone,
}

impl StackLock {
    /// The lock at `path` for this process alone, if nobody else has it.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn try_alone(path: &Path) -> Result<Option<Self>> {
        Self::try_open(path, Mode::Alone)
    }

    /// The lock at `path` together with others, if nobody has it alone.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn try_shared(path: &Path) -> Result<Option<Self>> {
        Self::try_open(path, Mode::Shared)
    }

    /// Who has the lock at `path`, in words.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used.
    pub fn holder(path: &Path) -> Result<String> {
        let mut lock = Self::open(path)?;
        Ok(
            holder(&mut lock.file).map_or("an unknown process".to_owned(), |id| {
                format!("process {id}")
            }),
        )
    }

    /// The lock at `path` for this process alone; waits, and says for whom, while others have it.
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
        let step = progress.step(
            "stack",
            format!(
                "another run uses it ({}); waiting for its end",
                Self::holder(path)?
            ),
        );
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

    fn try_open(path: &Path, mode: Mode) -> Result<Option<Self>> {
        let mut lock = Self::open(path)?;
        Ok(lock.try_take(mode)?.then_some(lock))
    }

    fn open(path: &Path) -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        Ok(Self {
            file: file.map_err(Error::file("open the stack's lock", path))?,
            path: path.to_owned(),
        })
    }

    fn try_take(&mut self, mode: Mode) -> Result<bool> {
        let taken = match mode {
            Mode::Shared => self.file.try_lock_shared(),
            Mode::Alone => self.file.try_lock(),
        };
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(source)) => {
                return Err(Error::File {
                    attempted: "lock",
                    path: self.path.clone(),
                    source,
                });
            }
        }
        // For whoever waits. Of those that share it the first one stands there, for as long as it
        // lives.
        if mode == Mode::Shared && holder(&mut self.file).is_some_and(is_alive) {
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

/// Until the next try for the lock.
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
        assert!(
            StackLock::try_alone(&path).unwrap().is_none()
                && StackLock::try_shared(&path).unwrap().is_none()
        );
        drop(alone);
        let first = StackLock::try_shared(&path).unwrap().unwrap();
        let second = StackLock::try_shared(&path).unwrap().unwrap();
        assert_eq!(
            StackLock::holder(&path).unwrap(),
            format!("process {}", std::process::id())
        );
        assert!(StackLock::try_alone(&path).unwrap().is_none());
        drop((first, second));
        assert!(StackLock::try_alone(&path).unwrap().is_some());
    }

    #[test]
    fn whoever_only_looks_in_does_not_take_the_name_of_a_holder_that_lives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        // Process 1 is there on every machine; a number beyond the largest is on none.
        for (named, stays) in [("1", 1), ("4194999", std::process::id())] {
            std::fs::write(&path, named).unwrap();
            let _lock = StackLock::try_shared(&path).unwrap().unwrap();
            assert_eq!(
                StackLock::holder(&path).unwrap(),
                format!("process {stays}")
            );
        }
    }
}
