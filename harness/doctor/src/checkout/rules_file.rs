//! Files of rules: those that Prometheus loads, and those that it does not.

use std::time::Duration;

use alertdrill_core::prometheus_duration;
use alertdrill_project::yaml_tree::{self, Node, Place};
use strsim::damerau_levenshtein;

use super::broken_rules::{BrokenRule, broken_rules};
use super::rule::texts;
use super::{Expression, Group, Rule, RuleKind, SourceFile, Text};

/// A file that Prometheus loads.
#[derive(Clone, Debug)]
pub(crate) struct RulesFile {
    pub(crate) file: SourceFile,
    pub(crate) rules: Vec<Rule>,
    /// What in it is no rule: each place, and why.
    pub(crate) complaints: Vec<(Place, String)>,
    /// What of its rules Prometheus refuses.
    pub(crate) broken: Vec<BrokenRule>,
}

/// A file that looks like rules and is not loaded.
#[derive(Clone, Debug)]
pub(crate) struct UnloadedFile {
    pub(crate) file: SourceFile,
    pub(crate) why: NotLoaded,
}

/// Why a file of rules is not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotLoaded {
    /// Prometheus's container does not see it.
    NotMounted,
    /// It is there, at this path of the container, and no pattern of `rule_files` matches it.
    NotMatched(String),
}

impl RulesFile {
    /// What `file` says.
    pub(crate) fn read(file: &SourceFile) -> Self {
        let mut read = Self {
            file: file.clone(),
            rules: Vec::new(),
            complaints: Vec::new(),
            broken: Vec::new(),
        };
        match yaml_tree::parse(&file.text) {
            Ok(documents) => {
                for document in &documents {
                    read.take(document);
                }
            }
            Err(error) => read.complaints.push((error.place, error.reason)),
        }
        read
    }

    /// Whether `file` looks like rules: it has groups of them, or is a list of them.
    pub(crate) fn looks_like_rules(file: &SourceFile) -> bool {
        if !file.text.contains("expr:") {
            return false;
        }
        let documents = yaml_tree::parse(&file.text).unwrap_or_default();
        documents.iter().any(|document| {
            let groups = document
                .get("groups")
                .or_else(|| Some(meant_groups(document)?.1));
            let groups = groups.map_or(&[][..], Node::items);
            let rules = groups
                .iter()
                .filter_map(|group| group.get("rules"))
                .chain(document.get("rules"))
                .chain(Some(document));
            rules.into_iter().flat_map(Node::items).any(|rule| {
                rule.get("expr").is_some()
                    && (rule.get("alert").is_some() || rule.get("record").is_some())
            })
        })
    }

    fn take(&mut self, document: &Node) {
        if document.is_null() {
            return;
        }
        if let Some(groups) = document.get("groups") {
            self.broken.extend(broken_rules(document));
            self.take_groups(groups);
        } else if let Some((key, groups)) = meant_groups(document) {
            let written = key.text().unwrap_or_default();
            let why = format!(
                "it has `{written}:` instead of `groups:`, so Prometheus does not start with it"
            );
            self.complaints.push((key.place, why));
            self.take_groups(groups);
        } else {
            let why = "it has no `groups:`, so Prometheus does not start with it".to_owned();
            self.complaints.push((document.place, why));
        }
    }

    fn take_groups(&mut self, groups: &Node) {
        for group in groups.items() {
            let of_rules = Group {
                name: group.text_at(&["name"]).unwrap_or_default().to_owned(),
                interval: duration(group.get("interval")).map(|(interval, _)| interval),
            };
            for rule in group.get("rules").map_or(&[][..], Node::items) {
                self.rules.extend(rule_of(&self.file, &of_rules, rule));
            }
        }
    }
}

/// What is meant by `groups` and is spelled with one letter otherwise: the key, and the groups.
fn meant_groups(document: &Node) -> Option<(&Node, &Node)> {
    let entries = document.entries().iter();
    let mut alike = entries.filter(|(key, value)| {
        let name = key.text().unwrap_or_default().to_lowercase();
        let mut items = value.items().iter();
        damerau_levenshtein(&name, "groups") <= 1 && items.any(|group| group.get("rules").is_some())
    });
    alike.next().map(|(key, value)| (key, value))
}

fn duration(node: Option<&Node>) -> Option<(Duration, Place)> {
    let node = node?;
    let duration = prometheus_duration(node.text()?).ok()?;
    Some((duration, node.place))
}

fn rule_of(file: &SourceFile, group: &Group, node: &Node) -> Option<Rule> {
    let (kind, name) = match (node.get("alert"), node.get("record")) {
        (Some(alert), _) => (RuleKind::Alert, alert),
        (None, Some(record)) => (RuleKind::Recording, record),
        (None, None) => return None,
    };
    Some(Rule {
        file: file.clone(),
        group: group.clone(),
        kind,
        name: Text::of(name)?,
        expression: Expression::of(node.get("expr")?),
        held_for: duration(node.get("for")),
        labels: texts(node.get("labels")),
        annotations: texts(node.get("annotations")),
    })
}
