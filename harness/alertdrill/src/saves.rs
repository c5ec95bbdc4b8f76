//! When a file is saved.
//!
//! Its folder is watched and not the file: many editors write a new file and give it the old one's
//! name, which would end a watch of the file. Where the file is a link, the folder of what it leads
//! to is watched too.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::{Error, Result};
use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::{Receiver, channel};

/// A save is several events: what comes within this time of the first is one save. Nobody notices
/// that it takes longer by that.
const ONE_SAVE: Duration = Duration::from_millis(50);

/// The saves of a file from some moment on.
pub(crate) struct Saves {
    file: PathBuf,
    saved: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Saves {
    /// Those of `file` from now on.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if its folder cannot be watched.
    pub(crate) fn of(file: &Path) -> Result<Self> {
        let failed = |error: notify::Error| Error::NoAnswer {
            attempted: format!("watch for saves of {}", file.display()),
            reason: error.to_string(),
        };
        let places = places_of(file);
        let names: BTreeSet<OsString> = places
            .iter()
            .filter_map(|place| place.file_name().map(ToOwned::to_owned))
            .collect();
        // One that has not been taken yet tells as much as several.
        let (sender, saved) = channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            // Events that were lost may have been of this file.
            if event.map_or(true, |event| is_save(&event, &names)) {
                let _ = sender.try_send(());
            }
        })
        .map_err(failed)?;
        for folder in folders_of(&places) {
            watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .map_err(failed)?;
        }
        Ok(Self {
            file: file.to_owned(),
            saved,
            _watcher: watcher,
        })
    }

    /// Waits until the file was saved since this was last awaited.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if its folder is no longer watched.
    pub(crate) async fn next(&mut self) -> Result<()> {
        self.saved.recv().await.ok_or_else(|| Error::NoAnswer {
            attempted: format!("watch for saves of {}", self.file.display()),
            reason: "the watch has ended".to_owned(),
        })?;
        tokio::time::sleep(ONE_SAVE).await;
        let _ = self.saved.try_recv();
        Ok(())
    }
}

/// The file, and what it leads to if it is a link.
fn places_of(file: &Path) -> BTreeSet<PathBuf> {
    let target = file.canonicalize().ok();
    [file.to_owned()].into_iter().chain(target).collect()
}

fn folders_of(places: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let folders = places.iter().filter_map(|place| place.parent());
    let folders = folders.map(|folder| {
        if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        }
    });
    let folders = folders.map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.to_owned()));
    folders.collect()
}

fn is_save(event: &Event, names: &BTreeSet<OsString>) -> bool {
    let is_of_content = !matches!(
        event.kind,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_))
    );
    let is_named = |path: &PathBuf| path.file_name().is_some_and(|name| names.contains(name));
    is_of_content && (event.need_rescan() || event.paths.iter().any(is_named))
}
