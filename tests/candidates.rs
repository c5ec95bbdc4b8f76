//! Candidates for rules, routes and Prometheus's configuration: what takes seconds is told before
//! any stack is started, in the words of the servers' own tools.
//!
//! The tools are those of the stack's own images, which are built first if need be.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod images;

use std::path::Path;
use std::process::Command;
use std::sync::Once;

use serde_json::json;

const COMPOSE: &str = "
name: alertdrill-candidates
x-alertdrill:
  prometheus: {service: prometheus, port: 9090}
  alertmanager: {service: alertmanager, port: 9093}
  notification_sink: {service: prometheus, port: 9090}
  prometheus_files:
    configuration: prometheus/prometheus.yml
    rules: prometheus/rules.yml
    staged_by: PROMETHEUS_CONFIG_DIR
  alertmanager_files: {configuration: alertmanager/alertmanager.yml, staged_by: ROUTES_DIR}
  rule_tests: [tests/rules.test.yml]
  receivers: {critical: pager}
services:
  prometheus: {image: alertdrill/prometheus-2, network_mode: none}
  alertmanager: {image: alertdrill/alertmanager, network_mode: none}
";
const PROMETHEUS: &str = "
global: {scrape_interval: 15s, scrape_timeout: 5s, evaluation_interval: 5s}
rule_files: [rules.yml]
";
const RULES: &str = "
groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 1m
        labels: {severity: critical}
";
const ROUTES: &str = "
route: {receiver: pager, group_wait: 10s}
receivers: [{name: pager, webhook_configs: [{url: 'http://sink'}]}, {name: nobody}]
";
const TESTS: &str = "
rule_files: [../prometheus/rules.yml]
evaluation_interval: 5s
tests:
  - interval: 5s
    input_series: [{series: 'up{job=\"x\"}', values: '0x30'}]
    alert_rule_test:
      - eval_time: 65s
        alertname: Down
        exp_alerts: [{exp_labels: {severity: critical, job: x}}]
";

/// Tests are threads of one process: only one of them builds the program.
static PROGRAM: Once = Once::new();

/// The program, built as `./drill` builds it, so that nothing is compiled twice.
fn alertdrill() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    PROGRAM.call_once(|| {
        let build = ["build", "--quiet", "--locked", "--workspace", "--bins"];
        let mut cargo = Command::new(env!("CARGO"));
        assert!(
            cargo
                .args(build)
                .current_dir(root)
                .status()
                .unwrap()
                .success()
        );
    });
    Command::new(images::programs().join("alertdrill"))
}

/// What `alertdrill gate` says of a project whose candidate for `variable` is `text`: its exit
/// code, and all that it printed.
fn gate(variable: &str, text: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let drill = json!({
        "name": "stopped",
        "faults": [{"kind": "service_stopped", "service": "prometheus"}],
        "expect": [{"alert": "Down", "severity": "critical", "deadline_s": 120, "recovery_s": 10}],
    });
    for (file, text) in [
        ("docker-compose.test.yml", COMPOSE),
        ("prometheus/prometheus.yml", PROMETHEUS),
        ("prometheus/rules.yml", RULES),
        ("alertmanager/alertmanager.yml", ROUTES),
        ("tests/rules.test.yml", TESTS),
        ("drills.json", &json!({"drills": [drill]}).to_string()),
        ("candidate.yml", text),
    ] {
        write(file, text);
    }
    let candidate = folder.path().join("candidate.yml");
    images::build();
    let output = alertdrill()
        .args(["gate", "--drills", "drills.json"])
        .current_dir(folder.path())
        .env(variable, &candidate)
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (output.status.code(), printed)
}

#[track_caller]
fn assert_ends(variable: &str, text: &str, code: i32, words: &[&str]) {
    let (ended, printed) = gate(variable, text);
    assert_eq!(ended, Some(code), "{printed}");
    for words in words {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert!(!printed.contains("starting its services"), "{printed}");
}

#[test]
fn rules_that_fail_their_unit_tests_block_the_release_before_a_stack_is_started() {
    let hasty = RULES.replace("up == 0", "up == 2");
    let words = ["FAILED", "alertname: Down", "tests/rules.test.yml"];
    assert_ends("ALERT_RULES", &hasty, 1, &words);
}

#[test]
fn routes_that_cannot_keep_a_promise_block_the_release_before_a_stack_is_started() {
    let slow = ROUTES.replace("group_wait: 10s", "group_wait: 5m");
    let words = ["would be delivered 300 s after it fires"];
    assert_ends("ALERT_ROUTES", &slow, 1, &words);
}

#[test]
fn routes_that_alertmanager_refuses_could_not_be_tested_and_it_says_why() {
    let unknown = ROUTES.replace("group_wait: 10s", "grup_wait: 10s");
    let words = [
        "Alertmanager refuses the configuration of",
        "candidate.yml",
        "grup_wait",
    ];
    assert_ends("ALERT_ROUTES", &unknown, 2, &words);
}

#[test]
fn configuration_that_prometheus_refuses_could_not_be_tested_and_it_says_why() {
    let unknown = PROMETHEUS.replace("rule_files", "rules_files");
    let words = [
        "Prometheus refuses the configuration of",
        "candidate.yml",
        "rules_files",
    ];
    assert_ends("PROMETHEUS_CONFIG", &unknown, 2, &words);
}

#[test]
fn rules_that_prometheus_refuses_could_not_be_tested_and_it_says_why() {
    let torn = RULES.replace("for: 1m", "for: 1m\n        fro: 2m");
    let words = ["Prometheus refuses the rules of", "candidate.yml", "fro"];
    assert_ends("ALERT_RULES", &torn, 2, &words);
}
