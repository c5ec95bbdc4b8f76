//! Compares a configuration with what Alertmanager takes.

use std::collections::BTreeSet;

use alertdrill_core::nearest;
use alertdrill_project::yaml_tree::{Node, Place, Value};
use strsim::normalized_damerau_levenshtein;

use super::super::filled_in::Reading;
use super::matchers::{why_no_matchers, why_no_pattern};
use super::routes::{CONFIGURATION, GLOBAL, HTTP};
use super::shape::{Form, Need, Shape};
use super::values;
use crate::checkout::Text;

/// How alike a key must be that is said to be meant.
const NEAR: f64 = 0.5;

/// Ways to tell somebody of which `global` can say all.
const MAY_BE_EMPTY: [&str; 4] = [
    "slack_configs",
    "opsgenie_configs",
    "wechat_configs",
    "rocketchat_configs",
];

/// A walk through a configuration.
pub(super) struct Walk<'a> {
    pub(super) root: &'a Node,
    reading: Reading,
    pub(super) complaints: Vec<(Place, String)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(root: &'a Node, reading: Reading) -> Self {
        Self {
            root,
            reading,
            complaints: Vec::new(),
        }
    }

    pub(super) fn says(&mut self, place: Place, why: impl Into<String>) {
        self.complaints.push((place, why.into()));
    }

    /// Looks at a map and all that is in it.
    pub(super) fn map(&mut self, node: &Node, shape: &'static Shape, at: Place) {
        let Value::Map(entries) = &node.value else {
            if !node.is_null() {
                self.says(at, format!("{} is no map", shape.what));
            }
            return;
        };
        let mut seen = BTreeSet::new();
        let mut has_unknown = false;
        for (key, value) in entries {
            let Some(name) = key.text() else {
                if self.reading == Reading::AsWritten {
                    self.says(key.place, "a key is no text");
                }
                continue;
            };
            if !seen.insert(name) {
                self.says(key.place, format!("`{name}` is there twice"));
            } else if shape.keys().any(|known| known == name) {
                if !value.is_null() {
                    self.value(shape, key, name, value);
                }
            } else if !name.starts_with("{{") && !name.starts_with("${") {
                has_unknown = true;
                self.says(key.place, unknown(name, shape));
            }
        }
        if !has_unknown {
            self.needs(node, shape, at);
        }
        if shape.has_files_instead {
            self.files(node, shape);
        }
    }

    fn value(&mut self, shape: &'static Shape, key: &Node, name: &str, value: &Node) {
        if name == "http_config" && shape.tells {
            self.map(value, &HTTP, value.place);
            return;
        }
        if let Some((_, form)) = shape.others.iter().find(|(other, _)| *other == name) {
            self.form(*form, name, value);
            return;
        }
        let Some(text) = Text::of(value) else {
            self.no_text(name, value);
            return;
        };
        let is_quoted = matches!(
            value.value,
            Value::Text {
                is_quoted: true,
                ..
            }
        );
        if self.reading != Reading::AsWritten && text.is_filled_in_later() {
            return;
        }
        let has = |keys: &[&str]| keys.contains(&name);
        let is_of_ways = shape.tells && name == "send_resolved";
        let why = if has(shape.truths) || is_of_ways {
            values::why_no_truth(name, &text.text, is_quoted)
        } else if has(shape.numbers) {
            values::why_no_number(name, &text.text, is_quoted)
        } else if has(shape.waits) {
            values::why_no_wait(name, &text.text)
        } else if has(shape.addresses) && !(name == "url" && text.text.contains("{{")) {
            // Newer versions fill in templates in a webhook's address.
            values::why_no_address(&text.text)
        } else if has(shape.hosts) {
            values::why_no_host(name, &text.text)
        } else if name == "parse_mode" {
            values::why_no_parse_mode(&text.text)
        } else {
            None
        };
        if let Some(why) = why.filter(|_| self.is_meant(&text.text)) {
            let place = if value.is_null() {
                key.place
            } else {
                value.place
            };
            self.says(place, why);
        }
    }

    /// Whether a text is what Alertmanager reads.
    fn is_meant(&self, text: &str) -> bool {
        self.reading != Reading::FilledIn || text.is_empty()
    }

    fn no_text(&mut self, name: &str, value: &Node) {
        let is_template = value
            .entries()
            .first()
            .is_some_and(|(key, _)| key.text().is_none() || matches!(key.value, Value::Null));
        if is_template {
            if self.reading == Reading::AsWritten {
                let why = format!("the template of `{name}` does not stand in quotes");
                self.says(value.place, why);
            }
            return;
        }
        let what = what_it_is(value);
        self.says(value.place, format!("`{name}` is a text, not {what}"));
    }

    fn form(&mut self, form: Form, name: &str, value: &Node) {
        match form {
            Form::Anything => {}
            Form::Map if matches!(value.value, Value::Map(_)) => {}
            Form::Map => {
                let what = what_it_is(value);
                self.says(value.place, format!("`{name}` is a map, not {what}"));
            }
            Form::LongWait => self.long_wait(name, value),
            Form::One(shape) => self.map(value, shape, value.place),
            Form::Many(shape) => {
                if !self.is_list(name, value) {
                    return;
                }
                for item in value.items() {
                    let must_be = shape.tells && !MAY_BE_EMPTY.contains(&name) || name == "routes";
                    if item.is_null() && must_be {
                        self.says(item.place, format!("an entry of `{name}` is empty"));
                    }
                    self.map(item, shape, item.place);
                }
            }
            Form::Texts | Form::Matchers => {
                if !self.is_list(name, value) {
                    return;
                }
                for item in value.items() {
                    match item.text() {
                        _ if item.is_null() => {}
                        Some(text) if matches!(form, Form::Matchers) => {
                            if let Some(why) = self.matchers(text) {
                                self.says(item.place, why);
                            }
                        }
                        Some(_) => {}
                        None if name == "matchers" || name.ends_with("_matchers") => {
                            self.says(item.place, no_matcher(item));
                        }
                        None => self.no_text(name, item),
                    }
                }
                if name == "group_by" {
                    self.group_by(value);
                }
            }
            Form::Pairs | Form::Labels | Form::Patterns => self.pairs(form, name, value),
        }
    }

    fn long_wait(&mut self, name: &str, value: &Node) {
        let Some(text) = Text::of(value) else {
            self.no_text(name, value);
            return;
        };
        let may_be_filled_in = self.reading != Reading::AsWritten && text.is_filled_in_later();
        let why = values::why_no_long_wait(name, &text.text);
        if let Some(why) = why.filter(|_| !may_be_filled_in) {
            self.says(value.place, why);
        }
    }

    fn matchers(&self, text: &str) -> Option<String> {
        let may_be_filled_in = self.reading != Reading::AsWritten && super::has_marks(text);
        (!may_be_filled_in).then(|| why_no_matchers(text))?
    }

    fn is_list(&mut self, name: &str, value: &Node) -> bool {
        let is_list = matches!(value.value, Value::List(_));
        let is_filled_in = self.reading != Reading::AsWritten
            && Text::of(value).is_some_and(|text| super::has_marks(&text.text));
        if !is_list && !is_filled_in {
            let what = what_it_is(value);
            self.says(value.place, format!("`{name}` is a list, not {what}"));
        }
        is_list
    }

    fn group_by(&mut self, list: &Node) {
        let mut seen = BTreeSet::new();
        for label in list.items() {
            let Some(name) = label.text() else { continue };
            if !seen.insert(name) {
                let why = format!("`{name}` is twice in `group_by`");
                self.says(label.place, why);
            }
        }
        if seen.len() > 1 && seen.contains("...") {
            let why = "`...` is in `group_by` with other labels";
            self.says(list.place, why);
        }
    }

    fn pairs(&mut self, form: Form, name: &str, value: &Node) {
        let Value::Map(entries) = &value.value else {
            let what = what_it_is(value);
            self.says(value.place, format!("`{name}` is a map, not {what}"));
            return;
        };
        let mut seen = BTreeSet::new();
        for (key, value) in entries {
            let Some(label) = key.text() else { continue };
            // Headers of a letter are the same in small and in capital letters.
            let is_header = name == "headers";
            let same = if is_header {
                label.to_lowercase()
            } else {
                label.to_owned()
            };
            if !seen.insert(same) {
                self.says(key.place, format!("`{label}` is there twice"));
            }
            let is_label = values::is_label(label) || super::has_marks(label);
            if !matches!(form, Form::Pairs) && !is_label {
                self.says(key.place, format!("`{label}` is no name of a label"));
            }
            match value.text() {
                _ if value.is_null() && matches!(form, Form::Patterns) => {
                    self.says(key.place, format!("the pattern of `{label}` is empty"));
                }
                _ if value.is_null() => {}
                Some(text) if matches!(form, Form::Patterns) && !super::has_marks(text) => {
                    if let Some(why) = why_no_pattern(text) {
                        self.says(value.place, why);
                    }
                }
                Some(_) => {}
                None => self.no_text(label, value),
            }
        }
    }

    fn needs(&mut self, node: &Node, shape: &Shape, at: Place) {
        for need in shape.needs {
            let global = self.root.get("global");
            let is_there = |node: Option<&Node>, keys: &[&str]| {
                node.is_some_and(|node| keys.iter().any(|key| !is_missing(node.get(key))))
            };
            if is_there(Some(node), need.own) || is_there(global, need.of_global) {
                continue;
            }
            // An address that is empty is said where it stands.
            let is_said = need
                .own
                .iter()
                .any(|key| shape.addresses.contains(key) && has_text(node.get(key)));
            if !is_said {
                self.says(at, format!("{} has no {}", shape.what, needed(need)));
            }
        }
    }

    /// A key and its `…_file`.
    fn files(&mut self, node: &Node, shape: &Shape) {
        for (key, value) in node.entries() {
            let Some(name) = key.text().and_then(|name| name.strip_suffix("_file")) else {
                continue;
            };
            let both = !is_missing(Some(value)) && !is_missing(node.get(name));
            if both && shape.keys().any(|known| known == name) {
                let why = format!("both `{name}` and `{name}_file` are there");
                self.says(key.place, why);
            }
        }
    }
}

/// Whether nothing is written there.
fn is_missing(node: Option<&Node>) -> bool {
    node.is_none_or(|node| node.is_null() || node.text().is_some_and(str::is_empty))
}

fn has_text(node: Option<&Node>) -> bool {
    node.is_some_and(|node| !node.is_null() && node.text().is_some())
}

fn needed(need: &Need) -> String {
    let own: Vec<_> = need.own.iter().map(|key| format!("`{key}`")).collect();
    let own = own.join(" or ");
    match need.of_global.first() {
        Some(of_global) => format!("{own}, and `global` has no `{of_global}`"),
        None => own,
    }
}

fn unknown(name: &str, shape: &Shape) -> String {
    let what = shape.what;
    let mut slips = shape.slips.iter();
    if let Some((_, meant)) = slips.find(|(slip, _)| *slip == name) {
        return format!("{what} has no key `{name}`; {meant}");
    }
    let of_global = GLOBAL.keys().any(|key| key == name);
    if shape.what == CONFIGURATION.what && of_global {
        return format!("{what} has no key `{name}`; it belongs below `global`");
    }
    let nearest = nearest(name, shape.keys());
    let is_near = |other: &&str| normalized_damerau_levenshtein(name, other) >= NEAR;
    match nearest.filter(is_near) {
        Some(nearest) => format!("{what} has no key `{name}`; the nearest is `{nearest}`"),
        None => format!("{what} has no key `{name}`"),
    }
}

/// What a matcher that is a map should be.
fn no_matcher(item: &Node) -> String {
    let pair = item.entries().first();
    let pair = pair.and_then(|(label, value)| Some((label.text()?, value.text()?)));
    match pair {
        Some((label, value)) => {
            format!("a matcher is a text, not a map: write `{label}=\"{value}\"` in quotes")
        }
        None => format!("a matcher is a text, not {}", what_it_is(item)),
    }
}

fn what_it_is(value: &Node) -> &'static str {
    match &value.value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        Value::Null | Value::Text { .. } => "a text",
    }
}
