//! `action.yml` at the repository's root, by which other repositories run alertdrill in their
//! workflows: its scripts are run as a runner runs them, with a release in a folder of this
//! machine.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml_ng::Value;

const ARCHIVE: &str = "alertdrill-x86_64-unknown-linux-musl";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(repository().join(path)).unwrap();
    serde_yaml_ng::from_str(&text).unwrap()
}

/// The script of the step `name` of the action.
fn script(name: &str) -> String {
    let action = read("action.yml");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let step = steps.iter().find(|step| step["name"] == name).unwrap();
    step["run"].as_str().unwrap().to_owned()
}

/// A runner's folder, with what its steps write.
struct Runner(tempfile::TempDir);

impl Runner {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn written(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Runs the step `name` with these variables, and with the folder `bin` in front of the path.
    fn run(&self, name: &str, variables: &[(&str, &str)]) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c"])
            .arg(script(name))
            .current_dir(self.0.path())
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_PATH", self.path("path"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// Installs from the release in this folder.
    fn install(&self, version: &str, action_ref: &str) -> Output {
        let releases = format!("file://{}", self.0.path().display());
        self.run(
            "Install the program",
            &[
                ("VERSION", version),
                ("ACTION_REF", action_ref),
                ("RELEASES", &releases),
                ("RUNNER_SYSTEM", "Linux-X64"),
            ],
        )
    }

    /// A release in the folder `from`, whose program ends with the code that it is given.
    fn release(&self, from: &str) {
        let (folder, content) = (self.path(from), self.path(ARCHIVE));
        for folder in [&folder, &content, &self.path("temp")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        write_program(&content.join("alertdrill"), "echo \"said $*\"; exit $CODE");
        let script = format!(
            "tar -czf {from}/{ARCHIVE}.tar.gz {ARCHIVE} && cd {from} &&
             sha256sum {ARCHIVE}.tar.gz > {ARCHIVE}.tar.gz.sha256"
        );
        let mut pack = Command::new("sh");
        pack.args(["-c", &script]).current_dir(self.0.path());
        assert!(pack.status().unwrap().success());
    }
}

fn write_program(path: &Path, script: &str) {
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn program_is_that_of_the_named_release_else_of_the_actions_tag_else_of_the_latest() {
    let cases = [
        ("v0.2.0", "v0.1.0", "download/v0.2.0"),
        ("", "v0.1.0", "download/v0.1.0"),
        ("", "main", "latest/download"),
    ];
    for (version, action_ref, from) in cases {
        let runner = Runner::new();
        runner.release(from);
        let installed = runner.install(version, action_ref);
        let complained = String::from_utf8_lossy(&installed.stderr);
        assert!(installed.status.success(), "{from}: {complained}");
        let in_path = runner.written("path");
        let program = Path::new(in_path.trim_end()).join("alertdrill");
        assert!(program.is_file(), "{}", program.display());
    }
}

#[test]
fn archive_that_is_not_what_its_release_says_is_not_unpacked() {
    let runner = Runner::new();
    runner.release("latest/download");
    let archive = runner.path(&format!("latest/download/{ARCHIVE}.tar.gz"));
    let mut content = std::fs::read(&archive).unwrap();
    content.push(0);
    std::fs::write(&archive, content).unwrap();
    let installed = runner.install("", "main");
    let said = String::from_utf8_lossy(&installed.stdout);
    assert_eq!(installed.status.code(), Some(2), "{said}");
    assert!(said.contains("its sum differs"), "{said}");
    assert_eq!(runner.written("path"), "");
    assert!(!runner.path(&format!("temp/alertdrill/{ARCHIVE}")).exists());
}

#[test]
fn release_that_is_missing_could_not_be_tested_and_is_named() {
    let runner = Runner::new();
    std::fs::create_dir(runner.path("temp")).unwrap();
    let installed = runner.install("v9.9.9", "main");
    let said = String::from_utf8_lossy(&installed.stdout);
    assert_eq!(installed.status.code(), Some(2), "{said}");
    assert!(said.contains("download/v9.9.9/alertdrill-"), "{said}");
}

#[test]
fn step_ends_as_the_program_does_and_the_summary_shows_what_it_said() {
    for (code, verdict) in [
        ("0", "every alert did what it must"),
        ("1", "an alert failed"),
        ("2", "could not be tested"),
        ("101", "alertdrill itself failed"),
    ] {
        let runner = Runner::new();
        for folder in ["bin", "temp"] {
            std::fs::create_dir(runner.path(folder)).unwrap();
        }
        write_program(
            &runner.path("bin/alertdrill"),
            "echo \"said $*\"; exit $CODE",
        );
        let variables = [
            ("PROJECT", "shop"),
            ("COMMAND", "replay"),
            ("ARGUMENTS", "--rules  alerts.yml"),
            ("CODE", code),
        ];
        let ended = runner.run("Run it", &variables);
        assert_eq!(ended.status.code(), code.parse().ok());
        let summary = runner.written("summary");
        let title = format!("### alertdrill replay: {verdict}");
        assert!(summary.starts_with(&title), "{summary}");
        let said = "\nsaid --project shop replay --rules alerts.yml\n";
        assert!(summary.contains(said), "{summary}");
        let output = format!("exit-code={code}\nfolder=shop\n");
        assert_eq!(runner.written("output"), output);
    }
}

#[test]
fn each_system_that_the_action_installs_for_is_one_that_is_released() {
    let workflow = read(".github/workflows/release.yml");
    let matrix = &workflow["jobs"]["programs"]["strategy"]["matrix"]["include"];
    let released = matrix.as_sequence().unwrap().iter();
    let released: BTreeSet<_> = released.map(|it| it["system"].as_str().unwrap()).collect();
    let script = script("Install the program");
    let installed = script.lines().filter_map(|line| {
        let (_, system) = line.split_once(") system=")?;
        system.strip_suffix(" ;;")
    });
    assert_eq!(installed.collect::<BTreeSet<_>>(), released);
}
