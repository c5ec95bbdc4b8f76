//! An alert that says nothing but its name.

use alertdrill_core::Finding;

use super::watchdog::{is_a_watchdog, meant_rules};
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NO_SUMMARY: Check = Check {
    id: "helpful/no-summary",
    title: "an alert says nothing but its name",
    run,
};

const HELP: &str = "add `annotations: {summary: …}` that says what is wrong, and where";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let unloaded = meant_rules(case.checkout);
    let alerts = case.checkout.alerts().chain(&unloaded);
    let alerts: Vec<_> = alerts.filter(|rule| !is_a_watchdog(rule)).collect();
    let silent: Vec<_> = alerts.iter().filter(|rule| !says_something(rule)).collect();
    if silent.len() == alerts.len() && alerts.len() > 1 {
        let rule = silent[0];
        let message = format!(
            "none of the {} alerts says more than its name",
            alerts.len()
        );
        return vec![Said::note(message, HELP).of_rule(NO_SUMMARY.id, rule, rule.name.place)];
    }
    let findings = silent.into_iter().map(|rule| {
        let message = "it says nothing but its name: it has neither a summary nor a description";
        Said::note(message, HELP).of_rule(NO_SUMMARY.id, rule, rule.name.place)
    });
    findings.collect()
}

fn says_something(rule: &Rule) -> bool {
    let links = ["url", "link", "runbook", "dashboard"];
    let is_a_link = |name: &str| {
        let name = name.to_lowercase();
        links.iter().any(|it| name.contains(it))
    };
    let mut annotations = rule.annotations.iter();
    annotations.any(|(name, value)| !is_a_link(&name.text) && !value.text.trim().is_empty())
        // Some put the text into labels.
        || ["summary", "description", "message"].iter().any(|name| rule.label(name).is_some())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/no-summary";

    fn rules(alerts: &[&str]) -> String {
        let alerts = alerts.iter().map(|it| format!("      - {{{it}}}\n"));
        let alerts = alerts.collect::<String>();
        format!("--- rules.yml\ngroups:\n  - name: g\n    rules:\n{alerts}")
    }

    #[test]
    fn alert_without_words_is_found() {
        assert_finds(
            ID,
            &rules(&[
                "alert: A, expr: up, annotations: {runbook_url: 'https://a/b'}",
                "alert: B, expr: up, annotations: {summary: b}",
            ]),
            &["rules.yml:4:17 note: it says nothing but its name"],
        );
        assert_finds(
            ID,
            &rules(&["alert: A, expr: up", "alert: B, expr: up"]),
            &["rules.yml:4:17 note: none of the 2 alerts says more than its name"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for alert in [
            "alert: A, expr: up, annotations: {message: a}",
            "alert: A, expr: up, annotations: {identifier: '{{ $labels.instance }}'}",
            "alert: A, expr: up, labels: {summary: a}",
            "alert: Watchdog, expr: vector(1)",
            "record: a:b, expr: up",
        ] {
            assert_silent(ID, &rules(&[alert]));
        }
    }
}
