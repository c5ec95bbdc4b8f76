//! The project's own programs, what configures its exporters, and templates of notifications.

use std::path::Path;

use super::SourceFile;
use super::files::{Files, folders_of, name_in_its_folder};

/// The longest file that is read, and all together.
const LONGEST_FILE_BYTES: u64 = 1_000_000;
const MOST_BYTES: u64 = 50_000_000;
/// Folders that hold what was built or fetched.
const SKIPPED: [&str; 6] = ["dist", "build", "site-packages", "venv", "env", ".next"];
/// How the names of programs end.
const PROGRAMS: [&str; 21] = [
    "py", "js", "ts", "mjs", "cjs", "jsx", "tsx", "go", "java", "kt", "scala", "rs", "rb", "cs",
    "php", "ex", "exs", "sh", "c", "cpp", "lua",
];
/// Names of files that say of what a program is made.
const PARTS: [&str; 12] = [
    "requirements.txt",
    "package.json",
    "go.mod",
    "pom.xml",
    "pyproject.toml",
    "pipfile",
    "cargo.toml",
    "gemfile",
    "composer.json",
    "mix.exs",
    "build.sbt",
    "setup.py",
];

/// The texts of all of them.
pub(super) fn sources(files: &Files) -> Vec<SourceFile> {
    let mut left = MOST_BYTES;
    let mut found = Vec::new();
    for (path, size) in files.sizes() {
        if size > LONGEST_FILE_BYTES || size > left || !is_source(path) {
            continue;
        }
        if let Some(file) = files.read(path) {
            left -= size;
            found.push(file);
        }
    }
    found
}

fn is_source(path: &Path) -> bool {
    let folders = folders_of(path);
    if folders
        .iter()
        .any(|folder| SKIPPED.contains(&folder.as_str()))
    {
        return false;
    }
    let name = name_in_its_folder(path).to_lowercase();
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let is_yaml = end == "yml" || end == "yaml";
    PROGRAMS.contains(&end) && !name.ends_with(".min.js")
        || PARTS.contains(&name.as_str())
        || name.contains("dockerfile")
        || name.starts_with("requirements") && end == "txt"
        || name.starts_with("build.gradle")
        || name.starts_with("application") && (is_yaml || end == "properties")
        || is_yaml && configures_an_exporter(&name, &folders)
        || end == "toml"
        || end == "csproj"
        || end == "alloy"
        || end == "tmpl"
        || end == "conf"
        || end == "cnf"
        || name == "caddyfile"
}

fn configures_an_exporter(name: &str, folders: &[String]) -> bool {
    let marks = [
        "blackbox",
        "jmx",
        "statsd",
        "exporter",
        "otel",
        "collector",
        "traefik",
        "mapping",
        "queries",
        "snmp",
        "custom-metrics",
    ];
    let is_about_one = |text: &str| marks.iter().any(|mark| text.contains(mark));
    is_about_one(name) || folders.last().is_some_and(|folder| is_about_one(folder))
}
