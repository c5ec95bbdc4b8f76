//! What a run of the drills costs and how true it is, each figure a ratio or a difference within
//! one run: `./drill bench`.
//!
//! Needs the stack up, and writes `target/bench/latest.json`. It judges nothing: it reports a
//! figure also where that misses its goal.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

#[path = "../tests/drills/mod.rs"]
mod drills;
mod kept;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use alertdrill::suite_program::suite_program;
use serde_json::{Value, json};

/// A drill that is over soon, and the one of somebody who edits a rule.
const SHORT: &str = "service_restarted_by_hand";
const EDITED: &str = "bronze_insert_failing";
/// How often the stack is started.
const STARTS: usize = 3;

fn main() {
    let program = suite_program(root(), "alerts").unwrap();
    let figures = json!({
        "stack": stack(),
        "start_up": start_up(&program),
        "suite": suite(&program),
        // After the suite, which would wait for the end of the alert that this leaves.
        "edited_rule": edited_rule(&program),
        "lines_per_drill": lines_per_drill(),
        "watching": watching(),
    });
    kept::keep("latest", &figures);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The report of a run of the drills that `arguments` name.
fn report_of(program: &Path, arguments: &[&str]) -> Value {
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .env("KEEP_STACK", "1")
        .status()
        .unwrap();
    println!("{} {}: {status}", program.display(), arguments.join(" "));
    serde_json::from_slice(&std::fs::read(root().join("target/drills/latest/report.json")).unwrap())
        .unwrap()
}

/// From no stack to its steady state, images there: the median.
fn stack() -> Value {
    let mut times: Vec<_> = (0..STARTS)
        .map(|_| {
            alertdrill("down");
            let began = Instant::now();
            alertdrill("up");
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    json!({"down_to_steady_s": times[STARTS / 2], "goal_s": 30})
}

fn alertdrill(command: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_k2-fixtures")).with_file_name("alertdrill");
    let status = Command::new(program)
        .arg(command)
        .current_dir(root())
        .status();
    assert!(status.unwrap().success(), "{command}");
}

/// From the start of the process to its first question to Prometheus, on a running stack.
fn start_up(program: &Path) -> Value {
    let run = &report_of(program, &["--exact", SHORT])["run"];
    json!({
        "process_start_to_first_query_s": run["stack_ready_s"].as_f64().unwrap(),
        "process_start_to_first_fault_s": run["measured"]["first_fault_s"].as_f64(),
        "goal_s": 0.3,
    })
}

/// From a saved rule file to the verdict of its drill: watched to its end, and then, edited once
/// more, until it is delivered.
fn edited_rule(program: &Path) -> Value {
    let whole_s = saved_to_verdict_s(program, "resolved");
    json!({
        "saved_to_verdict_s": saved_to_verdict_s(program, "delivered"),
        "goal_s": 60,
        "saved_to_verdict_on_its_end_too_s": whole_s,
    })
}

fn saved_to_verdict_s(program: &Path, watch_until: &str) -> Option<f64> {
    let rules = std::fs::read_to_string(root().join("docker/prometheus/alert_rules.yml")).unwrap();
    let candidate = root().join("target/bench-candidate.yml");
    std::fs::write(
        &candidate,
        format!("{rules}# {} {watch_until}\n", std::process::id()),
    )
    .unwrap();
    let saved = Instant::now();
    let mut drill = Command::new(program)
        .args(["--exact", EDITED])
        .current_dir(root())
        .env("ALERT_RULES", &candidate)
        .env("WATCH_UNTIL", watch_until)
        .env("KEEP_STACK", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut verdict_s = None;
    for line in BufReader::new(drill.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap)
    {
        println!("{line}");
        if line.starts_with(&format!("{EDITED} on ")) {
            verdict_s = Some(saved.elapsed().as_secs_f64());
        }
    }
    println!("{EDITED}: {}", drill.wait().unwrap());
    verdict_s
}

/// All drills side by side, from steady state to the last verdict.
fn suite(program: &Path) -> Value {
    let report = report_of(program, &[]);
    let run = &report["run"];
    let figure = |name: &str| run[name].as_f64().unwrap();
    let took_s = figure("wall_s") - figure("stack_ready_s");
    let drills = report["drills"].as_array().unwrap();
    json!({
        "drills": drills.len(),
        "passed": drills.iter().filter(|drill| drill["verdict"] == "pass").count(),
        "wall_s": took_s,
        "floor_s": figure("floor_s"),
        "floor_of": run["floor_of"],
        "wall_by_floor": took_s / figure("floor_s"),
        "goal_of_wall_by_floor": 1.05,
        "one_after_the_other_by_side_by_side": figure("one_after_the_other_s") / took_s,
        "firing_instants_in_prometheus": run["measured"]["firing_in_prometheus"],
        "firing_instants_in_alertmanager": run["measured"]["firing_in_alertmanager"],
        "peak_memory_mib": run["measured"]["peak_memory_mib"],
    })
}

/// How many lines of code the files of drills take, without blank lines and comments. What all of
/// the files share (`k2.rs`) is not counted.
fn lines_per_drill() -> Value {
    let mut lines = 0;
    for entry in std::fs::read_dir(root().join("tests/drills")).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("k2.rs") || path.ends_with("mod.rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let code = text.lines().map(str::trim);
        let code = code.filter(|line| !line.is_empty() && !line.starts_with("//"));
        lines += code.count();
    }
    let drills = drills::all().len();
    json!({"drills": drills, "average": lines / drills, "goal": 12})
}

/// What watching and judging costs, with 10, 100 and 1,000 simulated drills.
fn watching() -> Value {
    let arguments = [
        "bench",
        "--quiet",
        "--locked",
        "--profile",
        "dev",
        "--package",
        "alertdrill",
        "--bench",
        "watching",
    ];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}
