//! How soon rules are judged by a recording, each figure a ratio or a time within one run:
//! `./drill bench`.
//!
//! Needs no stack, and writes `target/bench/replay.json`. It judges nothing: it reports a figure
//! also where that misses its goal.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

mod kept;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

const RULES: &str = "docker/prometheus/alert_rules.yml";
/// How often each figure is measured; the median counts.
const TIMES: usize = 7;

fn main() {
    let figures = json!({
        "replay": replay(),
        "mutants": mutants(),
        "an_hour_of_10000_series_at_15_s": an_hour(),
    });
    kept::keep("replay", &figures);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn took_s(arguments: &[&str]) -> f64 {
    let began = Instant::now();
    let program = Path::new(env!("CARGO_BIN_EXE_k2-fixtures")).with_file_name("alertdrill");
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().code().is_some());
    began.elapsed().as_secs_f64()
}

fn median_s(arguments: &[&str]) -> f64 {
    let mut times: Vec<_> = (0..TIMES).map(|_| took_s(arguments)).collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

/// From the start of the process to the verdicts of all drills of the committed recording.
fn replay() -> Value {
    let took_s = median_s(&["replay", "--no-report", "--rules", RULES]);
    let recording = std::fs::read(root().join("tests/recordings/k2/recording.json")).unwrap();
    let recording: Value = serde_json::from_slice(&recording).unwrap();
    let instant = |name: &str| -> jiff::Timestamp {
        let info = &recording["run"]["info"];
        info[name].as_str().unwrap().parse().unwrap()
    };
    let ran = instant("finished_at").duration_since(instant("started_at"));
    json!({
        "process_start_to_verdicts_s": took_s,
        "goal_s": 1.0,
        "with_the_report_page_s": median_s(&["replay", "--rules", RULES]),
        "recorded_run_by_replay": ran.as_secs_f64() / took_s,
    })
}

/// All mutants of the rules.
fn mutants() -> Value {
    let report = root().join("target/bench/mutants.json");
    std::fs::create_dir_all(root().join("target/bench")).unwrap();
    let took_s = took_s(&[
        "mutate",
        "--rules",
        RULES,
        "--json",
        report.to_str().unwrap(),
    ]);
    let report: Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    let files = report["files"].as_object().unwrap().values();
    let count: usize = files
        .map(|file| file["mutants"].as_array().unwrap().len())
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let per_500_s = took_s * 500.0 / count as f64;
    json!({
        "mutants": count,
        "took_s": took_s,
        "per_500_s": per_500_s,
        "goal_per_500_s": 20,
    })
}

/// Seconds that 100, 300 and 1,000 rules take over an hour; null where there is no Go.
fn an_hour() -> Value {
    let arguments = [
        "test",
        "-buildvcs=false",
        "-run",
        "-",
        "-bench",
        "HourOfAServer",
    ];
    let output = Command::new("go")
        .args(arguments)
        .args(["-benchtime", "1x", "./internal/replay"])
        .current_dir(root().join("harness/replayer"))
        .output();
    let Ok(output) = output else {
        return Value::Null;
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let took_s = |rules: &str| {
        let line = printed
            .lines()
            .find(|line| line.contains(&format!("rules={rules}")))?;
        let nanoseconds: f64 = line.split_whitespace().nth(2)?.parse().ok()?;
        Some(nanoseconds / 1e9)
    };
    let growth = took_s("100")
        .zip(took_s("1000"))
        .map(|(few, many)| many / few);
    json!({
        "100_rules_s": took_s("100"),
        "300_rules_s": took_s("300"),
        "1000_rules_s": took_s("1000"),
        "1000_rules_by_100": growth,
    })
}
