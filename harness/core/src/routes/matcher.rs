//! What an alert's labels must be for a route or an inhibition to mean it.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::Labels;
use crate::labels::escaped;

/// What one label of an alert must be, as `name="value"`, `name!="value"`, `name=~"pattern"` or
/// `name!~"pattern"`. A label that an alert lacks counts as empty
/// (<https://prometheus.io/docs/alerting/latest/configuration/#matcher>).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Matcher {
    label: String,
    wanted: Wanted,
}

#[derive(Clone, Debug)]
enum Wanted {
    Equal(String),
    NotEqual(String),
    Like(Pattern),
    Unlike(Pattern),
}

/// A pattern for a whole value.
#[derive(Clone, Debug)]
struct Pattern {
    written: String,
    anchored: Regex,
}

impl Pattern {
    fn of(written: String) -> Result<Self, String> {
        let anchored = Regex::new(&format!("^(?s:{written})$"));
        let anchored = anchored.map_err(|error| format!("the pattern `{written}`: {error}"))?;
        Ok(Self { written, anchored })
    }
}

impl Matcher {
    /// That the label is `value`.
    pub(super) fn equal(label: String, value: String) -> Self {
        let wanted = Wanted::Equal(value);
        Self { label, wanted }
    }

    /// That all of the label is like `pattern`.
    pub(super) fn like(label: String, pattern: String) -> Result<Self, String> {
        let wanted = Wanted::Like(Pattern::of(pattern)?);
        Ok(Self { label, wanted })
    }

    /// The matchers in one line of a configuration: separated by commas, in braces or not, names
    /// and values in quotes or not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn all_in(line: &str) -> Result<Vec<Self>, String> {
        let trimmed = line.trim();
        let inner = match (trimmed.strip_prefix('{'), trimmed.strip_suffix('}')) {
            (Some(_), Some(_)) => &trimmed[1..trimmed.len() - 1],
            // A pattern may end with a brace.
            (None, _) => trimmed,
            (Some(_), None) => return Err(format!("the matcher `{line}` lacks a closing brace")),
        };
        let mut matchers = Vec::new();
        let mut rest = inner.trim_start();
        while !rest.is_empty() {
            let (matcher, after) =
                Self::first_in(rest).map_err(|reason| format!("the matcher `{line}`: {reason}"))?;
            matchers.push(matcher);
            rest = after.trim_start();
        }
        Ok(matchers)
    }

    fn first_in(text: &str) -> Result<(Self, &str), String> {
        let (label, rest) = text_before(text, &['=', '!', '~', ','])?;
        if label.is_empty() {
            return Err("it names no label".to_owned());
        }
        let operators = ["=~", "!~", "!=", "="];
        let rest = rest.trim_start();
        let found = operators
            .into_iter()
            .find_map(|operator| Some((operator, rest.strip_prefix(operator)?)));
        let (operator, rest) =
            found.ok_or("it has none of the operators =, !=, =~ and !~ after the label's name")?;
        let rest = rest.trim_start();
        let (value, rest) = text_before(rest, &[','])?;
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.is_empty() => rest,
            None => return Err(format!("`{rest}` follows its value")),
        };
        let wanted = match operator {
            "=" => Wanted::Equal(value),
            "!=" => Wanted::NotEqual(value),
            "=~" => Wanted::Like(Pattern::of(value)?),
            _ => Wanted::Unlike(Pattern::of(value)?),
        };
        Ok((Self { label, wanted }, rest))
    }

    /// Whether it means an alert with exactly these labels.
    #[cfg(test)]
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.takes(labels.get(&self.label).map_or("", String::as_str))
    }

    /// Whether it means an alert of which these labels are known; `None` if that hangs on a label
    /// that is not.
    #[must_use]
    pub fn matches_known(&self, known: &Labels) -> Option<bool> {
        Some(self.takes(known.get(&self.label)?))
    }

    fn takes(&self, value: &str) -> bool {
        match &self.wanted {
            Wanted::Equal(wanted) => value == wanted,
            Wanted::NotEqual(unwanted) => value != unwanted,
            Wanted::Like(pattern) => pattern.anchored.is_match(value),
            Wanted::Unlike(pattern) => !pattern.anchored.is_match(value),
        }
    }
}

/// Whether all of `matchers` mean an alert of which these labels are known; `None` if that hangs on
/// a label that is not.
pub(super) fn all_match_known(matchers: &[Matcher], known: &Labels) -> Option<bool> {
    let verdicts = matchers.iter().map(|matcher| matcher.matches_known(known));
    let verdicts: Vec<_> = verdicts.collect();
    if verdicts.contains(&Some(false)) {
        return Some(false);
    }
    verdicts
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .map(|_| true)
}

/// What stands at the beginning of `text` in quotes, or else before one of `ends`; and the rest.
fn text_before<'a>(text: &'a str, ends: &[char]) -> Result<(String, &'a str), String> {
    if let Some(found) = quoted(text)? {
        return Ok(found);
    }
    let end = text.find(ends).unwrap_or(text.len());
    Ok((text[..end].trim_end().to_owned(), &text[end..]))
}

/// A text in quotes at the beginning of `text`, and what follows it; `None` if there are no quotes.
fn quoted(text: &str) -> Result<Option<(String, &str)>, String> {
    let Some(inner) = text.strip_prefix('"') else {
        return Ok(None);
    };
    let mut value = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok(Some((value, &inner[at + 1..]))),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                // As Alertmanager takes it: the backslash stands for itself.
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a quotation mark is not closed".to_owned())
}

impl TryFrom<String> for Matcher {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut matchers = Self::all_in(&text)?;
        match (matchers.pop(), matchers.is_empty()) {
            (Some(only), true) => Ok(only),
            _ => Err(format!("`{text}` is not one matcher")),
        }
    }
}

impl From<Matcher> for String {
    fn from(matcher: Matcher) -> Self {
        matcher.to_string()
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, value) = match &self.wanted {
            Wanted::Equal(value) => ("=", value),
            Wanted::NotEqual(value) => ("!=", value),
            Wanted::Like(pattern) => ("=~", &pattern.written),
            Wanted::Unlike(pattern) => ("!~", &pattern.written),
        };
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_:.-".contains(letter);
        if self.label.chars().all(is_plain) {
            write!(f, "{}{operator}\"{}\"", self.label, escaped(value))
        } else {
            let label = escaped(&self.label);
            write!(f, "\"{label}\"{operator}\"{}\"", escaped(value))
        }
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Matcher {}

/// Matchers as a configuration has them, separated by commas.
pub(super) fn shown(matchers: &[Matcher]) -> String {
    let matchers: Vec<_> = matchers.iter().map(ToString::to_string).collect();
    matchers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(labels: &[(&str, &str)]) -> Labels {
        let labels = labels.iter();
        labels
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn matchers_are_read_in_each_way_that_alertmanager_reads_them() {
        for (line, read) in [
            (r#"severity="critical""#, r#"severity="critical""#),
            (" severity = critical ", r#"severity="critical""#),
            ("{foo = bar, dings != bums}", r#"foo="bar", dings!="bums""#),
            (r#"foo=~"a|b",bar!~c.+,"#, r#"foo=~"a|b", bar!~"c.+""#),
            (
                r#"{"with space"="a \"b\"\\\n,c"}"#,
                r#""with space"="a \"b\"\\\n,c""#,
            ),
            ("empty=", r#"empty="""#),
            (r"code=~[0-9]{3}", r#"code=~"[0-9]{3}""#),
        ] {
            assert_eq!(shown(&Matcher::all_in(line).unwrap()), read, "{line}");
        }
    }

    #[test]
    fn line_that_is_no_matcher_is_refused_with_what_is_wrong() {
        for (line, reason) in [
            ("severity", "none of the operators"),
            ("=x", "names no label"),
            (r#"a="b"#, "not closed"),
            (r#"a="b" c"#, "follows its value"),
            ("{a=b", "closing brace"),
            ("a=~(", "the pattern `(`"),
        ] {
            let refused = Matcher::all_in(line).unwrap_err();
            assert!(refused.contains(reason), "{line}: {refused}");
        }
    }

    #[test]
    fn pattern_is_for_the_whole_value_and_a_label_that_is_not_there_is_empty() {
        let matches = |line: &str, labels: &[(&str, &str)]| {
            Matcher::all_in(line).unwrap()[0].matches(&alert(labels))
        };
        assert!(matches("a=~b|c", &[("a", "c")]));
        assert!(!matches("a=~b|c", &[("a", "cc")]));
        assert!(matches("a!~b|c", &[("a", "cc")]));
        assert!(matches("a=", &[]) && matches("a!=b", &[]) && matches("a=~.*", &[]));
        assert!(!matches("a=~.+", &[]) && !matches("a=b", &[]));
    }

    #[test]
    fn what_hangs_on_a_label_that_is_not_known_is_not_decided_unless_another_matcher_decides_it() {
        let matchers = Matcher::all_in("a=b, c=d").unwrap();
        let known = |labels: &[(&str, &str)]| all_match_known(&matchers, &alert(labels));
        assert_eq!(known(&[("a", "b")]), None);
        assert_eq!(known(&[("a", "x")]), Some(false));
        assert_eq!(known(&[("a", "b"), ("c", "d")]), Some(true));
    }

    #[test]
    fn matcher_is_saved_as_its_text() {
        let saved = serde_json::to_string(&Matcher::all_in("a=~b").unwrap()).unwrap();
        assert_eq!(saved, r#"["a=~\"b\""]"#);
        let read: Vec<Matcher> = serde_json::from_str(&saved).unwrap();
        assert_eq!(read, Matcher::all_in("a=~b").unwrap());
        assert!(serde_json::from_str::<Matcher>(r#""a=b,c=d""#).is_err());
    }
}
