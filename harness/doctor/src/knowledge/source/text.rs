//! Reads calls and texts out of a program, of whatever language: where a call's arguments are, and
//! what a text is that is put together of constants.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A pattern that is compiled once.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// All that a pattern finds.
pub(super) fn all<'t>(
    pattern: &'static Pattern,
    text: &'t str,
) -> impl Iterator<Item = Captures<'t>> {
    pattern
        .iter()
        .flat_map(move |regex| regex.captures_iter(text))
}

/// Whether a pattern finds anything.
pub(super) fn any(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// How a language marks comments and texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    /// Languages with `//` and `/* */`, and texts in backticks.
    Curly,
}

/// The text with its comments blanked out; nothing moves.
pub(super) fn without_comments(text: &str, language: Language) -> String {
    let bytes = text.as_bytes();
    let mut kept = bytes.to_vec();
    let mut at = 0;
    let blank = |kept: &mut Vec<u8>, from: usize, to: usize| {
        for byte in kept.iter_mut().take(to).skip(from) {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let is_line_comment = match language {
            Language::Python => rest.starts_with(b"#"),
            Language::Curly => rest.starts_with(b"//"),
        };
        if is_line_comment {
            let length = rest.iter().position(|byte| *byte == b'\n');
            let end = length.map_or(bytes.len(), |length| at + length);
            blank(&mut kept, at, end);
            at = end;
        } else if language == Language::Curly && rest.starts_with(b"/*") {
            let length = rest.windows(2).skip(2).position(|pair| pair == b"*/");
            let end = length.map_or(bytes.len(), |length| at + length + 4);
            blank(&mut kept, at, end);
            at = end;
        } else if let Some(length) = length_of_text(text, at, language) {
            at += length;
        } else {
            at += 1;
        }
    }
    String::from_utf8(kept).unwrap_or_else(|_| text.to_owned())
}

/// How long the text is that begins at `at`, with its quotes; `None` if none begins there.
pub(super) fn length_of_text(text: &str, at: usize, language: Language) -> Option<usize> {
    let rest = text.as_bytes().get(at..)?;
    let quote = *rest.first()?;
    let is_quote = match quote {
        b'"' | b'\'' => true,
        b'`' => language == Language::Curly,
        _ => false,
    };
    if !is_quote {
        return None;
    }
    let triple = [quote; 3];
    if quote != b'`' && language == Language::Python && rest.starts_with(&triple) {
        let inner = rest.get(3..)?;
        let end = inner.windows(3).position(|three| three == triple)?;
        return Some(end + 6);
    }
    let mut escaped = false;
    for (index, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' if quote != b'`' => return None,
            byte if *byte == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// The parts between the bracket at `open` and the one that closes it, split at commas that stand
/// in no bracket below it; and where the closing bracket is.
pub(super) fn arguments(text: &str, open: usize, language: Language) -> Option<(Vec<&str>, usize)> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut begin = open + 1;
    let mut at = open;
    let mut parts = Vec::new();
    while at < bytes.len() {
        if let Some(length) = length_of_text(text, at, language) {
            at += length;
            continue;
        }
        match bytes.get(at)? {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let last = text.get(begin..at)?.trim();
                    if !last.is_empty() {
                        parts.push(last);
                    }
                    return Some((parts, at));
                }
            }
            b',' if depth == 1 => {
                parts.push(text.get(begin..at)?.trim());
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The key and the value of `key=value`, `key: value` or `"key": value`.
pub(super) fn pair(part: &str) -> Option<(&str, &str)> {
    let end = part.find(['=', ':'])?;
    let (key, value) = (part.get(..end)?, part.get(end + 1..)?);
    let key = key.trim().trim_matches(['"', '\'']);
    let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_comparison = value.starts_with('=');
    (is_name && !is_comparison).then(|| (key, value.trim()))
}

/// The constants of a program: names that stand for a text, or for a list of texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants {
    texts: HashMap<String, Option<String>>,
    lists: HashMap<String, Option<Vec<String>>>,
}

/// `NAME = …`, `const NAME: type = …`, `NAME := …`, `final String NAME = …`.
static ASSIGNMENT: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)(?:^|[\s;{(])([A-Za-z_]\w*)[ \t]*(?::[ \t]*[\w\[\]&' ]+|[ ]string)?[ \t]*:?=[ \t]*([\x22'`\[({frnb])").ok()
});

impl Constants {
    /// Learns what a program's names stand for; a name that stands for several is forgotten.
    pub(super) fn learn(&mut self, code: &str, language: Language) {
        for found in all(&ASSIGNMENT, code) {
            let (Some(name), Some(value)) = (found.get(1), found.get(2)) else {
                continue;
            };
            let line = code.get(value.start()..).unwrap_or_default();
            let end = end_of_value(line, language);
            let written = line
                .get(..end)
                .unwrap_or_default()
                .trim_end_matches([';', ' ', '\r']);
            if language == Language::Python && is_argument(code, name.start(), line, end) {
                continue;
            }
            let name = name.as_str().to_owned();
            if let Some(text) = self.text(written, language) {
                let known = self.texts.entry(name).or_insert_with(|| Some(text.clone()));
                if known.as_ref() != Some(&text) {
                    *known = None;
                }
            } else if let Some(list) = self.list(written, language) {
                let known = self.lists.entry(name).or_insert_with(|| Some(list.clone()));
                if known.as_ref() != Some(&list) {
                    *known = None;
                }
            }
        }
    }

    /// Sets what a name stands for; `None` if that is not known.
    pub(super) fn set(&mut self, name: &str, text: Option<String>) {
        self.texts.insert(name.to_owned(), text);
    }

    /// The text that `written` means; `None` if it is made at run time.
    pub(super) fn text(&self, written: &str, language: Language) -> Option<String> {
        let written = strip_brackets(written.trim());
        let terms = terms(written, language);
        if terms.len() > 1 {
            let texts = terms.into_iter().map(|term| self.text(term, language));
            return texts.collect();
        }
        let marked = written.trim_start_matches(['r', 'b', 'u', 'f', 'F', 'R']);
        let is_format = written.starts_with(['f', 'F']) && marked.starts_with(['"', '\'']);
        let quoted = if language == Language::Python {
            marked
        } else {
            written
        };
        if let Some(length) = length_of_text(quoted, 0, language) {
            if length == quoted.len() {
                return self.content(quoted, is_format, language);
            }
            // Python joins texts that stand side by side.
            if language == Language::Python {
                let (first, rest) = quoted.split_at_checked(length)?;
                let rest = self.text(rest, language)?;
                return Some(self.content(first, is_format, language)? + &rest);
            }
            return None;
        }
        let name = written.rsplit(['.', ':']).next()?;
        let is_name = written
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.:".contains(c));
        is_name
            .then(|| self.texts.get(name).cloned())
            .flatten()
            .flatten()
    }

    fn content(&self, quoted: &str, is_format: bool, language: Language) -> Option<String> {
        let marks = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") {
            3
        } else {
            1
        };
        let inner = quoted.get(marks..quoted.len().checked_sub(marks)?)?;
        if is_format || quoted.starts_with('`') {
            self.filled_in(inner, if is_format { "{" } else { "${" }, language)
        } else {
            Some(inner.to_owned())
        }
    }

    fn filled_in(&self, text: &str, opening: &str, language: Language) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, inner)) = rest.split_once(opening) {
            let (name, after) = inner.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&self.text(name, language)?);
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The texts of a list; `None` if one is made at run time, or if it is no list.
    pub(super) fn list(&self, written: &str, language: Language) -> Option<Vec<String>> {
        let written = written.trim();
        let last = written.rsplit(['.', ':']).next().unwrap_or_default();
        if let Some(list) = self.lists.get(last) {
            return list.clone();
        }
        let open = written.find(['[', '(', '{'])?;
        let before = written.get(..open)?.trim();
        let is_list = match language {
            // `[]string{…}` of Go, `new[] {…}`, `arrayOf(…)`
            Language::Curly => {
                before.is_empty() || before.starts_with("new") || before.ends_with("Of")
            }
            Language::Python => before.is_empty(),
        };
        let (open, is_list) = match written.strip_prefix("[]string") {
            Some(rest) => (written.len() - rest.len() + rest.find('{')?, true),
            None => (open, is_list),
        };
        if !is_list {
            return None;
        }
        let (parts, end) = arguments(written, open, language)?;
        if end + 1 != written.trim_end_matches(['.', ' ']).len() {
            return None;
        }
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.map(|part| self.text(part, language)).collect()
    }
}

/// Whether `name=value` is an argument of a call, and no assignment: something stands before it on
/// its line, or a comma or a bracket behind it.
fn is_argument(code: &str, name: usize, value: &str, end: usize) -> bool {
    let before = code.get(..name).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let after = value.get(end..).unwrap_or_default();
    !line.trim().is_empty() || after.starts_with([',', ')'])
}

/// Where the value ends that `line` begins with: at the line's end, outside of brackets.
fn end_of_value(line: &str, language: Language) -> usize {
    let bytes = line.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        if let Some(length) = length_of_text(line, at, language) {
            at += length;
            continue;
        }
        match bytes.get(at) {
            Some(b'(' | b'[' | b'{') => depth += 1,
            Some(b')' | b']' | b'}' | b',' | b'\n' | b';') if depth == 0 => return at,
            Some(b')' | b']' | b'}') => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The terms of a sum of texts.
fn terms(written: &str, language: Language) -> Vec<&str> {
    let bytes = written.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut begin, mut depth) = (0, 0, 0_usize);
    while at < bytes.len() {
        if let Some(length) = length_of_text(written, at, language) {
            at += length;
            continue;
        }
        match bytes.get(at) {
            Some(b'(' | b'[' | b'{') => depth += 1,
            Some(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Some(b'+') if depth == 0 => {
                found.push(written.get(begin..at).unwrap_or_default());
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    found.push(written.get(begin..).unwrap_or_default());
    found
}

fn strip_brackets(written: &str) -> &str {
    let inner = written
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    inner.map_or(written, str::trim)
}

/// The line of a byte, from one.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.get(..at)
        .map_or(1, |before| before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_blanked_and_texts_are_kept() {
        let text = "a = '# no' # yes\nb";
        assert_eq!(
            without_comments(text, Language::Python),
            "a = '# no'      \nb"
        );
        let text = "a(\"// no\") // yes\n/* x\n */b";
        assert_eq!(
            without_comments(text, Language::Curly),
            "a(\"// no\")       \n    \n   b"
        );
    }

    #[test]
    fn arguments_are_split_at_their_own_commas() {
        let text = "f('a,b', [1, 2], g(x, y), )";
        let (parts, end) = arguments(text, 1, Language::Python).unwrap();
        assert_eq!(parts, ["'a,b'", "[1, 2]", "g(x, y)"]);
        assert_eq!(end, text.len() - 1);
    }

    #[test]
    fn texts_of_constants_are_put_together() {
        let mut constants = Constants::default();
        constants.learn(
            "NS = 'shop'\nTWICE = 'a'\nTWICE = 'b'\nL = ['x', NS]\n",
            Language::Python,
        );
        assert_eq!(constants.text("TWICE", Language::Python), None);
        let list = constants.list("L", Language::Python);
        assert_eq!(list, Some(vec!["x".to_owned(), "shop".to_owned()]));
        let text = |written| constants.text(written, Language::Python);
        assert_eq!(text("NS + '_x'"), Some("shop_x".to_owned()));
        assert_eq!(text("f'{NS}_x'"), Some("shop_x".to_owned()));
        assert_eq!(text("'a' 'b'"), Some("ab".to_owned()));
        assert_eq!(text("name"), None);
        let curly = |written| constants.text(written, Language::Curly);
        assert_eq!(curly("`${NS}_x`"), Some("shop_x".to_owned()));
        let go = constants.list("[]string{\"a\", NS}", Language::Curly);
        assert_eq!(go, Some(vec!["a".to_owned(), "shop".to_owned()]));
    }
}
