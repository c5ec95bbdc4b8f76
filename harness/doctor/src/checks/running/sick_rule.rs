//! A rule that the running Prometheus cannot evaluate.

use std::collections::BTreeMap;

use alertdrill_core::Finding;

use crate::checks::{Case, Check, Said};

pub(in crate::checks) const SICK_RULE: Check = Check {
    id: "running/sick-rule",
    title: "the running Prometheus cannot evaluate a rule",
    run,
};

const HELP: &str = "ask Prometheus for the expression, and mend what it complains of; until then the \
                    alert can neither fire nor end";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(running) = &case.checkout.running else {
        return Vec::new();
    };
    let sick = running.alerts.iter().filter_map(|alert| {
        let why = alert.sick.as_deref()?;
        Some((alert.name.as_str(), why))
    });
    let sick: BTreeMap<_, _> = sick.collect();
    let rules = case.checkout.alerts();
    let findings = rules.filter_map(|rule| {
        let why = sick.get(rule.name.text.as_str())?;
        let place = rule.expression.node.place;
        Some(Said::error(*why, HELP).of_rule(SICK_RULE.id, rule, place))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    #[test]
    fn rule_that_fails_is_found_with_prometheus_own_words() {
        let project = |sick: &str| {
            format!(
                "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - {{alert: A, expr: a * b}}\n\
                 --- running.json\n{{\"alerts\": [{{\"name\": \"A\", \"sick\": {sick}}}]}}\n"
            )
        };
        let sick = "\"found duplicate series\"";
        let expected = "rules.yml:4:22 error: found duplicate series";
        assert_finds("running/sick-rule", &project(sick), &[expected]);
        assert_silent("running/sick-rule", &project("null"));
    }
}
