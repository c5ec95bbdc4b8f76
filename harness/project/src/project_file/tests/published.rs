//! The published schema and the page on the format say what the program reads.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::project_file::{parse_project_file, project_file_schema};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn published() -> Value {
    let schema = std::fs::read(docs().join("alertdrill.schema.json")).unwrap();
    serde_json::from_slice(&schema).unwrap()
}

/// Blocks of YAML of the page on the format: each is a file of its own.
fn examples() -> Vec<String> {
    let page = std::fs::read_to_string(docs().join("alertdrill-yml.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let examples: Vec<_> = blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect();
    assert!(examples.len() > 5, "the page has examples");
    examples
}

/// What the schema says against `text`.
fn complaints(text: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(&published()).unwrap();
    let value: Value = serde_saphyr::from_str(text).unwrap();
    let errors = validator.iter_errors(&value);
    errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn published_schema_is_that_of_what_is_read() {
    let path = docs().join("alertdrill.schema.json");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let schema = serde_json::to_string_pretty(&project_file_schema()).unwrap();
        std::fs::write(&path, schema + "\n").unwrap();
    }
    assert!(
        published() == project_file_schema(),
        "docs/alertdrill.schema.json is out of date: \
         UPDATE_SCHEMA=1 cargo test --package alertdrill-project schema"
    );
}

#[test]
fn every_example_of_the_page_is_read_and_keeps_to_the_schema() {
    for example in examples() {
        if let Err(error) = parse_project_file(Path::new("alertdrill-yml.md"), &example) {
            panic!("{}\n{example}", error.explained());
        }
        assert_eq!(complaints(&example), [""; 0], "{example}");
    }
}

#[test]
fn schema_refuses_what_the_reader_refuses() {
    for wrong in [
        "drils: []",
        "drills: [{name: a, break: {stpo: api}}]",
        "drills: [{name: a, break: {}}]",
        "drills: [{name: a, break: {stop: api, kill: api}}]",
        "drills: [{name: a, break: {stop: api}, fires: {alert: A}}]",
        "drills: [{name: a, break: {stop: api}, fires: {alert: A, within: 2 minutes}}]",
        "drills: [{break: {stop: api}}]",
        "prometheus: {service: a, port: 90900}",
        "waivers: [{rule: A}]",
    ] {
        assert!(!complaints(wrong).is_empty(), "{wrong}");
        assert!(
            parse_project_file(Path::new("x"), wrong).is_err(),
            "{wrong}"
        );
    }
}

/// The names of the keys that the schema has anywhere.
fn keys_of(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                keys.extend(properties.keys().cloned());
            }
            map.values().for_each(|value| keys_of(value, keys));
        }
        Value::Array(values) => values.iter().for_each(|value| keys_of(value, keys)),
        _ => {}
    }
}

#[test]
fn page_tells_of_every_key() {
    let page = std::fs::read_to_string(docs().join("alertdrill-yml.md")).unwrap();
    let mut keys = Vec::new();
    keys_of(&project_file_schema(), &mut keys);
    keys.retain(|key| !page.contains(&format!("`{key}`")));
    assert_eq!(
        keys, [""; 0],
        "keys that docs/alertdrill-yml.md does not tell of"
    );
}

#[test]
fn first_line_of_the_page_s_first_example_names_the_schema() {
    let first = examples().remove(0);
    let line = first.lines().next().unwrap();
    let schema = line
        .strip_prefix("# yaml-language-server: $schema=")
        .unwrap();
    assert!(schema.ends_with("docs/alertdrill.schema.json"), "{schema}");
}
