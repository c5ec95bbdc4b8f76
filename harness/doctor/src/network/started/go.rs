//! What a Go command starts, and what its packages import.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::ending;
use crate::checkout::SourceFile;

static MAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^func main\(\)").ok());
static PACKAGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./-]+)"\s*$"#).ok());

fn is_main(file: &SourceFile) -> bool {
    ending(&file.path) == "go" && MAIN.as_ref().is_some_and(|it| it.is_match(&file.text))
}

/// The file with the `main` that a command starts; `None` if there are several and none has the
/// command's name.
pub(super) fn entries<'a>(
    words: &[String],
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let mains: Vec<_> = files.iter().copied().filter(|file| is_main(file)).collect();
    if let [only] = mains.as_slice() {
        return Some(vec![*only]);
    }
    let program = words.first()?.rsplit('/').next()?;
    let mut named = mains.into_iter().filter(|file| {
        let stem = file.path.file_stem();
        let folder = file.path.parent().and_then(Path::file_name);
        [stem, folder].into_iter().flatten().any(|it| it == program)
    });
    let found = named.next()?;
    named.next().is_none().then(|| vec![found])
}

/// The other files of a file's package, and those of the packages that it imports.
pub(super) fn imports<'a>(file: &SourceFile, files: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let go = files.iter().copied().filter(|it| {
        let is_test = it.path.to_string_lossy().ends_with("_test.go");
        ending(&it.path) == "go" && !is_test && !is_main(it)
    });
    let packages: Vec<_> = PACKAGE
        .iter()
        .flat_map(|it| it.captures_iter(&file.text))
        .filter_map(|it| Some(it.get(1)?.as_str().to_owned()))
        .collect();
    let is_meant = |it: &&SourceFile| {
        let Some(folder) = it.path.parent() else {
            return false;
        };
        let is_beside = Some(folder) == file.path.parent();
        let last = folder
            .file_name()
            .map(|it| it.to_string_lossy().into_owned());
        is_beside
            || last.is_some_and(|last| {
                let end = format!("/{last}");
                packages.iter().any(|package| package.ends_with(&end))
            })
    };
    go.filter(is_meant).collect()
}
