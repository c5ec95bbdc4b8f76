//! The drills' program is a libtest program: it answers what `cargo test`, nextest and editors ask
//! of one.
//!
//! None of these questions needs the stack.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod drills;
mod suite;

use alertdrill::plan::Plan;
use alertdrill::suite_program::PRINT_DRILLS;

const NO_ENGINE: (&str, &str) = ("DOCKER_HOST", "unix:///nowhere/docker.sock");

/// Runs the program without any way to a Docker engine; gives its exit code, standard output and
/// standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = suite::program()
        .args(arguments)
        .envs([NO_ENGINE])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn terse_list_is_a_line_per_drill_and_one_for_the_coverage() {
    let (code, listed, _) = run(&["--list", "--format", "terse"]);
    assert_eq!(code, Some(0));
    let mut listed: Vec<_> = listed.lines().map(str::to_owned).collect();
    listed.sort();
    let mut wanted: Vec<_> = drills::all()
        .iter()
        .map(|drill| format!("{}: test", drill.name))
        .collect();
    for test in [
        "every_loaded_rule_is_drilled_or_waived",
        "every_term_of_a_rule_decides_in_a_drill",
    ] {
        wanted.push(format!("{test}: test"));
    }
    wanted.sort();
    assert_eq!(listed, wanted);
}

#[test]
fn no_drill_is_ignored() {
    let (code, listed, _) = run(&["--list", "--format", "terse", "--ignored"]);
    assert_eq!((code, listed.as_str()), (Some(0), ""));
}

#[test]
fn exact_name_selects_one_drill_and_a_part_of_it_none() {
    for (name, count) in [("consumer_stalled", 1), ("consumer_stall", 0)] {
        let (code, listed, _) = run(&["--list", "--format", "terse", "--exact", name]);
        assert_eq!((code, listed.lines().count()), (Some(0), count), "{name}");
    }
}

#[test]
fn part_of_a_name_selects_every_drill_that_contains_it() {
    let (_, listed, _) = run(&["--list", "--format", "terse", "consumer"]);
    let wanted = drills::all()
        .iter()
        .filter(|drill| drill.name.contains("consumer"))
        .count();
    assert_eq!(listed.lines().count(), wanted);
}

#[test]
fn nothing_selected_is_a_success() {
    let (code, printed, _) = run(&["--exact", "no_such_drill"]);
    assert_eq!(code, Some(0), "{printed}");
}

#[test]
fn drill_that_could_not_be_tested_is_failed_and_the_exit_code_says_which() {
    for arguments in [
        &["--exact", "target_lost"][..],
        &["--exact", "target_lost", "--nocapture"],
    ] {
        let (code, printed, _) = run(arguments);
        assert_eq!(code, Some(2), "{printed}");
        assert!(
            printed.contains("target_lost") && printed.contains("FAILED"),
            "{printed}"
        );
        assert!(
            printed.contains("failed to reach a Docker engine"),
            "{printed}"
        );
    }
}

#[test]
fn only_a_drill_that_runs_alone_may_be_cut_short() {
    let run = |arguments: &[&str]| {
        let output = suite::program()
            .args(arguments)
            .envs([("WATCH_UNTIL", "delivered"), NO_ENGINE])
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = run(&["consumer_lag"]);
    assert!(
        code == Some(2) && said.contains("`delivered` is for one drill at a time"),
        "{code:?}: {said}"
    );
    // One goes on, to where there is no engine.
    let (code, said) = run(&["--exact", "consumer_stalled"]);
    assert!(
        code == Some(2) && !said.contains("one drill at a time"),
        "{code:?}: {said}"
    );
    assert_eq!(run(&["--list"]).0, Some(0));
}

#[test]
fn asked_for_its_drills_it_prints_them_as_data_that_can_be_loaded_again() {
    let (code, printed, complaint) = run(&[PRINT_DRILLS]);
    assert_eq!(code, Some(0), "{complaint}");
    assert_eq!(
        Plan::from_json(&printed, "the suite").unwrap().drills,
        drills::all()
    );
}

#[test]
fn unknown_argument_is_refused() {
    let (code, _, complaint) = run(&["--no-such-option"]);
    assert_ne!(code, Some(0));
    assert!(complaint.contains("--no-such-option"), "{complaint}");
}
