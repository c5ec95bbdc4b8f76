//! Metrics that rules record, with the labels that their expressions leave.

use std::collections::BTreeSet;

use super::Knowledge;
use crate::checkout::{Checkout, Rule, RuleKind};
use crate::knowledge::result_labels::result_labels;
use crate::knowledge::series::Series;
use crate::knowledge::{Family, MetricKind};

/// Adds what the rules of `checkout` record.
pub(super) fn record(checkout: &Checkout, known: &mut Knowledge) {
    let recording = checkout
        .rules()
        .filter(|rule| rule.kind == RuleKind::Recording);
    for rule in recording {
        known.recorded.insert(rule.name.text.clone());
        let labels = labels_of(rule, known);
        let origin = format!("{}:{}", rule.path().display(), rule.name.place.line);
        let family = Family::new(&rule.name.text, MetricKind::Untyped, &origin);
        known.families.push(Family {
            jobs: BTreeSet::new(),
            ..family
        });
        let series = Series {
            family: known.families.len() - 1,
            endpoint: None,
            labels,
        };
        known.add(rule.name.text.clone(), series);
    }
}

fn labels_of(rule: &Rule, known: &Knowledge) -> Option<crate::knowledge::Labels> {
    let parsed = rule.expression.parsed.as_ref().ok()?;
    let mut labels = result_labels(parsed, &|selector| known.label_values_of(selector))?;
    for (name, value) in &rule.labels {
        let is_template = value.text.contains("{{");
        let values = (!is_template).then(|| BTreeSet::from([value.text.clone()]));
        labels.insert(name.text.clone(), values);
    }
    Some(labels)
}
