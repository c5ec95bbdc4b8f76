//! Variables, fields and functions that Prometheus's templates do not have.

use std::collections::BTreeSet;

use alertdrill_core::nearest;

use crate::checks::check::Said;

/// The functions of templates, and the words of their language.
pub(super) const FUNCTIONS: [&str; 62] = [
    "and",
    "or",
    "not",
    "len",
    "index",
    "slice",
    "print",
    "printf",
    "println",
    "html",
    "js",
    "urlquery",
    "call",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "query",
    "first",
    "label",
    "value",
    "sortByLabel",
    "strvalue",
    "args",
    "reReplaceAll",
    "safeHtml",
    "match",
    "title",
    "toUpper",
    "toLower",
    "graphLink",
    "tableLink",
    "stripPort",
    "stripDomain",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "toTime",
    "toDuration",
    "now",
    "pathPrefix",
    "externalURL",
    "parseDuration",
    "tmpl",
    "urlQueryEscape",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "nil",
    "true",
    "false",
];

pub(super) fn no_variable(name: &str, fields: &[&str], variables: &BTreeSet<&str>) -> Said {
    let named = variables.iter().copied().filter(|it| !it.is_empty());
    let nearest = nearest(name, named).unwrap_or("labels");
    let fields: Vec<_> = [""].iter().chain(fields).copied().collect();
    let fields = fields.join(".");
    Said::error(
        format!(
            "there is no variable `${name}`, so Prometheus does not load the rule; the nearest is \
             `${nearest}`"
        ),
        format!("write `{{{{ ${nearest}{fields} }}}}`"),
    )
}

pub(super) fn no_fields(shown: &str) -> Said {
    Said::error(
        format!("`{shown}` cannot be printed: `$value` is a number"),
        "write `$value`, or `$labels.…` if a label is meant",
    )
}

pub(super) fn no_field(first: &str, fields: &[&str]) -> Said {
    let shown = fields.join(".");
    let meant = match first.to_lowercase().as_str() {
        "value" => "$value".to_owned(),
        "labels" | "label" if fields.len() > 1 => format!("$labels.{}", fields[1]),
        _ => format!("$labels.{first}"),
    };
    Said::error(
        format!(
            "`.{shown}` is nothing that a rule's template has, so an error is printed in place of \
             the text"
        ),
        format!("write `{{{{ {meant} }}}}`"),
    )
}

pub(super) fn no_function(name: &str, fields: &[&str]) -> Said {
    let shown: String = [name]
        .iter()
        .chain(fields)
        .copied()
        .collect::<Vec<_>>()
        .join(".");
    let help = match (name, fields.first()) {
        ("labels" | "label" | "Labels", Some(label)) => {
            format!("write `{{{{ $labels.{label} }}}}`")
        }
        _ => "see Prometheus's template reference for what there is".to_owned(),
    };
    Said::error(
        format!("there is no function `{shown}`, so Prometheus does not load the rule"),
        help,
    )
}
