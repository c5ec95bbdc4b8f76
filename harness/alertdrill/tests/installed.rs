//! What whoever installs the program gets with it: a plugin of the Docker command line, and man
//! pages.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_alertdrill");

fn said(output: &Output) -> String {
    let complained = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{complained}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn run(program: impl AsRef<OsStr>, words: &[&str]) -> Output {
    Command::new(program).args(words).output().unwrap()
}

/// The commands that the help of the program lists, without `help`.
fn commands() -> BTreeSet<String> {
    let help = said(&run(PROGRAM, &["--help"]));
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let lines = list.lines().filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    let commands: BTreeSet<_> = names.map(str::to_owned).collect();
    assert!(commands.len() > 10, "{commands:?}");
    commands
}

/// A folder of Docker's with the program as a plugin, as a user links it.
struct DockerFolder(tempfile::TempDir);

impl DockerFolder {
    fn with_the_plugin() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.0.path().join("cli-plugins")).unwrap();
        symlink(PROGRAM, folder.plugin()).unwrap();
        folder
    }

    fn plugin(&self) -> PathBuf {
        self.0.path().join("cli-plugins/docker-drill")
    }

    fn docker(&self, words: &[&str]) -> Output {
        let mut docker = Command::new("docker");
        let docker = docker.args(words).env("DOCKER_CONFIG", self.0.path());
        docker.output().unwrap()
    }
}

#[test]
fn plugin_tells_docker_what_it_is() {
    let folder = DockerFolder::with_the_plugin();
    let metadata = said(&run(folder.plugin(), &["docker-cli-plugin-metadata"]));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["SchemaVersion"], "0.1.0");
    assert_eq!(metadata["Version"], env!("CARGO_PKG_VERSION"));
    assert!(!metadata["Vendor"].as_str().unwrap().is_empty());
    let about = metadata["ShortDescription"].as_str().unwrap();
    assert!(about.contains("Prometheus alerts"), "{about}");
}

#[test]
fn docker_lists_the_plugin_and_hands_its_words_over() {
    let folder = DockerFolder::with_the_plugin();
    let help = said(&folder.docker(&["--help"]));
    let listed = help
        .lines()
        .any(|line| line.trim_start().starts_with("drill*"));
    assert!(listed, "{help}");
    let version = said(&folder.docker(&["drill", "--version"]));
    assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    for words in [&["drill", "plan", "--help"][..], &["help", "drill", "plan"]] {
        let help = said(&folder.docker(words));
        assert!(help.contains("Usage: docker drill plan"), "{help}");
    }
    let refused = folder.docker(&["drill", "repeat", "0"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn help_of_the_plugin_says_what_its_user_types() {
    let folder = DockerFolder::with_the_plugin();
    for command in commands() {
        let help = said(&run(folder.plugin(), &["drill", &command, "--help"]));
        assert!(!help.contains("alertdrill plan"), "{help}");
        let usage = format!("Usage: docker drill {command}");
        assert!(help.contains(&usage), "{help}");
    }
    let help = said(&run(folder.plugin(), &["drill", "plan", "--help"]));
    assert!(help.contains("  docker drill plan consumer  "), "{help}");
}

#[test]
fn word_that_is_begun_is_completed_by_the_plugin() {
    let folder = DockerFolder::with_the_plugin();
    let completed = |typed: &[&str]| {
        let words = [&["__complete", "drill"], typed].concat();
        let lines = said(&run(folder.plugin(), &words));
        let first = |line: &str| line.split('\t').next().unwrap().to_owned();
        lines.lines().map(first).collect::<Vec<_>>()
    };
    assert_eq!(completed(&["rep"]), ["repeat", "report", "replay", ":4"]);
    assert_eq!(completed(&["plan", "--js"]), ["--json", ":4"]);
    assert_eq!(completed(&["completions", "z"]), ["zsh", ":4"]);
    // A path: the shell knows better.
    assert_eq!(completed(&["report", "tar"]), [":0"]);
    assert_eq!(completed(&["plan", "--project", ""]), [":0"]);
    let by_docker = said(&folder.docker(&["__complete", "drill", "replay", "--rul"]));
    assert!(by_docker.starts_with("--rules\t"), "{by_docker}");
}

#[test]
fn each_command_has_a_man_page_and_the_main_page_names_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    said(&run(PROGRAM, &["man", "--out", pages.to_str().unwrap()]));
    let main_page = std::fs::read_to_string(pages.join("alertdrill.1")).unwrap();
    for command in commands() {
        let reference = format!("alertdrill\\-{command}(1)");
        assert!(main_page.contains(&reference), "{main_page}");
        let page = pages.join(format!("alertdrill-{command}.1"));
        let page = std::fs::read_to_string(page).unwrap();
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION"] {
            assert!(page.contains(section), "{page}");
        }
    }
    let printed = said(&run(PROGRAM, &["man"]));
    assert!(printed.contains(".SH SYNOPSIS"), "{printed}");
}

#[test]
fn completions_of_each_shell_name_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = said(&run(PROGRAM, &["completions", shell]));
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
    }
}
