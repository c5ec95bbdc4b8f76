//! How long somebody who edits alertdrill waits: for the verdict of the tests that need no stack, and
//! for the programs.
//!
//! Needs no stack, and writes `target/bench/edits.json`. A file is edited by giving it a new date.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

mod kept;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use serde_json::{Value, json};

/// The unit tests of all libraries.
const TESTS: &str = "test --quiet --locked --workspace --exclude k2-drills --lib";
/// All programs, as `./drill` builds them.
const PROGRAMS: &str = "build --quiet --locked --workspace --bins";

fn main() {
    let figures = json!({
        "judge_to_the_verdict_of_the_unit_tests": after_an_edit("core/src/judge/timing.rs", TESTS, 15),
        "fault_to_the_programs": after_an_edit("core/src/fault/service_paused.rs", PROGRAMS, 10),
    });
    kept::keep("edits", &figures);
}

/// How long cargo's `command` takes after an edit of this file of the harness, and how many times
/// as long as without one.
fn after_an_edit(file: &str, command: &str, goal_s: u32) -> Value {
    took_s(command);
    let without_s = took_s(command);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("harness")
        .join(file);
    let edited = File::options().append(true).open(path).unwrap();
    edited.set_modified(SystemTime::now()).unwrap();
    let took_s = took_s(command);
    json!({
        "took_s": took_s,
        "goal_s": goal_s,
        "by_without_an_edit": took_s / without_s,
    })
}

fn took_s(command: &str) -> f64 {
    let began = Instant::now();
    let status = Command::new(env!("CARGO"))
        .args(command.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "cargo {command}");
    began.elapsed().as_secs_f64()
}
