//! What Node's commands start, and what its files import.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::{ending, ends_with, plain};
use crate::checkout::SourceFile;

const ENDINGS: [&str; 6] = ["js", "ts", "mjs", "cjs", "jsx", "tsx"];

static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:\bfrom\s+|\brequire\s*\(\s*|\bimport\s*\(?\s*)["'`]([^"'`]+)["'`]"#).ok()
});
/// An import of what is found out at run time.
static DYNAMIC: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\b(?:require|import)\s*\(\s*[^"'`)\s]"#).ok());

/// The file that a command starts; `None` if it starts no JavaScript, or cannot be read.
pub(super) fn entries<'a>(
    words: &[String],
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let scripts;
    let mut words = words;
    let runs = words.iter().position(|word| {
        ["npm", "yarn", "pnpm"].contains(&word.rsplit('/').next().unwrap_or_default())
    });
    if let Some(at) = runs {
        let mut rest = words
            .iter()
            .skip(at + 1)
            .filter(|word| !word.starts_with('-'));
        let script = rest.find(|word| *word != "run")?;
        scripts = script_of(script, files)?;
        words = &scripts;
    }
    let is_program = |word: &&String| ENDINGS.contains(&ending(Path::new(word.as_str())));
    let after_node = || {
        let node = words
            .iter()
            .position(|word| word.rsplit('/').next() == Some("node"))?;
        let mut rest = words.iter().skip(node + 1);
        let word = rest.find(|word| !word.starts_with('-'))?;
        Some(format!("{word}.js"))
    };
    // What is loaded before it (`-r ./tracing.js`) runs, too.
    let mut named: Vec<String> = words.iter().filter(is_program).cloned().collect();
    if named.is_empty() {
        named.extend(after_node());
    }
    let found: Option<Vec<_>> = named.iter().map(|word| file_of(word, files)).collect();
    found.filter(|found| !found.is_empty())
}

/// The file that a command names, by as much of its path's end as is in the checkout.
fn file_of<'a>(word: &str, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let path = plain(Path::new(word.trim_start_matches('/')));
    if is_missing_from_its_folder(&path, files) {
        return None;
    }
    (0..path.components().count()).find_map(|from| {
        let end: PathBuf = path.components().skip(from).collect();
        ends_with(&end, Path::new(""), files).or_else(|| {
            // What is compiled has its source beside it.
            let source = end.with_extension("ts");
            let rest = source
                .strip_prefix("dist")
                .or_else(|_| source.strip_prefix("build"));
            let rest = rest.ok()?;
            ends_with(&Path::new("src").join(rest), Path::new(""), files)
                .or_else(|| ends_with(rest, Path::new(""), files))
        })
    })
}

/// Whether the checkout has the first two folders of a file's path and not the file: another one of
/// its name is another program's.
fn is_missing_from_its_folder(path: &Path, files: &[&SourceFile]) -> bool {
    let parts: Vec<_> = path.components().collect();
    let is_there = |from: usize| {
        let end: PathBuf = parts.get(from..).unwrap_or_default().iter().collect();
        let found = |end: &Path| ends_with(end, Path::new(""), files).is_some();
        found(&end) || found(&end.with_extension("ts"))
    };
    let has_folder = |from: usize| {
        let folders: PathBuf = parts
            .get(from..from + 2)
            .unwrap_or_default()
            .iter()
            .collect();
        let mut files = files.iter();
        files.any(|file| file.path.ancestors().any(|it| it.ends_with(&folders)))
    };
    // `services/auth/server.js`: two folders at least, of which the container may have others above.
    let depth = parts.len().saturating_sub(2);
    let in_folders = (0..depth).find(|from| has_folder(*from));
    in_folders.is_some_and(|from| !(0..=from).any(is_there))
}

fn script_of(script: &str, files: &[&SourceFile]) -> Option<Vec<String>> {
    let mut packages = files
        .iter()
        .filter(|file| file.path.ends_with("package.json"));
    let package = packages.next()?;
    if packages.next().is_some() {
        return None;
    }
    let parsed: serde_json::Value = serde_json::from_str(&package.text).ok()?;
    let line = parsed.get("scripts")?.get(script)?.as_str()?;
    Some(line.split_whitespace().map(str::to_owned).collect())
}

/// What a file imports of the project's own; `None` if that cannot be read.
pub(super) fn imports<'a>(
    file: &SourceFile,
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let text = &*file.text;
    let is_dynamic = DYNAMIC.as_ref().is_some_and(|it| it.is_match(text));
    if is_dynamic || text.contains("readdirSync") || text.contains("glob(") {
        return None;
    }
    let folder = file.path.parent().unwrap_or_else(|| Path::new(""));
    let mut found = Vec::new();
    for import in IMPORT.iter().flat_map(|it| it.captures_iter(text)) {
        let name = import.get(1).map_or("", |it| it.as_str());
        if name.starts_with('.') {
            let path = plain(&folder.join(name));
            found.extend(
                Some(resolved(&path, files))
                    .filter(Option::is_some)
                    .flatten(),
            );
            continue;
        }
        // A package of the project's own may serve anything.
        let is_own = files.iter().any(|file| {
            file.path.ends_with("package.json")
                && file.text.contains(&format!("\"name\": \"{name}\""))
        });
        if is_own {
            return None;
        }
        let alias = ["@/", "~/", "src/", "@app/"];
        if let Some(rest) = alias.iter().find_map(|it| name.strip_prefix(it)) {
            found.push(resolved(Path::new(rest), files)?);
        }
    }
    Some(found)
}

fn resolved<'a>(path: &Path, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let text = path.to_string_lossy().into_owned();
    let stem = text.trim_end_matches(".js").to_owned();
    let with_ending = ENDINGS.iter().flat_map(|it| {
        let stem = stem.as_str();
        [format!("{stem}.{it}"), format!("{stem}/index.{it}")]
    });
    let mut candidates = std::iter::once(text.clone()).chain(with_ending);
    candidates.find_map(|end| ends_with(Path::new(&end), Path::new(""), files))
}
