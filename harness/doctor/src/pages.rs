//! Each check has a page, with the same headings, and what it says of its example is what the
//! program says. `UPDATE_PAGES=1` writes that anew.

use std::path::{Path, PathBuf};

use alertdrill_core::{Finding, FindingSeverity};

use crate::kinds::kinds;
use crate::test_projects::found_in_files;

const HEADINGS: [&str; 4] = ["What it finds", "Why it matters", "Example", "Mend"];

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor")
}

/// The part of a page below a heading.
fn part<'a>(page: &'a str, heading: &str) -> &'a str {
    let marked = format!("\n## {heading}\n");
    let (_, rest) = page.split_once(&marked).unwrap_or_default();
    rest.split("\n## ").next().unwrap_or_default()
}

/// The files that a part shows: a name in backticks with a colon, then a block.
fn files(part: &str) -> Vec<(String, String)> {
    let blocks = part.split("`:\n\n```").skip(1);
    let names = part
        .split("`:\n\n```")
        .map(|before| before.rsplit('`').next().unwrap_or_default());
    names
        .zip(blocks)
        .map(|(name, block)| {
            let (_, text) = block.split_once('\n').unwrap();
            let text = text.split("\n```").next().unwrap_or_default();
            (name.to_owned(), format!("{text}\n"))
        })
        .collect()
}

/// What the page says that the program says.
fn said(part: &str) -> &str {
    let (_, rest) = part.split_once("```text\n").unwrap_or_default();
    rest.split("```").next().unwrap_or_default()
}

/// The first line of a finding as `alertdrill doctor` prints it.
fn first_line(finding: &Finding) -> String {
    let (file, severity) = (finding.file.display(), finding.severity.as_str());
    format!(
        "{file}:{}:{}: {severity}: {} [{}]",
        finding.line, finding.column, finding.message, finding.id
    )
}

#[test]
fn each_check_has_a_page_whose_example_is_found_and_whose_mend_is_not() {
    let mut wrong = Vec::new();
    for check in kinds() {
        let path = pages().join(format!("{}.md", check.id));
        let Ok(page) = std::fs::read_to_string(&path) else {
            wrong.push(format!("{}: no page docs/doctor/{}.md", check.id, check.id));
            continue;
        };
        if !page.starts_with(&format!("# {}\n\n", check.id)) {
            wrong.push(format!("{}: the page does not begin with its id", check.id));
        }
        for heading in HEADINGS {
            if part(&page, heading).is_empty() {
                wrong.push(format!("{}: the page has no part `{heading}`", check.id));
            }
        }
        let example = part(&page, "Example");
        let broken = files(example);
        let own = found_in_files(&broken).into_iter();
        let own = own.filter(|finding| finding.id == check.id);
        let found: Vec<_> = own.map(|finding| first_line(&finding)).collect();
        if found.is_empty() {
            wrong.push(format!("{}: its example is not found", check.id));
        }
        let found = format!("{}\n", found.join("\n"));
        if said(example) != found {
            if std::env::var_os("UPDATE_PAGES").is_some() {
                let old = format!("```text\n{}```", said(example));
                let anew = page.replacen(&old, &format!("```text\n{found}```"), 1);
                std::fs::write(&path, anew).unwrap();
            } else {
                wrong.push(format!("{}: the program says\n{found}", check.id));
            }
        }
        let mut mended = broken;
        for (name, text) in files(part(&page, "Mend")) {
            mended.retain(|(old, _)| *old != name);
            mended.push((name, text));
        }
        let found = found_in_files(&mended).into_iter();
        for finding in found.filter(|finding| finding.severity != FindingSeverity::Note) {
            let line = first_line(&finding);
            wrong.push(format!(
                "{}: the mended project is not clean: {line}",
                check.id
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE_PAGES=1 writes what the program says",
        wrong.join("\n")
    );
}

#[test]
fn each_page_is_of_a_check() {
    for group in std::fs::read_dir(pages()).unwrap() {
        let group = group.unwrap().path();
        if !group.is_dir() {
            continue;
        }
        for page in std::fs::read_dir(&group).unwrap() {
            let page = page.unwrap().path().with_extension("");
            let id = page
                .strip_prefix(pages())
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            assert!(kinds().any(|check| check.id == id), "{id} is no check");
        }
    }
}

/// The table of all kinds stands in the README of the pages.
#[test]
fn readme_lists_each_kind_with_its_title() {
    let path = pages().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let begin =
        "<!-- kinds: written by `UPDATE_PAGES=1 cargo test -p alertdrill-doctor pages` -->\n";
    let end = "<!-- end of kinds -->";
    let (before, rest) = readme.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let rows = kinds().map(|kind| format!("| [{0}]({0}.md) | {1} |\n", kind.id, kind.title));
    let rows: String = rows.collect();
    let anew = format!("{before}{begin}| id | what |\n| --- | --- |\n{rows}{end}{after}");
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &anew).unwrap();
    }
    assert!(
        readme == anew,
        "UPDATE_PAGES=1 writes the table of docs/doctor/README.md anew"
    );
}
