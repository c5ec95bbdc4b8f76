//! What the template of a notification refers to.

use std::collections::BTreeSet;

use crate::template::{Action, Word, actions_of, words_of};

/// What an action refers to, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    pub(super) of: Of,
    /// `["GroupLabels", "severity"]`.
    pub(super) fields: Vec<&'a str>,
    /// Where it stands in the template, in bytes.
    pub(super) offset: usize,
    /// Whether the template asks first whether it is there.
    pub(super) is_asked_for: bool,
    /// Whether it is only compared with a text.
    pub(super) is_compared: bool,
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Of the whole notification.
    Notification,
    /// Of one of its alerts.
    Alert,
    /// A variable of Prometheus's templates, which Alertmanager does not define.
    Prometheus,
}

/// What `template` refers to; nothing if it cannot be read.
pub(super) fn references_of(template: &str) -> Vec<Reference<'_>> {
    let Ok(actions) = actions_of(template) else {
        return Vec::new();
    };
    let mut defined: BTreeSet<&str> = BTreeSet::new();
    let mut of_alerts: BTreeSet<&str> = BTreeSet::new();
    let mut references = Vec::new();
    for action in &actions {
        let words = words_of(action.body);
        let dot = dot_in(&action.within);
        for (number, word) in words.iter().enumerate() {
            let before = number.checked_sub(1).and_then(|number| words.get(number));
            let (of, fields, at) = match word {
                // It is a field of what stands in brackets.
                Word::Field { .. } if before == Some(&Word::Other(")")) => continue,
                Word::Field { fields, at } => match dot {
                    Some(of) => (of, fields, *at),
                    None => continue,
                },
                Word::Variable {
                    name: "",
                    fields,
                    at,
                } => (Of::Notification, fields, *at),
                Word::Variable { name, fields, at } if of_alerts.contains(name) => {
                    (Of::Alert, fields, *at)
                }
                Word::Variable { name, at, .. }
                    if ["labels", "value", "annotations"].contains(name)
                        && !defined.contains(name)
                        && !assigned(&words).contains(name) =>
                {
                    (Of::Prometheus, &vec![*name], *at)
                }
                _ => continue,
            };
            let mut fields = fields.clone();
            if let (Some(Word::Name { name: "index", .. }), Some(Word::Text(key))) =
                (before, words.get(number + 1))
            {
                fields.push(key);
            }
            references.push(Reference {
                of,
                is_asked_for: is_asked_for(action, &fields),
                is_compared: is_compared(&words),
                offset: action.offset + at,
                fields,
            });
        }
        let names = assigned(&words);
        defined.extend(&names);
        if ranges_over_alerts(&words, dot)
            && let Some(alert) = names.last()
        {
            of_alerts.insert(alert);
        }
    }
    references
}

/// Whose fields `.` has within these blocks; `None` if that is not known.
fn dot_in(within: &[&str]) -> Option<Of> {
    let mut dot = Some(Of::Notification);
    for block in within {
        let words = words_of(block);
        let Some(Word::Name { name, .. }) = words.first() else {
            return None;
        };
        match *name {
            "if" => {}
            "range" if ranges_over_alerts(&words, dot) => dot = Some(Of::Alert),
            _ => dot = None,
        }
    }
    dot
}

fn ranges_over_alerts(words: &[Word<'_>], dot: Option<Of>) -> bool {
    let is_range = matches!(words.first(), Some(Word::Name { name: "range", .. }));
    is_range
        && words.iter().any(|word| match word {
            Word::Field { fields, .. } => {
                dot == Some(Of::Notification) && fields.first() == Some(&"Alerts")
            }
            Word::Variable {
                name: "", fields, ..
            } => fields.first() == Some(&"Alerts"),
            _ => false,
        })
}

/// The variables that an action defines: `$x := …`, `range $k, $v := …`.
fn assigned<'a>(words: &[Word<'a>]) -> Vec<&'a str> {
    let defines = words
        .windows(2)
        .position(|pair| pair == [Word::Other(":"), Word::Other("=")]);
    let before = words.iter().take(defines.unwrap_or_default());
    let names = before.filter_map(|word| match word {
        Word::Variable { name, .. } => Some(*name),
        _ => None,
    });
    names.collect()
}

fn is_asked_for(action: &Action<'_>, fields: &[&str]) -> bool {
    let last = fields.last().copied().unwrap_or_default();
    let asks = ["if", "with", "else", "range"];
    let first = action.body.split_whitespace().next().unwrap_or_default();
    let words = words_of(action.body);
    let has_other = words.iter().any(|word| {
        let tests = ["or", "and", "not", "eq", "ne", "len", "gt", "lt", "match"];
        matches!(word, Word::Name { name, .. } if tests.contains(name))
    });
    asks.contains(&first) || has_other || action.within.iter().any(|it| it.contains(last))
}

/// Whether it is `if eq REFERENCE "text"` or `else if eq …`.
fn is_compared(words: &[Word<'_>]) -> bool {
    let is_else = matches!(words.first(), Some(Word::Name { name: "else", .. }));
    let words = words.get(usize::from(is_else)..).unwrap_or_default();
    let [Word::Name { name: "if", .. }, rest @ ..] = words else {
        return false;
    };
    let [Word::Name { name: "eq", .. }, _, texts @ ..] = rest else {
        return false;
    };
    let is_said = |word: &Word<'_>| matches!(word, Word::Text(text) if !text.is_empty());
    !texts.is_empty() && texts.iter().all(is_said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_of_the_notification_or_of_an_alert() {
        let template = "{{ .GroupLabels.a }}{{ range .Alerts.Firing }}{{ .Labels.b }}\
                        {{ $.CommonLabels.c }}{{ range .Labels.SortedPairs }}{{ .Name }}{{ end }}\
                        {{ end }}{{ range $i, $x := .Alerts }}{{ $x.Annotations.d }}{{ end }}\
                        {{ index .CommonLabels \"e\" }}{{ with .Foo }}{{ .Bar }}{{ end }}\
                        {{ $labels.f }}{{ if eq .GroupLabels.g \"h\" }}{{ end }}";
        let shown = references_of(template).into_iter().map(|it| {
            let marks = [(it.is_asked_for, "?"), (it.is_compared, "=")];
            let marks = marks.into_iter().filter(|(is_so, _)| *is_so);
            let marks: String = marks.map(|(_, mark)| mark).collect();
            format!("{:?} {}{marks}", it.of, it.fields.join("."))
        });
        let shown: Vec<_> = shown.collect();
        assert_eq!(
            shown,
            [
                "Notification GroupLabels.a",
                "Notification Alerts.Firing?",
                "Alert Labels.b",
                "Notification CommonLabels.c",
                "Alert Labels.SortedPairs?",
                "Notification Alerts?",
                "Alert Annotations.d",
                "Notification CommonLabels.e",
                "Notification Foo?",
                "Prometheus labels",
                "Notification GroupLabels.g?=",
            ]
        );
    }
}
