//! Where the program is that evaluates rules over recordings: cargo doesn't build it, for it is
//! written in Go.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result};
use alertdrill_engine::replay::REPLAYER;

/// Names the program, wherever it is.
const VARIABLE: &str = "ALERTDRILL_REPLAYER";

/// The program of the replayer: the one that `ALERTDRILL_REPLAYER` names; else the one beside this
/// program, in the folder `programs`, which is of the same version; else the first one in `PATH`.
///
/// # Errors
/// [`Error::NoReplayer`].
pub(crate) fn find_replayer(programs: &Path) -> Result<PathBuf> {
    let [named, path] = [VARIABLE, "PATH"].map(std::env::var_os);
    let named = named.filter(|named| !named.is_empty());
    find(named.as_deref(), programs, path.as_deref())
}

fn find(named: Option<&OsStr>, programs: &Path, path: Option<&OsStr>) -> Result<PathBuf> {
    let beside = programs.join(REPLAYER);
    let places: Vec<_> = match (named, path) {
        (Some(named), _) => vec![PathBuf::from(named)],
        (None, path) => {
            let folders = path.into_iter().flat_map(std::env::split_paths);
            let in_path = folders.map(|folder| folder.join(REPLAYER));
            [beside].into_iter().chain(in_path).collect()
        }
    };
    let found = places.iter().find(|program| program.is_file());
    found.cloned().ok_or_else(|| Error::NoReplayer {
        program: places.into_iter().next().unwrap_or_default(),
        is_named: named.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that has a replayer if `has_one`.
    fn folder(has_one: bool) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        if has_one {
            std::fs::write(folder.path().join(REPLAYER), "").unwrap();
        }
        folder
    }

    #[test]
    fn replayer_is_the_named_one_else_that_beside_the_program_else_that_in_the_path() {
        let [named, beside, in_path, nothing] = [true, true, true, false].map(folder);
        let replayer = |folder: &tempfile::TempDir| folder.path().join(REPLAYER);
        let path = std::env::join_paths([nothing.path(), in_path.path()]).unwrap();
        let (name, path) = (replayer(&named), Some(path.as_os_str()));
        let name = Some(name.as_os_str());
        let found = |named, programs: &tempfile::TempDir| find(named, programs.path(), path).ok();
        assert_eq!(found(name, &beside), Some(replayer(&named)));
        assert_eq!(found(None, &beside), Some(replayer(&beside)));
        assert_eq!(found(None, &nothing), Some(replayer(&in_path)));
    }

    #[test]
    fn named_replayer_that_is_missing_is_not_replaced_by_another_one() {
        let beside = folder(true);
        let error = find(Some(OsStr::new("/nowhere")), beside.path(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no replayer at /nowhere, which evaluates rules over a recording"
        );
    }

    #[test]
    fn missing_replayer_is_told_with_where_it_was_looked_for_and_how_to_get_it() {
        let error = find(None, Path::new("/nowhere"), Some(OsStr::new("/bin:/sbin"))).unwrap_err();
        insta::assert_snapshot!(error.explained(), @"
        no replayer at /nowhere/alertdrill-replayer or in PATH, which evaluates rules over a recording
          help: it comes with alertdrill's releases; in a clone, `./drill setup` builds it, or `harness/replayer/build PROGRAM`; `ALERTDRILL_REPLAYER=PROGRAM` names it
        ");
    }
}
