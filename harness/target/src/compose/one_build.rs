//! One build at a time on this machine.
//!
//! Builds that go on at once and share steps can end the whole engine: `BuildKit` in Docker 20.10
//! dereferences a nil pointer in `solver.(*sharedOp).CalcSlowCache`. Builds share both processors
//! anyway, and the second one finds what the first one built.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

use alertdrill_core::{Error, Result};
use alertdrill_progress::Progress;

use crate::lock_file;

const TRY_EVERY: Duration = Duration::from_millis(100);

/// Waits until no other process of this machine builds. Others wait as long as the file is open.
///
/// # Errors
/// [`Error::File`].
pub(super) async fn one_build(progress: &Progress) -> Result<File> {
    let path = lock_path();
    // It may be another user's, who can be waited for all the same.
    let file = File::open(&path).or_else(|_| lock_file::open(&path, "open the lock of builds"))?;
    let mut step = None;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                step.get_or_insert_with(|| progress.step("stack", "waiting for another build"));
                tokio::time::sleep(TRY_EVERY).await;
            }
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", path)(error)),
        }
    }
}

fn lock_path() -> PathBuf {
    std::env::temp_dir().join("alertdrill-builds.lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn second_build_waits_for_the_end_of_the_first() {
        let progress = Progress::default();
        let first = one_build(&progress).await.unwrap();
        let soon = Duration::from_millis(300);
        let second = tokio::time::timeout(soon, one_build(&progress)).await;
        assert!(second.is_err());
        drop(first);
        drop(one_build(&progress).await.unwrap());
    }
}
