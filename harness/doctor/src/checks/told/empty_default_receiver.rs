//! A default receiver that tells nobody.

use alertdrill_core::Finding;

use super::told_case::{ToldCase, names_in_words};
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, LabelValue, Receiver, Verdict, is_nobody_by_name};

pub(in crate::checks) const EMPTY_DEFAULT_RECEIVER: Check = Check {
    id: "told/empty-default-receiver",
    title: "the default receiver tells nobody",
    run,
};

/// Severities of which nobody wants to be told.
const QUIET: [&str; 6] = ["none", "info", "debug", "test", "silent", "ignore"];

const HELP: &str = "give the receiver a `webhook_configs`, `email_configs`, `slack_configs`, …, or \
                    let the default route name one that has it";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let routing = &told.routing;
    let root = routing.root.as_ref();
    let Some(receiver) = root.and_then(|root| routing.receiver(&root.receiver)) else {
        return Vec::new();
    };
    if !receiver.configs.is_empty() {
        return Vec::new();
    }
    let alerts = told.alerts();
    let tells_somebody = routing.routes().into_iter().any(|route| {
        let receiver = routing.receiver(&route.receiver);
        receiver.is_some_and(|receiver| !receiver.configs.is_empty())
    });
    let said = if !tells_somebody {
        Some(tells_nobody(receiver, &alerts))
    } else if is_nobody_by_name(&receiver.name.text) {
        // It is meant so; the checks of severities say what reaches it by mistake.
        let fall = alerts.iter().filter(|alert| {
            reaches_nobody(&told, alert) == Verdict::Yes
                && alert.value_of("severity") == LabelValue::Absent
                && !is_a_watchdog(alert)
        });
        let names = names_in_words(fall.map(|alert| alert.rule.name.text.as_str()));
        (!names.is_empty()).then(|| {
            Said::warning(
                format!(
                    "no route takes {names}, so it falls to `{}`, which tells nobody",
                    receiver.name.text
                ),
                "give the alert the labels that a route takes, or the default route a receiver",
            )
        })
    } else {
        falls_to(&told, receiver, &alerts)
    };
    let file = &told.alertmanager.file;
    let said = said.map(|said| said.at(EMPTY_DEFAULT_RECEIVER.id, &file.path, receiver.name.place));
    said.into_iter().collect()
}

fn tells_nobody(receiver: &Receiver, alerts: &[Alert<'_>]) -> Said {
    let name = &receiver.name.text;
    let all = match alerts.len() {
        0 => "any alert".to_owned(),
        _ => names_in_words(alerts.iter().map(|alert| alert.rule.name.text.as_str())),
    };
    let message = format!(
        "the default receiver `{name}` has no way to tell anybody, and no other route has one: \
         nobody is told of {all}"
    );
    Said::error(message, HELP)
}

/// That alerts which no other route takes reach nobody.
fn falls_to(told: &ToldCase<'_>, receiver: &Receiver, alerts: &[Alert<'_>]) -> Option<Said> {
    let with = |verdict: Verdict| {
        let mut names = Vec::new();
        for alert in alerts {
            if reaches_nobody(told, alert) == verdict && !is_a_watchdog(alert) {
                names.push(alert.rule.name.text.as_str());
            }
        }
        names_in_words(names)
    };
    let name = &receiver.name.text;
    let (sure, perhaps) = (with(Verdict::Yes), with(Verdict::Maybe));
    if !sure.is_empty() {
        let message = format!(
            "the default receiver `{name}` has no way to tell anybody, and no other route takes \
             {sure}"
        );
        return Some(Said::warning(message, HELP));
    }
    if perhaps.is_empty() && !alerts.is_empty() {
        return None;
    }
    let message = format!(
        "the default receiver `{name}` has no way to tell anybody: an alert that no other route \
         takes may reach nobody"
    );
    Some(Said::warning(message, HELP))
}

/// Whether nobody is told of this alert.
fn reaches_nobody(told: &ToldCase<'_>, alert: &Alert<'_>) -> Verdict {
    let Some(root) = &told.routing.root else {
        return Verdict::No;
    };
    let ways = root.told_of(alert);
    let somebody = ways
        .iter()
        .filter(|(receiver, _)| !told.routing.is_nobody(receiver));
    match somebody.map(|(_, verdict)| *verdict).max() {
        Some(Verdict::Yes) => Verdict::No,
        Some(_) => Verdict::Maybe,
        None => Verdict::Yes,
    }
}

/// Whether it is an alert that always fires, or of which nobody wants to be told.
fn is_a_watchdog(alert: &Alert<'_>) -> bool {
    let name = alert.rule.name.text.to_lowercase();
    let is_quiet = match alert.value_of("severity") {
        LabelValue::One(severity) => QUIET.contains(&severity.to_lowercase().as_str()),
        LabelValue::Absent | LabelValue::Unknown => false,
    };
    let names = [
        "watchdog",
        "deadman",
        "heartbeat",
        "inhibitor",
        "alwaysfiring",
    ];
    is_quiet || names.iter().any(|it| name.contains(it))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/empty-default-receiver";
    const RULES: &str = "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: \
    Down\n        expr: up == 0\n        labels: {severity: critical}\n";

    #[test]
    fn receiver_of_all_alerts_that_has_only_a_name_is_found() {
        assert_finds(
            ID,
            &format!(
                "--- alertmanager.yml\nroute: {{receiver: web}}\nreceivers:\n  - name: web\n{RULES}"
            ),
            &[
                "alertmanager.yml:3:11 error: the default receiver `web` has no way to tell \
                 anybody, \
               and no other route has one: nobody is told of `Down`",
            ],
        );
    }

    #[test]
    fn alert_that_falls_to_it_is_named() {
        assert_finds(
            ID,
            &format!(
                "--- alertmanager.yml\nroute:\n  receiver: web\n  routes: [{{receiver: mail, \
                 match: {{severity: warning}}}}]\nreceivers:\n  - name: web\n  - name: mail\n    \
                 email_configs: [{{to: a@b.c}}]\n{RULES}"
            ),
            &[
                "alertmanager.yml:5:11 warning: the default receiver `web` has no way to tell \
               anybody, and no other route takes `Down`",
            ],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        let mail = "  - name: mail\n    email_configs: [{to: a@b.c}]\n";
        for (configuration, rules) in [
            // By its name it is meant so, and the alert is taken by another route.
            (
                format!(
                    "route:\n  receiver: 'null'\n  routes: [{{receiver: mail, matchers: \
                [severity=critical]}}]\nreceivers:\n  - name: 'null'\n{mail}"
                ),
                RULES,
            ),
            // No name says so, and all alerts are taken by others.
            (
                format!(
                    "route:\n  receiver: rest\n  routes: [{{receiver: mail, matchers: \
                ['severity=~\"critical|warning\"']}}]\nreceivers:\n  - name: rest\n{mail}"
                ),
                RULES,
            ),
            // The default tells somebody, another receiver does not.
            (
                format!(
                    "route:\n  receiver: mail\n  routes: [{{receiver: none, matchers: \
                [severity=info]}}]\nreceivers:\n  - name: none\n{mail}"
                ),
                RULES,
            ),
            // The watchdog falls to nobody.
            (
                format!(
                    "route:\n  receiver: blackhole\n  routes: [{{receiver: mail, matchers: \
                [severity=critical]}}]\nreceivers:\n  - name: blackhole\n{mail}"
                ),
                "--- rules.yml\ngroups: [{name: g, rules: [{alert: Watchdog, expr: vector(1)}]}]\n",
            ),
            (
                "route: {receiver: chat}\nreceivers:\n  - name: chat\n    slack_configs:\n      - \
                 channel: a\n"
                    .to_owned(),
                RULES,
            ),
        ] {
            assert_silent(ID, &format!("--- alertmanager.yml\n{configuration}{rules}"));
        }
    }
}
