//! A receiver that can tell somebody, and to which no route leads.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use super::told_case::{ToldCase, names_in_words};
use crate::checks::check::{Case, Check, Said};
use crate::routing::{Alert, Routing, Verdict};

pub(in crate::checks) const RECEIVER_UNUSED: Check = Check {
    id: "told/receiver-unused",
    title: "no route leads to a receiver",
    run,
};

const HELP: &str = "add a route that names it, or take the receiver away";

/// Words of receivers' names that say how they tell, and not of what.
const OF_ALL: [&str; 24] = [
    "alert",
    "alerts",
    "receiver",
    "webhook",
    "webhooks",
    "web",
    "hook",
    "slack",
    "email",
    "mail",
    "telegram",
    "discord",
    "teams",
    "team",
    "pagerduty",
    "opsgenie",
    "notifications",
    "notify",
    "default",
    "channel",
    "config",
    "http",
    "all",
    "the",
];
/// The shortest beginning that two words must have in common to mean the same.
const SHORTEST: usize = 4;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let routing = &told.routing;
    let text = &told.alertmanager.file.text;
    let is_merged = text.contains("<<:");
    if routing.root.is_none() || is_merged {
        return Vec::new();
    }
    let routes = routing.routes();
    let is_template = |name: &str| name.contains("${") || name.contains("{{");
    let named: BTreeSet<_> = routes.iter().map(|route| route.receiver.as_str()).collect();
    // Which one is meant is filled in when the container starts.
    if named
        .iter()
        .any(|name| is_template(name) || name.is_empty())
    {
        return Vec::new();
    }
    let alerts = told.alerts();
    let unused = routing.receivers.iter().filter(|receiver| {
        let name = receiver.name.text.as_str();
        // One without a way to tell is kept as a reference.
        !named.contains(name) && !receiver.configs.is_empty() && !is_template(name)
    });
    let findings = unused.map(|receiver| {
        let name = &receiver.name.text;
        let message = format!(
            "no route leads to `{name}`, so it is never told{}",
            who_is_told_instead(routing, &alerts, name)
        );
        let said = Said::warning(message, HELP);
        let file = &told.alertmanager.file.path;
        said.about(name, RECEIVER_UNUSED.id, file, receiver.name.place)
    });
    findings.collect()
}

/// Of which alerts the receiver is likely meant, and who is told of them.
fn who_is_told_instead(routing: &Routing, alerts: &[Alert<'_>], receiver: &str) -> String {
    let words = words_of(receiver);
    let words: Vec<_> = words
        .iter()
        .filter(|word| !OF_ALL.contains(&word.as_str()))
        .collect();
    let Some(root) = routing.root.as_ref().filter(|_| !words.is_empty()) else {
        return String::new();
    };
    let is_meant = |alert: &&Alert<'_>| {
        let labels = alert.rule.labels.iter().map(|(_, value)| &value.text);
        let mut texts = labels.chain([&alert.rule.name.text]);
        texts.any(|text| {
            let of_text = words_of(text);
            let means = |word: &&String| of_text.iter().any(|other| are_alike(word, other));
            words.iter().all(means)
        })
    };
    let meant: Vec<_> = alerts.iter().filter(is_meant).collect();
    let told: BTreeSet<_> = meant
        .iter()
        .flat_map(|alert| root.told_of(alert))
        .filter(|(_, sure)| *sure != Verdict::No)
        .map(|(receiver, _)| format!("`{receiver}`"))
        .collect();
    if meant.is_empty() || told.is_empty() {
        return String::new();
    }
    let names = names_in_words(meant.iter().map(|alert| alert.rule.name.text.as_str()));
    let told: Vec<_> = told.into_iter().collect();
    format!(
        "; {names} may be meant for it, and {} is told of that",
        told.join(", ")
    )
}

/// The words of a name, in small letters: `HighLoad`, `high-load` and `high_load` have the same.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || letter.is_uppercase() && was_small;
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn are_alike(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short == long || short.len() >= SHORTEST && long.starts_with(short)
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/receiver-unused";

    fn project(routes: &str, receivers: &str) -> String {
        format!(
            "--- alertmanager.yml\nroute: {{receiver: up, routes: [{routes}]}}\nreceivers:\n- \
             {{name: up, webhook_configs: [{{url: 'http://a.example/'}}]}}\n{receivers}--- \
             rules.yml\ngroups: [{{name: g, rules: [{{alert: LowLoad, expr: x < 1, labels: {{action: \
             scale-down}}}}]}}]\n"
        )
    }

    const DOWN: &str = "- {name: scaler-down, webhook_configs: [{url: 'http://a.example/down'}]}\n";

    #[test]
    fn receiver_that_no_route_names_is_found_with_the_alerts_that_are_meant() {
        assert_finds(
            ID,
            &project("", DOWN),
            &[
                "alertmanager.yml:4:10 warning: no route leads to `scaler-down`, so it is never \
                 told; `LowLoad` may be meant for it, and `up` is told of that",
            ],
        );
        let other = DOWN.replace("scaler-down", "slack-ops");
        let said =
            "alertmanager.yml:4:10 warning: no route leads to `slack-ops`, so it is never told";
        assert_finds(ID, &project("", &other), &[said]);
    }

    #[test]
    fn look_alikes_are_silent() {
        for (routes, receivers) in [
            (
                "{receiver: scaler-down, matchers: [action=scale-down]}",
                DOWN,
            ),
            (
                "{matchers: [a=b], routes: [{receiver: scaler-down, matchers: [c=d]}]}",
                DOWN,
            ),
            ("", "- {name: reference}\n"),
            ("", "- {name: reference, slack_configs: []}\n"),
            ("{receiver: '${TEAM}', matchers: [a=b]}", DOWN),
            (
                "",
                "- {name: '{{ team }}', webhook_configs: [{url: 'http://a.example/'}]}\n",
            ),
        ] {
            assert_silent(ID, &project(routes, receivers));
        }
    }
}
