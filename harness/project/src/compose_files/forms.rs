//! The forms in which compose files say the same.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::shell_words::shell_words;
use crate::yaml_tree::{Node, Value};

/// A text that is not empty.
pub(super) fn text(node: Option<&Node>) -> Option<String> {
    let node = node.filter(|node| !node.is_null())?;
    let text = node.text().filter(|text| !text.is_empty())?;
    Some(text.to_owned())
}

/// One text or a list of them.
pub(super) fn texts(node: Option<&Node>) -> Vec<String> {
    let items = node.map_or(&[][..], Node::one_or_many).iter();
    let items = items.filter(|item| !item.is_null());
    items.filter_map(Node::text).map(str::to_owned).collect()
}

/// A command: a list of words, or a text as a shell takes it.
pub(super) fn command(node: Option<&Node>) -> Vec<String> {
    match node.and_then(Node::text) {
        Some(text) if node.is_some_and(|node| !node.is_null()) => shell_words(text),
        _ => texts(node),
    }
}

/// A map, or a list of `NAME=value`; what has no value is `None`.
pub(super) fn pairs(node: Option<&Node>) -> BTreeMap<String, Option<String>> {
    let Some(node) = node else {
        return BTreeMap::new();
    };
    let of_list = node.items().iter().filter_map(Node::text).map(|item| {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (item, None),
        };
        (name.to_owned(), value)
    });
    let of_map = node.entries().iter().filter_map(|(name, value)| {
        let value = value.text().filter(|_| !value.is_null());
        Some((name.text()?.to_owned(), value.map(str::to_owned)))
    });
    of_list.chain(of_map).collect()
}

/// A map by names, or a list of names.
pub(super) fn named(node: Option<&Node>) -> Vec<(String, Option<&Node>)> {
    let Some(node) = node else {
        return Vec::new();
    };
    let of_list = node.items().iter().filter_map(Node::text);
    let of_list = of_list.map(|name| (name.to_owned(), None));
    let of_map = node.entries().iter();
    let of_map = of_map.filter_map(|(name, value)| Some((name.text()?.to_owned(), Some(value))));
    of_list.chain(of_map).collect()
}

/// The same in JSON.
pub(super) fn json(node: &Node) -> Json {
    match &node.value {
        _ if node.is_null() => Json::Null,
        Value::Null => Json::Null,
        Value::Text { text, is_quoted } => plain(text, *is_quoted),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries = entries.filter_map(|(key, value)| Some((key.text()?, value)));
            let pairs = entries.map(|(key, value)| (key.to_owned(), json(value)));
            Json::Object(pairs.collect())
        }
    }
}

fn plain(text: &str, is_quoted: bool) -> Json {
    let as_text = || Json::String(text.to_owned());
    if is_quoted {
        return as_text();
    }
    match text {
        "true" | "True" | "yes" | "on" => Json::Bool(true),
        "false" | "False" | "no" | "off" => Json::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) => Json::from(number),
            Err(_) => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map_or_else(as_text, Json::from),
        },
    }
}

/// An amount of memory in bytes, as compose prints it: a text of digits.
pub(super) fn bytes(text: &str) -> Option<Json> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    Some(Json::String(number.checked_mul(factor)?.to_string()))
}
