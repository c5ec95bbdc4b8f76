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
        let save = one_of(&mut self.saved).await;
        save.ok_or_else(|| Error::NoAnswer {
            attempted: format!("watch for saves of {}", self.file.display()),
            reason: "the watch has ended".to_owned(),
        })
    }
}

/// Waits for an event, and takes those that follow at once for the same save; `None` if there will
/// be none.
async fn one_of(saved: &mut Receiver<()>) -> Option<()> {
    saved.recv().await?;
    tokio::time::sleep(ONE_SAVE).await;
    let _ = saved.try_recv();
    Some(())
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Whether a save is seen soon.
    async fn is_seen(saves: &mut Saves) -> bool {
        let soon = tokio::time::timeout(Duration::from_secs(2), saves.next());
        soon.await.is_ok_and(|seen| seen.is_ok())
    }

    #[tokio::test]
    async fn save_is_seen_whether_the_file_is_written_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let [file, beside] = ["r.yml", "r.yml~"].map(|name| folder.path().join(name));
        fs::write(&file, "a").unwrap();
        let mut saves = Saves::of(&file).unwrap();
        fs::write(&file, "b").unwrap();
        assert!(is_seen(&mut saves).await, "written");
        for text in ["c", "d"] {
            fs::write(&beside, text).unwrap();
            fs::rename(&beside, &file).unwrap();
            assert!(is_seen(&mut saves).await, "replaced");
        }
    }

    #[tokio::test]
    async fn what_is_read_and_what_happens_to_other_files_is_no_save() {
        let folder = tempfile::tempdir().unwrap();
        let [file, other] = ["r.yml", "other.yml"].map(|name| folder.path().join(name));
        fs::write(&file, "a").unwrap();
        let mut saves = Saves::of(&file).unwrap();
        fs::write(other, "b").unwrap();
        fs::read(&file).unwrap();
        let soon = Duration::from_millis(300);
        assert!(tokio::time::timeout(soon, saves.next()).await.is_err());
    }

    #[tokio::test]
    async fn save_of_what_a_link_leads_to_is_one() {
        let [links, files] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let (link, file) = (links.path().join("r.yml"), files.path().join("rules.yml"));
        fs::write(&file, "a").unwrap();
        symlink(&file, &link).unwrap();
        let mut saves = Saves::of(&link).unwrap();
        fs::write(&file, "b").unwrap();
        assert!(is_seen(&mut saves).await);
    }

    #[tokio::test]
    async fn saves_at_once_and_while_nobody_waits_are_one() {
        let (sender, mut saved) = channel(1);
        sender.send(()).await.unwrap();
        let follows_at_once = async {
            // Taken by `one_of` while it waits: until then there is no place for it.
            sender.send(()).await.unwrap();
        };
        let (save, ()) = tokio::join!(one_of(&mut saved), follows_at_once);
        assert!(save.is_some());
        assert!(
            saved.try_recv().is_err(),
            "the second is no save of its own"
        );
        drop(sender);
        assert!(one_of(&mut saved).await.is_none());
    }

    #[test]
    fn file_in_a_folder_that_is_not_there_cannot_be_watched() {
        let error = Saves::of(Path::new("/nowhere/r.yml")).err().unwrap();
        let said = error.to_string();
        assert!(
            said.starts_with("failed to watch for saves of /nowhere/r.yml: "),
            "{said}"
        );
    }
}
