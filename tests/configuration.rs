//! What Prometheus's and Alertmanager's own tools say of the committed configuration, in the
//! versions that the stack runs; and that the unit tests of the rules can fail.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod images;
mod server_tools;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use alertdrill::replaying::OpenRecording;
use alertdrill::written::Written;
use alertdrill::{Mutant, WaivedMutant};
use server_tools::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn prometheus_folder() -> PathBuf {
    root().join("docker/prometheus")
}

/// Writes `rules` and the unit tests of the rules into `folder`; gives the name of the file with
/// the tests.
fn write_unit_tests(folder: &Path, rules: &str) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    // The tool in the container is another user.
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::write(folder.join("alert_rules.yml"), rules).unwrap();
    let tests = folder.join("alert_rules.test.yml");
    std::fs::copy(root().join("tests/rules/alert_rules.test.yml"), &tests).unwrap();
    tests
}

fn committed_rules() -> String {
    std::fs::read_to_string(prometheus_folder().join("alert_rules.yml")).unwrap()
}

#[test]
fn prometheus_takes_its_configuration_and_rules() {
    let (content, printed) = run(
        "prometheus",
        "promtool",
        &[(&prometheus_folder(), "prometheus")],
        &["check", "config", "/work/prometheus/prometheus.yml"],
    );
    assert!(content, "{printed}");
    assert!(printed.contains("9 rules found"), "{printed}");
}

#[test]
fn prometheus_takes_the_rules_without_a_lint() {
    let arguments = [
        "check",
        "rules",
        "--lint=all",
        "--lint-fatal",
        "/work/prometheus/alert_rules.yml",
    ];
    let (content, printed) = run(
        "prometheus",
        "promtool",
        &[(&prometheus_folder(), "prometheus")],
        &arguments,
    );
    assert!(content, "{printed}");
}

#[test]
fn alertmanager_takes_its_configuration() {
    let folder = root().join("docker/alertmanager");
    let arguments = ["check-config", "/work/alertmanager/alertmanager.yml"];
    let (content, printed) = run(
        "alertmanager",
        "amtool",
        &[(&folder, "alertmanager")],
        &arguments,
    );
    assert!(content, "{printed}");
    assert!(printed.contains("2 receivers"), "{printed}");
}

#[test]
fn each_rule_does_at_its_edges_what_its_unit_tests_say() {
    let folder = tempfile::tempdir().unwrap();
    write_unit_tests(folder.path(), &committed_rules());
    let arguments = ["test", "rules", "/work/rules/alert_rules.test.yml"];
    let (content, printed) = run(
        "prometheus",
        "promtool",
        &[(folder.path(), "rules")],
        &arguments,
    );
    assert!(content, "{printed}");
}

/// A rule, found by its alert and a text that only it has, and changes of it that the unit tests of
/// its alert must notice.
type Mutations = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Thresholds, `for` and ranges are 1.5 times too long and too short.
const MUTATIONS: &[Mutations] = &[
    (
        "FeedHandlerDown",
        "cause: handler_gone",
        &[
            ("up{", "probe_success{"),
            ("up{job=\"feed-handler\"}", "up"),
            ("up{job=\"feed-handler\"}", "min(up{job=\"feed-handler\"})"),
            ("== 0", "== 1"),
            ("for: 1m", "for: 90s"),
            ("for: 1m", "for: 40s"),
        ],
    ),
    (
        "FeedHandlerDown",
        "cause: feed_silent",
        &[
            (
                "feed_handler_last_message_timestamp",
                "feed_handler_last_message_timestamp_seconds",
            ),
            (
                "last_over_time(feed_handler_last_message_timestamp[1m])",
                "feed_handler_last_message_timestamp",
            ),
            (
                "last_over_time(feed_handler_last_message_timestamp[1m])",
                "min(last_over_time(feed_handler_last_message_timestamp[1m]))",
            ),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            ("> 120", "< 120"),
            ("> 120", ">= 120"),
            ("> 120", "> 180"),
            ("> 120", "> 80"),
        ],
    ),
    (
        "RedpandaConsumerLagHigh",
        "",
        &[
            ("kafka_consumer_group_lag", "kafka_consumergroup_lag"),
            (
                "last_over_time(kafka_consumer_group_lag[1m])",
                "kafka_consumer_group_lag",
            ),
            (
                "last_over_time(kafka_consumer_group_lag[1m])",
                "max(last_over_time(kafka_consumer_group_lag[1m]))",
            ),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            ("> 1000", "< 1000"),
            ("> 1000", ">= 1000"),
            ("> 1000", "> 1500"),
            ("> 1000", "> 667"),
            ("for: 5m", "for: 450s"),
            ("for: 5m", "for: 200s"),
        ],
    ),
    (
        "ClickHouseBronzeInsertFailure",
        "",
        &[
            (
                "increase(clickhouse_bronze_insert_errors_total",
                "increase(clickhouse_bronze_insert_errors",
            ),
            (
                "increase(clickhouse_bronze_insert_errors_total[2m]) > 0",
                "clickhouse_bronze_insert_errors_total > 0",
            ),
            (
                "increase(clickhouse_bronze_insert_errors_total[2m]) > 0",
                "vector(0) > 0",
            ),
            (
                "increase(clickhouse_bronze_insert_errors_total[2m])",
                "sum(increase(clickhouse_bronze_insert_errors_total[2m]))",
            ),
            ("> 0\n          or", "< 0\n          or"),
            ("> 0\n          or", ">= 0\n          or"),
            (
                "increase(clickhouse_bronze_insert_errors_total[2m])",
                "increase(clickhouse_bronze_insert_errors_total[3m])",
            ),
            (
                "increase(clickhouse_bronze_insert_errors_total[2m])",
                "increase(clickhouse_bronze_insert_errors_total[80s])",
            ),
            ("or\n", "unless\n"),
            (
                "last_over_time(clickhouse_bronze_insert_errors_total[2m])",
                "last_over_time(clickhouse_bronze_insert_errors[2m])",
            ),
            (
                "last_over_time(clickhouse_bronze_insert_errors_total[2m])",
                "clickhouse_bronze_insert_errors_total",
            ),
            (
                "[2m]) > 0\n            unless",
                "[80s]) > 0\n            unless",
            ),
            ("> 0\n            unless", "< 0\n            unless"),
            ("> 0\n            unless", ">= 0\n            unless"),
            (
                "unless last_over_time(clickhouse_bronze_insert_errors_total[15m] offset 2m)",
                "",
            ),
            (
                "unless last_over_time(clickhouse_bronze",
                "unless last_over_time(clickhouse_silver",
            ),
            (
                "clickhouse_bronze_insert_errors_total[15m]",
                "clickhouse_bronze_insert_errors_total[10m]",
            ),
            (
                "clickhouse_bronze_insert_errors_total[15m] offset 2m",
                "clickhouse_bronze_insert_errors_total[15m] offset 3m",
            ),
            (
                "clickhouse_bronze_insert_errors_total[15m] offset 2m",
                "clickhouse_bronze_insert_errors_total[15m] offset 80s",
            ),
            (
                "and on (job, instance) max_over_time(up[15m] offset 2m) == 1",
                "",
            ),
            ("on (job, instance) ", ""),
            ("max_over_time(up[15m] offset 2m)", "up"),
            ("max_over_time", "min_over_time"),
            ("up[15m]", "up[10m]"),
            ("== 1", "== 0"),
        ],
    ),
    (
        "MVProcessingDelay",
        "",
        &[
            (
                "clickhouse_mv_processing_delay_seconds",
                "clickhouse_mv_processing_delay",
            ),
            (
                "last_over_time(clickhouse_mv_processing_delay_seconds[1m])",
                "clickhouse_mv_processing_delay_seconds",
            ),
            ("avg by (exchange) (", "avg("),
            ("avg by (exchange) (", "("),
            ("avg by", "max by"),
            ("avg by", "min by"),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            (") > 30", ") < 30"),
            (") > 30", ") >= 30"),
            (") > 30", ") > 45"),
            (") > 30", ") > 20"),
            ("for: 1m", "for: 90s"),
            ("for: 1m", "for: 40s"),
        ],
    ),
    (
        "IcebergOffloadLag",
        "",
        &[
            ("iceberg_offload_lag_minutes", "iceberg_offload_lag"),
            (
                "last_over_time(iceberg_offload_lag_minutes[1m])",
                "iceberg_offload_lag_minutes",
            ),
            (
                "last_over_time(iceberg_offload_lag_minutes[1m])",
                "max(last_over_time(iceberg_offload_lag_minutes[1m]))",
            ),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            (") > 30", ") < 30"),
            (") > 30", ") >= 30"),
            (") > 30", ") > 45"),
            (") > 30", ") > 20"),
            ("\n        labels:", "\n        for: 5s\n        labels:"),
        ],
    ),
    (
        "IcebergOffloadFailure",
        "",
        &[
            (
                "iceberg_offload_consecutive_failures",
                "iceberg_offload_failures",
            ),
            (
                "last_over_time(iceberg_offload_consecutive_failures[1m])",
                "iceberg_offload_consecutive_failures",
            ),
            (
                "last_over_time(iceberg_offload_consecutive_failures[1m])",
                "max(last_over_time(iceberg_offload_consecutive_failures[1m]))",
            ),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            ("> 2", "< 2"),
            ("> 2", ">= 2"),
            ("> 2", "> 3"),
            ("> 2", "> 1"),
        ],
    ),
    (
        "ServiceOOMKill",
        "",
        &[
            ("container_restart_count", "container_restarts"),
            (
                "increase(container_restart_count[2m])",
                "container_restart_count",
            ),
            (
                "increase(container_restart_count[2m])",
                "sum(increase(container_restart_count[2m]))",
            ),
            ("[2m]) > 0", "[2m]) < 0"),
            ("[2m]) > 0", "[2m]) >= 0"),
            ("[2m]", "[3m]"),
            ("[2m]", "[80s]"),
            (
                " and on (service, name) last_over_time(container_last_exit_oom_killed[1m]) == 1",
                "",
            ),
            ("on (service, name)", "on (service)"),
            ("container_last_exit_oom_killed", "container_oom_killed"),
            (
                "last_over_time(container_last_exit_oom_killed[1m])",
                "container_last_exit_oom_killed",
            ),
            ("[1m]", "[90s]"),
            ("[1m]", "[40s]"),
            ("== 1", "== 0"),
        ],
    ),
    (
        "TargetLost",
        "",
        &[
            ("up{", "probe_success{"),
            ("{job!=\"feed-handler\"}", ""),
            ("job!=", "job="),
            (
                "up{job!=\"feed-handler\"}",
                "min(up{job!=\"feed-handler\"})",
            ),
            ("== 0", "== 1"),
            ("for: 1m", "for: 90s"),
            ("for: 1m", "for: 40s"),
        ],
    ),
];

/// The group of a rule in `rules`, alone, as a rules file, with `original` replaced in that rule,
/// where it must stand just once.
fn mutated(rules: &str, alert: &str, mark: &str, original: &str, mutation: &str) -> String {
    const GROUP: &str = "\n  - name: ";
    const RULE: &str = "- alert: ";
    let (head, groups) = rules.split_once(GROUP).unwrap();
    let group = groups
        .split(GROUP)
        .find(|group| group.contains(&format!("{RULE}{alert}\n")))
        .unwrap();
    let (mut places, mut parts) = (0, Vec::new());
    for part in group.split(RULE) {
        let is_it = part.lines().next() == Some(alert) && part.contains(mark);
        places += if is_it {
            part.matches(original).count()
        } else {
            0
        };
        parts.push(if is_it {
            part.replace(original, mutation)
        } else {
            part.to_owned()
        });
    }
    assert_eq!(places, 1, "`{original}` must stand once in one {alert}");
    format!("{head}{GROUP}{}", parts.join(RULE))
}

#[test]
fn each_mutation_of_a_rule_fails_its_unit_tests() {
    let rules = committed_rules();
    std::thread::scope(|scope| {
        for (alert, mark, changes) in MUTATIONS {
            let rules = &rules;
            scope.spawn(move || {
                let mutants = changes
                    .iter()
                    .map(|(original, mutation)| mutated(rules, alert, mark, original, mutation));
                let unnoticed: Vec<_> = changes
                    .iter()
                    .zip(pass_unit_tests(alert, mutants))
                    .filter(|(_, passes)| *passes)
                    .collect();
                assert!(
                    unnoticed.is_empty(),
                    "no unit test of {alert} noticed {unnoticed:#?}"
                );
            });
        }
    });
}

/// Which of `mutants`, each a whole rules file, pass the unit tests of `alert`. All by one process
/// of the tool.
fn pass_unit_tests(alert: &str, mutants: impl Iterator<Item = String>) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    // The tool in the container is another user.
    std::fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let tests: Vec<_> = mutants
        .enumerate()
        .map(|(number, rules)| write_unit_tests(&folder.path().join(number.to_string()), &rules))
        .map(|tests| {
            format!(
                "/work/mutants/{}",
                tests.strip_prefix(folder.path()).unwrap().display()
            )
        })
        .collect();
    let promtool = |arguments: &[&str], files: &[String]| {
        let arguments: Vec<_> = arguments
            .iter()
            .copied()
            .chain(files.iter().map(String::as_str))
            .collect();
        run(
            "prometheus",
            "promtool",
            &[(folder.path(), "mutants")],
            &arguments,
        )
    };
    let rules: Vec<_> = tests
        .iter()
        .map(|tests| tests.replace(".test.yml", ".yml"))
        .collect();
    let (content, printed) = promtool(&["check", "rules"], &rules);
    assert!(
        content,
        "a mutation that Prometheus refuses proves nothing: {printed}"
    );
    let (_, printed) = promtool(&["test", "rules", "--run", &format!("^{alert}:")], &tests);
    let passes: Vec<_> = printed
        .split("Unit Testing:")
        .skip(1)
        .map(|outcome| {
            outcome
                .lines()
                .nth(1)
                .is_some_and(|line| line.trim() == "SUCCESS")
        })
        .collect();
    assert_eq!(passes.len(), tests.len(), "{printed}");
    passes
}

/// What the settings say that the alert is to be proven for.
fn to_prove(alert: &str) -> BTreeSet<String> {
    let settings = Written::read(root()).unwrap().settings;
    let claims = settings.instances_to_prove().into_iter();
    let of_alert = claims.filter(|claim| claim.alert == alert);
    of_alert
        .flat_map(|claim| claim.labels.into_values())
        .collect()
}

#[test]
fn every_service_that_has_a_memory_limit_and_is_started_again_is_to_be_proven() {
    let text = std::fs::read_to_string(root().join("docker-compose.test.yml")).unwrap();
    let mut compose: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).unwrap();
    // What is merged into the handlers' template is merged on into each handler.
    compose.apply_merge().unwrap();
    compose.apply_merge().unwrap();
    let services = compose["services"].as_mapping().unwrap().iter();
    let limited = services.filter(|(_, service)| {
        service.get("mem_limit").is_some()
            && service.get("restart").and_then(|restart| restart.as_str()) == Some("unless-stopped")
    });
    let limited: BTreeSet<_> = limited
        .map(|(name, _)| name.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(to_prove("ServiceOOMKill"), limited);
}

#[test]
fn every_scrape_job_is_to_be_proven() {
    let text = std::fs::read_to_string(prometheus_folder().join("prometheus.yml")).unwrap();
    let jobs = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- job_name: "));
    let handlers = "feed-handler";
    let others: BTreeSet<_> = jobs
        .filter(|job| *job != handlers)
        .map(str::to_owned)
        .collect();
    assert_eq!(to_prove("TargetLost"), others);
}

#[test]
fn each_rule_has_a_runbook_that_is_there() {
    let rules = committed_rules();
    let runbooks: Vec<_> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("runbook_url: "))
        .collect();
    assert_eq!(runbooks.len(), rules.matches("- alert:").count());
    for runbook in runbooks {
        assert!(root().join(runbook).is_file(), "{runbook} is missing");
    }
}

/// The mutants of the committed rules, as `./drill mutate` makes them, that are waived because the
/// unit tests fail with them.
async fn waived_for_unit_tests() -> Vec<Mutant> {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let recording = root().join("tests/recordings/k2");
    let recording = OpenRecording::open(&recording, programs).await.unwrap();
    let waivers = std::fs::read_to_string(root().join("tests/waived_mutants.yml")).unwrap();
    let waivers: Vec<WaivedMutant> = serde_yaml_ng::from_str(&waivers).unwrap();
    let named = Path::new("alert_rules.yml");
    let files = recording.with_rules_text(committed_rules(), named).unwrap();
    let made = recording
        .replayer
        .mutants(&files, &recording.metrics)
        .await
        .unwrap();
    let is_meant = |mutant: &Mutant| {
        let mut waivers = waivers.iter().filter(|waiver| waiver.mutant == mutant.id);
        waivers.any(|waiver| waiver.reason.starts_with("the rules' unit tests"))
    };
    made.mutants.into_iter().filter(is_meant).collect()
}

#[test]
fn mutants_that_are_waived_for_the_unit_tests_fail_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let meant = runtime.block_on(waived_for_unit_tests());
    drop(runtime);
    assert!(meant.len() > 40, "{}", meant.len());
    let alerts: BTreeSet<_> = meant.iter().map(|mutant| mutant.rule.as_str()).collect();
    for alert in alerts {
        let of_alert: Vec<_> = meant.iter().filter(|mutant| mutant.rule == alert).collect();
        let rules = of_alert
            .iter()
            .map(|mutant| mutant.applied_to(&committed_rules()));
        let passes = pass_unit_tests(alert, rules);
        let unnoticed = of_alert.iter().zip(passes).filter(|(_, passes)| *passes);
        let unnoticed: Vec<_> = unnoticed.map(|(mutant, _)| &mutant.id).collect();
        assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    }
}
