//! Projects of others that are wrong: each is refused with the file, what is wrong in it and what
//! to do, before anything is started, and nothing is written where git sees it. Compose reads the
//! files; no engine is needed.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

const COMPOSE: &str = "\
services:
  api: {image: 'shop/api:1'}
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus:/etc/prometheus:ro']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro']
";
const PROMETHEUS: &str = "\
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}
scrape_configs:
  - {job_name: api, static_configs: [{targets: ['api:8080']}]}
";
const RULES: &str = "\
groups:
  - name: g
    rules: [{alert: ApiDown, expr: 'up{job=\"api\"} == 0', for: 30s, labels: {severity: page}}]
";
const ALERTMANAGER: &str = "{route: {receiver: mail}, receivers: [{name: mail, webhook_configs: [{url: 'http://mail.invalid/'}]}]}\n";
const DRILLS: &str = "\
drills:
  - name: api_stopped
    break: {stop: api}
    fires: {alert: ApiDown, labels: {job: api}, severity: page, within: 4m}
";

/// A project whose files are these but for those that differ.
fn project(different: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let usual = [
        ("docker-compose.yml", COMPOSE),
        ("prometheus/prometheus.yml", PROMETHEUS),
        ("prometheus/rules.yml", RULES),
        ("alertmanager.yml", ALERTMANAGER),
        ("alertdrill.yml", DRILLS),
    ];
    for (path, text) in usual.into_iter().chain(different.iter().copied()) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// How the program ended in `folder`, without an engine: its code, and what it said.
fn alertdrill(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .args(arguments)
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[track_caller]
fn is_refused(different: &[(&str, &str)], words: &[&str]) {
    let project = project(different);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(project.path());
        String::from_utf8(git.output().unwrap().stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    let before = git(&["status", "--porcelain"]);
    for command in ["plan", "run"] {
        let (code, said) = alertdrill(project.path(), &[command]);
        assert_eq!(code, Some(2), "{command}: {said}");
        for words in words {
            assert!(said.contains(words), "{command}: {words}: {said}");
        }
        assert!(!said.contains("panicked"), "{said}");
    }
    assert_eq!(git(&["status", "--porcelain"]), before);
}

#[test]
fn right_project_is_planned_without_an_engine_and_its_windows_are_told() {
    let project = project(&[]);
    let (code, said) = alertdrill(project.path(), &["plan"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("fires     ApiDown{job=\"api\"}, page"),
        "{said}"
    );
    let (code, said) = alertdrill(project.path(), &["run"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Docker engine"), "{said}");
}

#[test]
fn compose_file_that_is_none_is_refused_with_its_place() {
    is_refused(
        &[("docker-compose.yml", "services:\n  api: [\n")],
        &["docker-compose.yml", "line"],
    );
}

#[test]
fn project_without_a_prometheus_or_with_two_is_refused_with_what_to_write() {
    is_refused(
        &[(
            "docker-compose.yml",
            "services: {api: {image: 'shop/api:1'}}\n",
        )],
        &["Prometheus", "prometheus:"],
    );
    let two = COMPOSE.replace(
        "  alertmanager:\n",
        "  other: {image: prom/prometheus, volumes: ['./prometheus:/etc/prometheus']}\n  \
         alertmanager:\n",
    );
    is_refused(
        &[("docker-compose.yml", &two)],
        &["other", "prometheus", "alertdrill.yml"],
    );
}

#[test]
fn rules_that_prometheus_does_not_load_are_refused() {
    let elsewhere = PROMETHEUS.replace("rules.yml", "alerts/*.yml");
    is_refused(
        &[("prometheus/prometheus.yml", &elsewhere)],
        &["alerts/*.yml"],
    );
    is_refused(
        &[(
            "prometheus/rules.yml",
            "- alert: ApiDown\n  expr: up == 0\n",
        )],
        &["rules.yml"],
    );
}

#[test]
fn drill_on_a_service_that_is_not_there_is_refused_with_its_place_and_the_nearest_name() {
    is_refused(
        &[("alertdrill.yml", &DRILLS.replace("stop: api", "stop: apy"))],
        &["alertdrill.yml:3:19", "`apy`", "`api`"],
    );
    is_refused(
        &[("alertdrill.yml", &DRILLS.replace("ApiDown", "ApiDwon"))],
        &["alertdrill.yml:4:", "`ApiDwon`", "`ApiDown`"],
    );
}

#[test]
fn fault_that_the_file_does_not_allow_is_refused() {
    is_refused(
        &[(
            "alertdrill.yml",
            &format!("may_break: [alertmanager]\n{DRILLS}"),
        )],
        &["alertdrill.yml:4:", "may_break"],
    );
    is_refused(
        &[("alertdrill.yml", &format!("attach: true\n{DRILLS}"))],
        &["alertdrill.yml:1:", "may_break: [api]"],
    );
}

#[test]
fn configuration_of_alertmanager_that_cannot_be_rewritten_is_refused() {
    is_refused(
        &[("alertmanager.yml", "route: {receiver: ${RECEIVER\n")],
        &["alertmanager.yml"],
    );
}

#[test]
fn project_whose_alerts_go_to_somebody_elses_alertmanager_too_is_refused() {
    let told = PROMETHEUS.replace(
        "['alertmanager:9093']",
        "['alertmanager:9093', 'alerts.example.com:9093']",
    );
    is_refused(
        &[("prometheus/prometheus.yml", &told)],
        &["alerts.example.com:9093", "would page"],
    );
    // As the message says what to do.
    let files = "compose: [docker-compose.yml, for-drills.yml]\n";
    let overridden = project(&[
        ("prometheus/prometheus.yml", &told),
        ("drills/prometheus.yml", PROMETHEUS),
        ("drills/rules.yml", RULES),
        (
            "for-drills.yml",
            "services: {prometheus: {volumes: ['./drills:/etc/prometheus:ro']}}\n",
        ),
        ("alertdrill.yml", &format!("{files}{DRILLS}")),
    ]);
    let (code, said) = alertdrill(overridden.path(), &["plan"]);
    assert_eq!(code, Some(0), "{said}");
}
