use crate::test_projects::{assert_finds, assert_silent};

const ID: &str = "told/broken-configuration";
const RULES: &str = "--- rules.yml\ngroups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n";

/// A project whose Alertmanager reads `configuration` as it is.
fn project(configuration: &str) -> String {
    format!(
        "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./a.yml:/etc/alertmanager/alertmanager.yml']
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- a.yml
{configuration}
"
    )
}

fn receiver(ways: &str) -> String {
    project(&format!(
        "route: {{receiver: a}}\nreceivers:\n- name: a\n  {ways}"
    ))
}

fn route(keys: &str) -> String {
    project(&format!(
        "receivers: [{{name: a}}]\nroute:\n  receiver: a\n  routes:\n  - {keys}"
    ))
}

#[track_caller]
fn assert_refused(project: &str, expected: &str) {
    let (place, why) = expected.split_once(' ').unwrap();
    let expected = format!("a.yml:{place} error: Alertmanager refuses it: {why}");
    assert_finds(ID, project, &[&expected]);
}

#[test]
fn what_is_no_configuration_is_found() {
    for (configuration, expected) in [
        ("route: {receiver: a", "1:8 it is no YAML"),
        ("", "1:1 it is empty"),
        ("receivers: [{name: a}]", "1:1 it has no `route`"),
        (
            "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
            "2:31 the receiver `a` is there twice",
        ),
        (
            "route: {receiver: a, match: {a: b}}\nreceivers: [{name: a}]",
            "1:22 the first route has no `match`",
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a}]\nx-hooks: []",
            "3:1 a configuration has no key `x-hooks`",
        ),
        (
            "global: {slack_webhook_url: 'https://a.b'}\nroute: {receiver: a}\nreceivers: [{name: \
             a}]",
            "1:10 `global` has no key `slack_webhook_url`; it is `slack_api_url`",
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a}]\ntemplates: /a/*.tmpl",
            "3:12 `templates` is a list, not a text",
        ),
    ] {
        assert_refused(&project(configuration), expected);
    }
}

#[test]
fn route_that_is_refused_is_found() {
    for (keys, expected) in [
        (
            "{receiver: a, receiver: a}",
            "5:19 `receiver` is there twice",
        ),
        ("{receiver: [a]}", "5:16 `receiver` is a text, not a list"),
        (
            "{matcher: [a=b]}",
            "5:6 a route has no key `matcher`; the nearest is `matchers`",
        ),
        (
            "{severity: page}",
            "5:6 a route has no key `severity`; write it below `match`",
        ),
        (
            "{group_wait: 30}",
            "5:18 `group_wait: 30` has no unit: write `30s` or `30m`",
        ),
        (
            "{group_wait: 1h1d}",
            "5:18 `group_wait: 1h1d` is no duration",
        ),
        ("{repeat_interval: 0s}", "5:23 `repeat_interval` is zero"),
        ("{group_by: job}", "5:16 `group_by` is a list, not a text"),
        (
            "{group_by: [job, job]}",
            "5:22 `job` is twice in `group_by`",
        ),
        ("{matchers: a=b}", "5:16 `matchers` is a list, not a text"),
        (
            "{matchers: [{severity: page}]}",
            "5:17 a matcher is a text, not a map: write `severity=\"page\"` in quotes",
        ),
        ("{matchers: ['a: b']}", "5:17 `a: b` is no matcher: write"),
        (
            "{matchers: ['a==\"b\"']}",
            "5:17 `a==\"b\"` is no matcher: its quotes",
        ),
        ("{matchers: ['a=~*']}", "5:17 `*` is no pattern"),
        ("{match: {a: [b]}}", "5:17 `a` is a text, not a list"),
        (
            "{match_re: {a: '(?!b)'}}",
            "5:20 `(?!b)` is no pattern: it looks ahead",
        ),
        ("{match_re: {a: }}", "5:17 the pattern of `a` is empty"),
        (
            "{mute_time_intervals: [nights]}",
            "5:28 there is no time interval `nights`",
        ),
        (
            "{continue: 'true'}",
            "5:16 `continue` is a truth: write `true` without quotes",
        ),
    ] {
        assert_refused(&route(keys), expected);
    }
}

#[test]
fn receiver_that_is_refused_is_found() {
    for (ways, expected) in [
        (
            "slack_configs: [{api_url: YOUR_SLACK_WEBHOOK_URL}]",
            "4:29 `YOUR_SLACK_WEBHOOK_URL` is no address: it begins with neither",
        ),
        (
            "slack_configs: [{api_url: '<SLACK>'}]",
            "4:29 `<SLACK>` is no address",
        ),
        (
            "slack_configs: [{api_url: '${SLACK}'}]",
            "4:29 `${SLACK}` is no address",
        ),
        (
            "webhook_configs: [{url: 'bot:80/a'}]",
            "4:27 `bot:80/a` is no address",
        ),
        (
            "webhook_configs: [{url: 'http://${HOST}/'}]",
            "4:27 `http://${HOST}/` is no address: its host, port or path is none",
        ),
        (
            "webhook_configs: [{url: 'http://a/', url_file: /a}]",
            "4:40 both `url` and `url_file` are there",
        ),
        (
            "webhook_configs: {url: 'http://a/'}",
            "4:20 `webhook_configs` is a list",
        ),
        (
            "email_configs: [{to: a, from: b, smarthost: 'c:25', subject: d}]",
            "4:55 `email_configs` has no key `subject`; write `headers: {Subject: …}`",
        ),
        (
            "email_configs: [{to: [a], from: b, smarthost: 'c:25'}]",
            "4:24 `to` is a text, not a list",
        ),
        (
            "email_configs: [{to: a, from: b}]",
            "4:19 `email_configs` has no `smarthost`, and `global` has no `smtp_smarthost`",
        ),
        (
            "email_configs: [{to: a, from: b, smarthost: c}]",
            "4:47 `smarthost: c` has no port",
        ),
        (
            "email_configs: [{to: a, from: b, smarthost: 'c:25', html: {{ .Status }} }]",
            "4:61 the template of `html` does not stand in quotes",
        ),
        (
            "telegram_configs: [{bot_token: a, chat_id: '-100'}]",
            "4:46 `chat_id` is a number: write `-100` without quotes",
        ),
        (
            "telegram_configs: [{bot_token: a, chat_id: 1, parse_mode: html}]",
            "4:61 `parse_mode: html` is none of",
        ),
        (
            "discord_configs: [{url: 'http://a/'}]",
            "4:22 `discord_configs` has no key `url`",
        ),
        (
            "pagerduty_configs: [{severity: a}]",
            "4:23 `pagerduty_configs` has no `service_key`",
        ),
        (
            "webhook_configs: [{url: 'http://a/', http_config: {headers: {a: b}}}]",
            "4:54 `http_config` has no key `headers`; it is `http_headers",
        ),
        (
            "pushover_configs: [{user_key: a, token: b, retry: 30}]",
            "4:53 `retry: 30` has no unit",
        ),
        (
            "webhook_config: [{url: 'http://a/'}]",
            "4:3 a receiver has no key `webhook_config`",
        ),
    ] {
        assert_refused(&receiver(ways), expected);
    }
}

#[test]
fn what_alertmanager_takes_is_fine() {
    for ways in [
        "webhook_configs: [{url: 'HTTP://a:80/b c?d=%zz', send_resolved: yes, max_alerts: 0, \
         timeout: 10s}]",
        "webhook_configs: [{url: '{{ .GroupLabels.hook }}'}]",
        "webhook_configs: [{url_file: /run/secrets/a, http_config: {basic_auth: {username: a}}}]",
        "webhook_configs:",
        "slack_configs: [{api_url: '<secret>', channel: '#a', title: 5, fields: [{title: a, value: \
         b}]}]",
        "slack_configs: [{app_token: a, message_text: b, update_message: false}]",
        "email_configs: [{to: a, from: b, smarthost: '${HOST}:25', headers: {Subject: c}, \
         threading: {enabled: true}}]",
        "telegram_configs: [{bot_token: '${TOKEN}', chat_id: -100, parse_mode: ''}]",
        "msteamsv2_configs: [{webhook_url: 'https://a.b/c', title: d}]",
        "jira_configs: [{api_url: 'https://a.b', project: c, issue_type: d, summary: e, labels: \
         [f]}]",
        "pagerduty_configs: [{routing_key: a, details: {b: c}, url: 'https://a.b'}]",
        "opsgenie_configs: [{api_key: a, responders: [{name: b, type: team}]}]",
        "labels: {team: b}",
    ] {
        assert_silent(ID, &receiver(ways));
    }
    for keys in [
        "{matchers: ['a=\"b, c\"', 'd=~e|f', '{g!=h, i=~\"j.*\"}', 'k.l=m', '', 'n=o,', \
         'p=''q''']}",
        "{matchers: , group_by: ['...'], group_wait: 0, group_interval: 1d12h, repeat_interval: \
         999999h}",
        "{matchers: [~], match: {a: ~}}",
        "{match: {severity: page}, match_re: {a: b|c}, continue: true, routes: []}",
    ] {
        assert_silent(ID, &route(keys));
    }
    for configuration in [
        "receivers: [{name: 1}]\nroute: {receiver: 1}\ntracing: {}\n---\nanything: else",
        "receivers: [{name: a}]\nroute: {<<: &x {receiver: a}, group_by: [b]}",
        "receivers: [{name: a}]\nroute: {receiver: a, routes: [{mute_time_intervals: [b]}]}\n\
         time_intervals: [{name: b, time_intervals: [{weekdays: [saturday], times: [{start_time: \
         '00:00', end_time: '24:00'}]}]}]",
        "receivers: [{name: a}]\nroute: {receiver: a}\ninhibit_rules: [{name: b, source_matchers: \
         [c=d], target_match: {e: f}, equal: [g]}]",
    ] {
        assert_silent(ID, &project(configuration));
    }
}

#[test]
fn what_is_filled_in_before_is_not_judged() {
    let slack = receiver("slack_configs: [{api_url: SLACK_URL, channel: '${CHANNEL}'}]");
    let entrypoint = "image: prom/alertmanager\n    entrypoint: [sh, -c, 'sed …; alertmanager']";
    let filled_in = slack.replace("image: prom/alertmanager", entrypoint);
    assert_silent(ID, &filled_in);
    let alone = "--- alertmanager.yml\nroute: {receiver: a}\nreceivers: [{name: a, slack_configs: \
    [{api_url: '${A}'}]}]\n";
    assert_silent(ID, &format!("{alone}{RULES}"));
    let broken = alone.replace("api_url", "webhook_url");
    let expected = "alertmanager.yml:2:40 error: Alertmanager refuses it: `slack_configs` has no";
    assert_finds(ID, &format!("{broken}{RULES}"), &[expected]);
}
