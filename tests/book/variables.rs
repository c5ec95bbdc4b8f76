//! Environment variables that the program reads and that its page forgets.

use std::fs;
use std::path::Path;

use regex::Regex;

use super::{read, root};

/// What nobody sets by hand: Cargo and nextest tell it, or one process of alertdrill the other.
const FOR_PROGRAMS: [&str; 5] = [
    "ALERTDRILL_KEEPER",
    "CARGO",
    "NEXTEST_ATTEMPT",
    "NEXTEST_EXECUTION_MODE",
    "NEXTEST_RUN_ID",
];

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The variables that the harness reads, by the ways in which its code names them, and that the
/// page does not name.
pub(crate) fn forgotten() -> Vec<String> {
    let mut text = String::new();
    for part in fs::read_dir(root().join("harness")).unwrap() {
        let source = part.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut text);
        }
    }
    let pattern = r#"(?:\bvar(?:_os)?\(|const [A-Z_]+: &str = )"([A-Z]+_[A-Z_]+|CARGO)""#;
    let pattern = Regex::new(pattern).unwrap();
    let page = read("docs/reference/environment.md");
    let mut names: Vec<_> = pattern
        .captures_iter(&text)
        .map(|found| found[1].to_owned())
        .collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 12, "{names:?}");
    names.retain(|name| {
        let is_told = page.contains(&format!("`{name}`")) || page.contains(&format!("`{name}="));
        !is_told && !FOR_PROGRAMS.contains(&name.as_str())
    });
    names
}
