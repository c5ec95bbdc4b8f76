//! Exit codes, the reasons why a drill does not pass, and the fields of `report.json`.

use alertdrill::RunOutcome;
use serde_json::Value;

use super::{hold, read};

/// How a run can end, from best to worst, and what that means.
const OUTCOMES: [(RunOutcome, &str); 4] = [
    (RunOutcome::Passed, "done: every alert did what it must"),
    (
        RunOutcome::NotTested,
        "it could not be tested or done, which says nothing about the alerts: no Docker engine, no \
         steady state, no answer from Prometheus, a fault without effect, Ctrl-C, a mistake in \
         `alertdrill.yml`",
    ),
    (
        RunOutcome::Bug,
        "a bug of alertdrill (it panicked), or a check of this repository failed; this says \
         nothing about the alerts either",
    ),
    (RunOutcome::Failed, "an alert did not do what it must"),
];

fn exit_codes() -> String {
    let rows = OUTCOMES
        .map(|(outcome, means)| format!("| {} | {means} |\n", outcome.exit_code()))
        .concat();
    format!("| exit code | means |\n| --- | --- |\n{rows}")
}

fn schema() -> Value {
    serde_json::from_str(&read("docs/report.schema.json")).unwrap()
}

/// A description on one line of a table.
fn line(value: &Value) -> String {
    let words = value["description"]
        .as_str()
        .unwrap_or_default()
        .split_whitespace();
    words.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// The type that a value of the schema names.
fn type_of<'a>(schema: &'a Value, value: &Value) -> Option<&'a Value> {
    let named = |value: &Value| value["$ref"].as_str().map(str::to_owned);
    let one_of = |value: &Value| {
        value["anyOf"]
            .as_array()
            .and_then(|all| all.iter().find_map(named))
    };
    let name = named(value)
        .or_else(|| named(&value["items"]))
        .or_else(|| one_of(value))
        .or_else(|| named(&value["additionalProperties"]))?;
    schema["$defs"].get(name.rsplit('/').next()?)
}

/// The fields of `of`, and below them those of the types that they name, as paths.
fn fields(schema: &Value, of: &Value, path: &str, depth: usize) -> String {
    let Some(properties) = of["properties"].as_object() else {
        return String::new();
    };
    let rows = properties.iter().map(|(name, value)| {
        let many = if value["items"].is_null() { "" } else { "[]" };
        let path = format!("{path}{name}{many}");
        let below = type_of(schema, value).filter(|_| depth > 0);
        let below = below.map(|below| fields(schema, below, &format!("{path}."), depth - 1));
        let what = line(value);
        format!("| `{path}` | {what} |\n{}", below.unwrap_or_default())
    });
    rows.collect::<Vec<_>>().concat()
}

fn report_fields() -> String {
    let schema = schema();
    format!(
        "| field | what |\n| --- | --- |\n{}",
        fields(&schema, &schema, "", 2)
    )
}

fn reasons() -> String {
    let schema = schema();
    let kinds = schema["$defs"]["ReasonKind"]["oneOf"].as_array().unwrap();
    let (mut fails, mut errors) = (Vec::new(), Vec::new());
    for kind in kinds {
        let name = kind["const"].as_str().unwrap();
        let outcome = serde_json::from_value::<alertdrill::ReasonKind>(name.into())
            .unwrap()
            .outcome();
        let rows = if outcome == alertdrill::Outcome::Fail {
            &mut fails
        } else {
            &mut errors
        };
        rows.push(format!("| `{name}` | {outcome} | {} |\n", line(kind)));
    }
    let (fails, errors) = (fails.concat(), errors.concat());
    format!("| reason | verdict | what happened |\n| --- | --- | --- |\n{fails}{errors}")
}

/// Writes or holds the tables of exit codes, reasons and fields.
pub(crate) fn hold_tables() {
    hold("docs/reference/exit-codes.md", "exit codes", &exit_codes());
    hold("docs/reference/exit-codes.md", "reasons", &reasons());
    hold(
        "docs/reference/reports.md",
        "fields of report.json",
        &report_fields(),
    );
}

#[test]
fn exit_codes_stand_from_best_to_worst() {
    assert!(OUTCOMES.is_sorted_by_key(|(outcome, _)| outcome));
}
