//! Keeps the figures of a benchmark as JSON, and says what has changed since they were last taken.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Writes `figures`, to two digits after the point, to `target/bench/NAME.json`, and prints them,
/// with what they were before.
pub(crate) fn keep(name: &str, figures: &Value) {
    let figures = &rounded(figures);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name).with_extension("json");
    let before = std::fs::read(&file).ok();
    let before = before.and_then(|json| serde_json::from_slice(&json).ok());
    let printed = serde_json::to_string_pretty(figures).unwrap();
    std::fs::write(&file, &printed).unwrap();
    println!("{printed}");
    for line in changes(&before.unwrap_or_default(), figures) {
        println!("{line}");
    }
}

fn rounded(figures: &Value) -> Value {
    match figures {
        Value::Object(named) => named
            .iter()
            .map(|(name, part)| (name.clone(), rounded(part)))
            .collect(),
        Value::Array(listed) => listed.iter().map(rounded).collect(),
        value => match value.as_f64() {
            Some(figure) if value.is_f64() => ((figure * 100.0).round() / 100.0).into(),
            _ => value.clone(),
        },
    }
}

/// A line per figure that was taken before, with the ratio of the new one to it.
fn changes(before: &Value, now: &Value) -> Vec<String> {
    let (before, now) = (numbers_in(before), numbers_in(now));
    let both = now
        .iter()
        .filter_map(|(name, now)| Some((name, before.get(name)?, now)));
    let measured = both.filter(|(name, before, _)| !name.contains("goal") && **before != 0.0);
    let line = |(name, before, now): (&String, &f64, &f64)| {
        format!(
            "{name}: {before} before, {now} now, {:.2} times",
            now / before
        )
    };
    measured.map(line).collect()
}

/// Every number, by the way that leads to it.
fn numbers_in(figures: &Value) -> BTreeMap<String, f64> {
    let named = |name: &str, value: &Value| {
        let numbers = numbers_in(value).into_iter();
        let way = |rest: String| [name, &rest].join(if rest.is_empty() { "" } else { "." });
        let numbers = numbers.map(|(rest, number)| (way(rest), number));
        numbers.collect::<Vec<_>>()
    };
    match figures {
        Value::Object(parts) => parts
            .iter()
            .flat_map(|(name, part)| named(name, part))
            .collect(),
        Value::Array(parts) => {
            let parts = parts.iter().enumerate();
            parts
                .flat_map(|(number, part)| named(&number.to_string(), part))
                .collect()
        }
        value => value
            .as_f64()
            .map(|number| (String::new(), number))
            .into_iter()
            .collect(),
    }
}
