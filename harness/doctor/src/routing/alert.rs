//! The labels with which alerts come to Alertmanager.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::Node;

use super::surely_there::is_surely_there;
use super::{LabelValue, ResultLabels, result_labels_of};
use crate::checkout::{Checkout, Prometheus, Rule, RuleKind, RulesFile};
use crate::knowledge::Knowledge;

/// Labels that people give to rules, and that no exporter has of itself.
const OF_RULES: [&str; 3] = ["severity", "alertname", "priority"];

/// An alert of a rule.
pub(crate) struct Alert<'a> {
    pub(crate) rule: &'a Rule,
    result: ResultLabels,
    sent: &'a Sent,
    knowledge: &'a Knowledge,
}

/// What Prometheus does to the labels of all alerts.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// The labels that it adds, unless they are there.
    added: Vec<(String, LabelValue)>,
    /// The labels that relabelling writes.
    rewritten: BTreeSet<String>,
    /// Whether relabelling may change any label.
    any_is_rewritten: bool,
    /// Labels that targets give to their metrics.
    of_targets: BTreeSet<String>,
    /// Whether somebody else sends alerts too.
    has_other_senders: bool,
}

/// The alerts of the rules that are loaded, and whether there may be more.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    sent: Sent,
}

impl Alert<'_> {
    /// The value of the label `name`.
    pub(crate) fn value_of(&self, name: &str) -> LabelValue {
        if self.sent.any_is_rewritten || self.sent.rewritten.contains(name) {
            return LabelValue::Unknown;
        }
        if name == "alertname" {
            return LabelValue::One(self.rule.name.text.clone());
        }
        if let Some(own) = self.rule.label(name) {
            return match own.text.as_str() {
                "" => LabelValue::Absent,
                text if text.contains("{{") || text.contains("${") => LabelValue::Unknown,
                text => LabelValue::One(text.to_owned()),
            };
        }
        let by_expression = self.result.value_of(name);
        let is_of_rules = OF_RULES.contains(&name)
            && !self.sent.of_targets.contains(name)
            && !self.rule.expression.text.contains(name);
        if by_expression != LabelValue::Absent && !is_of_rules {
            return by_expression;
        }
        let mut added = self.sent.added.iter();
        let added = added.find(|(label, _)| label == name);
        added.map_or(LabelValue::Absent, |(_, value)| value.clone())
    }
}

impl Alert<'_> {
    /// Whether it surely has the label `name`, with a value that need not be known.
    pub(crate) fn surely_has(&self, name: &str) -> bool {
        if let LabelValue::One(_) = self.value_of(name) {
            return true;
        }
        let is_written = self.sent.any_is_rewritten
            || self.sent.rewritten.contains(name)
            || self.rule.label(name).is_some();
        let parsed = self.rule.expression.parsed.as_ref();
        !is_written && parsed.is_ok_and(|it| is_surely_there(it, name, self.knowledge))
    }
}

impl Alerts {
    /// What the configuration of `checkout` does to alerts; `known` are all that are judged with
    /// it.
    pub(crate) fn of(checkout: &Checkout, known: &[&Checkout]) -> Self {
        let mut sent = Sent {
            has_other_senders: has_other_senders(checkout, known),
            ..Sent::default()
        };
        if let Some(prometheus) = &checkout.prometheus {
            sent.read(prometheus);
        }
        Self { sent }
    }

    /// Whether alerts may come of which no file tells.
    pub(crate) fn may_be_more(&self) -> bool {
        self.sent.has_other_senders
    }

    /// The alert of `rule`.
    pub(crate) fn alert<'a>(&'a self, rule: &'a Rule, knowledge: &'a Knowledge) -> Alert<'a> {
        let parsed = rule.expression.parsed.as_ref();
        Alert {
            rule,
            result: parsed.map_or_else(
                |_| ResultLabels::unknown(),
                |expression| result_labels_of(expression, knowledge),
            ),
            sent: &self.sent,
            knowledge,
        }
    }
}

/// The alerting rules of files that look like rules and are not loaded, each file once: what would
/// be there if they were.
pub(crate) fn unloaded_rules(checkout: &Checkout) -> Vec<Rule> {
    let files = checkout.unloaded.iter();
    let rules = files.flat_map(|unloaded| RulesFile::read(&unloaded.file).rules);
    let alerts = rules.filter(|rule| rule.kind == RuleKind::Alert);
    alerts.collect()
}

impl Sent {
    fn read(&mut self, prometheus: &Prometheus) {
        for (name, value) in &prometheus.external_labels {
            let is_filled_in_later = value.text.contains('$');
            let value = if is_filled_in_later {
                LabelValue::Unknown
            } else {
                LabelValue::One(value.text.clone())
            };
            self.added.push((name.text.clone(), value));
        }
        for job in &prometheus.jobs {
            for target in &job.targets {
                let names = target.labels.iter().map(|(name, _)| name.text.clone());
                self.of_targets.extend(names);
            }
            for key in ["relabel_configs", "metric_relabel_configs"] {
                let steps = job.node.get(key).map_or(&[][..], Node::items).iter();
                let written = steps.filter_map(|step| step.text_at(&["target_label"]));
                self.of_targets.extend(written.map(str::to_owned));
            }
        }
        let alerting = prometheus.node.get("alerting");
        let steps = alerting.and_then(|node| node.get("alert_relabel_configs"));
        let managers = alerting.and_then(|node| node.get("alertmanagers"));
        let managers = managers.map_or(&[][..], Node::items).iter();
        let of_managers = managers.filter_map(|them| them.get("alert_relabel_configs"));
        for step in of_managers.chain(steps).flat_map(Node::items) {
            match step.text_at(&["action"]) {
                Some("drop" | "keep") => {}
                None | Some("replace" | "hashmod" | "lowercase" | "uppercase") => {
                    let written = step.text_at(&["target_label"]);
                    self.rewritten.extend(written.map(str::to_owned));
                }
                Some(_) => self.any_is_rewritten = true,
            }
        }
    }
}

/// Whether a service of the project evaluates rules of its own, and may tell the same Alertmanager.
fn has_other_senders(checkout: &Checkout, known: &[&Checkout]) -> bool {
    let Some(compose) = &checkout.compose else {
        return false;
    };
    let of_same_project = known
        .iter()
        .filter(|it| it.compose.as_ref() == Some(compose));
    let known: BTreeSet<_> = of_same_project
        .chain(Some(&checkout))
        .filter_map(|it| it.prometheus.as_ref()?.service.as_ref())
        .collect();
    compose.services.iter().any(|(name, service)| {
        let image = service.image.as_deref().unwrap_or_default();
        let has_rules = || {
            let mut volumes = service.volumes.iter();
            volumes.any(|volume| volume.target.contains("rule"))
        };
        let evaluates = ["vmalert", "thanos", "mimir", "cortex"];
        let other_prometheus = image.contains("prom/prometheus") && !known.contains(name);
        evaluates.iter().any(|it| image.contains(it))
            || image.contains("loki") && has_rules()
            || other_prometheus
    })
}
