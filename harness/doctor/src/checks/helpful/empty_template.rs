//! A template that prints nothing where it means a value, or that Prometheus cannot read.

mod unknown;

use std::collections::BTreeSet;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{Node, Place, Value};

use self::unknown::{FUNCTIONS, no_field, no_fields, no_function, no_variable};
use super::labels_in_words::labels_in_words;
use crate::checkout::{Checkout, Rule, RuleKind, Text};
use crate::checks::check::{Case, Check, Said};
use crate::expression::selectors;
use crate::knowledge::Knowledge;
use crate::routing::{LabelValue, ResultLabels, result_labels_of};
use crate::template::{Action, Word, actions_of, words_of};

pub(in crate::checks) const EMPTY_TEMPLATE: Check = Check {
    id: "helpful/empty-template",
    title: "a templated label or annotation prints nothing",
    run,
};

/// The variables that Prometheus defines.
const VARIABLES: [&str; 5] = ["", "labels", "value", "externalLabels", "externalURL"];

/// Labels that rules have and metrics do not.
const OF_RULES: [&str; 2] = ["alertname", "severity"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let of_metrics = OfMetrics::of(case.checkout);
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        let parsed = rule.expression.parsed.as_ref();
        let labels = parsed
            .ok()
            .map(|expression| result_labels_of(expression, case.knowledge));
        let mut look = Look {
            rule,
            labels,
            knowledge: case.knowledge,
            of_metrics: &of_metrics,
            said: BTreeSet::new(),
            findings: Vec::new(),
        };
        for (name, text) in rule.annotations.iter().chain(&rule.labels) {
            look.look_at(&name.text, text);
        }
        findings.append(&mut look.findings);
    }
    findings
}

/// The labels of rules that something in the project gives to metrics.
struct OfMetrics(BTreeSet<String>);

impl OfMetrics {
    fn of(checkout: &Checkout) -> Self {
        let mut given = BTreeSet::new();
        for rule in checkout
            .rules()
            .filter(|rule| rule.kind == RuleKind::Recording)
        {
            given.extend(rule.labels.iter().map(|(name, _)| name.text.clone()));
        }
        let jobs = checkout.prometheus.iter().flat_map(|it| &it.jobs);
        for job in jobs {
            let targets = job.targets.iter().flat_map(|target| &target.labels);
            given.extend(targets.map(|(name, _)| name.text.clone()));
            for key in ["relabel_configs", "metric_relabel_configs"] {
                let steps = job.node.get(key).map_or(&[][..], Node::items).iter();
                let written = steps.filter_map(|step| step.text_at(&["target_label"]));
                given.extend(written.map(str::to_owned));
            }
        }
        Self(given)
    }
}

struct Look<'a> {
    rule: &'a Rule,
    /// `None` if the expression is not understood.
    labels: Option<ResultLabels>,
    knowledge: &'a Knowledge,
    of_metrics: &'a OfMetrics,
    /// What was said of this rule.
    said: BTreeSet<String>,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn look_at(&mut self, name: &str, text: &Text) {
        let template = &text.text;
        // Another program fills it in first, or it is one that prints braces.
        let is_of_others = [
            "{%", "{{`", "{{ `", "{{\"{{", "{{ \"{{", "[[", "{{ '{{", "{{'{{",
        ];
        if !template.contains("{{") || is_of_others.iter().any(|it| template.contains(it)) {
            return;
        }
        let actions = match actions_of(template) {
            Ok(actions) => actions,
            Err(unfinished) => {
                let why = unfinished.why;
                let message = format!("`{name}`: {why}, so Prometheus does not load the rule");
                let said = Said::error(message, "close it; `promtool check rules` says the same");
                self.says(said, place_in(self.rule, text, unfinished.offset));
                return;
            }
        };
        let mut variables: BTreeSet<&str> = VARIABLES.into_iter().collect();
        for action in &actions {
            let words = words_of(action.body);
            variables.extend(assigned(&words));
            for (number, word) in words.iter().enumerate() {
                let before = number.checked_sub(1).and_then(|number| words.get(number));
                let after = words.get(number + 1);
                if let Some((said, at)) = self.word(action, word, (before, after), &variables) {
                    self.says(said, place_in(self.rule, text, action.offset + at));
                }
            }
        }
    }

    fn says(&mut self, said: Said, place: Place) {
        if self.said.insert(said.message.clone()) {
            self.findings
                .push(said.of_rule(EMPTY_TEMPLATE.id, self.rule, place));
        }
    }

    fn word(
        &self,
        action: &Action<'_>,
        word: &Word<'_>,
        (before, after): (Option<&Word<'_>>, Option<&Word<'_>>),
        variables: &BTreeSet<&str>,
    ) -> Option<(Said, usize)> {
        let is_indexed = matches!(before, Some(Word::Name { name: "index", .. }));
        match word {
            Word::Variable { name, fields, at } if !variables.contains(name) => {
                Some((no_variable(name, fields, variables), *at))
            }
            Word::Variable {
                name: "labels",
                fields,
                at,
            } => {
                let label = match (fields.first(), after) {
                    (Some(label), _) => label,
                    (None, Some(Word::Text(label))) if is_indexed => label,
                    _ => return None,
                };
                Some((self.label(action, label)?, *at))
            }
            Word::Variable {
                name: "value",
                fields,
                at,
            } if !fields.is_empty() => {
                let shown = format!("$value.{}", fields.join("."));
                Some((no_fields(&shown), *at))
            }
            Word::Variable {
                name: "",
                fields,
                at,
            } => match fields.as_slice() {
                ["Labels", label, ..] => Some((self.label(action, label)?, *at)),
                _ => None,
            },
            Word::Field { fields, at } => {
                let is_of_a_sample = action.within.iter().any(|block| {
                    block.starts_with("range")
                        || block.starts_with("with")
                        || block.starts_with("define")
                });
                if is_of_a_sample {
                    return None;
                }
                match fields.as_slice() {
                    ["Labels", label, ..] => Some((self.label(action, label)?, *at)),
                    ["Value" | "Labels" | "ExternalLabels" | "ExternalURL", ..] | [] => None,
                    [first, ..] => Some((no_field(first, fields), *at)),
                }
            }
            Word::Name { name, fields, at } => {
                let is_known = FUNCTIONS.contains(name);
                if !is_known || !fields.is_empty() {
                    return Some((no_function(name, fields), *at));
                }
                None
            }
            Word::Variable { .. } | Word::Text(_) | Word::Other(_) => None,
        }
    }

    /// The jobs that an alert on `up` reads and whose targets lack a label that others have.
    fn jobs_without(&self, label: &str) -> Option<String> {
        const SHOWN: usize = 3;
        let expression = self.rule.expression.parsed.as_ref().ok()?;
        let selectors = selectors(expression);
        let [selector] = selectors.as_slice() else {
            return None;
        };
        let is_of_targets = selector.name.as_deref() == Some("up")
            && selector.matchers.find_matchers(label).is_empty()
            && self.of_metrics.0.contains(label);
        let (with, without) = is_of_targets
            .then(|| self.knowledge.jobs_by_label(selector, label))
            .flatten()?;
        let shown = without.iter().take(SHOWN).map(|job| format!("`{job}`"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        let is_some = !with.is_empty() && !without.is_empty();
        let more = without.len().saturating_sub(SHOWN);
        is_some.then(|| match more {
            0 if without.len() == 1 => format!("the job {shown}"),
            0 => format!("the jobs {shown}"),
            more => format!("the jobs {shown} and {more} more"),
        })
    }

    /// That a label which is printed is always empty.
    fn label(&self, action: &Action<'_>, label: &str) -> Option<Said> {
        let asks = |text: &str| text.contains(label);
        let condition = ["if ", "with ", "else if "];
        let is_asked_for = action.within.iter().any(|block| asks(block))
            || condition.iter().any(|word| action.body.starts_with(word))
            || action.body.contains("or ")
            || action.body.contains("eq ");
        if is_asked_for {
            return None;
        }
        let labels = self.labels.as_ref()?;
        let help =
            "keep the label in the expression (`by (…)`, `group_left (…)`), or print another";
        if labels.value_of(label) == LabelValue::Absent {
            let why = labels_in_words(labels);
            let message = format!("`$labels.{label}` is always empty: {why}");
            return Some(Said::warning(message, help));
        }
        if let Some(jobs) = self.jobs_without(label) {
            let message =
                format!("`$labels.{label}` is empty for {jobs}: its targets have no such label");
            return Some(Said::warning(
                message,
                "give it to all targets, or print `$labels.job`",
            ));
        }
        let expression = &self.rule.expression.text;
        let is_of_rules = OF_RULES.contains(&label)
            && !self.of_metrics.0.contains(label)
            && !expression.contains(label)
            && !expression.contains("ALERTS");
        is_of_rules.then(|| {
            Said::warning(
                format!(
                    "`$labels.{label}` is always empty: templates see the labels of the \
                     expression's result, not those of the rule"
                ),
                "write the value itself",
            )
        })
    }
}

/// The variables that an action defines: `$x := …`, `range $k, $v := …`.
fn assigned<'a>(words: &[Word<'a>]) -> Vec<&'a str> {
    let defines = words
        .windows(2)
        .position(|pair| pair == [Word::Other(":"), Word::Other("=")]);
    let before = words.iter().take(defines.unwrap_or_default());
    let names = before.filter_map(|word| match word {
        Word::Variable { name, .. } => Some(*name),
        _ => None,
    });
    names.collect()
}

/// Where the byte `offset` of a text of a rule stands.
fn place_in(rule: &Rule, text: &Text, offset: usize) -> Place {
    let node = Node {
        value: Value::Text {
            text: text.text.clone(),
            is_quoted: true,
        },
        place: text.place,
    };
    rule.file.place_in(&node, offset)
}

#[cfg(test)]
mod tests;
