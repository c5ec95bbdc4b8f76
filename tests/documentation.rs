//! What the documents say of the drills is what the suite holds.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod drills;

use std::path::Path;

use alertdrill::plan::{Outlook, Plan, plan_text};
use alertdrill::schedule::Slot;
use alertdrill::written::Written;
use alertdrill::{Drill, ExpectedAlert, SilentAlert};

/// What stands between a beginning and an end in the README is written by this test.
fn begin(what: &str) -> String {
    format!("<!-- {what}: written by `UPDATE_README=1 cargo test --test documentation` -->\n")
}

fn end(what: &str) -> String {
    format!("<!-- end of {what} -->\n")
}

fn expected(alert: &ExpectedAlert) -> String {
    format!(
        "`{}` fires, {}, within {} s",
        alert.alert,
        alert.severity,
        alert.deadline.as_secs()
    )
}

fn silent(alert: &SilentAlert) -> String {
    let held = alert
        .hold
        .map_or(String::new(), |hold| format!(" for {} s", hold.as_secs()));
    let near = alert.near.as_ref().map_or(String::new(), |near| {
        format!(", though `{}`{held}", near.replace('|', "\\|"))
    });
    format!("`{}` stays silent{near}", alert.alert)
}

fn row(drill: &Drill) -> String {
    let faults: Vec<_> = drill.all_faults().map(ToString::to_string).collect();
    let mut alerts: Vec<_> = drill
        .expect
        .iter()
        .map(expected)
        .chain(drill.silent.iter().map(silent))
        .collect();
    alerts.dedup();
    alerts.extend(
        drill
            .tolerate
            .iter()
            .map(|tolerated| format!("`{}` may fire: {}", tolerated.alert, tolerated.reason)),
    );
    let checked = if drill.afterwards.is_empty() {
        ""
    } else {
        "; no trade is lost or doubled"
    };
    format!(
        "| `{}` | {} | {}{checked} |\n",
        drill.name,
        faults.join("; then "),
        alerts.join("; ")
    )
}

fn table() -> String {
    let rows: String = drills::all().iter().map(row).collect();
    format!("| drill | what is broken | what its alerts must do |\n| --- | --- | --- |\n{rows}")
}

/// What `./drill plan stopped` prints, and how long it expects all drills to take.
fn plan() -> String {
    let written = Written::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let all = Plan {
        drills: drills::all(),
        waivers: Vec::new(),
    };
    let outlook = Outlook::of(
        &all,
        &written.settings,
        &written.rules,
        written.routes.as_ref(),
    )
    .unwrap();
    let end = |slots: &[Slot]| slots.iter().map(|slot| slot.until.as_secs()).max().unwrap();
    let (at_best, at_worst, count) = (
        end(&outlook.at_best),
        end(&outlook.at_worst),
        all.drills.len(),
    );
    let stopped = Outlook::of(
        &all.only("stopped", false),
        &written.settings,
        &written.rules,
        written.routes.as_ref(),
    )
    .unwrap();
    let shown = plan_text(&stopped, Path::new("docker/prometheus/alert_rules.yml"));
    let shown = anstream::adapter::strip_str(&shown).to_string();
    format!(
        "```console\n$ ./drill plan stopped\n{shown}```\n\nOf all {count} \
         drills it expects that they take {at_best} to {at_worst} s.\n"
    )
}

#[test]
fn what_the_readme_shows_of_the_drills_and_of_their_plan_is_what_the_suite_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut wanted = text.clone();
    for (what, section) in [("drills", table()), ("plan", plan())] {
        let (before, rest) = wanted.split_once(&begin(what)).unwrap();
        let (_, after) = rest.split_once(&end(what)).unwrap();
        wanted = format!("{before}{}{section}{}{after}", begin(what), end(what));
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, wanted).unwrap();
        return;
    }
    assert_eq!(
        text, wanted,
        "the README is out of date: UPDATE_README=1 cargo test --test documentation"
    );
}

#[test]
fn drill_that_the_readme_shows_stands_in_the_suite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let code = text
        .split_once("```rust\n")
        .unwrap()
        .1
        .split_once("```")
        .unwrap()
        .0;
    let suite = std::fs::read_to_string(root.join("tests/drills/feed.rs")).unwrap();
    for function in code.split("\n\n") {
        assert!(
            suite.contains(function),
            "tests/drills/feed.rs has nothing like\n{function}"
        );
    }
}

#[test]
fn each_drill_has_a_name_of_its_own() {
    let mut names: Vec<_> = drills::all().into_iter().map(|drill| drill.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn each_drill_survives_a_round_trip_through_json() {
    for drill in drills::all() {
        let json = serde_json::to_string(&drill).unwrap();
        assert_eq!(serde_json::from_str::<Drill>(&json).unwrap(), drill);
    }
}
