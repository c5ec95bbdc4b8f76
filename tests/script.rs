//! The script `./drill`, with programs in the place of cargo and docker that only say what they are
//! told to.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Programs that stand before those of the machine, and what the drills' program was called with.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// Whose drills end with each of these exit codes in turn.
    fn new(exit_codes: &[u8]) -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let codes = exit_codes
            .iter()
            .map(|code| format!("{code}\n"))
            .collect::<Vec<_>>()
            .concat();
        std::fs::write(machine.path("codes"), codes).unwrap();
        let take_a_code =
            "echo \"$@\" >>runs; code=$(head -n 1 codes); sed -i 1d codes; exit \"$code\"";
        machine.program(
            "alerts",
            &format!("cd {}; {take_a_code}", machine.folder.path().display()),
        );
        let artifact = format!(
            r#"{{"target":{{"name":"alerts"}},"executable":"{}"}}"#,
            machine.path("alerts").display()
        );
        machine.program("cargo", &format!("echo '{artifact}'"));
        machine.program("docker", "exit 0");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        std::fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The exit code of `./drill` with `arguments`, and with what the drills' program was run.
    fn drill(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
        self.drill_with(arguments, &[])
    }

    /// The same with variables of the environment.
    fn drill_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (Option<i32>, Vec<String>) {
        let path = format!(
            "{}:{}",
            self.folder.path().display(),
            std::env::var("PATH").unwrap()
        );
        let mut drill = Command::new(root().join("drill"));
        drill
            .args(arguments)
            .env("PATH", path)
            .env("XDG_CACHE_HOME", self.path("home"))
            .envs(variables.iter().copied());
        let output = drill.output();
        let runs = std::fs::read_to_string(self.path("runs")).unwrap_or_default();
        (
            output.unwrap().status.code(),
            runs.lines().map(str::to_owned).collect(),
        )
    }
}

#[test]
fn gate_tries_once_more_what_could_not_be_tested_and_never_an_alert_that_failed() {
    for (exit_codes, code, runs) in [
        (&[0][..], 0, 1),
        (&[1, 0], 1, 1),
        (&[2, 0], 0, 2),
        (&[2, 1], 1, 2),
        (&[2, 2, 0], 2, 2),
    ] {
        let (ended, ran) = Machine::new(exit_codes).drill(&["gate", "consumer"]);
        assert_eq!(
            (ended, ran),
            (Some(code), vec!["consumer".to_owned(); runs]),
            "{exit_codes:?}"
        );
    }
}

#[test]
fn alerts_ends_as_the_drills_do() {
    for code in [0, 1, 2] {
        assert_eq!(
            Machine::new(&[code]).drill(&["alerts"]).0,
            Some(i32::from(code))
        );
    }
}

#[test]
fn half_a_drill_opens_no_gate() {
    for (until, code) in [("delivered", 2), ("resolved", 0)] {
        let watch_until = [("WATCH_UNTIL", until)];
        assert_eq!(
            Machine::new(&[0]).drill_with(&["gate"], &watch_until).0,
            Some(code),
            "{until}"
        );
        assert_eq!(
            Machine::new(&[0]).drill_with(&["alerts"], &watch_until).0,
            Some(0)
        );
    }
}

#[test]
fn unknown_command_could_not_be_done() {
    let (ended, ran) = Machine::new(&[0]).drill(&["explode"]);
    assert_eq!((ended, ran), (Some(2), vec![]));
}

/// The commands in a workflow's file.
fn commands(workflow: &str) -> Vec<String> {
    workflow
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("run: "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_command_of_a_workflow_is_one_that_the_readme_tells_of() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let workflows = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let commands: Vec<_> = workflows
        .flat_map(|entry| commands(&std::fs::read_to_string(entry.unwrap().path()).unwrap()))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let told = [
            format!("`{command}`"),
            format!("`{command} "),
            format!("$ {command} "),
        ];
        assert!(
            told.iter().any(|told| readme.contains(told)),
            "the README does not tell of `{command}`"
        );
    }
}
