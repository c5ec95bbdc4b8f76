//! The script `./drill`, with programs in the place of cargo, docker and alertdrill that only say
//! what they are told to.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A machine that lacks nothing.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// Whose programs end with this exit code.
    fn new(exit_code: u8) -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir(machine.path("debug")).unwrap();
        for program in ["cargo", "cargo-deny", "docker"] {
            machine.program(program, "exit 0");
        }
        let go = "case $1 in version) echo go version go1.24.0 linux/amd64 ;; build) \
                  while [ \"$1\" != -o ]; do shift; done; : >\"$2\" ;; esac";
        machine.program("go", go);
        let calls = machine.path("calls").display().to_string();
        for program in ["alertdrill", "alertdrill-workbench"] {
            let script = format!("echo \"{program} $*\" >>{calls}; exit {exit_code}");
            machine.program(&format!("debug/{program}"), &script);
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, script: &str) {
        std::fs::write(self.path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// `./drill` with `arguments`.
    fn command(&self, arguments: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.folder.path().display());
        let mut command = Command::new("env");
        command
            // Whoever starts this test in the background has it ignored.
            .arg("--default-signal=INT")
            .arg(root().join("drill"))
            .args(arguments)
            .env("PATH", path)
            .env("XDG_CACHE_HOME", self.path("home"))
            .env("CARGO_TARGET_DIR", self.folder.path());
        command
    }

    /// The exit code of `./drill` with `arguments`, and how it called a program of the workspace.
    fn drill(&self, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
        let output = self.command(arguments).output();
        let calls = std::fs::read_to_string(self.path("calls")).unwrap_or_default();
        let calls = calls.lines().map(str::to_owned).collect();
        (output.unwrap().status.code(), calls)
    }
}

#[test]
fn alerts_ends_as_the_drills_do() {
    for code in [0, 1, 2, 101] {
        let ended = Machine::new(code).drill(&["alerts", "consumer"]);
        let calls = vec!["alertdrill run consumer".to_owned()];
        assert_eq!(ended, (Some(i32::from(code)), calls));
    }
}

#[test]
fn each_command_is_handed_over_to_its_program_with_its_arguments() {
    for (command, program) in [
        (&["gate", "consumer"][..], "alertdrill"),
        (&["repeat", "3", "consumer"], "alertdrill"),
        (&["up"], "alertdrill"),
        (&["down"], "alertdrill"),
        (&["heal"], "alertdrill"),
        (&["plan", "consumer"], "alertdrill"),
        (&["coverage"], "alertdrill"),
        (&["report", "a folder"], "alertdrill"),
        (&["check"], "alertdrill-workbench"),
        (&["test"], "alertdrill-workbench"),
        (&["bench"], "alertdrill-workbench"),
        (&["replay", "consumer"], "alertdrill"),
        (&["diff", "old.yml", "new.yml"], "alertdrill"),
        (&["watch"], "alertdrill"),
        (&["mutate"], "alertdrill"),
        (&["record", "a folder"], "alertdrill"),
        (&["engines"], "alertdrill-workbench"),
        (&["truth"], "alertdrill-workbench"),
        (&["torture"], "alertdrill-workbench"),
    ] {
        let calls = vec![format!("{program} {}", command.join(" "))];
        assert_eq!(Machine::new(0).drill(command), (Some(0), calls));
    }
}

#[test]
fn signal_to_the_script_is_one_to_the_drills() {
    let machine = Machine::new(0);
    let drills = "trap 'exit 2' INT; echo broken; \
                  for second in 1 2 3 4 5; do sleep 1 & wait $!; done";
    machine.program("debug/alertdrill", drills);
    let mut script = machine
        .command(&["alerts"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(script.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "broken");
    let id = script.id().to_string();
    let sent = Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(sent.unwrap().success());
    assert_eq!(script.wait().unwrap().code(), Some(2));
}

#[test]
fn workspace_that_does_not_build_could_not_be_tested() {
    let machine = Machine::new(0);
    machine.program("cargo", "exit 101");
    assert_eq!(machine.drill(&["alerts"]), (Some(2), vec![]));
}

/// A new machine is compiled for while the engine is fetched, and what fails there ends that too.
#[test]
fn workspace_is_compiled_beside_what_brings_the_engine_and_no_longer_than_the_script_runs() {
    let machine = Machine::new(0);
    machine.program(
        "cargo",
        "echo $$ >\"$CARGO_TARGET_DIR/compiler\"; exec sleep 60",
    );
    let waits_for_it = "while [ ! -s \"$CARGO_TARGET_DIR/compiler\" ]; do sleep 0.02; done; \
                        echo permission denied; exit 1";
    let docker = format!("[ -e \"$0.asked\" ] || {{ : >\"$0.asked\"; exit 1; }}; {waits_for_it}");
    machine.program("docker", &docker);
    assert_eq!(machine.drill(&["alerts"]), (Some(2), vec![]));
    let compiler = std::fs::read_to_string(machine.path("compiler")).unwrap();
    let command_line = Path::new("/proc").join(compiler.trim()).join("cmdline");
    // One that has ended and that nobody has asked for has none.
    let goes_on = || std::fs::read(&command_line).is_ok_and(|words| !words.is_empty());
    let asked_at = Instant::now();
    while goes_on() {
        assert!(
            asked_at.elapsed() < Duration::from_secs(30),
            "the compiler outlives the script"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn book_is_built_by_mdbook_of_the_version_that_the_script_names_which_cargo_builds_if_need_be() {
    let script = std::fs::read_to_string(root().join("drill")).unwrap();
    let version = script.split_once("MDBOOK_VERSION=").unwrap().1;
    let version = version.lines().next().unwrap();
    let machine = Machine::new(0);
    let calls = machine.path("calls").display().to_string();
    let mdbook = |version: &str, name: &str| {
        format!("[ $1 = --version ] && echo mdbook v{version} || echo \"{name} $*\" >>{calls}")
    };
    machine.program("mdbook", &mdbook(version, "there"));
    assert_eq!(
        machine.drill(&["book"]),
        (Some(0), vec!["there build".to_owned()])
    );

    // One of another version is left alone.
    machine.program("mdbook", &mdbook("0.1.0", "other"));
    let built = machine.path("built");
    std::fs::write(&built, format!("#!/bin/sh\n{}\n", mdbook(version, "built"))).unwrap();
    std::fs::set_permissions(&built, std::fs::Permissions::from_mode(0o755)).unwrap();
    let install = format!(
        "while [ \"$1\" != --root ]; do shift; done; mkdir -p \"$2/bin\"; cp {} \"$2/bin/mdbook\"",
        built.display()
    );
    machine.program("cargo", &install);
    let calls = ["there build", "built build"].map(str::to_owned).to_vec();
    assert_eq!(machine.drill(&["book"]), (Some(0), calls));
}

#[test]
fn unknown_command_could_not_be_done() {
    let (ended, calls) = Machine::new(0).drill(&["explode"]);
    assert_eq!((ended, calls), (Some(2), vec![]));
}

/// The commands of this script in a workflow's file, without their arguments.
fn commands(workflow: &str) -> Vec<String> {
    let workflow: serde_yaml_ng::Value = serde_yaml_ng::from_str(workflow).unwrap();
    let jobs = workflow["jobs"].as_mapping().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_sequence().unwrap());
    let lines = steps.filter_map(|step| step.get("run")?.as_str());
    let lines = lines.flat_map(str::lines).map(str::trim);
    let commands = lines.filter_map(|line| line.strip_prefix("./drill "));
    commands
        .map(|command| command.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn each_command_of_a_workflow_is_one_that_the_book_tells_of() {
    let page = std::fs::read_to_string(root().join("docs/k2/script.md")).unwrap();
    let workflows = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let commands: Vec<_> = workflows
        .flat_map(|entry| commands(&std::fs::read_to_string(entry.unwrap().path()).unwrap()))
        .collect();
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        assert!(
            page.contains(&format!("`./drill {command}")),
            "docs/k2/script.md does not tell of `./drill {command}`"
        );
    }
}
