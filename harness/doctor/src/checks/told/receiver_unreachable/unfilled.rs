//! Keys, names and passwords of receivers that somebody has yet to fill in.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use alertdrill_project::yaml_tree::{Node, Place, Value};
use regex::Regex;

use super::ADDRESSES;
use crate::checks::check::Said;
use crate::checks::told::told_case::ToldCase;

/// What opens a receiver's door.
const KEYS: [&str; 15] = [
    "service_key",
    "routing_key",
    "api_key",
    "bot_token",
    "app_token",
    "token",
    "user_key",
    "auth_password",
    "auth_secret",
    "password",
    "credentials",
    "bearer_token",
    "api_secret",
    "smtp_auth_password",
    "opsgenie_api_key",
];
/// Global keys, by the beginning of their names, and whose they are.
const GLOBAL: [(&str, &str); 4] = [
    ("smtp_", "email_configs"),
    ("opsgenie_api_key", "opsgenie_configs"),
    ("victorops_api_key", "victorops_configs"),
    ("telegram_bot_token", "telegram_configs"),
];

/// `${NAME}`, `${NAME:-default}`, or a text that is `$NAME`.
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{[A-Za-z_]\w*(?::?[-?+][^}]*)?\}|^\$[A-Z_][A-Z0-9_]*$").ok());

/// What of each way to tell a receiver that is used is not filled in, the first of each; those of
/// which an address is `told` already are left out.
pub(super) fn unfilled(told: &ToldCase<'_>, told_of: &BTreeSet<Place>) -> Vec<(Said, Place)> {
    let used = told.routing.used_receivers();
    let configs: Vec<_> = used.flat_map(|receiver| &receiver.configs).collect();
    let mut found = Vec::new();
    for (kind, config) in &configs {
        let entries = config.entries().iter();
        let is_told = entries
            .map(|(_, value)| value.place)
            .any(|at| told_of.contains(&at));
        if !is_told {
            found.extend(first_in(config, kind == "webhook_configs"));
        }
    }
    let global = told.alertmanager.node.get("global");
    let entries = global.into_iter().flat_map(Node::entries);
    let mut of_all = entries.filter_map(|(key, value)| {
        let key = key.text()?;
        let (_, whose) = GLOBAL.iter().find(|(begin, _)| key.starts_with(begin))?;
        let is_used = configs.iter().any(|(kind, _)| kind == whose);
        let is_told = told_of.contains(&value.place);
        (is_used && !is_told).then(|| look_at(key, value, false))?
    });
    found.extend(of_all.next());
    found
}

/// The first in what is written of one way to tell a receiver.
fn first_in(config: &Node, is_a_hook: bool) -> Option<(Said, Place)> {
    let mut open = vec![("", config)];
    while let Some((key, node)) = open.pop() {
        match &node.value {
            Value::Map(entries) => {
                let entries = entries.iter().rev();
                open.extend(entries.map(|(key, value)| (key.text().unwrap_or_default(), value)));
            }
            Value::List(items) => open.extend(items.iter().rev().map(|item| (key, item))),
            Value::Text { .. } => {
                if let Some(found) = look_at(key, node, is_a_hook) {
                    return Some(found);
                }
            }
            Value::Null => {}
        }
    }
    None
}

/// Who takes a web hook may not look at its password, so that less is said of it.
fn look_at(key: &str, node: &Node, is_a_hook: bool) -> Option<(Said, Place)> {
    let text = node.text()?;
    if text.contains("{{") || ADDRESSES.contains(&key) || key.ends_with("smarthost") {
        return None;
    }
    if VARIABLE.as_ref()?.is_match(text) {
        let message = format!("Alertmanager does not fill in `{key}: {text}`");
        let new = if is_a_hook {
            Said::warning
        } else {
            Said::error
        };
        let so = if is_a_hook {
            "so that it may be refused"
        } else {
            "so nobody is told there"
        };
        let said = new(
            format!("{message}, {so}"),
            "write the value itself, name a file that holds it (`…_file`), or fill it in before \
             Alertmanager starts",
        );
        return Some((said, node.place));
    }
    let lower = text.to_lowercase();
    let marks = [
        "your_",
        "your-",
        "yourkey",
        "yourtoken",
        "changeme",
        "change-me",
        "change_me",
        "replace_",
        "replace-",
        "placeholder",
        "xxxxxxx",
        "dummy",
        "<",
        "senha",
        "contraseña",
        "contrasena",
        "-aqui",
        "_aqui",
        "mot-de-passe",
        "mot_de_passe",
        "votre-",
        "votre_",
        "пароль",
        "app-password",
        "app_password",
        "my_secret",
        "secret_here",
        "_here",
    ];
    let is_a_key = KEYS.contains(&key) && !is_a_hook;
    let is_a_placeholder = is_a_key && marks.iter().any(|mark| lower.contains(mark));
    is_a_placeholder.then(|| {
        let said = Said::warning(
            format!("`{key}: {text}` may be a placeholder, so that nobody is told"),
            "write the value itself, or name a file that holds it (`…_file`)",
        );
        (said, node.place)
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/receiver-unreachable";

    fn project(global: &str, configs: &str, entrypoint: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
{entrypoint}    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- alertmanager.yml
global: {{{global}}}
route: {{receiver: a}}
receivers:
  - name: a
    {configs}
"
        )
    }

    #[test]
    fn key_that_nobody_filled_in_is_found() {
        for (global, configs, expected) in [
            (
                "",
                "pagerduty_configs: [{service_key: '<PAGERDUTY_KEY>'}]",
                "5:39 warning: `service_key: <PAGERDUTY_KEY>` may be a placeholder",
            ),
            (
                "",
                "email_configs: [{to: a, from: b, smarthost: 'mail.shop.org:25', auth_password: \
                 sua-senha-aqui}]",
                "5:84 warning: `auth_password: sua-senha-aqui` may be a placeholder",
            ),
            (
                "",
                "pagerduty_configs: [{routing_key: '${KEY}'}]",
                "5:39 error: Alertmanager does not fill in `routing_key: ${KEY}`",
            ),
            (
                "smtp_smarthost: 'mail.shop.org:25', smtp_from: a, smtp_auth_password: $PASSWORD",
                "email_configs: [{to: ops@shop.org}]",
                "1:80 error: Alertmanager does not fill in `smtp_auth_password: $PASSWORD`",
            ),
            (
                "",
                "webhook_configs: [{url: 'https://a.example.org', http_config: {authorization: \
                 {credentials: '${TOKEN}'}}}]",
                "5:97 warning: Alertmanager does not fill in `credentials: ${TOKEN}`, so that it may be",
            ),
        ] {
            let expected = format!("alertmanager.yml:{expected}");
            assert_finds(ID, &project(global, configs, ""), &[&expected]);
        }
    }

    #[test]
    fn what_is_filled_in_or_is_no_key_is_silent() {
        for configs in [
            "pagerduty_configs: [{routing_key: 0123456789abcdef0123456789abcdef}]",
            "pagerduty_configs: [{routing_key_file: /run/secrets/key}]",
            "pagerduty_configs: [{routing_key: a1, description: 'costs $5 {{ .Status }}'}]",
            "slack_configs: [{api_url_file: /a, channel: '#your-channel'}]",
        ] {
            assert_silent(ID, &project("", configs, ""));
        }
        let variable = "pagerduty_configs: [{routing_key: '${KEY}'}]";
        let shell = "    entrypoint: [sh, -c, 'envsubst < /a > /b; alertmanager']\n";
        assert_silent(ID, &project("", variable, shell));
    }
}
