use std::path::Path;

use alertdrill_core::routes_of;
use proptest::prelude::*;
use serde_yaml_ng::Value;

use super::*;

const SINK: &str = "http://alertdrill-sink:8080/";

fn copy_of(text: &str) -> Result<String> {
    alertmanager_for_the_sink(Path::new("am.yml"), text, SINK)
}

fn refused(text: &str) -> String {
    match copy_of(text) {
        Ok(copy) => panic!("{text}\nis copied as\n{copy}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn whom_it_tells_and_when_stays_and_where_they_are_told_is_the_sink() {
    let copy = copy_of(
        r#"
global:
  resolve_timeout: 3m
  smtp_auth_password: secret1
  slack_api_url_file: /run/secrets/slack
templates: [/etc/alertmanager/*.tmpl]
route:
  receiver: team/mail ops
  group_by: [alertname, team]
  group_wait: 10s
  routes:
    - matchers: [severity="critical", 'path=~"^/api/.*$"']
      receiver: pager
      continue: true
      mute_time_intervals: [nights]
    - match: {code: 500, enabled: yes}
      receiver: nobody
time_intervals:
  - name: nights
    time_intervals: [{times: [{start_time: 22:00, end_time: 24:00}], years: [2024, '2025:2026']}]
inhibit_rules:
  - {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [service]}
receivers:
  - name: team/mail ops
    email_configs: [{to: secret2, headers: {Subject: '{{ .CommonLabels.alertname }}'}}]
    slack_configs: [{channel: '#x', api_url: https://secret3}]
  - name: pager
    pagerduty_configs: [{routing_key: secret4}]
    webhook_configs: [{url: 'https://secret5', send_resolved: false}]
  - name: nobody
  - name: nobody-either
    slack_configs: []
tracing: {endpoint: secret6}
"#,
    );
    insta::assert_snapshot!(copy.unwrap(), @r#"
    # Made by alertdrill: the project's own configuration of Alertmanager, in which the notification
    # sink is told in place of each receiver.
    global:
      resolve_timeout: 3m
    templates:
    - /etc/alertmanager/*.tmpl
    route:
      receiver: team/mail ops
      group_by:
      - alertname
      - team
      group_wait: 10s
      routes:
      - matchers:
        - severity="critical"
        - path=~"^/api/.*$"
        receiver: pager
        continue: true
        mute_time_intervals:
        - nights
      - match:
          code: 500
          enabled: yes
        receiver: nobody
    time_intervals:
    - name: nights
      time_intervals:
      - times:
        - start_time: 22:00
          end_time: 24:00
        years:
        - 2024
        - 2025:2026
    inhibit_rules:
    - source_matchers:
      - severity=critical
      target_matchers:
      - severity=warning
      equal:
      - service
    receivers:
    - name: team/mail ops
      email_configs: []
      slack_configs: []
      webhook_configs:
      - url: http://alertdrill-sink:8080/webhook/team%2Fmail%20ops
        send_resolved: false
    - name: pager
      pagerduty_configs: []
      webhook_configs:
      - url: http://alertdrill-sink:8080/webhook/pager
        send_resolved: true
    - name: nobody
    - name: nobody-either
      slack_configs: []
    tracing: null
    "#);
}

/// Each kind's default, as Alertmanager 0.28 has it.
#[test]
fn end_of_an_alert_is_told_if_one_integration_of_the_receiver_tells_it() {
    for (integrations, told) in [
        ("webhook_configs: [{}]", true),
        ("webhook_configs: [{send_resolved: false}]", false),
        ("email_configs: [{}]", false),
        ("email_configs: [{send_resolved: true}]", true),
        ("slack_configs: [{}]", false),
        ("rocketchat_configs: [{}]", false),
        ("wechat_configs: [{}]", false),
        ("discord_configs: [{}]", true),
        ("jira_configs: [{}]", true),
        ("msteams_configs: [{}]", true),
        ("msteamsv2_configs: [{}]", true),
        ("opsgenie_configs: [{}]", true),
        ("pagerduty_configs: [{}]", true),
        ("pushover_configs: [{}]", true),
        ("sns_configs: [{}]", true),
        ("telegram_configs: [{}]", true),
        ("victorops_configs: [{}]", true),
        ("webex_configs: [{}]", true),
        (
            "email_configs: [{}], slack_configs: [{}, {send_resolved: true}]",
            true,
        ),
        (
            "email_configs: [{}], pagerduty_configs: [{send_resolved: false}]",
            false,
        ),
    ] {
        let text = format!("{{route: {{receiver: a}}, receivers: [{{name: a, {integrations}}}]}}");
        let copy = copy_of(&text).unwrap();
        assert!(
            copy.contains(&format!("send_resolved: {told}")),
            "{text}\n{copy}"
        );
    }
}

#[test]
fn name_of_a_receiver_is_one_segment_of_the_sinks_address() {
    for (name, segment) in [
        ("critical", "critical"),
        ("team/ops #1?", "team%2Fops%20%231%3F"),
        ("büro", "b%C3%BCro"),
        ("100%", "100%25"),
        ("..", ".."),
    ] {
        let text = format!(
            "{{route: {{receiver: '{name}'}}, receivers: [{{name: '{name}', sns_configs: [{{}}]}}]}}"
        );
        let copy = copy_of(&text).unwrap();
        let url = format!("url: http://alertdrill-sink:8080/webhook/{segment}\n");
        assert!(copy.contains(&url), "{copy}");
    }
}

#[test]
fn merged_maps_are_copied_as_they_are_meant() {
    let copy = copy_of(
        "
route: {receiver: a, routes: [&pages {receiver: b, group_wait: 1s, matchers: [x=y]}, {<<: *pages, matchers: [x=z]}]}
receivers: [{name: a}, {name: b, pushover_configs: [{}]}]
",
    );
    let routes = routes_of(&copy.unwrap()).unwrap();
    assert_eq!(routes.root.routes[1].receiver, "b");
    assert_eq!(
        routes.root.routes[1].group_wait,
        routes.root.routes[0].group_wait
    );
}

#[test]
fn what_cannot_be_copied_as_it_is_meant_is_refused_with_what_to_do() {
    let refusals = [
        "route: {receiver: a}\nreceivers: [{name: a]",
        "route:\n\treceiver: a",
        "",
        "- a",
        "receivers: [{name: a}]",
        "route: {receiver: a}",
        "route: {receiver: a}\nreceivers: [{name: b}]",
        "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
        "route: {receiver: a}\nreceivers: [{slack_configs: []}]",
        "route: {receiver: ''}\nreceivers: [{name: ''}]",
        "route: {receiver: ${TEAM}}\nreceivers: [{name: a}]",
        "route: {receiver: '$TEAM'}\nreceivers: [{name: '$TEAM'}]",
        "route: {receiver: {{ team }}}\nreceivers: [{name: a}]",
        "route: {receiver: a}\nreceivers:\n{{ range .Teams }}\n  - name: a",
        "route: {receiver: a, match: {v: 1.10}}\nreceivers: [{name: a}]",
        "route: {receiver: a, group_wait: 1x}\nreceivers: [{name: a}]",
    ];
    let said = refusals.map(|text| format!("{text:?}\n  {}", refused(text)));
    insta::assert_snapshot!(said.join("\n"), @r#"
    "route: {receiver: a}\nreceivers: [{name: a]"
      failed to read Alertmanager's configuration am.yml: did not find expected ',' or '}' at line 2 column 21, while parsing a flow mapping at line 2 column 13
    "route:\n\treceiver: a"
      failed to read Alertmanager's configuration am.yml: found character that cannot start any token at line 2 column 1, while scanning for the next token
    ""
      failed to read Alertmanager's configuration am.yml: it has no sections
    "- a"
      failed to read Alertmanager's configuration am.yml: it has no sections
    "receivers: [{name: a}]"
      failed to read Alertmanager's configuration am.yml: it has no `route`, so that it tells nobody
    "route: {receiver: a}"
      failed to read Alertmanager's configuration am.yml: it has no `receivers`, so that it tells nobody
    "route: {receiver: a}\nreceivers: [{name: b}]"
      failed to read Alertmanager's configuration am.yml: the root route names the receiver `a`, which is none
    "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]"
      failed to read Alertmanager's configuration am.yml: two receivers are called `a`; rename one
    "route: {receiver: a}\nreceivers: [{slack_configs: []}]"
      failed to read Alertmanager's configuration am.yml: receivers[0]: missing field `name` at line 2 column 13
    "route: {receiver: ''}\nreceivers: [{name: ''}]"
      failed to read Alertmanager's configuration am.yml: a receiver has no name
    "route: {receiver: ${TEAM}}\nreceivers: [{name: a}]"
      failed to read Alertmanager's configuration am.yml: did not find expected ',' or '}' at line 1 column 20, while parsing a flow mapping at line 1 column 8; `route: {receiver: ${TEAM}}` is a placeholder, which something fills in before Alertmanager reads the file; name the file that it reads
    "route: {receiver: '$TEAM'}\nreceivers: [{name: '$TEAM'}]"
      failed to read Alertmanager's configuration am.yml: `$TEAM` is a placeholder, which something fills in before Alertmanager reads the file; name the file that it reads
    "route: {receiver: {{ team }}}\nreceivers: [{name: a}]"
      failed to read Alertmanager's configuration am.yml: a key that is a map is a placeholder, which something fills in before Alertmanager reads the file; name the file that it reads
    "route: {receiver: a}\nreceivers:\n{{ range .Teams }}\n  - name: a"
      failed to read Alertmanager's configuration am.yml: could not find expected ':' at line 4 column 3, while scanning a simple key at line 3 column 1; `{{ range .Teams }}` is a placeholder, which something fills in before Alertmanager reads the file; name the file that it reads
    "route: {receiver: a, match: {v: 1.10}}\nreceivers: [{name: a}]"
      failed to read Alertmanager's configuration am.yml: its copy would route otherwise than it does; put quotes around numbers (such as 1.10) in its matchers
    "route: {receiver: a, group_wait: 1x}\nreceivers: [{name: a}]"
      failed to read Alertmanager's configuration am.yml: it is no Prometheus duration
    "#);
}

/// So that an Alertmanager which refuses the original refuses the copy.
#[test]
fn names_that_are_not_known_stay_without_what_they_held() {
    let copy = copy_of(
        "{route: {receiver: a}, receivers: [{name: a, slak_configs: [{x: secret}], lable: secret}], \
         globals: {y: secret}}",
    );
    let copy = copy.unwrap();
    let sections: Mapping = serde_yaml_ng::from_str(&copy).unwrap();
    assert_eq!(sections["globals"], Value::Null);
    assert_eq!(sections["receivers"][0]["lable"], Value::Null);
    assert_eq!(
        sections["receivers"][0]["slak_configs"],
        Value::Sequence(Vec::new())
    );
    assert!(!copy.contains("secret"));
}

fn a_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]",
        "[a-z/ü #.:-]{1,6}",
        Just("yes".to_owned()),
        Just("0777".to_owned())
    ]
    .prop_filter("no name", |name| !name.trim().is_empty())
}

fn a_route() -> impl Strategy<Value = Value> {
    let leaf = (0..4_usize, a_name(), a_name(), any::<bool>(), 1..500_u32).prop_map(
        |(receiver, label, value, continues, wait)| {
            serde_yaml_ng::to_value(serde_json::json!({
                "receiver": format!("r{receiver}"),
                "match": {"label": value},
                "match_re": {"other": format!("a|{}$", wait)},
                "matchers": [format!("third!={label:?}")],
                "group_by": ["alertname", label],
                "continue": continues,
                "group_wait": format!("{wait}s"),
                "repeat_interval": format!("{wait}m"),
            }))
            .unwrap()
        },
    );
    leaf.prop_recursive(3, 12, 3, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..3)).prop_map(|(mut route, children)| {
            route["routes"] = Value::Sequence(children);
            route
        })
    })
}

fn a_configuration() -> impl Strategy<Value = String> {
    let kinds = prop::sample::subsequence(vec!["email", "slack", "webhook", "sns"], 0..4);
    let receivers = prop::collection::vec((kinds, any::<Option<bool>>()), 4);
    (prop::collection::vec(a_route(), 0..4), receivers, a_name()).prop_map(
        |(routes, receivers, label)| {
            let receivers = receivers
                .iter()
                .enumerate()
                .map(|(number, (kinds, resolved))| {
                    let mut receiver = serde_json::json!({"name": format!("r{number}")});
                    for kind in kinds {
                        let mut entry = serde_json::json!({"secret": "{{ not copied }}"});
                        if let Some(resolved) = resolved {
                            entry["send_resolved"] = (*resolved).into();
                        }
                        receiver[format!("{kind}_configs")] = serde_json::json!([entry]);
                    }
                    receiver
                });
            serde_yaml_ng::to_string(&serde_json::json!({
                "route": {"receiver": "r0", "routes": routes},
                "receivers": receivers.collect::<Vec<_>>(),
                "inhibit_rules": [{
                    "source_matchers": [format!("a={label:?}")],
                    "target_match": {"b": label},
                    "equal": [label],
                }],
            }))
            .unwrap()
        },
    )
}

proptest! {
    #[test]
    fn copy_routes_as_the_original_does(text in a_configuration()) {
        let copy = copy_of(&text).unwrap();
        let (before, after) = (routes_of(&text).unwrap(), routes_of(&copy).unwrap());
        prop_assert_eq!(&before.root, &after.root);
        prop_assert_eq!(&before.inhibitions, &after.inhibitions);
        for (before, after) in before.receivers.iter().zip(&after.receivers) {
            prop_assert_eq!(&before.name, &after.name);
            let told = usize::from(!before.integrations.is_empty());
            prop_assert_eq!(after.integrations.len(), told);
            prop_assert_eq!(sends_resolved(before), sends_resolved(after));
        }
        prop_assert!(!copy.contains("not copied"));
        // A copy of the copy is the copy.
        prop_assert_eq!(copy_of(&copy).unwrap(), copy);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[a-z:{}\\[\\],\"'&*<>$%#|\\-\\t\\n ]{0,80}") {
        let _ = copy_of(&text);
        let _ = copy_of(&format!("route: {{receiver: a}}\nreceivers: [{{name: a}}]\n{text}"));
    }
}
