//! The map of two services of the web shop: what pages, what does not, and what other rules change
//! of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is how it fails"
)]

mod browser;
mod shop;
mod tool;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use shop::{Ended, Shop, ended, program};

/// What is explored: as much as takes minutes.
const ONLY: [&str; 8] = [
    "--only",
    "worker:stopped",
    "--only",
    "worker:hung",
    "--only",
    "redis-exporter:stopped",
    "--only",
    "prometheus:stopped",
];

fn explored(shop: &Shop, more: &[&str]) -> Ended {
    let mut arguments = vec!["explore", "--hold", "15s"];
    arguments.extend(ONLY);
    arguments.extend(more);
    ended(&mut shop.alertdrill(&arguments))
}

/// Per cell of the shop's map, its outcome.
fn outcomes(map: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let cells = map["cells"].as_array().unwrap().iter();
    let outcomes = cells.map(|cell| {
        let key = format!("{}:{}", text(&cell["service"]), text(&cell["failure"]));
        (key, text(&cell["outcome"]))
    });
    let mut outcomes: Vec<_> = outcomes.collect();
    outcomes.sort();
    outcomes
}

fn latest(shop: &Shop) -> PathBuf {
    shop.folder.join(".alertdrill/explorations/latest")
}

fn expected(cells: [(&str, &str); 4]) -> Vec<(String, String)> {
    cells
        .map(|(key, outcome)| (key.to_owned(), outcome.to_owned()))
        .into()
}

#[test]
fn every_night_each_service_of_the_k2_stack_is_explored() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = ended(
        Command::new(program())
            .args(["explore", "--dry-run"])
            .current_dir(root),
    );
    let plan = plan.said.lines().filter(|line| !line.contains(": "));
    let cells = plan.flat_map(|line| line.split(", "));
    let services: BTreeSet<_> = cells.filter_map(|cell| cell.split_once(':')).collect();
    let services: BTreeSet<_> = services.iter().map(|(service, _)| *service).collect();

    let nightly = std::fs::read_to_string(root.join(".github/workflows/nightly.yml")).unwrap();
    let nightly: Value = serde_yaml_ng::from_str(&nightly).unwrap();
    let parts = &nightly["jobs"]["exploration"]["strategy"]["matrix"]["include"];
    let parts = parts.as_array().unwrap().iter();
    let explored = parts.flat_map(|part| part["services"].as_str().unwrap().split_whitespace());
    assert!(services.contains("docker-api#1"), "{services:?}");
    assert_eq!(explored.collect::<BTreeSet<_>>(), services);
}

#[test]
fn map_of_two_services_is_judged_by_other_rules_and_held_against_what_is_accepted() {
    let shop = Shop::copied_for("explored", None);
    let plan = explored(&shop, &["--dry-run"]);
    assert_eq!(plan.code, Some(0), "{}", plan.said);
    assert!(
        plan.said
            .contains("what watches cannot be judged by itself"),
        "{}",
        plan.said
    );
    assert!(!latest(&shop).exists(), "a plan breaks nothing");

    let run = explored(&shop, &[]);
    assert_eq!(run.code, Some(0), "{}", run.said);
    shop.nothing_is_left();
    let map = std::fs::read(latest(&shop).join("map.json")).unwrap();
    let map: Value = serde_json::from_slice(&map).unwrap();
    let all_page = expected([
        ("prometheus:stopped", "not_applicable"),
        ("redis-exporter:stopped", "pages"),
        ("worker:hung", "pages"),
        ("worker:stopped", "pages"),
    ]);
    assert_eq!(outcomes(&map), all_page, "{}", run.said);
    let page = latest(&shop).join("index.html");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("#drill=worker:hung"));
    let (well, said) = browser::check(&page, "filters colours screen_reader looks");
    assert!(well, "{said}");

    // Without one rule, the failures that only it saw page nobody; nothing is broken for that.
    let rules = shop.folder.join("prometheus/rules/availability.yml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let others = shop.folder.join(".alertdrill/availability.yml");
    std::fs::write(
        &others,
        rules.replace("job=~\"nginx|postgres|redis\"", "job=\"none\""),
    )
    .unwrap();
    let others = others.to_str().unwrap();
    let judge = |more: &[&str]| {
        let mut arguments = vec!["explore", "--rules", others];
        arguments.extend(more);
        ended(&mut shop.alertdrill(&arguments))
    };
    let judged = judge(&["--json"]);
    assert_eq!(judged.code, Some(0), "{}", judged.said);
    let without: Value = serde_json::from_str(&judged.said).unwrap();
    let mut but_one = all_page.clone();
    but_one[1].1 = "unseen".to_owned();
    assert_eq!(outcomes(&without), but_one);
    let said = judge(&[]).said;
    assert!(
        said.contains("redis-exporter:stopped: pages → no alert; no longer fires: ExporterDown"),
        "{said}"
    );

    // A blind spot that nobody has accepted fails; one that is accepted with a reason does not.
    let baseline = shop.folder.join(".alertdrill/blind_spots.json");
    let file = baseline.to_str().unwrap();
    let written = judge(&["--baseline", file, "--update-baseline"]);
    assert_eq!(written.code, Some(0), "{}", written.said);
    let against = || judge(&["--baseline", file, "--fail-on-new-blind-spot"]);
    let without_reason = against();
    assert_eq!(without_reason.code, Some(1), "{}", without_reason.said);
    let accepted = std::fs::read_to_string(&baseline).unwrap();
    let accepted = accepted.replace("\"reason\": \"\"", "\"reason\": \"nobody needs it\"");
    std::fs::write(&baseline, accepted).unwrap();
    let as_accepted = against();
    assert_eq!(as_accepted.code, Some(0), "{}", as_accepted.said);
}

/// Starts an exploration and waits until it says so.
fn explores_until(shop: &Shop, arguments: &[&str], says: &str) -> Child {
    let mut run = shop
        .alertdrill(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().unwrap().contains(says))
        .expect("the exploration ended before that")
        .unwrap();
    std::thread::spawn(move || said.for_each(drop));
    run
}

#[test]
fn what_a_killed_exploration_left_broken_is_healed() {
    let shop = Shop::copied_for("explorer-killed", None);
    let drilled = format!("{}-drill", shop.project);
    let arguments = ["explore", "--hold", "6s", "--only", "worker:stopped"];
    let mut run = explores_until(
        &shop,
        &arguments,
        "worker_stopped: its fault has its effect",
    );
    run.kill().unwrap();
    run.wait().unwrap();
    let is_running = |line: &str| line.ends_with(" running");
    let broken = shop.containers(&drilled);
    let worker = broken.lines().find(|line| line.starts_with("worker "));
    assert!(worker.is_some_and(|line| !is_running(line)), "{broken}");
    let healed = ended(&mut shop.alertdrill(&["heal"]));
    assert_eq!(healed.code, Some(0), "{}", healed.said);
    let mended = shop.containers(&drilled);
    assert!(mended.lines().all(is_running), "{mended}");
    let down = ended(&mut shop.alertdrill(&["down"]));
    assert_eq!(down.code, Some(0), "{}", down.said);
    shop.nothing_is_left();
}

#[test]
fn exploration_that_is_interrupted_leaves_nothing_broken_and_goes_on_where_it_was() {
    let shop = Shop::copied_for("resumed", None);
    let arguments = [
        "explore",
        "--hold",
        "6s",
        "--only",
        "worker:stopped",
        "--only",
        "shopper:stopped",
    ];
    // The first cell is over, and the second one is broken.
    let mut run = explores_until(
        &shop,
        &arguments,
        "worker_stopped: its fault has its effect",
    );
    let pid = run.id().to_string();
    assert_eq!(
        ended(Command::new("kill").args(["-INT", &pid])).code,
        Some(0)
    );
    assert_eq!(run.wait().unwrap().code(), Some(2));
    shop.nothing_is_left();

    let mut arguments = arguments.to_vec();
    arguments.push("--resume");
    let resumed = ended(&mut shop.alertdrill(&arguments));
    assert_eq!(resumed.code, Some(0), "{}", resumed.said);
    assert!(
        !resumed.said.contains("explore_shopper_stopped"),
        "{}",
        resumed.said
    );
    let map = std::fs::read(latest(&shop).join("map.json")).unwrap();
    let map: Value = serde_json::from_slice(&map).unwrap();
    let tried: Vec<_> = outcomes(&map)
        .into_iter()
        .map(|(_, outcome)| outcome)
        .collect();
    assert!(!tried.contains(&"not_tried".to_owned()), "{tried:?}");
    assert_eq!(map["segments"].as_array().unwrap().len(), 2);
    shop.nothing_is_left();
}
