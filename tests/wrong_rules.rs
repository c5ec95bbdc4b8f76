//! Rules and routes that are wrong must not get through: each mistake fails a drill for the right
//! reason.
//!
//! What is wrong, and what is right and written otherwise, stands in the table of `rule_sets`.
//! All tests use one running stack, which loads one candidate after the other. A candidate holds
//! several rule sets, each about other alerts, and the drills of these alerts run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod drills;
mod images;
mod rule_sets;
mod server_tools;
mod session;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use alertdrill::report::{PlannedCoverage, Report};
use alertdrill::written::Written;
use alertdrill::{
    Drill, ExpectedAlert, LoadedRule, Outcome, Placement, Reason, ReasonKind, Target as _,
    TextFile, infeasible, routes_of, rules_of, servers,
};
use rule_sets::{Bench, Catcher, Coverage, DecidedBy, Files, RuleSet};
use rule_sets::{assert_all_as_wanted, files_of, of_file, plan, rule_sets, shared_runs, table};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_in_rules_or_routes_fails_its_drill_for_the_right_reason() {
    let mut quick = rule_sets();
    quick.retain(|rule_set| rule_set.quick);
    let (bench, rows) = Bench::start().await.try_out_all(quick).await;
    assert_all_as_wanted(&rows);

    let [stopped] = drills::all()
        .into_iter()
        .filter(|drill| drill.name == "feed_handler_stopped")
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let unknown = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120))
        .label("cause", "nobody_wrote_this_rule");
    let hopeful = Drill::new("hopeful", stopped.faults[0].clone()).expect_alert(unknown);
    let ended = bench.run(vec![hopeful]).await.remove(0);
    assert_eq!(ended.outcome, Outcome::Fail, "{}", ended.said);
    assert_eq!(
        ended.kinds,
        [ReasonKind::NoSuchRule].into(),
        "{}",
        ended.said
    );

    // A stack that is unsteady for another reason must not lead to a silent skip.
    let containers = bench.session.stack().containers();
    containers.stop("lag-exporter").await.unwrap();
    let prometheus = servers::prometheus(bench.session.stack()).await.unwrap();
    // It is known with the next scrape.
    while prometheus.value("up{job=\"kafka-lag\"}").await.unwrap() != Some(0.0) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let ended = bench.run(vec![stopped]).await.remove(0);
    containers.start("lag-exporter").await.unwrap();
    // TargetLost is pending by then, which says so too.
    let kind = ReasonKind::StackNotSteady;
    assert!(ended.kinds.contains(&kind), "{}", ended.said);
    assert_eq!(ended.outcome, Outcome::Error, "{}", ended.said);

    bench.session.end(&bench.progress).await.unwrap();
}

async fn each_is_told_apart(rule_sets: Vec<RuleSet>) {
    let (bench, rows) = Bench::start().await.try_out_all(rule_sets).await;
    bench.progress.line(&table(&rows));
    bench.session.end(&bench.progress).await.unwrap();
    assert_all_as_wanted(&rows);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes hours: ./drill truth"]
async fn what_is_wrong_fails_and_what_is_right_and_written_otherwise_passes() {
    let chosen = std::env::var("RULE_SETS");
    each_is_told_apart(chosen.map_or_else(|_| rule_sets(), |file| of_file(&file))).await;
}

#[test]
fn every_rule_set_of_the_table_is_one_that_the_servers_take() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let (mut configurations, mut routes) = (Vec::new(), Vec::new());
    for (number, rule_set) in rule_sets().iter().enumerate() {
        let files = Files::committed().with(rule_set);
        let files = files.unwrap_or_else(|error| panic!("{}: {error}", rule_set.name));
        assert_ne!(files, Files::committed(), "{}", rule_set.name);
        let own = folder.path().join(number.to_string());
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join("alert_rules.yml"), files.rules).unwrap();
        std::fs::write(own.join("prometheus.yml"), files.prometheus).unwrap();
        std::fs::write(own.join("alertmanager.yml"), files.routes).unwrap();
        configurations.push(format!("/work/sets/{number}/prometheus.yml"));
        routes.push(format!("/work/sets/{number}/alertmanager.yml"));
    }
    assert!(configurations.len() >= 60, "{}", configurations.len());
    let sets = [(folder.path(), "sets")];
    for (server, tool, check, files) in [
        (
            "prometheus",
            "promtool",
            ["check", "config"].as_slice(),
            &configurations,
        ),
        (
            "alertmanager",
            "amtool",
            ["check-config"].as_slice(),
            &routes,
        ),
    ] {
        let files = files.iter().map(String::as_str);
        let arguments: Vec<_> = check.iter().copied().chain(files).collect();
        let (content, printed) = server_tools::run(server, tool, &sets, &arguments);
        assert!(content, "{printed}");
    }
}

fn rules_in(files: &Files) -> Vec<LoadedRule> {
    let prometheus = TextFile::new("prometheus.yml", files.prometheus.as_str());
    let rules = TextFile::new("alert_rules.yml", files.rules.as_str());
    rules_of(&prometheus, &[rules]).unwrap()
}

/// What came of a rule set's drills by its files alone: why each of them cannot pass.
fn by_its_files(rule_set: &RuleSet) -> Vec<Vec<Reason>> {
    let settings = Written::read(root()).unwrap().settings;
    let files = Files::committed().with(rule_set).unwrap();
    let (rules, routes) = (rules_in(&files), routes_of(&files.routes).unwrap());
    let refused = |drill: Drill| {
        let drill = drill.placed(&Placement::default(), &settings);
        infeasible(&drill, &rules, Some(&routes))
    };
    rule_set.drills().into_iter().map(refused).collect()
}

/// What needs Prometheus itself: it evaluates the rules and scrapes the targets.
fn needs_prometheus(rule_set: &RuleSet) -> bool {
    let kinds = [ReasonKind::SickRule, ReasonKind::StackNotSteady].map(Catcher::Drill);
    let mut catchers = rule_set.caught_by.iter();
    let other_rules = !rule_set.prometheus.is_empty() && rule_set.name.contains("rules file");
    other_rules || catchers.any(|by| kinds.contains(by))
}

#[test]
fn what_is_seen_in_what_is_loaded_is_seen_in_its_files_and_nothing_else_is() {
    for rule_set in rule_sets() {
        if needs_prometheus(&rule_set) {
            continue;
        }
        for reasons in by_its_files(&rule_set) {
            let said = format!("{}: {reasons:#?}", rule_set.name);
            if rule_set.decided_by == DecidedBy::Loaded {
                let is_caught =
                    |reason: &Reason| rule_set.caught_by.contains(&Catcher::Drill(reason.kind));
                assert!(reasons.iter().any(is_caught), "{said}");
                assert!(
                    said.contains(rule_set.says.as_deref().unwrap_or_default()),
                    "{said}"
                );
            } else {
                assert!(reasons.is_empty(), "{said}");
            }
        }
    }
}

#[test]
fn coverage_names_what_the_rule_sets_say_that_it_names() {
    let settings = Written::read(root()).unwrap().settings;
    let coverage = Catcher::Coverage(Coverage::Coverage);
    for rule_set in rule_sets() {
        if !rule_set.caught_by.contains(&coverage) {
            continue;
        }
        let files = Files::committed().with(&rule_set).unwrap();
        let rules = rules_in(&files);
        let routes = routes_of(&files.routes).unwrap();
        let planned = PlannedCoverage::of(
            &rules,
            Some(&routes),
            &settings.instances_to_prove(),
            &plan(),
        );
        let said = planned.complaints().join("\n");
        let words = rule_set.says.unwrap_or_default();
        assert!(said.contains(&words), "{}: {said}", rule_set.name);
    }
}

#[test]
fn rule_sets_that_share_a_run_answer_for_different_alerts() {
    let runs = shared_runs(rule_sets());
    let shared = runs.iter().filter(|run| run.len() > 1);
    assert!(shared.count() > 5, "few share a run");
    for run in &runs {
        let mut drills = BTreeSet::new();
        let names = run.iter().flat_map(|rule_set| &rule_set.drill_names);
        for name in names {
            assert!(drills.insert(name), "{name} runs twice at once");
        }
        assert!(files_of(run).is_ok());
    }
}

// ---- as a user runs it

struct Finished {
    code: Option<i32>,
    printed: String,
    /// What would stand on the page of the job.
    summary: String,
}

/// `cargo test --test alerts feed_handler_stopped` as on GitHub, with the committed rules,
/// `original` replaced by `mistake`.
fn suite_with(original: &str, mistake: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let (candidate, summary) = (
        folder.path().join("candidate.yml"),
        folder.path().join("summary.md"),
    );
    let rules = Files::committed().rules.replacen(original, mistake, 1);
    std::fs::write(&candidate, rules).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--test", "alerts", "feed_handler_stopped"])
        .current_dir(root())
        .env("ALERT_RULES", &candidate)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Finished {
        code: output.status.code(),
        printed,
        summary: std::fs::read_to_string(summary).unwrap_or_default(),
    }
}

#[test]
fn rules_file_that_fails_a_drill_ends_with_code_1_breaks_nothing_and_is_on_the_jobs_page() {
    let ended = suite_with("for: 1m", "for: 10m");
    // Not `latest`: that may be the run of a test beside this one.
    let path = ended
        .printed
        .lines()
        .find_map(|line| line.strip_prefix("report: "));
    let path = path.unwrap_or_else(|| panic!("no report of:\n{}", ended.printed));
    let report: Report = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(report.outcome(), Outcome::Fail, "{}", ended.printed);
    assert_eq!(
        report
            .drills
            .iter()
            .map(|drill| drill.faults.len())
            .sum::<usize>(),
        0,
        "something was broken all the same"
    );
    assert!(
        ended
            .printed
            .contains("its deadline is 120 s: `for` is 600 s"),
        "{}",
        ended.printed
    );
    assert_eq!(ended.code, Some(1), "{}", ended.printed);
    let annotation = ended
        .printed
        .lines()
        .find(|line| line.starts_with("::error file="))
        .unwrap_or_default();
    assert!(
        annotation.contains("candidate.yml,line=")
            && annotation.contains("title=feed_handler_stopped%3A late"),
        "{}",
        ended.printed
    );
    assert!(
        ended.summary.contains("## Drills: 1 fail")
            && ended.summary.contains("late: FeedHandlerDown"),
        "{}",
        ended.summary
    );
}

#[test]
fn rules_that_prometheus_refuses_could_not_be_tested_and_its_own_message_is_shown() {
    let ended = suite_with(
        "expr: up{job=\"feed-handler\"} == 0",
        "expr: up{job=\"feed-handler\" == 0",
    );
    assert!(
        ended.printed.contains("Prometheus refuses the rules of"),
        "{}",
        ended.printed
    );
    assert!(
        ended.printed.contains("could not parse expression"),
        "{}",
        ended.printed
    );
    assert_eq!(ended.code, Some(2), "{}", ended.printed);
}
