//! The project of others that this repository has: `examples/web-shop`, which knows nothing of
//! drills. Each test works on a copy of it that git watches: whatever runs on it, git sees nothing
//! of it, and no container of it is left.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is how it fails"
)]

mod shop;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use shop::{Shop, ended};

/// Starts a run and waits until it has broken something.
fn broken_by(shop: &Shop, arguments: &[&str]) -> Child {
    let mut run = shop
        .alertdrill(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().unwrap().contains("waiting for its alerts"))
        .expect("the run ended before it broke anything")
        .unwrap();
    std::thread::spawn(move || said.for_each(drop));
    run
}

const WORKER: &str = "\
drills:
  - name: worker_stopped
    break: {stop: worker}
    fires: {alert: WorkerDown, labels: {job: worker}, severity: critical, within: 30s}
    tolerate:
      - {alert: QueueGrowing, reason: nobody ships the orders}
      - {alert: HighLatency, reason: the tests beside this one load the machine}
      - {alert: HighErrorRate, reason: the tests beside this one load the machine}
coverage: none
";

#[test]
fn each_alert_of_the_shop_is_proven() {
    let shop = Shop::copied_for("proven", None);
    let run = ended(&mut shop.alertdrill(&["run"]));
    assert_eq!(run.code, Some(0), "{}", run.said);
    let (verdicts, report) = shop.verdicts();
    assert!(
        verdicts.iter().all(|(_, verdict)| verdict == "pass"),
        "{verdicts:?}"
    );
    assert_eq!(report["coverage"]["missing"], serde_json::json!([]));
    shop.nothing_is_left();

    // What happened is recorded: an edited rule is judged without a stack.
    let rules = shop.folder.join("prometheus/rules/availability.yml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let edited = shop.folder.join(".alertdrill/availability.yml");
    let replayed = |text: &str| {
        std::fs::write(&edited, text).unwrap();
        let edited = edited.to_str().unwrap();
        ended(&mut shop.alertdrill(&["replay", "--exact", "app_stopped", "--rules", edited]))
    };
    let as_it_is = replayed(&rules);
    assert_eq!(as_it_is.code, Some(0), "{}", as_it_is.said);
    let demoted = replayed(&rules.replace("severity: critical", "severity: warning"));
    assert_eq!(demoted.code, Some(1), "{}", demoted.said);
    assert!(demoted.said.contains("wrong_receiver"), "{}", demoted.said);
}

/// As on Prometheus, but that vmalert evaluates, some seconds in the past: what it keeps of its
/// alerts is seen late, and still neither missed nor taken for an alert that is too late.
#[test]
fn alert_that_vmalert_evaluates_is_proven_within_the_window_that_its_flags_make() {
    let shop = Shop::copied_for("vmalert", Some(WORKER));
    let files = "docker-compose.yml:docker-compose.vmalert.yml";
    let run = ended(shop.alertdrill(&["run"]).env("COMPOSE_FILE", files));
    assert_eq!(run.code, Some(0), "{}", run.said);
    let (verdicts, report) = shop.verdicts();
    assert_eq!(verdicts, [("worker_stopped".to_owned(), "pass".to_owned())]);
    // `for: 10s` is the beginning. The end: 2 s to the scrape, 2 s that this may take, 4 s until
    // VictoriaMetrics shows it, 2 s to the evaluation. How far vmalert looks back is measured: on a
    // busy machine its evaluations begin late, by less than their interval.
    let window = report["drills"][0]["alerts"][0]["window_s"]
        .as_array()
        .unwrap();
    let [earliest, latest] = [0, 1].map(|end| window[end].as_f64().unwrap());
    assert!(earliest.to_bits() == 10.0_f64.to_bits(), "{window:?}");
    assert!((20.0..22.0).contains(&latest), "{window:?}");
    let versions = &report["run"]["provenance"]["versions"];
    assert!(versions.get("vmalert").is_some(), "{versions}");
    shop.nothing_is_left();
}

#[test]
fn drill_does_not_pass_by_the_alert_of_another_lane_that_runs_beside_it() {
    let shop = Shop::copied_for(
        "lanes",
        Some(
            "\
coverage: none
paths:
  - {name: exporter, lanes: [nginx, postgres, redis], owns: ['{exporter}-exporter']}
drills:
  - name: exporter_stopped
    break: {stop: '{exporter}-exporter'}
    fires: &down {alert: ExporterDown, labels: {job: '{exporter}'}, severity: warning, within: 30s}
  - name: fault_left_out
    break: {run: {service: '{exporter}-exporter', what: nothing is broken, command: 'true', undo: 'true'}}
    fires: *down
",
        ),
    );
    let run = ended(&mut shop.alertdrill(&["run"]));
    assert_eq!(run.code, Some(1), "{}", run.said);
    let (mut verdicts, _) = shop.verdicts();
    verdicts.sort();
    let expected = [("exporter_stopped", "pass"), ("fault_left_out", "fail")];
    let expected = expected.map(|(drill, verdict)| (drill.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts, expected, "{}", run.said);
    assert!(
        run.said.contains("it was never even pending"),
        "{}",
        run.said
    );
    shop.nothing_is_left();
}

/// Each needs the whole project, so each goes to a stack of its own.
const EXPORTERS: &str = "\
coverage: none
drills:
  - name: nginx_exporter_stopped
    break: {stop: nginx-exporter}
    fires: {alert: ExporterDown, labels: {job: nginx}, severity: warning, within: 30s}
  - name: redis_exporter_stopped
    break: {stop: redis-exporter}
    fires: {alert: ExporterDown, labels: {job: redis}, severity: warning, within: 30s}
";

#[test]
fn drills_on_two_stacks_have_one_report_and_leave_nothing() {
    let shop = Shop::copied_for("stacks", Some(EXPORTERS));
    let run = ended(shop.alertdrill(&["run"]).env("STACKS", "2"));
    assert_eq!(run.code, Some(0), "{}", run.said);
    let (mut verdicts, report) = shop.verdicts();
    verdicts.sort();
    let expected = ["nginx_exporter_stopped", "redis_exporter_stopped"];
    assert_eq!(
        verdicts,
        expected.map(|drill| (drill.to_owned(), "pass".to_owned()))
    );
    assert!(
        run.said.contains("its drills ran on several stacks"),
        "{}",
        run.said
    );
    let second = format!(".alertdrill/stack/{}-drill-2", shop.project);
    assert!(shop.folder.join(second).is_dir());
    let found = &report["run"]["measured"]["firing_in_prometheus"];
    assert_eq!(found["found"], found["of"], "{found}");
    assert_eq!(shop.containers(&format!("{}-drill-2", shop.project)), "");
    shop.nothing_is_left();
}

#[test]
fn killed_run_is_healed_and_its_stack_is_removed_and_ctrl_c_does_both() {
    let shop = Shop::copied_for("killed", Some(WORKER));
    let drilled = format!("{}-drill", shop.project);
    let mut killed = broken_by(&shop, &["run"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let stopped = shop.containers(&drilled);
    assert!(
        stopped
            .lines()
            .any(|it| it.starts_with("worker ") && it.ends_with(" exited")),
        "{stopped}"
    );
    let healed = ended(&mut shop.alertdrill(&["heal"]));
    assert_eq!(healed.code, Some(0), "{}", healed.said);
    let running = shop.containers(&drilled);
    assert!(
        running.lines().all(|it| it.ends_with(" running")),
        "{running}"
    );
    shop.git_sees_nothing();
    let down = ended(&mut shop.alertdrill(&["down"]));
    assert_eq!(down.code, Some(0), "{}", down.said);
    shop.nothing_is_left();

    let mut interrupted = broken_by(&shop, &["run"]);
    let pid = interrupted.id().to_string();
    assert_eq!(
        ended(Command::new("kill").args(["-INT", &pid])).code,
        Some(0)
    );
    assert_eq!(interrupted.wait().unwrap().code(), Some(2));
    shop.nothing_is_left();
}

#[test]
fn project_that_runs_is_attached_to_and_nothing_of_it_changes_but_what_may_be_broken() {
    let attached = format!("attach: true\nmay_break: [worker]\n{WORKER}");
    let shop = Shop::copied_for("attached", Some(&attached));
    let not_running = ended(&mut shop.alertdrill(&["run"]));
    assert_eq!(not_running.code, Some(2));
    assert!(
        not_running
            .said
            .contains("alertdrill does not start what it attaches to"),
        "{}",
        not_running.said
    );

    let loopback = "\
services:
  nginx: {ports: !override ['127.0.0.1::80']}
  prometheus: {ports: !override ['127.0.0.1::9090']}
  alertmanager: {ports: !override ['127.0.0.1::9093']}
";
    std::fs::write(shop.folder.join(".git/loopback.yml"), loopback).unwrap();
    let files = [
        "compose",
        "-f",
        "docker-compose.yml",
        "-f",
        ".git/loopback.yml",
    ];
    let compose = |arguments: &[&str]| {
        let ended = ended(shop.command("docker").args(files).args(arguments));
        assert_eq!(ended.code, Some(0), "{}", ended.said);
    };
    compose(&["up", "--detach", "--wait"]);
    let before = shop.containers(&shop.project);

    let run = ended(&mut shop.alertdrill(&["run"]));
    assert_eq!(run.code, Some(0), "{}", run.said);
    let (verdicts, report) = shop.verdicts();
    assert_eq!(verdicts, [("worker_stopped".to_owned(), "pass".to_owned())]);
    let not_decided = report["drills"][0]["not_decided"].to_string();
    assert!(not_decided.contains("without a sink"), "{not_decided}");
    assert_eq!(shop.containers(&shop.project), before);
    shop.git_sees_nothing();

    let forbidden = attached.replace("[worker]", "[app]");
    std::fs::write(shop.folder.join("alertdrill.yml"), forbidden).unwrap();
    let refused = ended(&mut shop.alertdrill(&["run"]));
    assert_eq!(refused.code, Some(2), "{}", refused.said);
    assert!(
        refused.said.contains("alertdrill.yml:5:"),
        "{}",
        refused.said
    );
    let down = ended(&mut shop.alertdrill(&["down"]));
    assert_eq!(down.code, Some(2), "{}", down.said);
    assert_eq!(shop.containers(&shop.project), before);
    compose(&["down", "--volumes"]);
}
