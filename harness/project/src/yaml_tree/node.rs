//! A value of a YAML file.

use super::Place;

/// A value, and where it begins; of an alias, where the alias stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it begins.
    pub place: Place,
}

/// What a value is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing is written.
    #[default]
    Null,
    /// A text, a number or a truth, as it is written.
    Text {
        /// What is written, without quotes.
        text: String,
        /// Whether it stands in quotes or in a block, and so is surely a text.
        is_quoted: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// Keys, each with its value, in the order in which they are written.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The value of `key`; `None` if this is no map, or if it has no such key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut found = self.entries().iter().filter(|(name, _)| name.is_text(key));
        found.next_back().map(|(_, value)| value)
    }

    /// The value at the end of these keys.
    #[must_use]
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Where the key stands; `None` if this is no map, or if it has no such key.
    #[must_use]
    pub fn place_of_key(&self, key: &str) -> Option<Place> {
        let mut found = self.entries().iter().filter(|(name, _)| name.is_text(key));
        found.next_back().map(|(name, _)| name.place)
    }

    /// Its keys and values; none if it is no map.
    #[must_use]
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Text { .. } | Value::List(_) => &[],
        }
    }

    /// Its items; none if it is no list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Text { .. } | Value::Map(_) => &[],
        }
    }

    /// Its items, or itself if it is a single text.
    #[must_use]
    pub fn one_or_many(&self) -> &[Self] {
        match &self.value {
            Value::Text { .. } => std::slice::from_ref(self),
            Value::Null | Value::List(_) | Value::Map(_) => self.items(),
        }
    }

    /// What is written, if it is a text, a number or a truth.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// What is written at the end of these keys.
    #[must_use]
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.text()
    }

    /// Whether it is the truth `true`, in the words of YAML 1.1 and 1.2.
    #[must_use]
    pub fn is_true(&self) -> bool {
        let yes = ["true", "True", "TRUE", "yes", "Yes", "on", "On"];
        self.text().is_some_and(|text| yes.contains(&text))
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Text { text, is_quoted } => {
                !is_quoted && ["", "~", "null", "Null", "NULL"].contains(&text.as_str())
            }
            Value::List(_) | Value::Map(_) => false,
        }
    }

    fn is_text(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    /// Where the character at `offset` (in bytes) of this text stands in `source`, the file's text.
    ///
    /// What YAML folds, indents or escapes is blanks and marks: the characters that are left stand
    /// in the file in the same order.
    #[must_use]
    pub fn place_in(&self, source: &str, offset: usize) -> Place {
        let Some(text) = self.text() else {
            return self.place;
        };
        let before = text.get(..offset).unwrap_or(text);
        let mut wanted = before.chars().filter(|c| !c.is_whitespace()).count();
        let mut left = text.chars().filter(|c| !c.is_whitespace());
        let mut next = left.next();
        let lines = source.lines().enumerate().skip(self.place.line - 1);
        for (number, line) in lines {
            let is_first = number + 1 == self.place.line;
            let skipped = if is_first { self.place.column - 1 } else { 0 };
            let rest = line.trim_start();
            if is_first && is_header_of_a_block(line, skipped) || !is_first && rest.is_empty() {
                continue;
            }
            for (column, character) in line.chars().enumerate().skip(skipped) {
                if Some(character) != next {
                    continue;
                }
                if wanted == 0 {
                    return Place {
                        line: number + 1,
                        column: column + 1,
                    };
                }
                wanted -= 1;
                next = left.next();
                if next.is_none() {
                    return self.place;
                }
            }
        }
        self.place
    }
}

/// Whether a block scalar's mark, `|` or `>`, stands at this column.
fn is_header_of_a_block(line: &str, column: usize) -> bool {
    let rest: String = line.chars().skip(column).collect();
    rest.starts_with(['|', '>'])
        && rest
            .trim_start_matches(['|', '>', '+', '-'])
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start()
            .chars()
            .next()
            .is_none_or(|c| c == '#')
}
