//! `alertdrill init` on a project of somebody else's: what it writes, and what it leaves alone.
//! Compose reads the files; no engine is needed.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::fs;
use std::path::Path;
use std::process::Command;

const FILES: [(&str, &str); 3] = [
    (
        "docker-compose.yml",
        "services:\n  api: {image: 'shop/api:1'}\n  prometheus:\n    image: prom/prometheus\n    \
         volumes: ['./prometheus:/etc/prometheus:ro']\n    profiles: [watching]\n",
    ),
    (
        "prometheus/prometheus.yml",
        "rule_files: [rules.yml]\nscrape_configs:\n  - {job_name: api, static_configs: [{targets: \
         ['api:8080']}]}\n",
    ),
    (
        "prometheus/rules.yml",
        "groups: [{name: g, rules: [{alert: ApiDown, expr: up == 0, labels: {severity: page}}]}]\n",
    ),
];

/// How `alertdrill init` ended in `folder`: its code, and what it said.
fn init(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .arg("init")
        .args(arguments)
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn file_is_written_once_and_never_written_over() {
    let project = project();
    let file = project.path().join("alertdrill.yml");
    let watching = ["--profile", "watching"];
    let (code, printed) = init(project.path(), &[&watching[..], &["--print"]].concat());
    assert_eq!(code, Some(0), "{printed}");
    assert!(!file.exists(), "--print writes nothing");

    let (code, said) = init(project.path(), &watching);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Drills: 1 certain, 0 proposed"), "{said}");
    assert!(said.contains("Next: alertdrill plan"), "{said}");
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written.trim_end(), printed.trim_end());
    assert!(written.contains("profiles: [watching]"), "{written}");
    assert!(written.contains("break: {stop: api}"), "{written}");

    fs::write(&file, "drills: []\n").unwrap();
    let (code, said) = init(project.path(), &watching);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is not written over"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "drills: []\n");
}

#[test]
fn what_cannot_be_found_is_said_with_what_to_do_and_nothing_is_written() {
    let project = project();
    let (code, said) = init(project.path(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("name that with --profile"), "{said}");

    let broken = project.path().join("broken.yml");
    fs::write(&broken, "services: [\n").unwrap();
    let (code, said) = init(project.path(), &["--compose", "broken.yml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("broken.yml"), "{said}");
    let (code, said) = init(project.path(), &["--compose", "nowhere.yml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(!project.path().join("alertdrill.yml").exists());
}
