//! The report's page, opened in a real browser and used as a person does; also with 500 drills, and
//! that of the last run.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod browser;
mod tool;

use std::path::{Path, PathBuf};
use std::time::Duration;

use alertdrill::{UtcInstant, commands};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Opens the report in `folder`.
fn open_in_a_browser(folder: &Path) -> (bool, String) {
    browser::check(&folder.join("index.html"), "")
}

/// An empty folder for the run `name`.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("report_page")
        .join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    for part in ["records", "expressions"] {
        std::fs::create_dir_all(folder.join(part)).unwrap();
    }
    folder
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn write(path: &Path, value: &Value) {
    std::fs::write(path, serde_json::to_vec(value).unwrap()).unwrap();
}

fn kept_run() -> PathBuf {
    root().join("tests/runs/one_alert_late")
}

/// The names of the drills of the run that was kept.
fn kept_drills() -> Vec<String> {
    let records = std::fs::read_dir(kept_run().join("records")).unwrap();
    let mut names: Vec<_> = records
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

/// Every instant in `value`, later by `seconds`.
fn later(value: &mut Value, seconds: u64) {
    match value {
        Value::String(text) => {
            if let Ok(at) = serde_json::from_value::<UtcInstant>(Value::from(text.as_str())) {
                *text = at.plus(Duration::from_secs(seconds)).to_string();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| later(value, seconds)),
        Value::Object(fields) => fields.values_mut().for_each(|value| later(value, seconds)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A run of `count` drills: those of the kept run, again and again, 15 s apart.
fn run_of(count: usize) -> PathBuf {
    let (folder, kept) = (folder(&format!("{count}_drills")), kept_run());
    let drills = kept_drills();
    for (number, name) in drills.iter().cycle().take(count).enumerate() {
        let (again, seconds) = (
            format!("{name}_{number}"),
            15 * u64::try_from(number).unwrap(),
        );
        for part in ["records", "expressions"] {
            let mut value = read(&kept.join(part).join(format!("{name}.json")));
            later(&mut value, seconds);
            if part == "records" {
                value["drill"]["name"] = Value::from(again.as_str());
                value["timeline"]["drill"] = Value::from(again.as_str());
            }
            write(&folder.join(part).join(format!("{again}.json")), &value);
        }
    }
    let mut run = read(&kept.join("run.json"));
    let mut finished_at = run["finished_at"].clone();
    later(&mut finished_at, 15 * u64::try_from(count).unwrap());
    run["finished_at"] = finished_at;
    write(&folder.join("run.json"), &run);
    folder
}

/// The run that was kept, in a folder of its own, with a panel of states.
fn copy_of_the_kept_run(name: &str) -> PathBuf {
    let (folder, kept) = (folder(name), kept_run());
    for name in ["run.json", "panels.json", "history.json"] {
        std::fs::copy(kept.join(name), folder.join(name)).unwrap();
    }
    for drill in kept_drills() {
        for part in ["records", "expressions"] {
            let name = Path::new(part).join(format!("{drill}.json"));
            std::fs::copy(kept.join(&name), folder.join(name)).unwrap();
        }
    }
    add_states(&folder.join("panels.json"));
    folder
}

/// A panel whose values are states, as a dashboard's first row has them.
fn add_states(panels: &Path) {
    let mut record = read(panels);
    let values: Vec<_> = (0..130).map(|step| f64::from(step / 10 % 3)).collect();
    let series =
        json!({"query": 0, "name": "Feed", "labels": {}, "concerns": "nothing", "values": values});
    let state = |(value, name, colour): (f64, &str, &str)| -> Value {
        let mut state = json!({"value": value, "name": name});
        state["colour"] = Value::from(colour);
        state
    };
    let states = [
        (0.0, "healthy", "green"),
        (1.0, "pending", "orange"),
        (2.0, "alert", "red"),
    ];
    let panel = json!({"title": "Feed", "unit": null, "thresholds": [1.0, 2.0],
        "states": states.map(state), "series": [series]});
    let shown = record["history"]["panels"].as_array_mut().unwrap();
    shown.insert(0, panel);
    write(panels, &record);
}

#[test]
fn report_of_a_run_with_a_drill_that_failed_is_usable_by_mouse_by_keyboard_and_by_screen_reader() {
    let folder = copy_of_the_kept_run("one_alert_late");
    commands::report(&folder, false).unwrap();
    let html = std::fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(
        html.contains("<b>1</b> failed"),
        "the drill whose alert was late has not failed"
    );
    // Its promise is 100 s, and its onset came 2 s early: the page says what the verdict says.
    assert!(
        html.contains("its deadline is at +98.0 s") && html.contains(">11.7 s too late<"),
        "the page's margin is not the verdict's"
    );
    let (well, said) = open_in_a_browser(&folder);
    assert!(well, "{said}");
}

#[test]
fn report_of_500_drills_makes_the_details_only_of_those_that_are_looked_at() {
    let folder = run_of(500);
    commands::report(&folder, false).unwrap();
    let (well, said) = open_in_a_browser(&folder);
    assert!(well && said.contains("500 drills: loaded"), "{said}");
}

#[test]
fn report_of_the_last_run_is_usable_if_there_is_one() {
    let Ok(folder) = root().join("target/drills/latest").canonicalize() else {
        return;
    };
    // One that broke nothing (it could not pass, or was ended at once) has nothing to point at.
    let report = read(&folder.join("report.json"));
    let drills = report["drills"].as_array().unwrap();
    let broke_something = |drill: &Value| !drill["faults"].as_array().unwrap().is_empty();
    if !drills.iter().any(broke_something) {
        return;
    }
    // An older program may have made its page.
    commands::report(&folder, false).unwrap();
    let (well, said) = open_in_a_browser(&folder);
    assert!(well, "{said}");
}

#[test]
fn page_that_is_broken_is_told_from_one_that_is_not() {
    let folder = copy_of_the_kept_run("broken");
    commands::report(&folder, false).unwrap();
    let page = folder.join("index.html");
    let html = std::fs::read_to_string(&page).unwrap();
    for [check, part, instead, wanted] in BROKEN {
        assert!(html.contains(part), "the page has no `{part}`");
        std::fs::write(&page, html.replacen(part, instead, 1)).unwrap();
        let (well, said) = browser::check(&page, check);
        assert!(
            !well && said.contains(wanted),
            "with `{instead}` instead of `{part}`: {said}"
        );
    }
}

/// A check, what is put in the place of a part of the page, and what the check says of it then.
const BROKEN: [[&str; 4]; 25] = [
    [
        "filters",
        "search.addEventListener(\"input\", filter);",
        "missing();",
        "the console says",
    ],
    [
        "filters",
        "drill.hidden = !((verdict === \"\"",
        "drill.hidden = ((verdict === \"\"",
        "does not show the drills of its verdict",
    ],
    [
        "filters",
        "href=\"#verdict=fail\"",
        "href=\"#\"",
        "does not say what is shown",
    ],
    [
        "top",
        "</b> could not be tested",
        "</b> odd",
        "does not say how many could not be tested",
    ],
    ["alerts", "drill.open = true;", "", "does not open it"],
    [
        "alerts",
        ".bar i { position: absolute;",
        ".bar i { position: absolute; margin-left: 20rem !important;",
        "outside of their bars",
    ],
    [
        "times",
        "style=\"--from:0;",
        "style=\"--from:-60;",
        "the time axis begins at -60 s",
    ],
    [
        "times",
        "+1 min 50 s",
        "+110 s",
        "times are written in seconds alone",
    ],
    [
        "times",
        "if (target.classList.contains(\"ruler\")) drawRuler(target);",
        "if (target.classList.contains(\"ruler\")) continue;",
        "the timeline has no axis",
    ],
    [
        "details",
        "template.replaceWith(template.content);",
        "",
        "a drill that was opened shows no graph",
    ],
    [
        "details",
        "stroke: () => colour(paint)",
        "stroke: () => \"transparent\"",
        "draws no line",
    ],
    [
        "details",
        "plot.under.append(place.querySelector(\":scope > .marked\"));",
        "",
        "has no fault behind it",
    ],
    [
        "cursor",
        "sub: () => inSight.has(place)",
        "sub: () => false",
        "the cursor is not at one instant",
    ],
    [
        "cursor",
        "for (const row of rowsInSight) mark(row);",
        "",
        "not at the same instant on the rows",
    ],
    [
        "cursor",
        "if (groupOf(plot) === group) showSpan",
        "if (false) showSpan",
        "is not shown by all panels",
    ],
    [
        "legend",
        "isolate: true",
        "isolate: false",
        "does not show a line alone",
    ],
    [
        "numbers",
        "details.append(table(plot));",
        "{}",
        "has no table of its numbers",
    ],
    [
        "bands",
        ">healthy<",
        ">0<",
        "states are shown without names",
    ],
    [
        "colours",
        "for (const plot of plots) plot.redraw(false);",
        "",
        "not in the colours of the",
    ],
    [
        "keyboard",
        "  \"+\": (plot) => zoomBy(plot, 0.5),",
        "",
        "the key + does not zoom",
    ],
    [
        "looks",
        ".state-row { display: block; }",
        "",
        "does not stand below its axis",
    ],
    [
        "looks",
        "--faint: light-dark(#5c6470",
        "--faint: light-dark(#bbbbbb",
        "has a contrast of",
    ],
    [
        "screen_reader",
        "<nav aria-label",
        "<button></button><nav aria-label",
        "a button has no name",
    ],
    [
        "looks",
        ".tools, .tip, .numbers, .start { display: none; }",
        "",
        "on paper there are buttons",
    ],
    [
        "top",
        "<h1>",
        "<img src=\"https://127.0.0.1/x.png\" alt=\"x\"><h1>",
        "the page fetches",
    ],
];
