//! What `diff` and `watch` say of edited rules, by the recording of a whole run of K2's drills.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A look takes a second; a machine that is busy may take longer.
const LOOK_WITHIN: Duration = Duration::from_secs(60);
const SLOWER: (&str, &str) = ("for: 1m\n", "for: 2m\n");
const BROKEN: (&str, &str) = ("expr: up", "expr: (up");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn alertdrill(command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_alertdrill"));
    let recording = root().join("tests/recordings/k2");
    program.args([command, "--recording"]).arg(recording);
    program
}

fn committed() -> String {
    fs::read_to_string(root().join("docker/prometheus/alert_rules.yml")).unwrap()
}

/// The committed rules with the first of one text replaced.
fn with((from, to): (&str, &str)) -> String {
    let committed = committed();
    assert!(committed.contains(from), "{from}");
    committed.replacen(from, to, 1)
}

/// How `diff` from the rules `old` to the rules `new` ends, and what it prints.
fn diff(old: &str, new: &str, options: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = [("old.yml", old), ("new.yml", new)].map(|(name, text)| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    });
    let mut program = alertdrill("diff");
    let output = program.args(options).args([old, new]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn diff_fails_if_a_drill_fails_that_passed_and_not_the_other_way_round() {
    let (old, new) = (committed(), with(SLOWER));
    let (code, said) = diff(&old, &new, &[]);
    assert_eq!(code, Some(1), "{said}");
    for part in ["60 s later", "feed_handler_stopped: pass → FAIL\n  late: "] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let (code, said) = diff(&new, &old, &[]);
    assert_eq!(code, Some(0), "{said}");
    for part in ["60 s earlier", "feed_handler_stopped: FAIL → pass"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn diff_of_the_same_rules_changes_nothing_and_that_of_refused_ones_cannot_be_told() {
    let (code, said) = diff(&committed(), &committed(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.trim_end().ends_with(" incidents the same"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let (code, said) = diff(&committed(), &with(BROKEN), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("new.yml: 13:"), "{said}");
}

#[test]
fn diff_as_json_says_what_the_table_says() {
    let (code, said) = diff(&committed(), &with(SLOWER), &["--json"]);
    assert_eq!(code, Some(1), "{said}");
    let said: Value = serde_json::from_str(&said).unwrap();
    let later = |incident: &&Value| incident["change"] == "later" && incident["by_s"] == 60.0;
    let incidents = said["incidents"].as_array().unwrap();
    assert!(incidents.iter().filter(later).count() > 0, "{said:#}");
    let fails =
        |change: &Value| change["drill"] == "feed_handler_stopped" && change["new"] == "fail";
    assert!(
        said["verdicts"].as_array().unwrap().iter().any(fails),
        "{said:#}"
    );
}

/// A watch that runs, of one drill.
struct Watching {
    program: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn of(rules: &Path) -> Self {
        let mut program = alertdrill("watch")
            .arg("--rules")
            .arg(rules)
            .arg("feed_handler_stopped")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(program.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { program, lines }
    }

    /// What it prints next, up to the line that counts verdicts.
    fn look(&self) -> String {
        let mut text = String::new();
        while !text.contains("could not be tested") {
            let line = self.lines.recv_timeout(LOOK_WITHIN);
            let line = line.unwrap_or_else(|_| panic!("no more is printed than: {text}"));
            text = format!("{text}{line}\n");
        }
        text
    }

    fn end(mut self) -> Option<i32> {
        let process = Pid::from_child(&self.program);
        kill_process(process, Signal::TERM).unwrap();
        self.program.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.program.kill();
    }
}

fn assert_says(look: &str, parts: &[&str]) {
    for part in parts {
        assert!(look.contains(part), "{part} is not in {look}");
    }
}

#[test]
fn watch_judges_each_save_however_it_is_written_and_keeps_its_verdicts_over_a_broken_one() {
    let folder = tempfile::tempdir().unwrap();
    let (rules, beside) = (folder.path().join("r.yml"), folder.path().join("r.yml~"));
    // As editors do that do not want to lose a file if the machine fails.
    let rename = |text: &str| {
        fs::write(&beside, text).unwrap();
        fs::rename(&beside, &rules).unwrap();
    };
    fs::write(&rules, committed()).unwrap();
    let watching = Watching::of(&rules);
    assert_says(&watching.look(), &["r.yml as it is", "1 passed, 0 failed"]);

    fs::write(&rules, with(SLOWER)).unwrap();
    let slower = [
        "FeedHandlerDown{cause=\"handler_gone\"}: for 1m → 2m",
        "feed_handler_stopped: pass → FAIL",
        "r.yml:12: late: FeedHandlerDown",
        "0 passed, 1 failed",
    ];
    assert_says(&watching.look(), &slower);

    rename(&with(BROKEN));
    let refused = [
        "cannot be judged",
        "r.yml: 13:",
        "are the last: 0 passed, 1 failed",
    ];
    assert_says(&watching.look(), &refused);

    rename(&committed());
    let mended = [
        "for 2m → 1m",
        "feed_handler_stopped: FAIL → pass",
        "1 passed, 0 failed",
    ];
    assert_says(&watching.look(), &mended);

    fs::write(&rules, committed()).unwrap();
    assert_says(&watching.look(), &["saved, and nothing changed"]);

    fs::remove_file(&rules).unwrap();
    assert_says(&watching.look(), &["cannot be judged", "No such file"]);
    fs::write(&rules, committed()).unwrap();
    assert_says(&watching.look(), &["saved; no rule changed", "1 passed"]);
    assert_eq!(watching.end(), Some(0));
}

#[test]
fn watch_that_cannot_begin_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("r.yml");
    let rules = root().join("docker/prometheus/alert_rules.yml");
    for (rules, drill) in [(missing, "feed_handler_stopped"), (rules, "no_such_drill")] {
        let mut program = alertdrill("watch");
        let output = program
            .arg("--rules")
            .arg(rules)
            .arg(drill)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{drill}");
    }
}
