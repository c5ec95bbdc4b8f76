//! Which files of a folder a container runs: the file that its command names, and what that imports.
//! One folder is often built into several services, each with a command of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::checkout::SourceFile;

/// Endings of files whose imports are followed.
const FOLLOWED: [&str; 7] = ["py", "js", "mjs", "cjs", "ts", "jsx", "tsx"];

/// What tells that a program loads more than it imports by name.
const LOADED_BY_NAME: [&str; 8] = [
    "DJANGO_SETTINGS_MODULE",
    "import_module",
    "__import__",
    "autodiscover",
    "pkgutil",
    "readdirSync",
    "require(path",
    "import(path",
];

/// The files of `below` that a container with this command runs, and all that is no program in a
/// language whose imports are followed; `None` if the command does not tell.
pub(super) fn files_run<'a>(
    command: &[String],
    below: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let words: Vec<&str> = command
        .iter()
        .flat_map(|word| word.split_whitespace())
        .collect();
    let mut open: Vec<&SourceFile> = entries(&words, below);
    if open.is_empty() {
        return None;
    }
    let mut run: BTreeSet<&Path> = BTreeSet::new();
    while let Some(file) = open.pop() {
        if LOADED_BY_NAME.iter().any(|mark| file.text.contains(mark)) {
            return None;
        }
        if run.insert(&file.path) {
            open.extend(imported(file, below));
        }
    }
    let is_run =
        |file: &&&SourceFile| !is_followed(&file.path) || run.contains(file.path.as_path());
    Some(below.iter().filter(is_run).copied().collect())
}

fn is_followed(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| FOLLOWED.contains(&ending))
}

/// The files that a command line names: `python worker.py`, `python -m shop.worker`,
/// `uvicorn main:app`, `celery -A shop.tasks worker`.
fn entries<'a>(words: &[&str], below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let word = word.trim_matches(|c| "\"'[],;&".contains(c));
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        let is_module = before.is_some_and(|before| ["-m", "-A", "--app"].contains(before));
        if is_followed(Path::new(word)) {
            found.extend(file_named(Path::new(word), below));
        } else if is_module {
            found.extend(entry_module(word, below));
        } else if let Some((name, object)) = word.split_once(':') {
            let is_name = |text: &str| {
                !text.is_empty()
                    && text
                        .chars()
                        .all(|c| c.is_alphanumeric() || "_.".contains(c))
            };
            let is_object = object.chars().next().is_some_and(char::is_alphabetic);
            if is_name(name) && is_object {
                found.extend(entry_module(name, below));
            }
        }
    }
    found
}

/// The one file whose path ends as `path` does.
fn file_named<'a>(path: &Path, below: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let parts: Vec<_> = path.components().collect();
    // A container's folders are others: `/app/worker.py` is `worker.py` here.
    (0..parts.len()).find_map(|from| {
        let tail: PathBuf = parts.get(from..)?.iter().collect();
        let tail = tail.strip_prefix("/").unwrap_or(&tail);
        let mut found = below.iter().filter(|file| file.path.ends_with(tail));
        let first = found.next()?;
        found.next().is_none().then_some(*first)
    })
}

/// The files of the Python module that a command names; its packages may be the container's.
fn entry_module<'a>(name: &str, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let parts: Vec<_> = name.split('.').collect();
    let tails = (0..parts.len()).filter_map(|from| Some(parts.get(from..)?.join(".")));
    let mut found = tails.map(|tail| module(&tail, below));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

/// The files that a Python module may be: `shop.worker`.
fn module<'a>(name: &str, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let path: PathBuf = name.split('.').filter(|part| !part.is_empty()).collect();
    if path.as_os_str().is_empty() {
        return Vec::new();
    }
    let endings = [
        path.with_extension("py"),
        path.join("__main__.py"),
        path.join("__init__.py"),
    ];
    let is_it = |file: &&&SourceFile| endings.iter().any(|path| file.path.ends_with(path));
    below.iter().filter(is_it).copied().collect()
}

/// The files that importing a Python module runs: those of its packages, too.
fn modules<'a>(name: &str, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let mut so_far = String::new();
    let mut found = Vec::new();
    for part in name.split('.').filter(|part| !part.is_empty()) {
        so_far = format!("{so_far}.{part}");
        found.extend(module(&so_far, below));
    }
    found
}

/// The files that a file imports, as far as they are among `below`.
fn imported<'a>(file: &SourceFile, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    if file.path.extension().is_some_and(|ending| ending == "py") {
        imported_by_python(file, below)
    } else {
        imported_by_javascript(file, below)
    }
}

#[allow(
    clippy::expect_used,
    reason = "the pattern is a constant, and each test uses it"
)]
static PYTHON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?m)^\s*(?:from\s+([.\w]+)\s+import\s+(?:\(([^)]*)\)|([^\n#]*))|import\s+([\w., ]+))",
    )
    .expect("it is a pattern")
});

fn imported_by_python<'a>(file: &SourceFile, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let mut found = Vec::new();
    for import in PYTHON.captures_iter(&file.text) {
        let text = |number: usize| import.get(number).map(|it| it.as_str());
        if let Some(from) = text(1) {
            found.extend(modules(from, below));
            for name in first_words(text(2).or(text(3)).unwrap_or_default()) {
                found.extend(module(&format!("{from}.{name}"), below));
            }
        }
        for name in first_words(text(4).unwrap_or_default()) {
            found.extend(modules(name, below));
        }
    }
    found
}

/// The first word of each piece between commas: `a as b, c` names `a` and `c`.
fn first_words(names: &str) -> impl Iterator<Item = &str> {
    let pieces = names.split(',');
    pieces.filter_map(|piece| piece.split_whitespace().next())
}

#[allow(
    clippy::expect_used,
    reason = "the pattern is a constant, and each test uses it"
)]
static JAVASCRIPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:require\(|from|import\(?)\s*['"`]([^'"`]+)['"`]"#).expect("it is a pattern")
});

fn imported_by_javascript<'a>(file: &SourceFile, below: &[&'a SourceFile]) -> Vec<&'a SourceFile> {
    let mut found = Vec::new();
    for import in JAVASCRIPT.captures_iter(&file.text) {
        let Some(name) = import.get(1) else { continue };
        // `@/metrics` is a name of the project's own root.
        let path = name.as_str().trim_start_matches(['.', '/', '@', '~']);
        let stem = path.rsplit_once('.').map_or(path, |(stem, ending)| {
            if FOLLOWED.contains(&ending) {
                stem
            } else {
                path
            }
        });
        let candidates = below.iter().filter(|it| {
            let without = it.path.with_extension("");
            is_followed(&it.path)
                && (without.ends_with(stem) || without.ends_with(Path::new(stem).join("index")))
        });
        found.extend(candidates.copied());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(command: &str, files: &[(&str, &str)]) -> Option<Vec<String>> {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| SourceFile::new(*path, *text))
            .collect();
        let below: Vec<_> = files.iter().collect();
        let command: Vec<_> = command.split(' ').map(str::to_owned).collect();
        let run = files_run(&command, &below)?;
        Some(
            run.iter()
                .map(|file| file.path.display().to_string())
                .collect(),
        )
    }

    #[test]
    fn command_runs_its_file_and_what_that_imports() {
        let files = [
            (
                "app/main.py",
                "from fastapi import FastAPI\nfrom shared import log\n",
            ),
            (
                "app/worker.py",
                "import time\nfrom shared.metrics import (\n    JOBS,\n)\n",
            ),
            ("app/shared/__init__.py", ""),
            ("app/shared/log.py", ""),
            ("app/shared/metrics.py", ""),
            ("app/requirements.txt", ""),
        ];
        let of_worker = Some(
            [
                "app/worker.py",
                "app/shared/__init__.py",
                "app/shared/metrics.py",
                "app/requirements.txt",
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        for command in [
            "python worker.py",
            "python -u /srv/worker.py",
            "python -m worker",
        ] {
            assert_eq!(run(command, &files), of_worker, "{command}");
        }
        let of_main = Some(
            [
                "app/main.py",
                "app/shared/__init__.py",
                "app/shared/log.py",
                "app/requirements.txt",
            ]
            .map(str::to_owned)
            .to_vec(),
        );
        assert_eq!(run("uvicorn main:app --port 8000", &files), of_main);
    }

    #[test]
    fn javascript_is_followed_too() {
        let files = [
            (
                "src/server.js",
                "const m = require('./metrics');\nimport { x } from './lib/x.js';",
            ),
            ("src/metrics/index.js", ""),
            ("src/lib/x.js", ""),
            ("src/worker.js", ""),
        ];
        let expected = ["src/server.js", "src/metrics/index.js", "src/lib/x.js"];
        assert_eq!(
            run("node src/server.js", &files),
            Some(expected.map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn command_that_names_no_file_does_not_tell() {
        let manage = "os.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'";
        let files = [
            ("app/main.py", ""),
            ("app/start.sh", ""),
            ("app/manage.py", manage),
        ];
        for command in [
            "sh start.sh",
            "npm start",
            "python manage.py runserver 0.0.0.0:8000",
            "",
        ] {
            assert_eq!(run(command, &files), None, "{command}");
        }
    }
}
