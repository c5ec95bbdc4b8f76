//! Labels of Micrometer's meters: tags that code gives them where it makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::text::{Constants, Language, Pattern, all, arguments};

const CURLY: Language = Language::Curly;

/// `.tag(`, also in the next line
static CALL: Pattern = LazyLock::new(|| Regex::new(r"^\s*\.\s*(\w+)\s*\(").ok());

/// Labels with their values, where they are written.
type Labels = BTreeMap<String, Option<BTreeSet<String>>>;

/// Whether code may give tags to all meters in a way that cannot be read.
pub(super) fn may_have_more_tags(text: &str) -> bool {
    let mut calls = text.match_indices("commonTags(");
    text.contains("MeterFilter")
        || calls.any(|(at, call)| {
            let parts = arguments(text, at + call.len() - 1, CURLY);
            parts.is_none_or(|(parts, _)| {
                let mut names = parts.iter().step_by(2);
                parts.len() % 2 == 1 || names.any(|name| !name.starts_with('"'))
            })
        })
}

/// The labels of `Counter.builder("orders")`, whose bracket opens at `open`; `None` if they cannot be
/// read, or if it is not made here.
pub(super) fn of_builder(text: &str, open: usize, constants: &Constants) -> Option<Labels> {
    let mut labels = Labels::new();
    let (_, mut end) = arguments(text, open, CURLY)?;
    loop {
        let rest = text.get(end + 1..)?;
        let call = all(&CALL, rest).next()?;
        let (parts, close) = arguments(text, end + call.get(0)?.end(), CURLY)?;
        match call.get(1)?.as_str() {
            "register" => return Some(labels),
            "tag" | "tags" => labels.extend(of_pairs(&parts, constants)?),
            "withRegistry" => return None,
            _ => {}
        }
        end = close;
    }
}

/// The labels of `registry.counter("orders", "status", status)`, by what it is given; `None` if they
/// cannot be read.
pub(super) fn of_call(kind: &str, parts: &[&str], constants: &Constants) -> Option<Labels> {
    match parts {
        [_, tags @ ..] if kind != "gauge" => of_pairs(tags, constants),
        _ => None,
    }
}

fn of_pairs(parts: &[&str], constants: &Constants) -> Option<Labels> {
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let pairs = parts.chunks(2).map(|pair| match pair {
        [name, value] => {
            let name = constants.text(name, CURLY)?;
            let value = constants.text(value, CURLY);
            let values = value.map(|value| BTreeSet::from([value]));
            Some((name.replace(|c| !is_label(c), "_"), values))
        }
        _ => None,
    });
    pairs.collect()
}
