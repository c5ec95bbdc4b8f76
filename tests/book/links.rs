//! Links between the documents. Links to other sites are not followed: a test needs no network.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use regex::Regex;

use super::{pages, prose, read, root};

/// A link of a page.
struct Link {
    line: usize,
    /// The path as it is written; empty for a place on the same page.
    path: String,
    anchor: Option<String>,
}

/// The links and pictures of a page that lead to files of the repository.
fn links(text: &str) -> Vec<Link> {
    let code = Regex::new("`[^`]*`").unwrap();
    // A label may go over a line's end, so a page's prose is one text.
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut links = Vec::new();
    for (line, text) in prose(text) {
        // Code is no link, but a link's label may be code.
        let text = code.replace_all(text, "``");
        for found in link.captures_iter(&text) {
            let to = &found[1];
            if to.contains("://") || to.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = match to.split_once('#') {
                Some((path, anchor)) => (path, Some(anchor.to_owned())),
                None => (to, None),
            };
            links.push(Link {
                line,
                path: path.to_owned(),
                anchor,
            });
        }
    }
    links
}

/// The anchors of a page's headings, as code hosts and mdBook make them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    prose(text)
        .into_iter()
        .filter_map(|(_, line)| line.strip_prefix('#'))
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let count = seen.entry(anchor.clone()).or_insert(0);
            *count += 1;
            match *count {
                1 => anchor,
                more => format!("{anchor}-{}", more - 1),
            }
        })
        .collect()
}

/// `path` without `.` and `..`; `None` if it leads out of the repository.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                if !parts.pop() {
                    return None;
                }
            }
            Component::CurDir => {}
            other => parts.push(other),
        }
    }
    Some(parts)
}

/// The links of a page that lead nowhere, each with its file, line and why.
fn broken(page: &str) -> Vec<String> {
    let text = read(page);
    let folder = Path::new(page).parent().unwrap();
    let mut broken = Vec::new();
    for link in links(&text) {
        let mut complain = |why: &str| {
            let Link { line, path, .. } = &link;
            broken.push(format!("{page}:{line}: `{path}`: {why}"));
        };
        let target = if link.path.is_empty() {
            Some(PathBuf::from(page))
        } else {
            resolved(&folder.join(&link.path))
        };
        let Some(target) = target.filter(|target| root().join(target).exists()) else {
            complain("no such file");
            continue;
        };
        if page.starts_with("docs/") && !target.starts_with("docs") {
            complain("it leads out of the book: name the path instead");
        }
        let Some(anchor) = &link.anchor else { continue };
        let there = read(target.to_str().unwrap());
        if !anchors(&there).contains(anchor) {
            complain(&format!("no heading `#{anchor}`"));
        }
    }
    broken
}

/// Every link of the documents that leads nowhere.
pub(crate) fn broken_links() -> Vec<String> {
    pages().iter().flat_map(|page| broken(page)).collect()
}

/// The pages that the table of contents lists, as paths from the root.
pub(crate) fn listed() -> Vec<String> {
    let summary = read("docs/SUMMARY.md");
    let mut listed: Vec<_> = links(&summary)
        .into_iter()
        .map(|link| format!("docs/{}", link.path))
        .collect();
    listed.sort();
    listed
}

/// The files outside of `docs` that are pages of the book as well.
pub(crate) fn included() -> Vec<String> {
    let include = Regex::new(r"\{\{#include \.\./(\S+)\}\}").unwrap();
    let pages = pages();
    let of_the_book = pages.iter().filter(|page| page.starts_with("docs/"));
    let texts = of_the_book.map(|page| read(page));
    texts
        .flat_map(|text| {
            let found = include.captures_iter(&text);
            found.map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect()
}

/// The links to files that stand on a page.
pub(crate) fn file_links(page: &str) -> Vec<String> {
    links(&read(page))
        .into_iter()
        .map(|link| link.path)
        .collect()
}

#[test]
fn link_to_a_missing_file_or_heading_is_told_with_its_line_and_code_is_no_link() {
    let text = "# A b\n\n[x](y.md#z) `[a](b.md)`\n```text\n[c](d.md)\n```\n[`e`](#a-b)\n";
    let found: Vec<_> = links(text)
        .into_iter()
        .map(|link| (link.line, link.path, link.anchor))
        .collect();
    let anchor = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [
            (3, "y.md".to_owned(), anchor("z")),
            (7, String::new(), anchor("a-b"))
        ]
    );
    assert_eq!(
        anchors("# `a.yml`: b's\n## C\n## C\n"),
        ["ayml-bs", "c", "c-1"]
    );
}
