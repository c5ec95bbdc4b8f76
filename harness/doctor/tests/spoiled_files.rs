//! Whatever stands in a project's files, the doctor ends with findings or with an error, and never
//! panics: the files of the web shop, spoiled at random. `PROPTEST_CASES` spoils more.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use alertdrill_doctor::{Checkout, Wishes, examine};
use proptest::prelude::*;
use proptest::sample::Index;

/// What is put into a file, beside its own lines.
const ODD: [&str; 18] = [
    "\t",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "{{",
    "}}",
    "[",
    "}",
    "\"",
    "|\n",
    "é\u{0}\u{feff}",
    "${X:?no}",
    "!reset null",
    "99999999999999999999",
    "sum by (",
    "--- \n...\n",
];

#[derive(Clone, Debug)]
enum Spoil {
    Cut(Index),
    Insert(Index, Index),
    Drop(Index),
    Twice(Index, Index),
    Swap(Index, Index),
}

fn spoil() -> impl Strategy<Value = Spoil> {
    prop_oneof![
        any::<Index>().prop_map(Spoil::Cut),
        any::<(Index, Index)>().prop_map(|(at, what)| Spoil::Insert(at, what)),
        any::<Index>().prop_map(Spoil::Drop),
        any::<(Index, Index)>().prop_map(|(line, to)| Spoil::Twice(line, to)),
        any::<(Index, Index)>().prop_map(|(one, other)| Spoil::Swap(one, other)),
    ]
}

fn spoiled(text: &str, spoil: &Spoil) -> String {
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let count = lines.len();
    match spoil {
        Spoil::Cut(at) => {
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            return text[..*at.get(&ends)].to_owned();
        }
        Spoil::Insert(at, what) => {
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            let (before, after) = text.split_at(*at.get(&places));
            return format!("{before}{}{after}", what.get(&ODD));
        }
        Spoil::Drop(line) => drop(lines.remove(line.index(count))),
        Spoil::Twice(line, to) => {
            let line = lines[line.index(count)].clone();
            lines.insert(to.index(count), line);
        }
        Spoil::Swap(one, other) => lines.swap(one.index(count), other.index(count)),
    }
    lines.join("\n")
}

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/web-shop")
}

/// The shop's files that say something of its alerts.
fn files() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![shop()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') {
                folders.push(path);
            } else if [".yml", ".py", "Dockerfile", ".conf"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(shop()).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

proptest! {
    #[test]
    fn no_spoiled_file_makes_the_doctor_panic(
        spoils in prop::collection::vec((any::<Index>(), spoil()), 1..6),
    ) {
        let mut files = files();
        for (file, spoil) in &spoils {
            let number = file.index(files.len());
            let (_, text) = &mut files[number];
            *text = spoiled(text, spoil);
        }
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        if let Ok(variants) = Checkout::read(folder.path(), &Wishes::default()) {
            for finding in examine(&variants) {
                prop_assert!(finding.line >= 1 && finding.column >= 1);
                prop_assert!(!finding.message.is_empty() && !finding.help.is_empty());
            }
        }
    }
}
