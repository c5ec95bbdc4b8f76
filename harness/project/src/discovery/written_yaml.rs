//! Reads YAML as it is written, and says at which line it is wrong.

use std::collections::BTreeMap;
use std::path::Path;

use alertdrill_core::{Error, Labels, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_yaml_ng::Value;

/// What `path` says.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] with the line.
pub(super) fn read_yaml<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    parse_yaml(path, &text)
}

/// What `text`, the content of `path`, says.
///
/// # Errors
/// [`Error::BadDescription`] with the line.
pub(super) fn parse_yaml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    let bad = |error: &serde_yaml_ng::Error| bad_yaml(path, error);
    if !text.contains("<<:") {
        return serde_yaml_ng::from_str(text).map_err(|error| bad(&error));
    }
    // Keys that are merged are known only once everything is read; then lines are lost.
    let mut value: Value = serde_yaml_ng::from_str(text).map_err(|error| bad(&error))?;
    value.apply_merge().map_err(|error| bad(&error))?;
    serde_yaml_ng::from_value(value).map_err(|error| bad(&error))
}

fn bad_yaml(path: &Path, error: &serde_yaml_ng::Error) -> Error {
    let place = error.location();
    let place = place.map(|place| format!(":{}:{}", place.line(), place.column()));
    Error::BadDescription {
        what: format!("{}{}", path.display(), place.unwrap_or_default()),
        reason: error.to_string(),
    }
}

/// Labels whose values may be numbers and booleans, as Prometheus takes them.
pub(super) fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Labels, D::Error> {
    let written = Option::<BTreeMap<String, Value>>::deserialize(deserializer)?;
    let written = written.unwrap_or_default().into_iter();
    Ok(written
        .map(|(name, value)| (name, text_of(&value)))
        .collect())
}

/// Prometheus takes a key without a value for an empty one.
pub(super) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Job {
        job_name: String,
    }

    #[test]
    fn what_does_not_parse_is_refused_with_its_line() {
        let refused = parse_yaml::<Job>(Path::new("p.yml"), "job_name: a\n  b: [").unwrap_err();
        let refused = refused.to_string();
        assert!(refused.starts_with("failed to read p.yml:2:"), "{refused}");
    }

    #[test]
    fn merged_keys_are_there() {
        let text = "base: &base {job_name: a}\n<<: *base\n";
        let job: Job = parse_yaml(Path::new("p.yml"), text).unwrap();
        assert_eq!(job.job_name, "a");
    }
}
