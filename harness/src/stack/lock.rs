//! One run at a time on one stack.
//!
//! A lock of the operating system on a file: the kernel releases it when its holder ends, however that happens.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::progress::Progress;
use crate::{Error, Result};

/// The stack is held by this process until this value is dropped.
#[derive(Debug)]
pub struct StackLock {
    _file: File,
}

impl StackLock {
    /// Takes the lock at `path`; waits, and says for whom, while another process holds it.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be used, [`Error::Interrupted`] if `cancel` comes first.
    pub async fn acquire(path: &Path, progress: &Progress, cancel: &CancellationToken) -> Result<Self> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::file("open the stack's lock", path))?;
        let mut waiting = None;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(Error::File { attempted: "lock", path: path.to_owned(), source });
                }
                Err(TryLockError::WouldBlock) => {
                    let holder = holder(&mut file);
                    let step = waiting.get_or_insert_with(|| {
                        progress.step("stack", format!("another run uses it ({holder}); waiting for its end"))
                    });
                    step.update("still waiting");
                }
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::Interrupted),
                () = tokio::time::sleep(Duration::from_millis(300)) => {}
            }
        }
        file.set_len(0).map_err(Error::file("write", path))?;
        file.rewind().map_err(Error::file("write", path))?;
        write!(file, "process {}", std::process::id()).map_err(Error::file("write", path))?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.rewind().and_then(|()| file.read_to_string(&mut text)) {
        Ok(_) if !text.is_empty() => text,
        _ => "an unknown process".to_owned(),
    }
}
