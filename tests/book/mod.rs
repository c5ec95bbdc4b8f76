//! The documents, as files: what is generated in them, what they link to, what they show.

pub(super) mod drills;
pub(super) mod examples;
pub(super) mod keys;
pub(super) mod links;
pub(super) mod outcomes;
pub(super) mod variables;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file, whose path counts from the root.
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Holds what stands between the marks of `what` on a page to be `wanted`, or writes it there if
/// `UPDATE_BOOK` is set.
pub(super) fn hold(page: &str, what: &str, wanted: &str) {
    let begin =
        format!("<!-- {what}: written by `UPDATE_BOOK=1 cargo test --test documentation` -->\n");
    let end = format!("<!-- end of {what} -->\n");
    let text = read(page);
    let parts = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let Some((before, after)) = parts else {
        panic!("{page} has no\n{begin}{end}");
    };
    let anew = format!("{before}{begin}{wanted}{end}{after}");
    // Not if nothing changes: other tests read the pages meanwhile.
    if std::env::var_os("UPDATE_BOOK").is_some() && text != anew {
        fs::write(root().join(page), anew).unwrap();
        return;
    }
    assert_eq!(
        text, anew,
        "{page} is out of date: UPDATE_BOOK=1 cargo test --test documentation"
    );
}

/// All Markdown files of the repository, as paths from the root, in order.
pub(super) fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for part in [".", "docs", "examples", "tests"] {
        collect(Path::new(part), part != ".", &mut pages);
    }
    pages.sort();
    assert!(pages.len() > 30, "{pages:?}");
    pages
}

fn collect(folder: &Path, is_deep: bool, pages: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path: PathBuf = folder.join(&name).components().collect();
        let is_hidden = name.starts_with('.');
        if entry.file_type().unwrap().is_dir() {
            if is_deep && !is_hidden {
                collect(&path, true, pages);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let path = path.strip_prefix(".").unwrap_or(&path);
            pages.push(path.to_str().unwrap().to_owned());
        }
    }
}

/// The lines of a page that are no code, each with its number.
pub(super) fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fence: Option<&str> = None;
    let mut prose = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let begun = line.trim_start();
        let ticks = &begun[..begun.len() - begun.trim_start_matches('`').len()];
        match fence {
            Some(open) if begun == open => fence = None,
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => prose.push((number, line)),
            Some(_) => {}
        }
    }
    prose
}

/// The blocks of code in a language that a page shows, with the indentation taken off.
pub(super) fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            let indent = line.len() - line.trim_start().len();
            let block: Vec<_> = lines
                .by_ref()
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indent..).unwrap_or_default())
                .collect();
            blocks.push(block.join("\n") + "\n");
        }
    }
    blocks
}
