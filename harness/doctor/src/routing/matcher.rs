//! What one label of an alert must be, and where that is written.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::{Node, Place};
use regex::Regex;

use super::{LabelValue, Verdict};

/// What one label of an alert must be.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    pub(crate) label: String,
    wanted: Wanted,
    /// Where its value stands.
    pub(crate) place: Place,
    /// As a person writes it: `severity="page"`.
    pub(crate) shown: String,
}

#[derive(Clone, Debug)]
enum Wanted {
    Equal(String),
    NotEqual(String),
    Like(Regex),
    Unlike(Regex),
    /// It is no matcher that is understood here.
    Anything,
}

impl Matcher {
    /// The matchers of a route or of one side of an inhibition, whose keys begin with `prefix`
    /// (`""`, `source_` or `target_`): the old `match` and `match_re`, and `matchers`.
    pub(crate) fn all_of(node: &Node, prefix: &str, source: &str) -> Vec<Self> {
        let mut matchers = Vec::new();
        for (key, is_pattern) in [("match", false), ("match_re", true)] {
            let map = node.get(&format!("{prefix}{key}"));
            for (label, value) in map.map_or(&[][..], Node::entries) {
                let text = value.text().unwrap_or_default();
                let operator = if is_pattern { "=~" } else { "=" };
                let label = label.text().unwrap_or_default();
                matchers.push(Self::new(label, operator, text, value.place));
            }
        }
        let lines = node.get(&format!("{prefix}matchers"));
        for line in lines.map_or(&[][..], Node::one_or_many) {
            match line.text() {
                Some(text) => matchers.extend(in_line(text, line, source)),
                None => matchers.push(Self::not_understood(line.place)),
            }
        }
        matchers
    }

    fn new(label: &str, operator: &str, value: &str, place: Place) -> Self {
        let pattern = || Regex::new(&format!("^(?s:{value})$"));
        let is_filled_in_later = value.contains("${") || value.contains("{{");
        let wanted = match operator {
            _ if is_filled_in_later => Wanted::Anything,
            "=" => Wanted::Equal(value.to_owned()),
            "!=" => Wanted::NotEqual(value.to_owned()),
            "=~" => pattern().map_or(Wanted::Anything, Wanted::Like),
            _ => pattern().map_or(Wanted::Anything, Wanted::Unlike),
        };
        Self {
            label: label.to_owned(),
            wanted,
            place,
            shown: format!("{label}{operator}\"{value}\""),
        }
    }

    fn not_understood(place: Place) -> Self {
        Self {
            label: String::new(),
            wanted: Wanted::Anything,
            place,
            shown: String::new(),
        }
    }

    /// Whether it is written in a way that is understood here.
    pub(crate) fn is_understood(&self) -> bool {
        !matches!(self.wanted, Wanted::Anything)
    }

    /// Whether it takes this value of its label.
    pub(crate) fn takes(&self, value: &LabelValue) -> Verdict {
        match value {
            LabelValue::Unknown => self.takes_unknown(),
            LabelValue::Absent => self.takes_text(""),
            LabelValue::One(text) => self.takes_text(text),
        }
    }

    fn takes_unknown(&self) -> Verdict {
        match &self.wanted {
            Wanted::Like(pattern) if pattern.as_str() == "^(?s:.*)$" => Verdict::Yes,
            _ => Verdict::Maybe,
        }
    }

    fn takes_text(&self, text: &str) -> Verdict {
        match &self.wanted {
            Wanted::Equal(wanted) => (text == wanted).into(),
            Wanted::NotEqual(unwanted) => (text != unwanted).into(),
            Wanted::Like(pattern) => pattern.is_match(text).into(),
            Wanted::Unlike(pattern) => (!pattern.is_match(text)).into(),
            Wanted::Anything => Verdict::Maybe,
        }
    }

    /// The values that it names: the one of `=`, or the words of a pattern `a|b`; none if it is
    /// anything else.
    pub(crate) fn named_values(&self) -> Vec<&str> {
        match &self.wanted {
            Wanted::Equal(value) if !value.is_empty() => vec![value],
            Wanted::Like(pattern) => {
                let pattern = pattern.as_str();
                let inner = pattern.strip_prefix("^(?s:").unwrap_or(pattern);
                let inner = inner.strip_suffix(")$").unwrap_or(inner);
                let inner = inner.strip_prefix('^').unwrap_or(inner);
                let inner = inner.strip_suffix('$').unwrap_or(inner);
                let inner = inner
                    .strip_prefix('(')
                    .and_then(|inner| inner.strip_suffix(')'))
                    .unwrap_or(inner);
                let words: Vec<_> = inner.split('|').collect();
                let is_word = |word: &&str| {
                    !word.is_empty()
                        && word
                            .chars()
                            .all(|c| c.is_alphanumeric() || "_- ".contains(c))
                };
                if words.iter().all(is_word) {
                    words
                } else {
                    Vec::new()
                }
            }
            _ => Vec::new(),
        }
    }
}

/// An alternative of a pattern that takes no value, because a pattern must fit from the first letter
/// to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// As it is written: `.*Disk`.
    pub(crate) alternative: String,
    /// A value that goes on before or behind what fits.
    pub(crate) value: String,
}

impl Matcher {
    /// The first alternative of its pattern that takes none of these values and is a part of one, if
    /// no other alternative takes that one.
    pub(crate) fn misfit(&self, values: &BTreeSet<String>) -> Option<Misfit> {
        let Wanted::Like(pattern) = &self.wanted else {
            return None;
        };
        let inner = pattern.as_str().strip_prefix("^(?s:")?.strip_suffix(")$")?;
        let alternatives: Vec<_> = inner.split('|').collect();
        if alternatives.len() < 2 || inner.contains(['(', '[', '\\', '^', '$']) {
            return None;
        }
        alternatives.into_iter().find_map(|alternative| {
            let bare = alternative.trim_start_matches(".*").trim_end_matches(".*");
            let whole = Regex::new(&format!("^(?s:{alternative})$")).ok()?;
            let part = Regex::new(&format!("(?s:{bare})")).ok()?;
            let takes_any = values.iter().any(|value| whole.is_match(value));
            let mut missed = values
                .iter()
                .filter(|value| part.is_match(value) && !pattern.is_match(value));
            let value = missed.next().filter(|_| !takes_any && !bare.is_empty())?;
            Some(Misfit {
                alternative: alternative.to_owned(),
                value: value.clone(),
            })
        })
    }
}

/// Whether all of `matchers` take an alert whose labels `value_of` tells. Two of them on one label
/// that exclude each other take none.
pub(crate) fn verdict_of_all(
    matchers: &[Matcher],
    mut value_of: impl FnMut(&str) -> LabelValue,
) -> Verdict {
    let mut verdict = Verdict::Yes;
    for matcher in matchers {
        let value = if matcher.is_understood() {
            value_of(&matcher.label)
        } else {
            LabelValue::Unknown
        };
        if value == LabelValue::Unknown {
            // What another matcher demands of the same label is what this one gets.
            let demanded = matchers.iter().find_map(|other| match &other.wanted {
                Wanted::Equal(wanted) if other.label == matcher.label => Some(wanted),
                _ => None,
            });
            if demanded.is_some_and(|demanded| matcher.takes_text(demanded) == Verdict::No) {
                return Verdict::No;
            }
        }
        verdict = verdict & matcher.takes(&value);
    }
    verdict
}

/// The matchers in one line: separated by commas, in braces or not, names and values in quotes or
/// not.
fn in_line(text: &str, node: &Node, source: &str) -> Vec<Matcher> {
    let mut matchers = Vec::new();
    let trimmed = text.trim();
    let inner = match trimmed.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}').unwrap_or(rest),
        None => trimmed,
    };
    let begins = text.find(inner).unwrap_or_default();
    let mut at = 0;
    while let Some(rest) = inner.get(at..).filter(|rest| !rest.trim().is_empty()) {
        let Some(found) = first_in(rest) else {
            matchers.push(Matcher::not_understood(node.place));
            return matchers;
        };
        let place = node.place_in(source, begins + at + found.value_begins);
        let (label, value) = (found.label.as_str(), found.value.as_str());
        matchers.push(Matcher::new(label, found.operator, value, place));
        at += found.length;
    }
    matchers
}

struct Found {
    label: String,
    operator: &'static str,
    value: String,
    value_begins: usize,
    length: usize,
}

fn first_in(text: &str) -> Option<Found> {
    let (label, after_label) = text_at(text, 0, &['=', '!', '~', ','])?;
    let operator_at = after_label + blanks(text, after_label);
    let operators = ["=~", "!~", "!=", "="];
    let rest = text.get(operator_at..)?;
    let operator = operators
        .into_iter()
        .find(|operator| rest.starts_with(operator))?;
    let value_at = operator_at + operator.len();
    let value_at = value_at + blanks(text, value_at);
    let (value, after_value) = text_at(text, value_at, &[','])?;
    let end = after_value + blanks(text, after_value);
    let length = match text.get(end..)? {
        "" => end,
        rest if rest.starts_with(',') => end + 1,
        _ => return None,
    };
    (!label.is_empty()).then_some(Found {
        label,
        operator,
        value,
        value_begins: value_at,
        length,
    })
}

fn blanks(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    rest.len() - rest.trim_start().len()
}

/// What stands at `at`, in quotes or before one of `ends`, and where it ends.
fn text_at(text: &str, at: usize, ends: &[char]) -> Option<(String, usize)> {
    let at = at + blanks(text, at);
    let rest = text.get(at..)?;
    let Some(quoted) = rest.strip_prefix('"') else {
        let length = rest.find(ends).unwrap_or(rest.len());
        return Some((rest.get(..length)?.trim_end().to_owned(), at + length));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((offset, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, at + 1 + offset + 1)),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                other => value.extend(['\\', other]),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use alertdrill_project::yaml_tree::parse;

    use super::*;

    fn all(yaml: &str) -> Vec<Matcher> {
        Matcher::all_of(&parse(yaml).unwrap()[0], "", yaml)
    }

    #[test]
    fn old_and_new_matchers_are_read_with_the_place_of_their_values() {
        let yaml =
            "match: {a: b}\nmatch_re:\n  c: d|e\nmatchers:\n  - f = g\n  - '{h!=\"i\", j=~k}'\n";
        let shown: Vec<_> = all(yaml)
            .iter()
            .map(|it| format!("{}@{}:{}", it.shown, it.place.line, it.place.column))
            .collect();
        assert_eq!(
            shown,
            [
                r#"a="b"@1:12"#,
                r#"c=~"d|e"@3:6"#,
                r#"f="g"@5:9"#,
                r#"h!="i"@6:10"#,
                r#"j=~"k"@6:18"#
            ]
        );
    }

    #[test]
    fn what_is_not_understood_takes_perhaps() {
        for yaml in [
            "matchers: [a]",
            "matchers: [{name: a, value: b}]",
            "matchers: ['a=~(']",
        ] {
            let matchers = all(yaml);
            let verdict = verdict_of_all(&matchers, |_| LabelValue::Absent);
            assert_eq!(verdict, Verdict::Maybe, "{yaml}");
        }
    }

    #[test]
    fn matchers_that_exclude_each_other_take_none() {
        let none = all("matchers: [a=b, a=c]");
        let value = |_: &str| LabelValue::Unknown;
        assert_eq!(verdict_of_all(&none, value), Verdict::No);
        let some = all("matchers: [a=b, 'a=~b|c']");
        assert_eq!(verdict_of_all(&some, value), Verdict::Maybe);
    }
}
