//! Labels, and when two sets of them can be about the same thing.

use std::collections::BTreeMap;

/// Labels of an alert, `alertname` among them.
pub type Labels = BTreeMap<String, String>;

/// Whether no label that both have differs: they could be about the same thing.
#[must_use]
pub fn agree(one: &Labels, other: &Labels) -> bool {
    one.iter()
        .all(|(name, value)| other.get(name).is_none_or(|label| label == value))
}

/// Whether all of `some` are among `labels`, with the same values.
#[must_use]
pub fn includes(labels: &Labels, some: &Labels) -> bool {
    some.iter()
        .all(|(name, value)| labels.get(name) == Some(value))
}

/// A label's value as it stands between quotes, in `PromQL` and in Alertmanager's matchers.
pub(crate) fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

/// An alert's name, and in braces the labels that tell it apart, as `PromQL` selects it.
#[must_use]
pub fn selector<'a>(
    alert: &str,
    labels: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> String {
    let labels: Vec<_> = labels
        .into_iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    if labels.is_empty() {
        alert.to_owned()
    } else {
        format!("{alert}{{{}}}", labels.join(", "))
    }
}
