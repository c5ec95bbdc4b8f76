//! Rules are judged by a recording as they are by the stack.
//!
//! The recording is a whole run of the suite. `alertdrill record tests/recordings/k2` makes it
//! again, after one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod agreement;
mod browser;
mod drills;
#[allow(
    dead_code,
    reason = "what only a stack needs is tested in wrong_rules.rs"
)]
mod rule_sets {
    mod files;
    mod rule_set;

    pub(crate) use files::Files;
    pub(crate) use rule_set::{Catcher, DecidedBy, RuleSet, rule_sets};
}

mod tool;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use alertdrill::replaying::{OpenRecording, ReplayedDrill};
use alertdrill::written::Written;
use alertdrill::{Drill, Outcome, Placement};
use rule_sets::{Catcher, DecidedBy, Files, RuleSet, rule_sets};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

async fn recording() -> OpenRecording {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let folder = root().join("tests/recordings/k2");
    OpenRecording::open(&folder, programs).await.unwrap()
}

/// The drills of the recording, judged by these rules.
async fn judged(recording: &OpenRecording, rules: &str) -> Vec<ReplayedDrill> {
    let committed = PathBuf::from("alert_rules.yml");
    let files = recording
        .with_rules_text(rules.to_owned(), &committed)
        .unwrap();
    recording.judge(&files).await.unwrap()
}

#[tokio::test]
async fn recording_is_of_the_drills_as_they_are_and_each_passes_as_it_did_live() {
    let recording = recording().await;
    let run = recording.run().unwrap();
    let settings = Written::read(root()).unwrap().settings;
    let drills = drills::all()
        .into_iter()
        .map(|drill| (drill.name.clone(), drill));
    let mut drills: BTreeMap<String, Drill> = drills.collect();
    for recorded in &run.drills {
        let record = &recorded.record;
        let drill = drills.remove(&record.drill.name);
        let drill = drill.unwrap_or_else(|| panic!("no drill is {}", record.drill.name));
        let placement = Placement::on(record.lane.iter().map(|lane| ("lane", lane)));
        let now = drill.placed(&placement, &settings);
        assert_eq!(
            now, record.drill,
            "it was changed since it was recorded: run the drills with HOLD_UNTIL=deadline and \
             KEEP_STACK=1, then `./drill record tests/recordings/k2`"
        );
    }
    assert!(drills.is_empty(), "not recorded: {:?}", drills.keys());
    let outcomes = agreement::outcomes(&recording).await;
    assert!(
        outcomes.iter().all(|outcome| *outcome == Outcome::Pass),
        "{outcomes:?}"
    );
}

/// What the rules of a rule set decide and a recording can tell: the servers' configuration is as
/// it was.
fn can_be_replayed(rule_set: &RuleSet) -> bool {
    rule_set.routes.is_empty()
        && rule_set.prometheus.is_empty()
        && !rule_set.drill_names.is_empty()
        && rule_set.decided_by != DecidedBy::Live
}

/// Why a wrong rule set is not caught, or a right one does not pass, by its drills or, where these
/// ran beside others, by another one of the recorded run.
fn complaint(rule_set: &RuleSet, drills: &[ReplayedDrill]) -> Option<String> {
    let is_caught = |drill: &ReplayedDrill| {
        let mut reasons = drill.verdict.reasons.iter();
        drill.verdict.outcome == Outcome::Fail
            && reasons.any(|reason| rule_set.caught_by.contains(&Catcher::Drill(reason.kind)))
    };
    let own = |drill: &&ReplayedDrill| rule_set.drill_names.contains(&drill.record.drill.name);
    let passes = |drill: &ReplayedDrill| drill.verdict.outcome == Outcome::Pass;
    let fails = |drill: &ReplayedDrill| drill.verdict.outcome == Outcome::Fail;
    let is_as_wanted = if rule_set.is_right() {
        drills.iter().filter(own).all(passes) && !drills.iter().any(fails)
    } else {
        drills.iter().any(is_caught)
    };
    if is_as_wanted {
        return None;
    }
    let others = drills.iter().filter(|drill| !passes(drill) && !own(drill));
    let told = drills.iter().filter(own).chain(others).map(|drill| {
        let reasons = drill.verdict.reasons.iter();
        let reasons = reasons.map(|reason| format!("\n      {}: {}", reason.kind, reason.message));
        let (name, outcome) = (&drill.record.drill.name, drill.verdict.outcome);
        format!("\n    {name}: {outcome}{}", reasons.collect::<String>())
    });
    Some(format!(
        "{}, wanted {:?}:{}",
        rule_set.name,
        rule_set.caught_by,
        told.collect::<String>()
    ))
}

#[tokio::test]
async fn each_rule_set_that_a_recording_can_decide_comes_to_its_verdict() {
    let recording = recording().await;
    let (mut complaints, mut tried) = (Vec::new(), 0);
    for rule_set in rule_sets().into_iter().filter(can_be_replayed) {
        let files = Files::committed().with(&rule_set).unwrap();
        let drills = judged(&recording, &files.rules).await;
        complaints.extend(complaint(&rule_set, &drills));
        tried += 1;
    }
    assert!(tried >= 80, "{tried}");
    assert!(
        complaints.is_empty(),
        "{} of {tried}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_mutant_of_the_committed_rules_is_killed_or_waived() {
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants.html");
    let rules = ["--rules", "docker/prometheus/alert_rules.yml"];
    let as_page = ["--page", page.to_str().unwrap()];
    let (ended, printed) = alertdrill(&[&["mutate"][..], &rules, &as_page].concat());
    assert_eq!(ended, Some(0), "{printed}");
    let (well, said) = browser::check(&page, "filters screen_reader looks");
    assert!(well, "{said}");
}

#[test]
fn mutant_that_nobody_kills_or_waives_is_named_with_its_place_and_what_would_tell_it() {
    let (_folder, none) = rules_file("# nothing is waived");
    let (ended, printed) = alertdrill(&["mutate", "--waivers", &none]);
    for said in [
        "FeedHandlerDown: survived: `120` becomes `150`",
        "told apart by what happens in",
        "no coverage: `1m` becomes `30s`",
    ] {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    assert_eq!(ended, Some(1), "{printed}");
}

#[test]
fn waiver_that_waives_nothing_is_told() {
    let waivers = std::fs::read_to_string(root().join("tests/waived_mutants.yml")).unwrap();
    let idle = "- {mutant: NoSuchAlert/*, reason: none}\n";
    let (_folder, file) = rules_file(&format!("{waivers}{idle}"));
    let (ended, printed) = alertdrill(&["mutate", "--waivers", &file]);
    assert!(
        printed.contains("waives nothing: NoSuchAlert/*"),
        "{printed}"
    );
    assert_eq!(ended, Some(1), "{printed}");
}

/// The exit code of the program with these arguments, and what it printed.
fn alertdrill(arguments: &[&str]) -> (Option<i32>, String) {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let output = Command::new(programs.join("alertdrill"))
        .args(arguments)
        .current_dir(root())
        .env_remove("ALERT_RULES")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&printed).into_owned(),
    )
}

/// A file of rules in a folder of its own.
fn rules_file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidate.yml");
    std::fs::write(&path, text).unwrap();
    (folder, path.display().to_string())
}

#[test]
fn replay_ends_with_the_exit_code_of_its_worst_drill() {
    let committed = Files::committed().rules;
    for (rules, code, said) in [
        (committed.clone(), 0, "35 passed, 0 failed"),
        (
            committed.replacen("> 30", "> 3000", 1),
            1,
            "missed: MVProcessingDelay",
        ),
        (
            committed.replacen("expr: up{", "expr: up{{", 1),
            2,
            "could not parse expression",
        ),
        ("rules: []".to_owned(), 2, "field rules not found"),
        (
            committed.replacen("(kafka_consumer_group_lag", "(kafka_lag", 1),
            2,
            "reads kafka_lag",
        ),
    ] {
        let (_folder, file) = rules_file(&rules);
        let (ended, printed) = alertdrill(&["replay", "--no-report", "--rules", &file]);
        assert!(printed.contains(said), "{said}: {printed}");
        assert_eq!(ended, Some(code), "{said}: {printed}");
    }
}

#[test]
fn drill_that_is_not_recorded_is_named_with_the_nearest_one() {
    let (ended, printed) = alertdrill(&["replay", "--exact", "target_lots"]);
    assert!(printed.contains("did you mean `target_lost`?"), "{printed}");
    assert_eq!(ended, Some(2));
}

/// A copy of the committed recording.
fn copy_of_the_recording() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let to = to.join(path.file_name().unwrap());
            if path.is_dir() {
                copy(&path, &to);
            } else {
                std::fs::copy(&path, &to).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("tests/recordings/k2"), folder.path());
    folder
}

/// The file of a recording whose name is `name`.
fn file_named(folder: &Path, name: &str) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() == name {
                return path;
            }
        }
    }
    panic!("no file {name}")
}

#[test]
fn recording_that_is_torn_spoiled_or_of_another_time_is_refused_and_says_why() {
    type Spoil = fn(&Path);
    fn in_description(folder: &Path, what: &str, by: &str) {
        let path = file_named(folder, "recording.json");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(what), "{what}");
        std::fs::write(path, text.replacen(what, by, 1)).unwrap();
    }
    let cases: [(&str, Spoil, &str); 8] = [
        (
            "another schema",
            |folder| in_description(folder, "\"schema_version\":1", "\"schema_version\":99"),
            "it is of version 99",
        ),
        (
            "another major version",
            |folder| in_description(folder, "\"version\":\"2.", "\"version\":\"3."),
            "the rule engines of two major versions differ",
        ),
        (
            "a torn description",
            |folder| {
                let path = file_named(folder, "recording.json");
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(path, &text[..text.len() / 2]).unwrap();
            },
            "EOF while parsing",
        ),
        (
            "torn samples",
            |folder| {
                let path = file_named(folder, "000001");
                let bytes = std::fs::read(&path).unwrap();
                std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
            },
            "the recording",
        ),
        (
            "spoiled samples",
            |folder| {
                let path = file_named(folder, "000001");
                let mut bytes = std::fs::read(&path).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0xff;
                std::fs::write(path, bytes).unwrap();
            },
            "the recording",
        ),
        (
            "no samples",
            |folder| std::fs::remove_dir_all(folder.join("tsdb")).unwrap(),
            "the recording",
        ),
        (
            "no description",
            |folder| std::fs::remove_file(folder.join("recording.json")).unwrap(),
            "failed to read the recording",
        ),
        (
            "no drills",
            |folder| {
                let path = file_named(folder, "recording.json");
                let text = std::fs::read_to_string(&path).unwrap();
                let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
                json["run"] = serde_json::Value::Null;
                std::fs::write(path, json.to_string()).unwrap();
            },
            "it has no drills to judge",
        ),
    ];
    for (what, spoil, said) in cases {
        let folder = copy_of_the_recording();
        spoil(folder.path());
        let recording = folder.path().display().to_string();
        let (ended, printed) = alertdrill(&["replay", "--no-report", "--recording", &recording]);
        assert!(printed.contains(said), "{what}: {printed}");
        assert!(!printed.contains("panicked"), "{what}: {printed}");
        assert_eq!(ended, Some(2), "{what}: {printed}");
    }
}

#[test]
fn replayer_that_is_missing_is_named_with_how_to_build_it() {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let alone = tempfile::tempdir().unwrap();
    let program = alone.path().join("alertdrill");
    std::fs::copy(programs.join("alertdrill"), &program).unwrap();
    let output = Command::new(program)
        .arg("replay")
        .current_dir(root())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(printed.contains("no replayer at"), "{printed}");
    assert!(
        printed.contains("harness/replayer/build PROGRAM"),
        "{printed}"
    );
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn recording_that_its_own_rules_do_not_reproduce_is_not_used() {
    let folder = copy_of_the_recording();
    let path = folder.path().join("recording.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["proof"]["unexplained"] = serde_json::json!(["ALERTS{} is only recorded"]);
    std::fs::write(&path, json.to_string()).unwrap();
    let recording = folder.path().display().to_string();
    let (ended, printed) = alertdrill(&["replay", "--no-report", "--recording", &recording]);
    assert!(printed.contains("is not reproducible"), "{printed}");
    assert_eq!(ended, Some(2));
}
