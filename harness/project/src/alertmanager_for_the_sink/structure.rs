//! The configuration as YAML, and whether it is all there: some projects keep a template of it that
//! something fills in when their container starts.

use serde_yaml_ng::{Mapping, Value};

/// How templates say that something is to be filled in, outside of the words that Alertmanager
/// itself fills in.
const PLACEHOLDERS: [&str; 3] = ["{{", "${", "<%"];
const FILLED_IN: &str = "is a placeholder, which something fills in before Alertmanager reads the \
    file; name the file that it reads";

/// The configuration's sections.
pub(super) fn parsed(text: &str) -> Result<Mapping, String> {
    let mut value: Value = serde_yaml_ng::from_str(text).map_err(|error| {
        let at = error.location().map_or(0, |at| at.line());
        let has = |line: &&str| PLACEHOLDERS.iter().any(|it| line.contains(it));
        // The parser fails where a placeholder is, or on the line after one of its own.
        let near = text.lines().take(at).skip(at.saturating_sub(2));
        let placeholder = near.filter(has).last();
        match placeholder {
            Some(line) => format!("{error}; `{}` {FILLED_IN}", line.trim()),
            None => error.to_string(),
        }
    })?;
    value.apply_merge().map_err(|error| error.to_string())?;
    let Value::Mapping(sections) = value else {
        return Err("it has no sections".to_owned());
    };
    for (section, is_there) in [
        (
            "route",
            sections.get("route").is_some_and(Value::is_mapping),
        ),
        (
            "receivers",
            sections.get("receivers").is_some_and(Value::is_sequence),
        ),
    ] {
        if !is_there {
            return Err(format!("it has no `{section}`, so that it tells nobody"));
        }
    }
    Ok(sections)
}

/// That whatever decides who is told is written there, and not filled in later.
pub(super) fn no_placeholders(sections: &Mapping) -> Result<(), String> {
    for (key, value) in sections {
        match key.as_str() {
            Some("global" | "templates") => {}
            Some("receivers") => {
                let receivers = value.as_sequence().into_iter().flatten();
                for receiver in receivers {
                    none_in(receiver.get("name").unwrap_or(&Value::Null), true)?;
                }
            }
            _ => none_in(value, false)?,
        }
    }
    Ok(())
}

fn none_in(value: &Value, is_name: bool) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let variable = is_name && text.starts_with('$');
            if variable || PLACEHOLDERS.iter().any(|it| text.contains(it)) {
                return Err(format!("`{text}` {FILLED_IN}"));
            }
            Ok(())
        }
        Value::Sequence(entries) => entries.iter().try_for_each(|entry| none_in(entry, is_name)),
        Value::Mapping(entries) => entries.iter().try_for_each(|(key, value)| {
            if key.is_mapping() {
                // What YAML makes of a bare `{{ NAME }}`.
                return Err(format!("a key that is a map {FILLED_IN}"));
            }
            none_in(key, false)?;
            none_in(value, key == "receiver")
        }),
        _ => Ok(()),
    }
}
