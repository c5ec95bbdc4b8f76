//! What in a rules file Prometheus refuses, so that it takes none of the file.

use std::collections::BTreeSet;

use alertdrill_core::prometheus_duration;
use alertdrill_project::yaml_tree::{Node, Place};
use promql_parser::parser;

use super::Text;
use super::rule::is_too_long;

/// The keys of a group.
const GROUP_KEYS: [&str; 6] = [
    "name",
    "interval",
    "query_offset",
    "limit",
    "rules",
    "labels",
];
/// The keys of a rule.
const RULE_KEYS: [&str; 7] = [
    "record",
    "alert",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
];
/// What newer or older Prometheuses understand and the parser here may not.
const NEWER: [&str; 10] = [
    "holt_winters(",
    "info(",
    "limitk(",
    "limit_ratio(",
    "smoothed",
    "anchored",
    "fill(",
    "fill_",
    "{\"",
    "step()",
];

/// Something that Prometheus refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrokenRule {
    /// The rule's name, if it has one.
    pub(crate) about: Option<String>,
    pub(crate) place: Place,
    pub(crate) why: String,
    /// Whether only Prometheus refuses it: others that evaluate rules know more keys.
    pub(crate) is_prometheus_alone: bool,
}

/// What Prometheus refuses of a document that has `groups`.
pub(super) fn broken_rules(document: &Node) -> Vec<BrokenRule> {
    let mut found = Found::default();
    found.keys(document, &["groups"], "a rules file", None);
    let Some(groups) = document.get("groups").filter(|groups| !groups.is_null()) else {
        return found.broken;
    };
    if groups.items().is_empty() && (groups.text().is_some() || !groups.entries().is_empty()) {
        found.add(None, groups.place, "`groups` is no list");
    }
    let mut names = BTreeSet::new();
    for group in groups.items() {
        found.keys(group, &GROUP_KEYS, "a group", None);
        match group.get("name").and_then(Text::of) {
            Some(name) if !names.insert(name.text.clone()) => {
                let why = format!("the group `{}` is there twice in this file", name.text);
                found.add(None, name.place, why);
            }
            Some(name) if !name.text.is_empty() => {}
            _ => found.add(None, group.place, "a group has no `name`"),
        }
        found.duration(group, "interval", None);
        let rules = group.get("rules").map_or(&[][..], Node::items);
        for rule in rules.iter().filter(|rule| !rule.is_null()) {
            found.rule(rule);
        }
    }
    found.broken
}

#[derive(Default)]
struct Found {
    broken: Vec<BrokenRule>,
}

impl Found {
    fn add(&mut self, about: Option<&str>, place: Place, why: impl Into<String>) {
        self.broken.push(BrokenRule {
            about: about.map(str::to_owned),
            place,
            why: why.into(),
            is_prometheus_alone: false,
        });
    }

    fn rule(&mut self, rule: &Node) {
        let (alert, record) = (rule.get("alert"), rule.get("record"));
        let name = alert.or(record).and_then(Node::text);
        self.keys(rule, &RULE_KEYS, "a rule", name);
        match (alert, record) {
            (Some(_), Some(record)) => {
                self.add(
                    name,
                    record.place,
                    "a rule has `alert` or `record`, not both",
                );
            }
            (None, None) => self.add(None, rule.place, "a rule has neither `alert` nor `record`"),
            (Some(one), None) | (None, Some(one)) if one.is_null() => {
                self.add(None, one.place, "a rule has no name");
            }
            (None, Some(_)) => {
                for key in ["for", "keep_firing_for", "annotations"] {
                    if let Some(place) = rule.place_of_key(key) {
                        let why = format!("a recording rule has no `{key}`");
                        self.add(name, place, why);
                    }
                }
            }
            _ => {}
        }
        for key in ["for", "keep_firing_for"] {
            self.duration(rule, key, name);
        }
        for key in ["labels", "annotations"] {
            self.texts(rule, key, name);
        }
        match rule.get("expr") {
            Some(expr) if !expr.is_null() => self.expression(expr, name),
            Some(expr) => self.add(name, expr.place, "a rule has no expression"),
            None => self.add(name, rule.place, "a rule has no `expr`"),
        }
    }

    /// Keys that are unknown, or there twice.
    fn keys(&mut self, node: &Node, known: &[&str], what: &str, about: Option<&str>) {
        let mut seen = BTreeSet::new();
        for (key, _) in node.entries() {
            let Some(name) = key.text() else { continue };
            if !seen.insert(name) {
                self.add(about, key.place, format!("`{name}` is there twice"));
            } else if !known.contains(&name) {
                let instead = instead_of(name, known);
                self.broken.push(BrokenRule {
                    about: about.map(str::to_owned),
                    place: key.place,
                    why: format!("{what} has no key `{name}`; {instead}"),
                    is_prometheus_alone: true,
                });
            }
        }
    }

    fn duration(&mut self, node: &Node, key: &str, about: Option<&str>) {
        let Some(text) = node
            .get(key)
            .filter(|node| !node.is_null())
            .and_then(Text::of)
        else {
            return;
        };
        let written = text.text.as_str();
        if written == "0" || text.is_filled_in_later() || prometheus_duration(written).is_ok() {
            return;
        }
        let why = format!("`{key}: {written}` is no duration");
        self.add(about, text.place, why);
    }

    fn texts(&mut self, rule: &Node, key: &str, about: Option<&str>) {
        let Some(node) = rule.get(key) else { return };
        let is_map =
            node.is_null() || matches!(node.value, alertdrill_project::yaml_tree::Value::Map(_));
        if !is_map {
            self.add(about, node.place, format!("`{key}` is no map"));
        }
        for (name, value) in node.entries() {
            let is_text = value.text().is_some() || value.is_null();
            if let (Some(name), false) = (name.text(), is_text) {
                let why = format!("`{name}` of `{key}` is no text");
                self.add(about, value.place, why);
            }
        }
    }

    fn expression(&mut self, expr: &Node, about: Option<&str>) {
        let Some(text) = Text::of(expr) else {
            self.add(about, expr.place, "the expression is no text");
            return;
        };
        let may_be_newer = NEWER.iter().any(|newer| text.text.contains(newer));
        let is_made_later = ["{{", "${", "<%", "%%"]
            .iter()
            .any(|mark| text.text.contains(mark));
        if may_be_newer || is_made_later || is_too_long(&text.text) {
            return;
        }
        if let Err(reason) = parser::parse(&text.text) {
            let reason = reason.lines().next().unwrap_or_default().trim().to_owned();
            self.add(
                about,
                text.place,
                format!("the expression is no PromQL: {reason}"),
            );
        }
    }
}

/// What was meant by a key that is unknown.
fn instead_of(name: &str, known: &[&str]) -> String {
    let is_of_a_rule = known.contains(&"expr");
    match name {
        "severity" | "team" | "service" | "priority" if is_of_a_rule => {
            "it belongs below `labels`".to_owned()
        }
        "summary" | "description" | "message" | "runbook" | "runbook_url" if is_of_a_rule => {
            "it belongs below `annotations`".to_owned()
        }
        _ => match alertdrill_core::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("the nearest is `{nearest}`"),
            None => "it has none".to_owned(),
        },
    }
}
