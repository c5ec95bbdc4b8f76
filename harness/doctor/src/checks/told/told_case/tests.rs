//! An Alertmanager that two Prometheuses tell is judged by the alerts of both.

use crate::test_projects::{assert_finds, assert_silent};

const ROUTES: &str = "receivers:
  - name: page
    webhook_configs: [{url: 'https://a.example.org'}]
  - name: mail
    webhook_configs: [{url: 'https://b.example.org'}]
";

fn project(routes: &str, rules_of_two: &str) -> String {
    let of_prometheus = |name: &str| {
        format!(
            "--- {name}.yml
rule_files: [{name}-rules.yml]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['am:9093']}}]}}]}}
"
        )
    };
    let service = |name: &str| {
        format!(
            "  {name}:
    image: prom/prometheus
    volumes:
      - ./{name}.yml:/etc/prometheus/prometheus.yml
      - ./{name}-rules.yml:/etc/prometheus/{name}-rules.yml
"
        )
    };
    let rules = |rule: &str| format!("groups: [{{name: g, rules: [{rule}]}}]\n");
    let of_one = rules("{alert: A, expr: up == 0, labels: {severity: critical, team: a}}");
    format!(
        "--- docker-compose.yml\nservices:\n  am:\n    image: prom/alertmanager\n    volumes: \
         ['./am.yml:/etc/alertmanager/alertmanager.yml']\n{}{}{}{}--- one-rules.yml\n{of_one}\
         --- two-rules.yml\n{}--- am.yml\n{ROUTES}{routes}",
        service("one"),
        service("two"),
        of_prometheus("one"),
        of_prometheus("two"),
        rules(rules_of_two),
    )
}

const OF_TWO: &str = "{alert: B, expr: x > 1, labels: {severity: warning, team: b}}";

#[test]
fn route_and_inhibition_of_the_alerts_of_both_are_silent() {
    let routes = "route:
  receiver: mail
  routes:
    - {receiver: page, matchers: [severity=critical]}
    - {receiver: mail, matchers: [severity=warning]}
inhibit_rules:
  - {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [job]}
";
    let project = project(routes, OF_TWO);
    assert_silent("told/route-never-matches", &project);
    assert_silent("told/inhibition-never-matches", &project);
    assert_silent("told/severity-without-route", &project);
}

#[test]
fn what_no_alert_of_both_has_is_found_once() {
    let routes = "route:
  receiver: mail
  routes: [{receiver: page, matchers: [team=c]}]
inhibit_rules: [{source_matchers: [severity=page], target_matchers: [severity=warning]}]
";
    let project = project(routes, OF_TWO);
    let route = "am.yml:8:45 warning: no alert has team=\"c\" (they have `a`, `b`)";
    assert_finds("told/route-never-matches", &project, &[route]);
    let inhibition =
        "am.yml:9:45 warning: no alert has severity=\"page\" (they have `critical`, `warning`)";
    assert_finds("told/inhibition-never-matches", &project, &[inhibition]);
}
