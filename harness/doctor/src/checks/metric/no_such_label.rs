//! A label that a metric does not have.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{Expr, LabelModifier, VectorSelector};

use super::selectors::selectors;
use crate::checks::check::{Case, Check, Said};
use crate::expression::parts;
use crate::knowledge::{Labels, allows_absence, has_label, result_labels};

pub(in crate::checks) const NO_SUCH_LABEL: Check = Check {
    id: "metric/no-such-label",
    title: "the metric does not have the label",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = matchers(case);
    findings.extend(groupings(case));
    findings
}

/// Matchers that no series can satisfy.
fn matchers(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let matchers = &selected.selector.matchers.matchers;
        let asks: Vec<_> = matchers.iter().filter(|it| !allows_absence(it)).collect();
        if asks.is_empty() || selected.has_alternative {
            continue;
        }
        let Some(labels) = case.knowledge.label_values_of(selected.selector) else {
            continue;
        };
        for matcher in asks {
            let is_quantile = matcher.name == "quantile" || matcher.name == "le";
            if is_quantile
                || has_label(&labels, &matcher.name)
                || !said.insert((
                    std::ptr::from_ref(selected.rule),
                    selected.name,
                    &matcher.name,
                ))
            {
                continue;
            }
            let what = format!(
                "`{}` has no label `{}`, so `{matcher}` matches nothing; it has {}",
                selected.name,
                matcher.name,
                in_words(&labels)
            );
            let help = "match a label that the metric has, or export this one";
            let place = selected.rule.place_of(&matcher.name);
            findings.push(Said::error(what, help).of_rule(NO_SUCH_LABEL.id, selected.rule, place));
        }
    }
    findings
}

/// `by` of labels none of which is there.
fn groupings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in case.checkout.rules() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        for part in parts(expression) {
            let Expr::Aggregate(aggregate) = part else {
                continue;
            };
            let Some(LabelModifier::Include(by)) = &aggregate.modifier else {
                continue;
            };
            let of = |selector: &VectorSelector| case.knowledge.label_values_of(selector);
            let Some(labels) = result_labels(&aggregate.expr, &of) else {
                continue;
            };
            let Some(first) = by.labels.first() else {
                continue;
            };
            if labels.is_empty()
                || by
                    .labels
                    .iter()
                    .any(|label| label == "le" || has_label(&labels, label))
            {
                continue;
            }
            let what = format!(
                "`by ({})` may part nothing: what it groups has {}",
                by.labels.join(", "),
                in_words(&labels)
            );
            let help = "group by labels that are there; as it is, all series become one";
            let place = place_in_by(rule, first);
            findings.push(Said::warning(what, help).of_rule(NO_SUCH_LABEL.id, rule, place));
        }
    }
    findings
}

/// Where a label stands after `by`.
fn place_in_by(rule: &crate::checkout::Rule, label: &str) -> alertdrill_project::yaml_tree::Place {
    let text = &rule.expression.text;
    let found = text.match_indices("by").find_map(|(at, _)| {
        let rest = text.get(at + 2..)?;
        let inner = rest.trim_start().strip_prefix('(')?;
        let begin = text.len() - inner.len();
        let list = inner.split(')').next()?;
        Some(begin + list.find(label)?)
    });
    found.map_or_else(|| rule.place_of(label), |at| rule.place_at(at))
}

fn in_words(labels: &Labels) -> String {
    let names: Vec<_> = labels.keys().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/no-such-label";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n        labels: {{team: web}}\n\
             --- app.js\nconst client = require('prom-client');\n\
             const orders = new client.Counter({{ name: 'orders_total', help: 'x', labelNames: ['state'] }});\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - record: job:orders:rate5m\n        expr: sum by (job) (rate(orders_total[5m]))\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn matcher_of_a_label_that_is_not_there_is_found() {
        assert_finds(
            ID,
            &project("rate(orders_total{status='failed'}[5m]) > 1"),
            &[
                "rules.yml:7:33 error: `orders_total` has no label `status`, so \
               `status=\"failed\"` matches nothing; it has `instance`, `job`, `state`, `team`",
            ],
        );
        assert_finds(
            ID,
            &project("job:orders:rate5m{state='failed'} > 1"),
            &["rules.yml:7:33 error: `job:orders:rate5m` has no label `state`"],
        );
    }

    #[test]
    fn grouping_by_labels_none_of_which_is_there_is_found() {
        assert_finds(
            ID,
            &project("sum by (region) (rate(orders_total[5m])) > 1"),
            &["rules.yml:7:23 warning: `by (region)` may part nothing"],
        );
    }

    #[test]
    fn labels_that_are_there_or_may_be_absent_are_silent() {
        for expression in [
            "rate(orders_total{state='failed', team='web', job='shop'}[5m]) > 1",
            "rate(orders_total{env!='dev'}[5m]) > 1",
            "rate(orders_total{env=~'dev|'}[5m]) > 1",
            "sum by (state, region) (rate(orders_total[5m])) > 1",
            "rate(unknown_total{x='y'}[5m]) > 1",
            "sum by (x) (rate(unknown_total[5m])) > 1",
            "job:orders:rate5m{job='shop'} > 1",
            "up{team='web'} == 0",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
