//! A severity that no route knows, where the routes go by severity.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::{Finding, nearest};

use super::told_case::{ToldCase, names_in_words};
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, LabelValue, Route, Verdict, is_nobody_by_name};

pub(in crate::checks) const SEVERITY_WITHOUT_ROUTE: Check = Check {
    id: "told/severity-without-route",
    title: "the routes go by severity, and none knows the severity of a rule",
    run,
};

/// Severities of which nobody need be told.
const QUIET: [&str; 12] = [
    "none",
    "info",
    "information",
    "informational",
    "debug",
    "notice",
    "test",
    "low",
    "ignore",
    "silent",
    "heartbeat",
    "watchdog",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let Some(root) = &told.routing.root else {
        return Vec::new();
    };
    let routes = told.routing.routes();
    let mut by_severity = routes.iter().flat_map(|route| &route.matchers);
    let known: BTreeSet<&str> = by_severity
        .by_ref()
        .filter(|matcher| matcher.label == "severity")
        .flat_map(|matcher| matcher.named_values())
        .collect();
    if known.is_empty() || told.routing.receiver(&root.receiver).is_none() {
        return Vec::new();
    }
    // That no receiver at all tells anybody is said of the default one.
    if routes.iter().all(|it| told.routing.is_nobody(&it.receiver)) {
        return Vec::new();
    }
    let alerts = told.alerts();
    let mut without: BTreeMap<String, Vec<&Alert<'_>>> = BTreeMap::new();
    for alert in &alerts {
        if let LabelValue::One(severity) = alert.value_of("severity")
            && falls_past(root, alert)
            && !knows(&routes, &severity)
        {
            without.entry(severity).or_default().push(alert);
        }
    }
    let loaded = without.into_iter().filter_map(|(severity, alerts)| {
        let said = said(&told, root, &severity, &known, &alerts)?;
        let rule = alerts[0].rule;
        let place = rule
            .label("severity")
            .map_or(rule.name.place, |label| label.place);
        Some(said.of_rule(SEVERITY_WITHOUT_ROUTE.id, rule, place))
    });
    loaded.collect()
}

/// Whether no child of the default route may take it.
fn falls_past(root: &Route, alert: &Alert<'_>) -> bool {
    let mut children = root.children.iter();
    children.all(|child| child.takes(alert) == Verdict::No)
}

/// Whether a route that goes by severity may mean this one.
fn knows(routes: &[&Route], severity: &str) -> bool {
    let value = LabelValue::One(severity.to_owned());
    let mut matchers = routes.iter().flat_map(|route| &route.matchers);
    matchers.any(|matcher| matcher.label == "severity" && matcher.takes(&value) != Verdict::No)
}

fn said(
    told: &ToldCase<'_>,
    root: &Route,
    severity: &str,
    known: &BTreeSet<&str>,
    alerts: &[&Alert<'_>],
) -> Option<Said> {
    let names = names_in_words(alerts.iter().map(|alert| alert.rule.name.text.as_str()));
    let shown: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
    let shown = shown.join(", ");
    let lower = severity.to_lowercase();
    let same = known.iter().find(|known| known.to_lowercase() == lower);
    let likely = same.copied().or_else(|| {
        let near = nearest(&lower, known.iter().copied())?;
        let is_beginning = near.starts_with(&lower) || lower.starts_with(near);
        (is_beginning && lower.len() > 2).then_some(near)
    });
    let help = match likely {
        Some(likely) => format!("write `severity: {likely}`, or add a route for `{severity}`"),
        None => {
            format!("add a route for `severity=\"{severity}\"`, or take a severity that has one")
        }
    };
    let is_quiet = QUIET.contains(&lower.as_str());
    let default = &root.receiver;
    if told.routing.is_nobody(default) {
        // A default receiver that is empty by mistake is a finding of its own.
        let is_meant = is_nobody_by_name(default);
        return (is_meant && !is_quiet).then(|| {
            Said::error(
                format!(
                    "no route takes the severity `{severity}` of {names} (they take {shown}), and \
                     the default receiver `{default}` tells nobody"
                ),
                help,
            )
        });
    }
    let is_likely = likely.is_some() || known.len() > 1 && !is_quiet;
    is_likely.then(|| {
        Said::warning(
            format!(
                "no route knows the severity `{severity}` of {names} (they take {shown}), so it \
                 may reach the wrong people: the default receiver `{default}` is told"
            ),
            help,
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/severity-without-route";

    fn project(default: &str, routes: &[&str], severity: &str) -> String {
        let routes = routes
            .iter()
            .map(|it| format!("{{receiver: mail, match: {{severity: {it}}}}}"));
        let routes = routes.collect::<Vec<_>>().join(", ");
        format!(
            "--- alertmanager.yml\nroute: {{receiver: {default}, routes: [{routes}]}}\nreceivers: \
             [{{name: mail, email_configs: [{{to: a}}]}}, {{name: nobody}}, {{name: web}}]\n--- \
             rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: Down\n        expr: up == \
             0\n        labels:\n          severity: {severity}\n"
        )
    }

    #[test]
    fn severity_that_no_route_knows_is_found_with_whom_it_reaches() {
        assert_finds(
            ID,
            &project("nobody", &["critical"], "page"),
            &[
                "rules.yml:7:21 error: no route takes the severity `page` of `Down` (they take \
               `critical`), and the default receiver `nobody` tells nobody",
            ],
        );
        assert_finds(
            ID,
            &project("mail", &["critical", "warning"], "high"),
            &["rules.yml:7:21 warning: no route knows the severity `high` of `Down`"],
        );
        assert_finds(
            ID,
            &project("mail", &["critical"], "Critical"),
            &["rules.yml:7:21 warning: no route knows the severity `Critical`"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for (default, routes, severity) in [
            ("mail", &["critical"][..], "warning"),
            ("mail", &["critical", "warning"], "info"),
            ("mail", &["critical", "warning"], "warning"),
            ("nobody", &["critical"], "info"),
            // Said of the receiver.
            ("web", &["critical"], "warning"),
            ("mail", &[], "page"),
            ("mail", &["critical", "warning"], "'{{ $labels.x }}'"),
        ] {
            assert_silent(ID, &project(default, routes, severity));
        }
        // That nobody at all is told is said of the receiver.
        let nobody = project("nobody", &["critical"], "page");
        assert_silent(ID, &nobody.replace("receiver: mail", "receiver: nobody"));
    }
}
