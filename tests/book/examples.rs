//! What the documents show: files of drills are read by the program's own reader, excerpts stand in
//! the files that they are of, and commands of the script exist.

use std::path::Path;

use alertdrill::project::parse_project_file;
use regex::Regex;
use serde_yaml_ng::Value;

use super::{blocks, pages, read};

/// Pages whose YAML is not alertdrill's: those of the doctor have tests of their own.
fn is_of_others(page: &str) -> bool {
    page.starts_with("docs/doctor/")
}

/// The top-level keys of `alertdrill.yml`.
fn keys() -> Vec<String> {
    let schema: Value = serde_yaml_ng::from_str(&read("docs/alertdrill.schema.json")).unwrap();
    let keys = schema["properties"].as_mapping().unwrap().keys();
    keys.map(|key| key.as_str().unwrap().to_owned()).collect()
}

/// What a page shows as `alertdrill.yml` and the program does not read, each with the program's
/// words.
pub(crate) fn unread_files() -> Vec<String> {
    let keys = keys();
    let is_key = |key: &Value| keys.iter().any(|known| key.as_str() == Some(known));
    let (mut read_count, mut unread) = (0, Vec::new());
    for page in pages().into_iter().filter(|page| !is_of_others(page)) {
        for block in blocks(&read(&page), "yaml") {
            let value: Value = match serde_yaml_ng::from_str(&block) {
                Ok(value) => value,
                Err(error) => {
                    unread.push(format!("{page}: {error}\n{block}"));
                    continue;
                }
            };
            if !value.as_mapping().is_some_and(|map| map.keys().any(is_key)) {
                continue;
            }
            read_count += 1;
            if let Err(error) = parse_project_file(Path::new(&page), &block) {
                unread.push(format!("{page}: {}\n{block}", error.explained()));
            }
        }
    }
    assert!(read_count >= 15, "{read_count}");
    unread
}

/// Whether `whole` says all that `part` says.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Mapping(whole), Value::Mapping(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|there| holds(there, value))),
        (Value::Sequence(whole), Value::Sequence(part)) => part
            .iter()
            .all(|item| whole.iter().any(|there| holds(there, item))),
        _ => whole == part,
    }
}

/// Excerpts of the tutorial that do not stand in the web shop's files.
pub(crate) fn made_up_excerpts() -> Vec<String> {
    let yaml = |path: &str| -> Value { serde_yaml_ng::from_str(&read(path)).unwrap() };
    let drills = yaml("examples/web-shop/alertdrill.yml")["drills"].clone();
    let rules = yaml("examples/web-shop/prometheus/rules/availability.yml");
    let rules = rules["groups"][0]["rules"].clone();
    let excerpts = blocks(&read("docs/tutorial/web-shop.md"), "yaml");
    assert!(excerpts.len() >= 2);
    excerpts
        .into_iter()
        .filter(|excerpt| {
            let part: Value = serde_yaml_ng::from_str(excerpt).unwrap();
            !holds(&drills, &part) && !holds(&rules, &part)
        })
        .collect()
}

/// The commands of the script that the documents name and the script does not have.
pub(crate) fn unknown_script_commands() -> Vec<String> {
    let script = read("drill");
    let command = Regex::new(r"\./drill ([a-z]+)").unwrap();
    let known = Regex::new(r"(?m)^    ([a-z |-]+)\)").unwrap();
    let known: Vec<_> = known
        .captures_iter(&script)
        .flat_map(|found| found[1].split(" | ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let mut unknown = Vec::new();
    for page in pages() {
        for found in command.captures_iter(&read(&page)) {
            if !known.iter().any(|known| *known == found[1]) {
                unknown.push(format!("{page}: `./drill {}`", &found[1]));
            }
        }
    }
    unknown
}

/// Functions of the drill that a page shows and that do not stand in the suite.
pub(crate) fn made_up_rust() -> Vec<String> {
    let suite = read("tests/drills/feed.rs");
    let shown = blocks(&read("docs/k2/changing.md"), "rust").concat();
    let functions: Vec<_> = shown.split("\n\n").map(str::trim_end).collect();
    assert!(functions.len() >= 3, "{shown}");
    let missing = functions
        .into_iter()
        .filter(|function| !suite.contains(function));
    missing.map(str::to_owned).collect()
}
