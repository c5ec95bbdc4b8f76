//! What is said of names that a project does not have, and what is filled in by it.

use std::path::Path;

use alertdrill_core::{Fault, Labels, LoadedRule};
use insta::assert_snapshot;

use crate::ComposeModel;
use crate::project_file::{ProjectFile, parse_project_file};

fn model() -> ComposeModel {
    let json = r#"{"name": "shop", "networks": {"front": {}, "back": {}}, "services": {
        "api": {"networks": {"front": null, "back": null}}, "db": {"networks": {"back": null}},
        "handler-okx": {"networks": {"back": null}}, "prometheus": {"network_mode": "host"}}}"#;
    ComposeModel::from_json(json).unwrap()
}

fn rules() -> Vec<LoadedRule> {
    let rule = |alert: &str, query: &str, labels: &[(&str, &str)]| {
        let labels = labels.iter();
        let labels = labels.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        LoadedRule {
            labels: labels.collect::<Labels>(),
            query: query.to_owned(),
            ..LoadedRule::example(alert)
        }
    };
    vec![
        rule(
            "ApiDown",
            "up == 0",
            &[("severity", "critical"), ("team", "web")],
        ),
        rule(
            "QueueGrows",
            "sum by (queue) (length) > 9",
            &[("severity", "warning")],
        ),
        rule(
            "QueueGrows",
            "sum by (queue) (length) > 99",
            &[("severity", "critical")],
        ),
        rule("Bare", "vector(1)", &[]),
    ]
}

fn parsed(text: &str) -> ProjectFile {
    match parse_project_file(Path::new("alertdrill.yml"), text) {
        Ok(file) => file,
        Err(error) => panic!("{}", error.explained()),
    }
}

pub(super) fn unknown(text: &str) -> String {
    match parsed(text).check(&model(), &rules()) {
        Ok(()) => "it has every name".to_owned(),
        Err(error) => error.explained(),
    }
}

fn completed(text: &str) -> ProjectFile {
    let mut file = parsed(text);
    if let Err(error) = file.complete(&model(), &rules()) {
        panic!("{}", error.explained());
    }
    file
}

#[test]
fn service_that_is_not_there_is_told_with_the_nearest() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: apy}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:3:19: no service `apy` in the compose project `shop`
      3 |     break: {stop: apy}
        |                   ^^^
      help: the nearest is `api`; the services are api, db, handler-okx, prometheus
    ");
}

#[test]
fn service_of_a_long_form_is_told_where_it_stands() {
    let text = "\
drills:
  - name: api_stopped
    break: {kill: {service: apy, signal: SIGTERM}}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:3:29: no service `apy` in the compose project `shop`
      3 |     break: {kill: {service: apy, signal: SIGTERM}}
        |                             ^^^
      help: the nearest is `api`; the services are api, db, handler-okx, prometheus
    ");
}

#[test]
fn alert_that_is_not_there_is_told_with_the_nearest() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDwn, within: 2m}
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:4:20: no alerting rule `ApiDwn` is loaded by Prometheus
      4 |     fires: {alert: ApiDwn, within: 2m}
        |                    ^^^^^^
      help: the nearest is `ApiDown`; the alerts are ApiDown, Bare, QueueGrows
    ");
}

#[test]
fn silent_alert_that_is_not_there_is_told_where_its_name_stands() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    silent: [ApiDown, ApiDwn]
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:4:23: no alerting rule `ApiDwn` is loaded by Prometheus
      4 |     silent: [ApiDown, ApiDwn]
        |                       ^^^^^^
      help: the nearest is `ApiDown`; the alerts are ApiDown, Bare, QueueGrows
    ");
}

#[test]
fn network_that_is_not_there_is_told_with_the_nearest() {
    let text = "\
drills:
  - name: api_stopped
    break: {cut_off: {service: api, from: fornt}}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:3:43: `api` is not on a network `fornt`
      3 |     break: {cut_off: {service: api, from: fornt}}
        |                                           ^^^^^
      help: the nearest is `front`; the networks of `api` are back, front
    ");
}

#[test]
fn cut_of_a_service_on_several_networks_must_say_which() {
    let text = "\
drills:
  - name: api_stopped
    break: {cut_off: api}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:3:22: `api` is on several networks, `back` and `front` among them
      3 |     break: {cut_off: api}
        |                      ^^^
      help: say which: `cut_off: {service: api, from: back}`
    ");
}

#[test]
fn cut_of_a_service_on_no_network_is_told() {
    let text = "\
drills:
  - name: api_stopped
    break: {cut_off: prometheus}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:3:22: `prometheus` is on no network that it could be cut off from
      3 |     break: {cut_off: prometheus}
        |                      ^^^^^^^^^^
      help: stop or pause it instead
    ");
}

#[test]
fn label_that_no_rule_gives_is_told_where_it_stands() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, labels: {job: api, team: shop}, within: 2m}
";
    assert_snapshot!(unknown(text), @r#"
    alertdrill.yml:4:54: no rule `ApiDown` gives the label team="shop"
      4 |     fires: {alert: ApiDown, labels: {job: api, team: shop}, within: 2m}
        |                                                      ^^^^
      help: the rules of this name give ApiDown{severity="critical", team="web"}
    "#);
}

#[test]
fn label_that_the_rule_does_not_group_by_is_told() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    silent: {alert: QueueGrows, labels: {que: orders}}
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:4:47: `QueueGrows` can never have the label `que`
      4 |     silent: {alert: QueueGrows, labels: {que: orders}}
        |                                               ^^^^^^
      help: the nearest is `queue`; the labels that its rule gives are queue, severity
    ");
}

#[test]
fn severity_must_be_written_where_rules_of_one_name_differ() {
    let text = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: QueueGrows, within: 2m}
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:4:20: the severity of `QueueGrows` is not certain
      4 |     fires: {alert: QueueGrows, within: 2m}
        |                    ^^^^^^^^^^
      help: write `severity: …`; its rules give `critical`, `warning`
    ");
}

#[test]
fn service_that_the_file_does_not_allow_to_break_is_told() {
    let text = "\
may_break: [api]
drills:
  - name: api_stopped
    break: {stop: db}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:4:19: the file does not allow to break `db`
      4 |     break: {stop: db}
        |                   ^^
      help: add `db` to `may_break`, or break one that stands there
    ");
}

#[test]
fn attached_file_must_say_what_may_be_broken() {
    let text = "\
attach: true
drills:
  - name: api_stopped
    break: {stop: api}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:1:9: drills are to run on a project that runs already, and nothing says what they may touch
      1 | attach: true
        |         ^^^^
      help: name the services: `may_break: [api]`
    ");
}

#[test]
fn servers_lists_waivers_and_holdings_are_looked_up_too() {
    let text = r#"prometheus: prometeus
alertmanager: {service: alerts}
watched_by: [prom]
waivers: [{rule: 'ApiDow{job="x"}', reason: r}]
drills:
  - name: api_stopped
    break: {stop: api}
    silent: ApiDown
    needs: orders
    afterwards: {what: w, service: dB, command: 'true', within: 1m}
"#;
    assert_snapshot!(unknown(text), @r#"
    alertdrill.yml:1:13: no service `prometeus` in the compose project `shop`
      1 | prometheus: prometeus
        |             ^^^^^^^^^
      help: the nearest is `prometheus`; the services are api, db, handler-okx, prometheus
    alertdrill.yml:2:25: no service `alerts` in the compose project `shop`
      2 | alertmanager: {service: alerts}
        |                         ^^^^^^
      help: the nearest is `handler-okx`; the services are api, db, handler-okx, prometheus
    alertdrill.yml:3:14: no service, path or lane `prom` in the compose project `shop`
      3 | watched_by: [prom]
        |              ^^^^
      help: the nearest is `prometheus`; the services, paths and lanes are api, db, handler-okx, prometheus
    alertdrill.yml:4:18: no alerting rule `ApiDow` is loaded by Prometheus
      4 | waivers: [{rule: 'ApiDow{job="x"}', reason: r}]
        |                  ^^^^^^^^^^^^^^^^^
      help: the nearest is `ApiDown`; the alerts are ApiDown, Bare, QueueGrows
    alertdrill.yml:9:12: no service, path or lane `orders` in the compose project `shop`
      9 |     needs: orders
        |            ^^^^^^
      help: the nearest is `prometheus`; the services, paths and lanes are api, db, handler-okx, prometheus
    alertdrill.yml:10:36: no service `dB` in the compose project `shop`
      10 |     afterwards: {what: w, service: dB, command: 'true', within: 1m}
         |                                    ^^
      help: the nearest is `db`; the services are api, db, handler-okx, prometheus
    "#);
}

#[test]
fn lanes_stand_for_each_of_their_services() {
    let text = "\
paths: [{name: lane, lanes: [okx, kraken], owns: 'handler-{lane}'}]
drills:
  - name: api_stopped
    break: {stop: 'handler-{lane}'}
    silent: ApiDown
";
    assert_snapshot!(unknown(text), @r"
    alertdrill.yml:1:50: no service `handler-kraken` in the compose project `shop`
      1 | paths: [{name: lane, lanes: [okx, kraken], owns: 'handler-{lane}'}]
        |                                                  ^^^^^^^^^^^^^^^^
      help: the nearest is `handler-okx`; the services are api, db, handler-okx, prometheus
    alertdrill.yml:4:19: no service `handler-kraken` in the compose project `shop`
      4 |     break: {stop: 'handler-{lane}'}
        |                   ^^^^^^^^^^^^^^^^
      help: the nearest is `handler-okx`; the services are api, db, handler-okx, prometheus
    ");
}

#[test]
fn one_container_of_several_has_to_be_named() {
    let model = r#"{"name": "shop", "services": {
        "api": {"deploy": {"replicas": 2}}, "db": {}, "web": {"scale": 3}}}"#;
    let model = ComposeModel::from_json(model).unwrap();
    let said = |service: &str| {
        let text = format!("drills: [{{name: d, break: {{stop: {service}}}, silent: ApiDown}}]\n");
        match parsed(&text).check(&model, &rules()) {
            Ok(()) => "nothing".to_owned(),
            Err(error) => error.explained(),
        }
    };
    assert_eq!(said("api#2"), "nothing");
    assert_eq!(said("db"), "nothing");
    assert_snapshot!(said("api"), @r"
    alertdrill.yml:1:34: 2 containers run `api`, and one has to be meant
      1 | drills: [{name: d, break: {stop: api}, silent: ApiDown}]
        |                                  ^^^
      help: write `api#1` or `api#2`
    ");
    assert_snapshot!(said("api#3"), @r"
    alertdrill.yml:1:34: the service `api` has no `api#3`
      1 | drills: [{name: d, break: {stop: api#3}, silent: ApiDown}]
        |                                  ^^^^^
      help: write `api#1` or `api#2`
    ");
    assert_snapshot!(said("db#1"), @"nothing");
    assert_snapshot!(said("apy#1"), @r"
    alertdrill.yml:1:34: no service `apy#1` in the compose project `shop`
      1 | drills: [{name: d, break: {stop: apy#1}, silent: ApiDown}]
        |                                  ^^^^^
      help: the nearest is `api`; the services are api, db, web
    ");
}

#[test]
fn file_whose_every_name_is_there_passes() {
    let text = "\
alertmanager: none
attach: shop
may_break: [api, handler-okx]
paths: [{name: lane, lanes: okx, owns: 'handler-{lane}'}]
drills:
  - name: api_stopped
    break: [{stop: 'handler-{lane}'}, {pause: api}]
    fires: {alert: ApiDown, labels: {job: '{lane}'}, within: 2m}
    needs: lane
    disturbs: [db]
";
    assert_snapshot!(unknown(text), @"it has every name");
}

#[test]
fn rule_engine_that_is_no_service_is_refused_with_its_nearest_name() {
    let said = unknown("rule_engine: {service: promtheus, port: 8880}\ndrills: []\n");
    assert_snapshot!(said, @r"
    alertdrill.yml:1:24: no service `promtheus` in the compose project `shop`
      1 | rule_engine: {service: promtheus, port: 8880}
        |                        ^^^^^^^^^
      help: the nearest is `prometheus`; the services are api, db, handler-okx, prometheus
    ");
}

#[test]
fn severity_that_is_not_written_is_that_of_the_rule() {
    let text = "
drills:
  - name: api_stopped
    break: {stop: api}
    fires:
      - {alert: ApiDown, within: 2m}
      - {alert: ApiDown, within: 2m, severity: warning}
      - {alert: Bare, within: 2m}
";
    let file = completed(text);
    let severities = file.plan.drills[0].expect.iter();
    let severities: Vec<_> = severities.map(|alert| alert.severity.as_str()).collect();
    assert_eq!(severities, ["critical", "warning", ""]);
}

#[test]
fn network_that_is_not_written_is_the_only_one_of_the_service() {
    let file = completed(
        "drills: [{name: db_cut_off, break: [{cut_off: db}], silent: Bare, \
         once_pending: {cut_off: {service: api, from: front}}}]",
    );
    let drill = &file.plan.drills[0];
    assert_eq!(drill.faults, [Fault::cut_off("db", "back")]);
    assert_eq!(drill.once_pending, [Fault::cut_off("api", "front")]);
}

#[test]
fn project_without_any_rule_says_so() {
    let text = "drills: [{name: a, break: {stop: api}, silent: ApiDown}]";
    let error = parsed(text).check(&model(), &[]).unwrap_err().explained();
    assert!(error.ends_with("help: there are no alerts"), "{error}");
}
