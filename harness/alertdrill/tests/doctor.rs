//! `alertdrill doctor` as people call it: exit codes, forms of its answer, and what it says of
//! folders that it cannot examine. No engine is needed.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const PROMETHEUS: &str = "\
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager.example.org:9093']}]}]}
scrape_configs:
  - {job_name: api, static_configs: [{targets: ['api.example.org:8080']}]}
";
const RULES: &str = "\
groups:
  - name: api
    rules:
      - alert: ApiDown
        expr: up{job=\"api\"} == 0
        for: 2m
        labels: {severity: critical}
        annotations: {summary: '{{ $labels.instance }} is down', runbook_url: 'https://wiki.desk.internal/ApiDown'}
";
/// No group: Prometheus does not start with it.
const FRAGMENT: &str = "- {alert: ApiDown, expr: up == 0}\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// How doctor ended in `folder`: its code, what it printed, and what it complained of.
fn doctor(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .arg("doctor")
        .args(arguments)
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn project_that_can_work_ends_with_0_and_says_so() {
    let folder = folder(&[("prometheus.yml", PROMETHEUS), ("rules.yml", RULES)]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(0), "{printed}{said}");
    insta::assert_snapshot!(printed, @"1 alert in 1 file: nothing is wrong that files can tell");
}

#[test]
fn what_surely_cannot_work_ends_with_1_and_names_place_and_help() {
    let folder = folder(&[("prometheus.yml", PROMETHEUS), ("rules.yml", FRAGMENT)]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(1), "{printed}{said}");
    insta::assert_snapshot!(printed, @r"
    rules.yml:1:1: error: it has no `groups:`, so Prometheus does not start with it [loaded/not-rules]
        help: put the rules below `groups: [{name: …, rules: …}]`, and see what `promtool check rules` says

    0 alerts in 1 file: 1 error
    ");
}

#[test]
fn waived_finding_ends_with_0_and_stands_with_its_reason() {
    let waiver = "waived_findings: {finding: loaded/not-rules, reason: it comes next week}\n";
    let folder = folder(&[
        ("prometheus.yml", PROMETHEUS),
        ("rules.yml", FRAGMENT),
        ("alertdrill.yml", waiver),
    ]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(0), "{printed}{said}");
    insta::assert_snapshot!(printed, @r"
    rules.yml:1:1: kept: loaded/not-rules: it comes next week

    0 alerts in 1 file: 1 kept by a waiver
    ");
}

#[test]
fn json_and_sarif_say_the_same_for_programs() {
    let folder = folder(&[("prometheus.yml", PROMETHEUS), ("rules.yml", FRAGMENT)]);
    let (code, printed, _) = doctor(folder.path(), &["--json", "--sarif", "out.sarif"]);
    assert_eq!(code, Some(1));
    let json: Value = serde_json::from_str(&printed).unwrap();
    let sarif = fs::read_to_string(folder.path().join("out.sarif")).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(findings.len(), results.len());
    for (finding, result) in findings.iter().zip(results) {
        assert_eq!(finding["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(finding["file"], place["artifactLocation"]["uri"]);
        assert_eq!(finding["line"], place["region"]["startLine"]);
    }
}

#[test]
fn checkout_without_rules_and_prometheus_ends_with_2_and_says_so() {
    let compose = "services: {api: {image: 'shop/api'}}\n";
    let folder = folder(&[("docker-compose.yml", compose)]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(2), "{printed}{said}");
    assert_eq!(printed, "");
    assert!(
        said.contains("no Prometheus configuration is there"),
        "{said}"
    );
    let (code, printed, _) = doctor(folder.path(), &["--json"]);
    assert_eq!((code, printed.as_str()), (Some(2), ""));
}

#[test]
fn prometheus_that_is_known_to_lack_its_configuration_ends_with_2_unless_that_is_sure() {
    let compose = "services: {prometheus: {image: prom/prometheus, volumes: \
                   ['./watch:/etc/prometheus']}}\n";
    let folder = folder(&[("docker-compose.yml", compose), ("watch/readme.txt", "")]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(2), "{printed}{said}");
    assert!(
        printed.contains("loaded/configuration-not-mounted"),
        "{printed}"
    );
    assert!(
        printed.contains("no Prometheus configuration could be examined"),
        "{printed}"
    );
    fs::write(
        folder.path().join("watch/prometheus.yaml"),
        "scrape_configs: []\n",
    )
    .unwrap();
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(1), "{printed}{said}");
}

#[test]
fn files_that_are_named_are_read_wherever_they_are() {
    let folder = folder(&[
        ("deep/er/watch.yml", PROMETHEUS),
        ("deep/er/rules.yml", FRAGMENT),
    ]);
    let (code, printed, said) = doctor(folder.path(), &["--prometheus", "deep/er/watch.yml"]);
    assert_eq!(code, Some(1), "{printed}{said}");
    assert!(printed.contains("deep/er/rules.yml:1:1"), "{printed}");
}

#[test]
fn project_elsewhere_is_examined_by_the_files_that_are_named() {
    let here = folder(&[]);
    let there = folder(&[
        (
            "docker-compose.yml",
            "services: {prometheus: {image: prom/prometheus, volumes: ['./watch:/etc/prometheus']}}\n",
        ),
        ("watch/prometheus.yml", PROMETHEUS),
        ("watch/rules.yml", FRAGMENT),
    ]);
    let named = |path: &str| there.path().join(path).display().to_string();
    for flags in [
        ["--compose", &named("docker-compose.yml")],
        ["--prometheus", &named("watch/prometheus.yml")],
    ] {
        let (code, printed, said) = doctor(here.path(), &flags);
        assert_eq!(code, Some(1), "{printed}{said}");
        assert!(printed.contains("rules.yml:1:1: error"), "{printed}");
    }
}

#[test]
fn folder_without_anything_to_examine_ends_with_2_and_says_what_to_name() {
    let folder = folder(&[("README.md", "# nothing\n")]);
    let (code, printed, said) = doctor(folder.path(), &[]);
    assert_eq!(code, Some(2), "{printed}{said}");
    for words in ["--compose", "--prometheus"] {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn files_that_are_not_there_or_are_something_else_end_with_2_and_are_named() {
    let folder = folder(&[("notes.yml", "- milk\n"), ("broken.yml", "a: [1,\n")]);
    for (flag, file) in [
        ("--compose", "lost.yml"),
        ("--compose", "notes.yml"),
        ("--compose", "broken.yml"),
        ("--prometheus", "lost.yml"),
        ("--prometheus", "notes.yml"),
    ] {
        let (code, printed, said) = doctor(folder.path(), &[flag, file]);
        assert_eq!(code, Some(2), "{flag} {file}: {printed}{said}");
        assert!(said.contains(file), "{flag} {file}: {said}");
    }
}

#[test]
fn prometheus_that_is_named_and_does_not_answer_ends_with_2() {
    let folder = folder(&[("prometheus.yml", PROMETHEUS), ("rules.yml", RULES)]);
    let (code, printed, said) = doctor(folder.path(), &["--running", "127.0.0.1:1"]);
    assert_eq!(code, Some(2), "{printed}{said}");
    assert!(said.contains("127.0.0.1:1"), "{said}");
}
