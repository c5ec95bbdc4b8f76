//! The drills of a file are those that the Rust builders give.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill_core::settings::{Instances, Pathway, SteadyCondition, Usage};
use alertdrill_core::{Check, Drill, ExpectedAlert, Fault, Moment, Promises, SilentAlert, Waiver};
use serde_json::json;

use crate::project_file::{Attach, ProjectFile, ServerName, parse_project_file};

fn parsed(text: &str) -> ProjectFile {
    match parse_project_file(Path::new("alertdrill.yml"), text) {
        Ok(file) => file,
        Err(error) => panic!("{}", error.explained()),
    }
}

fn drill(text: &str) -> Drill {
    parsed(text).plan.drills.remove(0)
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn drill_that_a_person_says_is_the_one_that_the_builders_give() {
    let text = "
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, labels: {job: api}, severity: critical, within: 2m}
";
    let alert = ExpectedAlert::new("ApiDown", "critical", s(120));
    let expected = Drill::new("api_stopped", Fault::stop("api"));
    assert_eq!(
        drill(text),
        expected.expect_alert(alert.label("job", "api"))
    );
}

#[test]
fn every_key_of_a_drill_is_in_the_drill_that_it_gives() {
    let text = "
drills:
  - name: everything
    break: [{stop: api}, {restart: db}]
    once_pending: {pause: cache}
    moment: {what: it is busy, service: db, command: [test, -e, /busy]}
    fires:
      alert: ApiDown
      labels: {job: api, code: 500}
      severity: critical
      within: 2m
      not_before: 10s
      held_for: 1m30s
      receiver: pager
      annotations: [summary]
      when: up == 0
      onset: {earliest: 1s, latest: 5s}
      recovers_within: 20s
      delivered_within: 30s
      ended_within: 40s
      end_delivered_within: 50s
      reminded_after: 1h
      reminded_within: 1d
    silent:
      - DbDown
      - alert: CacheDown
        labels: {job: cache}
        near: cache_up == 0
        onset: 5s
        hold: 20s
        too_near: {query: cache_down > 9, for: 30s}
    tolerate: {alert: TargetDown, labels: {job: db}, reason: it is down}
    afterwards: {what: no order is lost, service: db, command: check-orders, within: 1m}
    needs: [queue]
    disturbs: mail
";
    let alert = ExpectedAlert {
        severity: "critical".to_owned(),
        annotations: Some(words(&["summary"])),
        promises: Promises {
            delivered_within: Some(s(30)),
            ended_within: Some(s(40)),
            end_delivered_within: Some(s(50)),
            reminded_after: Some(s(3_600)),
            reminded_within: Some(s(86_400)),
        },
        ..ExpectedAlert::new("ApiDown", "critical", s(120))
            .label("job", "api")
            .label("code", "500")
            .not_before(s(10))
            .held_for(s(90))
            .receiver("pager")
            .when("up == 0")
            .onset(s(1), s(5))
            .recovery(s(20))
    };
    let near_miss = SilentAlert::new("CacheDown")
        .label("job", "cache")
        .near("cache_up == 0", s(5))
        .hold(s(20))
        .too_near("cache_down > 9", s(30));
    let moment = Moment {
        what: "it is busy".to_owned(),
        service: "db".to_owned(),
        command: words(&["test", "-e", "/busy"]),
    };
    let check = Check {
        what: "no order is lost".to_owned(),
        service: "db".to_owned(),
        command: words(&["sh", "-c", "check-orders"]),
        within: s(60),
    };
    let expected = Drill::new("everything", Fault::stop("api"))
        .fault(Fault::restart("db"))
        .once_pending(Fault::pause("cache"))
        .at(moment)
        .expect_alert(alert)
        .silent(SilentAlert::new("DbDown"))
        .silent(near_miss)
        .tolerate("TargetDown", &[("job", "db")], "it is down")
        .afterwards(check)
        .exclusive("mail")
        .shared("queue");
    assert_eq!(drill(text), expected);
}

#[test]
fn every_kind_of_fault_has_a_verb() {
    let text = r#"
drills:
  - name: all_faults
    silent: ApiDown
    break:
      - stop: a
      - stop: {service: a}
      - kill: a
      - kill: {service: a, signal: SIGTERM}
      - pause: a
      - oom_kill: a
      - restart: a
      - cut_off: {service: a, from: back}
      - flap: {service: a, paused: 5s, running: 3s}
      - slow: a
      - slow: {service: a, cores: 0.5}
      - keep_restarting: {service: a, every: 8s}
      - fill_volume: {service: a, path: /data}
      - run: {service: a, command: touch /broken, undo: [rm, -f, /broken]}
      - run: {service: a, command: [x], undo: [], user: root, what: x is gone, effect: y, disturbs: b}
      - switch: {service: a, port: 80, path: /mode, to: {post: {mode: bad}}, back: {mode: good}}
      - switch:
          service: a
          port: 80
          path: /mode
          to: [{post: 1, for: 2s}, {post: 2}]
          back: null
          what: it stumbles
          disturbs: b
      - displace_consumer: {topic: orders, group: billing, disturbs: a}
      - poison: {topic: orders, payload: "{", group: billing, disturbs: a}
"#;
    let faults: Vec<Fault> = vec![
        Fault::stop("a"),
        Fault::stop("a"),
        Fault::kill("a", "SIGKILL"),
        Fault::kill("a", "SIGTERM"),
        Fault::pause("a"),
        Fault::oom_kill("a"),
        Fault::restart("a"),
        Fault::cut_off("a", "back"),
        Fault::flap("a", s(5), s(3)),
        Fault::slow("a", 0.02),
        Fault::slow("a", 0.5),
        Fault::keep_restarting("a", s(8)),
        Fault::fill_volume("a", "/data"),
        Fault::run_command(
            "a",
            words(&["sh", "-c", "touch /broken"]),
            words(&["rm", "-f", "/broken"]),
        )
        .into(),
        Fault::run_command("a", words(&["x"]), Vec::new())
            .user("root")
            .what("x is gone")
            .effect(words(&["sh", "-c", "y"]))
            .disturbs_only("b")
            .into(),
        Fault::switch_behaviour("a", 80, "/mode", json!({"mode": "good"}))
            .to(json!({"mode": "bad"}), Duration::ZERO)
            .into(),
        Fault::switch_behaviour("a", 80, "/mode", json!(null))
            .to(json!(1), s(2))
            .to(json!(2), Duration::ZERO)
            .what("it stumbles")
            .disturbs_only("b")
            .into(),
        Fault::displace_consumer("orders", "billing", "a"),
        Fault::poison("orders", "{", "billing", "a"),
    ];
    let drill = drill(text);
    assert_eq!(drill.faults, faults);
    let kinds: BTreeSet<_> = drill.faults.iter().map(Fault::kind).collect();
    assert_eq!(kinds, Fault::KINDS.iter().copied().collect());
}

#[test]
fn anchors_and_aliases_mean_what_they_stand_for() {
    let text = "
drills:
  - name: one
    break: &stopped {stop: api}
    fires: &down {alert: ApiDown, severity: critical, within: 2m}
  - name: two
    break: [*stopped, {stop: db}]
    fires: [*down, {<<: *down, alert: DbDown}]
";
    let drills = parsed(text).plan.drills;
    assert_eq!(drills[1].faults, [Fault::stop("api"), Fault::stop("db")]);
    assert_eq!(drills[1].expect[0], drills[0].expect[0]);
    assert_eq!(
        drills[1].expect[1],
        ExpectedAlert::new("DbDown", "critical", s(120))
    );
}

#[test]
fn file_without_drills_says_where_the_project_is() {
    let file = parsed("attach: true\nalertmanager: none\nmay_break: []\nwaivers:\ndrills:\n");
    assert_eq!(file.attach, Some(Attach { project: None }));
    assert!(file.has_no_alertmanager && file.alertmanager.is_none());
    assert_eq!(file.may_break, Some(BTreeSet::new()));
    assert!(file.plan.drills.is_empty() && file.plan.waivers.is_empty());
}

#[test]
fn every_other_key_is_in_the_file_that_it_gives() {
    let text = "
compose: [compose.yml, compose.more.yml]
profiles: monitoring
prometheus: {service: metrics, port: 9091}
alertmanager: alerts
attach: shop-live
may_break: [api, db]
waivers: [{rule: 'Lag{job=\"x\"}', reason: known}]
receivers: {critical: pager}
may_be_told: log
promises: {delivered_within: 20s}
culprits: [job]
instances: [{alert: Down, labels: {team: web}, label: job, values: [api, '{lane}']}]
runbook: docs/{alert}.md
watchdogs: Watchdog
rule_tests: [rules.test.yml]
recording: recordings/shop
waived_mutants: waived.yml
annotations: [summary]
kafka: 127.0.0.1:9092
dashboard: dashboards/shop.json
grafana: {service: grafana, port: 3000}
usage: {memory_bytes: a, cores: b}
watched_by: metrics
paths:
  - {name: lane, lanes: [eu, us], owns: 'api-{lane}', uses: db, steady_state: {name: n, query: q}}
steady_state: [{name: orders flow, query: flow}]
";
    let file = parsed(text);
    let condition = |name: &str, query: &str| SteadyCondition {
        name: name.to_owned(),
        query: query.to_owned(),
    };
    let metrics = ServerName {
        service: "metrics".to_owned(),
        port: Some(9091),
    };
    assert_eq!(
        file.compose,
        ["compose.yml", "compose.more.yml"].map(PathBuf::from)
    );
    assert_eq!(file.profiles, ["monitoring"]);
    assert_eq!(file.prometheus, Some(metrics));
    assert_eq!(file.alertmanager.unwrap().service, "alerts");
    assert_eq!(file.attach.unwrap().project.unwrap(), "shop-live");
    assert_eq!(
        file.may_break.unwrap(),
        ["api", "db"].map(str::to_owned).into()
    );
    let waiver = Waiver {
        rule: "Lag{job=\"x\"}".to_owned(),
        reason: "known".to_owned(),
    };
    assert_eq!(file.plan.waivers, [waiver]);
    assert_eq!(file.receivers["critical"], "pager");
    assert_eq!(file.may_be_told, ["log"]);
    assert_eq!(file.promises.delivered_within, Some(s(20)));
    assert_eq!(file.culprits, ["job"]);
    let instances = Instances {
        alert: "Down".to_owned(),
        labels: [("team".to_owned(), "web".to_owned())].into(),
        label: "job".to_owned(),
        values: words(&["api", "{lane}"]),
    };
    assert_eq!(file.instances, [instances]);
    assert_eq!(file.runbook.unwrap(), "docs/{alert}.md");
    assert_eq!(file.watchdogs, ["Watchdog"]);
    assert_eq!(file.rule_tests, [PathBuf::from("rules.test.yml")]);
    assert_eq!(file.recording.unwrap(), Path::new("recordings/shop"));
    assert_eq!(file.waived_mutants.unwrap(), Path::new("waived.yml"));
    assert_eq!(file.annotations, ["summary"]);
    assert_eq!(file.kafka.unwrap(), "127.0.0.1:9092");
    assert_eq!(file.dashboard.unwrap(), Path::new("dashboards/shop.json"));
    assert_eq!(file.grafana.unwrap().port, Some(3000));
    let Usage {
        memory_bytes,
        cores,
    } = file.usage.unwrap();
    assert_eq!((memory_bytes.as_str(), cores.as_str()), ("a", "b"));
    assert_eq!(file.watched_by, ["metrics"]);
    let Pathway {
        name,
        lanes,
        owns,
        uses,
        steady_state,
    } = file.paths[0].clone();
    assert_eq!((name.as_str(), &*lanes), ("lane", &*words(&["eu", "us"])));
    assert_eq!((owns, uses), (words(&["api-{lane}"]), words(&["db"])));
    assert_eq!(steady_state, [condition("n", "q")]);
    assert_eq!(file.steady_state, [condition("orders flow", "flow")]);
}
