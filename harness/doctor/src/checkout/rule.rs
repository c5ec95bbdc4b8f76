//! A rule as it is written.

use std::path::Path;
use std::time::Duration;

use alertdrill_project::yaml_tree::{Node, Place};
use promql_parser::parser::{self, Expr};

use super::SourceFile;

/// A text in a file, and where it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Text {
    pub(crate) fn of(node: &Node) -> Option<Self> {
        Some(Self {
            text: node.text()?.to_owned(),
            place: node.place,
        })
    }
}

/// The keys and values of a map of texts; none if it is no map.
pub(super) fn texts(map: Option<&Node>) -> Vec<(Text, Text)> {
    let entries = map.map_or(&[][..], Node::entries).iter();
    let texts = entries.map(|(key, value)| Some((Text::of(key)?, Text::of(value)?)));
    texts.flatten().collect()
}

/// The group of a rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// How often it is evaluated, where it says so itself.
    pub(crate) interval: Option<Duration>,
}

/// What a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Alert,
    Recording,
}

/// A rule as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) file: SourceFile,
    pub(crate) group: Group,
    pub(crate) kind: RuleKind,
    /// The alert's name, or the metric that it records, and where that stands.
    pub(crate) name: Text,
    pub(crate) expression: Expression,
    pub(crate) held_for: Option<(Duration, Place)>,
    /// Its labels: each name, and the value with its place.
    pub(crate) labels: Vec<(Text, Text)>,
    /// Its annotations.
    pub(crate) annotations: Vec<(Text, Text)>,
}

impl Rule {
    /// The value of the label `name`.
    pub(crate) fn label(&self, name: &str) -> Option<&Text> {
        value_of(&self.labels, name)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Where the first occurrence of `word` in its expression stands; where the expression begins
    /// if it is not there as it is.
    pub(crate) fn place_of(&self, word: &str) -> Place {
        let text = &self.expression.text;
        let found = text.match_indices(word).find(|(at, _)| {
            let is_in_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let after = text
                .get(at + word.len()..)
                .and_then(|text| text.chars().next());
            let begins_whole = !word.starts_with(is_in_a_name) || !before.is_some_and(is_in_a_name);
            let ends_whole = !word.ends_with(is_in_a_name) || !after.is_some_and(is_in_a_name);
            begins_whole && ends_whole
        });
        found.map_or(self.expression.node.place, |(at, _)| self.place_at(at))
    }

    /// Where the byte `offset` of its expression stands.
    pub(crate) fn place_at(&self, offset: usize) -> Place {
        self.file.place_in(&self.expression.node, offset)
    }
}

fn value_of<'a>(pairs: &'a [(Text, Text)], name: &str) -> Option<&'a Text> {
    let mut found = pairs.iter().filter(|(key, _)| key.text == name);
    found.next_back().map(|(_, value)| value)
}

/// A rule's expression.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    /// As it is written, without YAML's own marks.
    pub(crate) text: String,
    /// The YAML value.
    pub(crate) node: Node,
    /// What it means, or why it is not `PromQL`.
    pub(crate) parsed: Result<Expr, String>,
}

/// The most signs of an expression that is read. Nobody writes longer ones, and a tree of thousands
/// of operations is deeper than a thread's stack.
const MOST_SIGNS: usize = 1_000;

/// Whether an expression is so long that it is left unread.
pub(super) fn is_too_long(text: &str) -> bool {
    let signs = text.chars().filter(|c| "(+-*/%^=<>!".contains(*c)).count();
    let words = text.split_whitespace();
    let words = words
        .filter(|word| ["and", "or", "unless", "atan2"].contains(&word.to_lowercase().as_str()));
    signs + words.count() > MOST_SIGNS
}

impl Expression {
    pub(crate) fn of(node: &Node) -> Self {
        let text = node.text().unwrap_or_default().to_owned();
        let parsed = if is_too_long(&text) {
            Err("it is longer than what is read".to_owned())
        } else {
            parser::parse(&text)
        };
        Self {
            text,
            node: node.clone(),
            parsed,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::findings;

    /// Each ended the whole program before: the parser, the checks and the tree's own end are
    /// recursive.
    #[test]
    fn expression_of_thousands_of_operations_is_left_unread() {
        for expression in [
            vec!["up"; 20_000].join(" + "),
            vec!["up"; 20_000].join(" and "),
            format!("{}up{}", "(".repeat(20_000), ")".repeat(20_000)),
            format!("{}up", "-".repeat(20_000)),
            vec!["up"; 900].join(" + "),
        ] {
            let project = format!(
                "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"{expression}\"\n"
            );
            let found = findings(&project);
            assert!(
                found.iter().all(|line| !line.contains("no PromQL")),
                "{found:?}"
            );
        }
    }
}
