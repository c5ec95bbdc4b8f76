//! Matchers that Alertmanager cannot read, in the old way or in that of UTF-8.

use std::sync::LazyLock;

use regex::Regex;

/// A label's name (in UTF-8, too), an operator and a value.
static MATCHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = r#"([a-zA-Z_:][a-zA-Z0-9_:]*|[^\s{}!=~,\\"'`]+|"(?:[^"\\]|\\.)+")"#;
    Regex::new(&format!(r"^\s*{label}\s*(=~|!=|!~|=)\s*((?s:.*?))\s*$")).ok()
});

/// Why Alertmanager cannot read this line of matchers.
pub(super) fn why_no_matchers(line: &str) -> Option<String> {
    let inner = line.strip_prefix('{').unwrap_or(line);
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    parts(inner).into_iter().find_map(why_no_matcher)
}

fn why_no_matcher(text: &str) -> Option<String> {
    let bad = |why: &str| Some(format!("`{}` is no matcher: {why}", text.trim()));
    let found = MATCHER.as_ref()?.captures(text);
    let Some((_, [_, operator, value])) = found.map(|found| found.extract::<3>()) else {
        return bad("write `label=\"value\"` (or `!=`, `=~`, `!~`)");
    };
    let Some(value) = unquoted(value) else {
        return bad("its quotes do not agree");
    };
    if operator.ends_with('~') {
        return why_no_pattern(&value);
    }
    None
}

/// The parts of a line between commas that do not stand in quotes.
fn parts(line: &str) -> Vec<&str> {
    let (mut parts, mut begins) = (Vec::new(), 0);
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in line.char_indices() {
        match letter {
            ',' if !is_quoted => {
                parts.extend(line.get(begins..at));
                begins = at + 1;
                is_escaped = false;
            }
            '"' => {
                is_quoted ^= !is_escaped;
                is_escaped = false;
            }
            '\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    parts.extend(line.get(begins..).filter(|rest| !rest.trim().is_empty()));
    parts
}

/// A value without its quotes; `None` if they do not agree.
fn unquoted(value: &str) -> Option<String> {
    let (inner, is_quoted) = match value.strip_prefix('"') {
        Some(inner) => (inner, true),
        None => (value, false),
    };
    let mut plain = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some((_, 'n')) => plain.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => plain.push(escaped),
                Some((_, other)) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            '"' => return (is_quoted && at + 1 == inner.len()).then_some(plain),
            other => plain.push(other),
        }
    }
    (!is_quoted).then_some(plain)
}

/// Why a pattern is none; what only some engines refuse is taken.
pub(super) fn why_no_pattern(pattern: &str) -> Option<String> {
    let error = Regex::new(&format!("^(?:{pattern})$")).err()?;
    let said = error.to_string();
    let why = [
        (
            "repetition operator missing expression",
            "`*`, `+` or `?` repeats nothing",
        ),
        ("look-around", "it looks ahead or behind, which it cannot"),
        ("unclosed group", "a bracket is not closed"),
        ("unopened group", "a bracket is closed that is not open"),
        ("unclosed character class", "a bracket is not closed"),
    ];
    let (_, why) = why.iter().find(|(mark, _)| said.contains(mark))?;
    Some(format!("`{pattern}` is no pattern: {why}"))
}
