//! An alert that does not say how urgent it is.

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::Node;

use super::watchdog::{is_a_watchdog, meant_rules};
use crate::checkout::{Checkout, Rule};
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NO_SEVERITY: Check = Check {
    id: "helpful/no-severity",
    title: "an alert has no severity",
    run,
};

const HELP: &str = "add `labels: {severity: …}` with a value that your routes know";

/// Parts of the names of labels that say how urgent an alert is.
const URGENCIES: [&str; 10] = [
    "severity",
    "priority",
    "urgency",
    "criticality",
    "level",
    "sev",
    "page",
    "impact",
    "importance",
    "gravity",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    if is_added_to_all(checkout) {
        return Vec::new();
    }
    let unloaded = meant_rules(case.checkout);
    let alerts = case.checkout.alerts().chain(&unloaded);
    let alerts: Vec<_> = alerts.filter(|rule| !is_a_watchdog(rule)).collect();
    let without: Vec<_> = alerts.iter().filter(|rule| !has_severity(rule)).collect();
    if without.is_empty() {
        return Vec::new();
    }
    let with = alerts.len() - without.len();
    if with == 0 {
        let rule = without[0];
        let message = match alerts.len() {
            1 => "the alert has no severity".to_owned(),
            all => format!("none of the {all} alerts has a severity"),
        };
        return vec![Said::note(message, HELP).of_rule(NO_SEVERITY.id, rule, rule.name.place)];
    }
    let findings = without.into_iter().map(|rule| {
        let message = format!(
            "it has no severity, as {with} of the {} alerts have",
            alerts.len()
        );
        Said::warning(message, HELP).of_rule(NO_SEVERITY.id, rule, rule.name.place)
    });
    findings.collect()
}

fn has_severity(rule: &Rule) -> bool {
    let mut labels = rule.labels.iter();
    labels.any(|(name, value)| is_an_urgency(&name.text) && !value.text.is_empty())
        // The expression may bring it along.
        || rule.expression.text.contains("severity")
}

fn is_an_urgency(label: &str) -> bool {
    let label = label.to_lowercase();
    URGENCIES.iter().any(|urgency| label.contains(urgency))
}

/// Whether Prometheus gives a severity to every alert.
fn is_added_to_all(checkout: &Checkout) -> bool {
    let Some(prometheus) = &checkout.prometheus else {
        return false;
    };
    let mut external = prometheus.external_labels.iter();
    let alerting = prometheus.node.get("alerting");
    let steps = alerting.and_then(|node| node.get("alert_relabel_configs"));
    let mut steps = steps.map_or(&[][..], Node::items).iter();
    external.any(|(name, _)| is_an_urgency(&name.text))
        || steps.any(|step| step.text_at(&["target_label"]).is_some_and(is_an_urgency))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/no-severity";

    fn rules(alerts: &[&str]) -> String {
        let alerts = alerts.iter().map(|it| format!("      - {{{it}}}\n"));
        let alerts = alerts.collect::<String>();
        format!("--- rules.yml\ngroups:\n  - name: g\n    rules:\n{alerts}")
    }

    #[test]
    fn alert_without_severity_is_found_where_others_have_one() {
        assert_finds(
            ID,
            &rules(&[
                "alert: A, expr: up, labels: {severity: page}",
                "alert: B, expr: up",
            ]),
            &["rules.yml:5:17 warning: it has no severity, as 1 of the 2 alerts have"],
        );
    }

    #[test]
    fn project_without_any_severity_is_told_so_once() {
        assert_finds(
            ID,
            &rules(&["alert: A, expr: up", "alert: B, expr: up"]),
            &["rules.yml:4:17 note: none of the 2 alerts has a severity"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for alerts in [
            &["alert: A, expr: up, labels: {severity: '{{ $labels.x }}'}"][..],
            &["alert: A, expr: up, labels: {priority: P1}"],
            &[
                "alert: A, expr: up, labels: {severity: page}",
                "alert: Watchdog, expr: vector(1)",
            ],
            &[
                "alert: A, expr: up, labels: {severity: page}",
                "record: a:b, expr: up",
            ],
            &["alert: A, expr: 'max by (severity) (up)'"],
        ] {
            assert_silent(ID, &rules(alerts));
        }
        let external = "--- prometheus.yml\nrule_files: [rules.yml]\nglobal: {external_labels: \
        {severity: page}}\n";
        assert_silent(ID, &format!("{external}{}", rules(&["alert: A, expr: up"])));
    }
}
