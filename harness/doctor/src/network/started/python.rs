//! What Python's commands start, and what its files import.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use alertdrill_project::Service;
use regex::Regex;

use super::{ending, ends_with};
use crate::checkout::SourceFile;

static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let from = r"from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]+)";
    Regex::new(&format!(r"(?m)^[ \t]*(?:{from}|import[ \t]+([^\n#]+))")).ok()
});
/// A module in quotes: Django's and Celery's settings name them so.
static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'](\w+(?:\.\w+)+)(?::\w+)?["']"#).ok());

/// Ways to import that are not followed, and frameworks that find their parts by themselves.
const DYNAMIC: [&str; 6] = [
    "importlib",
    "__import__",
    "pkgutil",
    "autodiscover",
    "DJANGO_SETTINGS_MODULE",
    "exec(",
];
const SERVERS: [&str; 6] = [
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "daphne",
    "granian",
    "uwsgi",
];

/// The files that a command starts; `None` if it starts no Python, or cannot be read.
pub(super) fn entries<'a>(
    words: &[String],
    service: &Service,
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    let mut modules: Vec<PathBuf> = Vec::new();
    let mut is_server = false;
    for (index, word) in words.iter().enumerate() {
        let program = word.rsplit('/').next().unwrap_or_default();
        let next = || words.get(index + 1).map(String::as_str);
        let is_path = Path::new(word).extension().is_some_and(|it| it == "py");
        is_server |= SERVERS.contains(&program);
        if is_path {
            modules.push(Path::new(word.trim_start_matches("./")).to_owned());
        } else if word == "-m" || word == "-A" || word == "--app" {
            let module = next()?;
            let is_tool = SERVERS.contains(&module)
                || ["celery", "flask", "http.server", "fastapi"].contains(&module);
            if !is_tool {
                modules.push(path_of(module.split(':').next().unwrap_or(module)));
            }
        } else if let Some(module) = word.strip_prefix("--app=") {
            modules.push(path_of(module));
        } else if is_server && !word.starts_with('-') && word.contains(':') {
            let (module, object) = word.split_once(':')?;
            let is_module = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            let is_name = object.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if is_name && module.chars().all(is_module) && !module.is_empty() {
                modules.push(path_of(module));
            }
        } else if program == "flask" && next() == Some("run") {
            let named = service.environment.get("FLASK_APP").cloned().flatten();
            let named = named.unwrap_or_else(|| "app".to_owned());
            let module = named.trim_end_matches(".py");
            modules.push(path_of(module.split(':').next().unwrap_or(module)));
        }
    }
    let found: Option<Vec<_>> = modules
        .iter()
        .map(|module| started(module, files))
        .collect();
    found.filter(|found| !found.is_empty())
}

/// `shop.api` is `shop/api`.
fn path_of(module: &str) -> PathBuf {
    module.split('.').filter(|part| !part.is_empty()).collect()
}

/// The file of a module or of a path in the container, by as much of its end as is known.
fn started<'a>(path: &Path, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let parts: Vec<_> = path.components().collect();
    (0..parts.len()).find_map(|from| {
        let end: PathBuf = parts.get(from..)?.iter().collect();
        if ending(&end) == "py" {
            return ends_with(&end, Path::new(""), files);
        }
        module(&end, Path::new(""), files)
    })
}

fn module<'a>(path: &Path, from: &Path, files: &[&'a SourceFile]) -> Option<&'a SourceFile> {
    let candidates = [
        path.with_extension("py"),
        path.join("__main__.py"),
        path.join("__init__.py"),
    ];
    candidates
        .iter()
        .find_map(|end| ends_with(end, from, files))
}

/// What a file imports of the project's own; `None` if that cannot be read.
pub(super) fn imports<'a>(
    file: &SourceFile,
    files: &[&'a SourceFile],
) -> Option<Vec<&'a SourceFile>> {
    if DYNAMIC.iter().any(|word| file.text.contains(word)) {
        return None;
    }
    let mut found = Vec::new();
    let folder = file.path.parent().unwrap_or_else(|| Path::new(""));
    for import in IMPORT.iter().flat_map(|it| it.captures_iter(&file.text)) {
        if let Some(list) = import.get(3) {
            for name in list.as_str().split(',') {
                let name = name.split_whitespace().next().unwrap_or_default();
                take(&path_of(name), folder, files, &mut found)?;
            }
            continue;
        }
        let (Some(from), Some(names)) = (import.get(1), import.get(2)) else {
            continue;
        };
        let dots = from.as_str().chars().take_while(|c| *c == '.').count();
        let mut base = match dots {
            0 => PathBuf::new(),
            dots => folder.ancestors().nth(dots - 1)?.to_owned(),
        };
        base.push(path_of(from.as_str().trim_start_matches('.')));
        take(&base, folder, files, &mut found)?;
        for name in names.as_str().trim_matches(['(', ')']).split(',') {
            let name = name.split_whitespace().next().unwrap_or_default();
            let path = base.join(name);
            found.extend(
                (!name.is_empty())
                    .then(|| module(&path, folder, files))
                    .flatten(),
            );
        }
    }
    for quoted in QUOTED.iter().flat_map(|it| it.captures_iter(&file.text)) {
        let path = path_of(quoted.get(1).map_or("", |it| it.as_str()));
        found.extend(module(&path, folder, files));
    }
    Some(found)
}

/// Adds a module and the packages that it lies in; `None` if it is one that is not there and may
/// have to do with metrics.
fn take<'a>(
    path: &Path,
    from: &Path,
    files: &[&'a SourceFile],
    found: &mut Vec<&'a SourceFile>,
) -> Option<()> {
    let parts = path.components().count();
    if parts == 0 {
        return Some(());
    }
    let it = module(path, from, files);
    found.extend(it);
    for package in path.ancestors().skip(1).take(parts - 1) {
        found.extend(ends_with(&package.join("__init__.py"), from, files));
    }
    let first = path.components().next()?;
    let is_own = it.is_none() && parts > 1 && {
        let mut own = files.iter().filter(|file| ending(&file.path) == "py");
        own.any(|file| file.path.components().any(|part| part == first))
    };
    let words = path.to_string_lossy().to_lowercase();
    let may_serve = [
        "metric",
        "monitor",
        "prom",
        "telemetry",
        "observ",
        "instrument",
    ];
    let is_missed = is_own && may_serve.iter().any(|word| words.contains(word));
    (!is_missed).then_some(())
}
