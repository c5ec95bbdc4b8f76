//! An alert that does not say what to do.

use alertdrill_core::Finding;

use super::watchdog::{is_a_watchdog, meant_rules};
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NO_RUNBOOK: Check = Check {
    id: "helpful/no-runbook",
    title: "an alert has no runbook",
    run,
};

const HELP: &str =
    "add `annotations: {runbook_url: …}` that leads to what to look at and what to do";

/// Parts of the names of annotations and labels that say what to do.
const RUNBOOKS: [&str; 16] = [
    "runbook",
    "playbook",
    "run_book",
    "sop",
    "wiki",
    "documentation",
    "docs",
    "doc_url",
    "help",
    "action",
    "resolution",
    "remediation",
    "solution",
    "fix",
    "howto",
    "troubleshoot",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let unloaded = meant_rules(case.checkout);
    let alerts = case.checkout.alerts().chain(&unloaded);
    let alerts: Vec<_> = alerts.filter(|rule| !is_a_watchdog(rule)).collect();
    let without: Vec<_> = alerts.iter().filter(|rule| !has_runbook(rule)).collect();
    let (all, with) = (alerts.len(), alerts.len() - without.len());
    let Some(first) = without.first() else {
        return Vec::new();
    };
    let once = |message: String| {
        vec![Said::note(message, HELP).of_rule(NO_RUNBOOK.id, first, first.name.place)]
    };
    if with == 0 {
        return once(match all {
            1 => "the alert has no runbook".to_owned(),
            _ => format!("none of the {all} alerts has a runbook"),
        });
    }
    if with * 2 < all {
        return once(format!(
            "{} of the {all} alerts have no runbook",
            without.len()
        ));
    }
    let findings = without.into_iter().map(|rule| {
        let message = format!("it has no runbook, as {with} of the {all} alerts have");
        Said::warning(message, HELP).of_rule(NO_RUNBOOK.id, rule, rule.name.place)
    });
    findings.collect()
}

/// Whether it says or shows what to do.
pub(super) fn has_runbook(rule: &Rule) -> bool {
    let mut named = rule.annotations.iter().chain(&rule.labels);
    named.any(|(name, value)| {
        let name = name.text.to_lowercase();
        let is_named = RUNBOOKS.iter().any(|runbook| name.contains(runbook));
        let text = value.text.to_lowercase();
        let links =
            text.contains("://") && ["runbook", "playbook"].iter().any(|it| text.contains(it));
        is_named && !text.trim().is_empty() || links
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/no-runbook";

    fn rules(alerts: &[&str]) -> String {
        let alerts = alerts.iter().map(|it| format!("      - {{{it}}}\n"));
        let alerts = alerts.collect::<String>();
        format!("--- rules.yml\ngroups:\n  - name: g\n    rules:\n{alerts}")
    }

    #[test]
    fn alert_without_runbook_is_found_where_most_have_one() {
        let with = "alert: A, expr: up, annotations: {runbook_url: 'https://a/b'}";
        assert_finds(
            ID,
            &rules(&[with, "alert: B, expr: up"]),
            &["rules.yml:5:17 warning: it has no runbook, as 1 of the 2 alerts have"],
        );
        assert_finds(
            ID,
            &rules(&["alert: B, expr: up", with, "alert: C, expr: up"]),
            &["rules.yml:4:17 note: 2 of the 3 alerts have no runbook"],
        );
    }

    #[test]
    fn project_without_any_runbook_is_told_so_once() {
        assert_finds(
            ID,
            &rules(&["alert: A, expr: up", "alert: B, expr: up"]),
            &["rules.yml:4:17 note: none of the 2 alerts has a runbook"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for alert in [
            "alert: A, expr: up, annotations: {runbook: restart it}",
            "alert: A, expr: up, annotations: {description: 'see https://a/runbooks/b'}",
            "alert: A, expr: up, annotations: {action: restart it}",
            "alert: A, expr: up, labels: {playbook: a}",
            "alert: DeadMansSwitch, expr: vector(1)",
            "record: a:b, expr: up",
        ] {
            assert_silent(ID, &rules(&[alert]));
        }
    }
}
