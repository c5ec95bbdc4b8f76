//! Which files of the checkout a service's process runs: the one that its command starts, and those
//! that this one imports.

mod command;
mod go;
mod javascript;
mod listens;
mod python;
mod serves;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use alertdrill_project::Service;

use super::service_texts::ServiceTexts;
use crate::checkout::SourceFile;
pub(crate) use listens::listens_on;
pub(crate) use serves::{Serves, serves};

/// Endings of files whose imports are followed.
const FOLLOWED: [&str; 8] = ["py", "js", "mjs", "cjs", "ts", "jsx", "tsx", "go"];
/// The most files that are followed.
const MOST_FILES: usize = 2_000;

/// What a service runs.
#[derive(Clone, Debug)]
pub(crate) struct Started<'a> {
    /// The file that it starts.
    pub(crate) entry: &'a SourceFile,
    /// That file and what it imports.
    pub(crate) files: Vec<&'a SourceFile>,
    /// The words of its command.
    pub(crate) words: Vec<String>,
}

impl<'a> Started<'a> {
    /// What `name` runs; `None` if that cannot be seen.
    pub(crate) fn of(name: &str, service: &Service, texts: &ServiceTexts<'a>) -> Option<Self> {
        let words = command::words(service, texts);
        let files = texts.files_of_its_image();
        let entries = entries(&words, service, &files).or_else(|| {
            let knows_nothing = words.is_empty() && texts.dockerfile().is_none();
            knows_nothing.then(|| by_name(name, &files)).flatten()
        })?;
        Some(Self {
            entry: entries.first()?,
            files: followed(entries, &files)?,
            words,
        })
    }

    /// Whether a file is not run: a program in one of the languages whose imports are followed.
    pub(crate) fn leaves_out(&self, file: &SourceFile) -> bool {
        let is_followed = FOLLOWED.contains(&ending(&file.path));
        is_followed && !self.files.iter().any(|run| run.path == file.path)
    }
}

/// The files that a command starts.
fn entries<'a>(
    words: &[String],
    service: &Service,
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    python::entries(words, service, files)
        .or_else(|| javascript::entries(words, files))
        .or_else(|| go::entries(words, files))
}

/// These files and all that they import; `None` if that cannot be read.
fn followed<'a>(
    entries: Vec<&'a SourceFile>,
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let mut found: Vec<&'a SourceFile> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut left = entries;
    while let Some(file) = left.pop() {
        if !seen.insert(file.path.clone()) {
            continue;
        }
        if seen.len() > MOST_FILES {
            return None;
        }
        found.push(file);
        let imported = match ending(&file.path) {
            "py" => python::imports(file, files),
            "go" => Some(go::imports(file, files)),
            _ => javascript::imports(file, files),
        };
        left.extend(imported?);
    }
    Some(found)
}

/// What a service of this name starts, where nothing says it: a folder with its name has a file that
/// people start.
fn by_name<'a>(name: &str, files: &[&'a SourceFile]) -> Option<Vec<&'a SourceFile>> {
    const STARTED: [&str; 6] = ["main", "app", "__main__", "server", "index", "bot"];
    let mut found = files.iter().filter(|file| {
        let stem = file.path.file_stem().and_then(|stem| stem.to_str());
        let mut folders = file.path.ancestors().skip(1).filter_map(Path::file_name);
        let mut folder = folders.next().and_then(|folder| folder.to_str());
        if folder.is_some_and(|folder| ["app", "src"].contains(&folder)) && folder != Some(name) {
            folder = folders.next().and_then(|folder| folder.to_str());
        }
        ["py", "js", "ts"].contains(&ending(&file.path))
            && folder == Some(name)
            && stem.is_some_and(|stem| STARTED.contains(&stem))
    });
    let first = *found.next()?;
    found.next().is_none().then(|| vec![first])
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

/// The one file whose path ends so; the one nearest to `from` if there are several.
fn ends_with<'a>(end: &Path, from: &Path, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let found = files.iter().filter(|file| file.path.ends_with(end));
    let shared = |file: &SourceFile| {
        let pairs = file.path.components().zip(from.components());
        pairs.take_while(|(a, b)| a == b).count()
    };
    found
        .max_by_key(|file| {
            (
                shared(file),
                std::cmp::Reverse(file.path.components().count()),
            )
        })
        .copied()
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
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
        let words: Vec<_> = command.split(' ').map(str::to_owned).collect();
        let run = followed(entries(&words, &Service::default(), &below)?, &below)?;
        let mut paths: Vec<_> = run.iter().map(|it| it.path.display().to_string()).collect();
        paths.sort();
        Some(paths)
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
                "import time\nfrom shared.jobs import (\n    JOBS,\n)\nfrom . import late\n",
            ),
            ("app/late.py", "x = 'shared.by_name'"),
            ("app/shared/__init__.py", ""),
            ("app/shared/log.py", ""),
            ("app/shared/jobs.py", ""),
            ("app/shared/by_name.py", ""),
            ("app/requirements.txt", ""),
        ];
        let of_worker = [
            "app/late.py",
            "app/shared/__init__.py",
            "app/shared/by_name.py",
            "app/shared/jobs.py",
            "app/worker.py",
        ];
        for command in [
            "python worker.py",
            "python -u /srv/worker.py",
            "python -m worker",
            "celery -A worker worker",
        ] {
            let expected = of_worker.map(str::to_owned).to_vec();
            assert_eq!(run(command, &files), Some(expected), "{command}");
        }
        let of_main = ["app/main.py", "app/shared/__init__.py", "app/shared/log.py"];
        for command in [
            "uvicorn main:app --port 8000",
            "gunicorn -k uvicorn.workers.UvicornWorker main:app",
            "python -m uvicorn app.main:app",
        ] {
            let expected = of_main.map(str::to_owned).to_vec();
            assert_eq!(run(command, &files), Some(expected), "{command}");
        }
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
            (
                "package.json",
                "{\"scripts\": {\"start\": \"node src/server.js\"}}",
            ),
        ];
        let expected = ["src/lib/x.js", "src/metrics/index.js", "src/server.js"];
        for command in [
            "node src/server.js",
            "node src/server",
            "npm start",
            "npm run start",
        ] {
            let expected = expected.map(str::to_owned).to_vec();
            assert_eq!(run(command, &files), Some(expected), "{command}");
        }
    }

    #[test]
    fn go_program_is_known_by_its_name() {
        let files = [
            (
                "cmd/api/main.go",
                "import (\n\t\"shop/web\"\n)\nfunc main() {}",
            ),
            ("cmd/worker/main.go", "func main() {}"),
            ("web/serve.go", "package web"),
        ];
        let expected = ["cmd/api/main.go", "web/serve.go"].map(str::to_owned);
        assert_eq!(run("/app/api", &files), Some(expected.to_vec()));
        assert_eq!(run("/app/server", &files), None);
    }

    #[test]
    fn what_is_loaded_before_a_program_runs_too() {
        let files = [("tracing.js", ""), ("server.js", ""), ("other.js", "")];
        let expected = ["server.js", "tracing.js"].map(str::to_owned).to_vec();
        assert_eq!(
            run("node -r ./tracing.js server.js", &files),
            Some(expected)
        );
        assert_eq!(run("node -r ./missing.js server.js", &files), None);
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
