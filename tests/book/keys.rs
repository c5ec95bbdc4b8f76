//! The keys of `alertdrill.yml`, as tables, by its published schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{hold, read};

const PAGE: &str = "docs/alertdrill-yml.md";

/// Each table of the page: what it is called there, the type in the schema (none: the file itself),
/// and its keys in the order in which a reader wants them.
const TABLES: [(&str, Option<&str>, &[&str]); 11] = [
    (
        "the project",
        None,
        &[
            "compose",
            "profiles",
            "prometheus",
            "rule_engine",
            "alertmanager",
            "grafana",
            "kafka",
            "attach",
            "may_break",
        ],
    ),
    (
        "a drill",
        Some("drill"),
        &[
            "name",
            "break",
            "fires",
            "silent",
            "tolerate",
            "moment",
            "once_pending",
            "afterwards",
            "needs",
            "disturbs",
        ],
    ),
    (
        "an alert that must fire",
        Some("fires"),
        &[
            "alert",
            "labels",
            "severity",
            "within",
            "not_before",
            "held_for",
            "receiver",
            "annotations",
            "when",
            "onset",
            "recovers_within",
            "delivered_within",
            "ended_within",
            "end_delivered_within",
            "reminded_after",
            "reminded_within",
        ],
    ),
    (
        "an alert that must stay silent",
        Some("silent"),
        &["alert", "labels", "near", "onset", "hold", "too_near"],
    ),
    ("the whole", None, &["drills", "waivers", "waived_findings"]),
    ("a waiver", Some("waiver"), &["rule", "reason"]),
    (
        "a waived finding",
        Some("waived_finding"),
        &["finding", "reason", "about", "file", "until"],
    ),
    (
        "every alert",
        None,
        &[
            "receivers",
            "may_be_told",
            "annotations",
            "culprits",
            "runbook",
            "coverage",
            "watchdogs",
            "instances",
            "promises",
        ],
    ),
    (
        "promises",
        Some("promises"),
        &[
            "delivered_within",
            "ended_within",
            "end_delivered_within",
            "reminded_after",
            "reminded_within",
        ],
    ),
    (
        "the system",
        None,
        &[
            "steady_state",
            "watched_by",
            "paths",
            "usage",
            "dashboard",
            "rule_tests",
            "recording",
            "waived_mutants",
        ],
    ),
    (
        "a path",
        Some("path"),
        &["name", "lanes", "owns", "uses", "steady_state"],
    ),
];

/// The verbs of `break`, in the order in which a reader wants them.
const VERBS: [&str; 14] = [
    "stop",
    "kill",
    "pause",
    "oom_kill",
    "restart",
    "cut_off",
    "flap",
    "slow",
    "keep_restarting",
    "fill_volume",
    "run",
    "switch",
    "displace_consumer",
    "poison",
];

fn schema() -> Value {
    serde_json::from_str(&read("docs/alertdrill.schema.json")).unwrap()
}

/// What a description says, and what holds where the key is left out.
fn parted(description: &str) -> (String, String) {
    let words: Vec<_> = description.split_whitespace().collect();
    let text = words.join(" ").replace('|', "\\|");
    let sentence = text.strip_suffix(" unless it is written.");
    match sentence.and_then(|text| text.rsplit_once("; ")) {
        Some((what, default)) => (format!("{what}."), default.trim_end_matches(',').to_owned()),
        None => (text, String::new()),
    }
}

fn row(key: &str, of: &Value) -> String {
    let property = &of["properties"][key];
    let description = property["description"].as_str();
    let (what, default) = parted(description.unwrap_or_else(|| panic!("{key} says nothing")));
    let required = of["required"]
        .as_array()
        .is_some_and(|keys| keys.contains(&key.into()));
    let default = if required {
        "it must be written"
    } else {
        &default
    };
    format!("| `{key}` | {what} | {default} |\n")
}

fn table(of: &Value, keys: &[&str]) -> String {
    let rows: String = keys.iter().map(|key| row(key, of)).collect();
    format!("| key | what | if left out |\n| --- | --- | --- |\n{rows}")
}

fn type_of<'a>(schema: &'a Value, name: Option<&str>) -> &'a Value {
    name.map_or(schema, |name| &schema["$defs"][name])
}

fn keys_of(of: &Value) -> BTreeSet<&str> {
    let properties = of["properties"].as_object().unwrap();
    properties.keys().map(String::as_str).collect()
}

/// The types that a verb's long form has: each has keys of its own.
fn long_form<'a>(schema: &'a Value, verb: &str) -> &'a Value {
    // `kill` is of the type `kill`; the verbs with nothing more to say share one.
    schema["$defs"]
        .get(verb)
        .unwrap_or(&schema["$defs"]["one_service"])
}

fn verbs(schema: &Value) -> String {
    let rows = VERBS.map(|verb| {
        let what = &schema["$defs"]["break"]["properties"][verb]["description"];
        let keys = keys_of(long_form(schema, verb)).into_iter();
        let keys: Vec<_> = keys.map(|key| format!("`{key}`")).collect();
        let (what, keys) = (what.as_str().unwrap(), keys.join(", "));
        format!("| `{verb}` | {what} | {keys} |\n")
    });
    let rows = rows.concat();
    format!("| verb | what happens | keys of the long form |\n| --- | --- | --- |\n{rows}")
}

fn keys_of_long_forms(schema: &Value) -> String {
    let mut rows = String::new();
    for verb in VERBS {
        let form = long_form(schema, verb);
        let own = keys_of(form).into_iter().filter(|key| *key != "service");
        let own: String = own
            .map(|key| row(key, form).replacen("| ", &format!("| `{verb}` | "), 1))
            .collect();
        rows += &own;
    }
    format!("| verb | key | what | if left out |\n| --- | --- | --- | --- |\n{rows}")
}

/// Writes or holds the tables of keys.
pub(crate) fn hold_tables() {
    let schema = schema();
    for (what, name, keys) in TABLES {
        hold(
            PAGE,
            &format!("keys of {what}"),
            &table(type_of(&schema, name), keys),
        );
    }
    hold(PAGE, "verbs", &verbs(&schema));
    hold(PAGE, "keys of faults", &keys_of_long_forms(&schema));
}

/// The keys of the tables' types that stand in no table.
pub(crate) fn forgotten_keys() -> Vec<String> {
    let schema = schema();
    let mut forgotten = Vec::new();
    for (_, name, _) in TABLES {
        let shown: BTreeSet<_> = TABLES
            .iter()
            .filter(|(_, other, _)| *other == name)
            .flat_map(|(_, _, keys)| keys.iter().copied())
            .collect();
        let keys = keys_of(type_of(&schema, name));
        forgotten.extend(
            keys.difference(&shown)
                .map(|key| format!("{key} of {name:?}")),
        );
    }
    let verbs = keys_of(&schema["$defs"]["break"]);
    forgotten.extend(
        verbs
            .into_iter()
            .filter(|verb| !VERBS.contains(verb))
            .map(str::to_owned),
    );
    forgotten
}

#[test]
fn what_holds_where_a_key_is_left_out_has_a_column_of_its_own() {
    let part = |text: &str| parted(text);
    let words = |what: &str, default: &str| (what.to_owned(), default.to_owned());
    assert_eq!(
        part("Its port; found unless it is\nwritten."),
        words("Its port.", "found")
    );
    assert_eq!(part("Its name."), words("Its name.", ""));
}
