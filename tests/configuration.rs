//! What Prometheus's and Alertmanager's own tools say of the committed configuration, in the versions that the stack runs;
//! and that the unit tests of the rules can fail.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::path::{Path, PathBuf};
use std::process::Command;

use alertdrill::commands;
use alertdrill::progress::Progress;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `tool` of the stack's image of `server` with `folders` mounted below `/work`; gives whether it was content, and what
/// it printed.
fn run(server: &str, tool: &str, folders: &[(&Path, &str)], arguments: &[&str]) -> (bool, String) {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures")).parent().unwrap();
    commands::build_images(root(), programs, &Progress::default()).unwrap();
    let image = std::env::var(format!("{}_IMAGE", server.to_uppercase())).unwrap_or_else(|_| format!("alertdrill/{server}"));
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--network", "none", "--entrypoint", tool]);
    for (folder, name) in folders {
        docker.arg("--volume").arg(format!("{}:/work/{name}:ro", folder.display()));
    }
    let output = docker.arg(image).args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

fn prometheus_folder() -> PathBuf {
    root().join("docker/prometheus")
}

/// Runs the unit tests of the rules against `rules`.
fn unit_tests(rules: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("alert_rules.yml"), rules).unwrap();
    std::fs::copy(root().join("tests/rules/alert_rules.test.yml"), folder.path().join("test.yml")).unwrap();
    // The tool in the container is another user.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    run("prometheus", "promtool", &[(folder.path(), "rules")], &["test", "rules", "/work/rules/test.yml"])
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
    assert!(printed.contains("8 rules found"), "{printed}");
}

#[test]
fn prometheus_takes_the_rules_without_a_lint() {
    let arguments = ["check", "rules", "--lint=all", "--lint-fatal", "/work/prometheus/alert_rules.yml"];
    let (content, printed) = run("prometheus", "promtool", &[(&prometheus_folder(), "prometheus")], &arguments);
    assert!(content, "{printed}");
}

#[test]
fn alertmanager_takes_its_configuration() {
    let folder = root().join("docker/alertmanager");
    let arguments = ["check-config", "/work/alertmanager/alertmanager.yml"];
    let (content, printed) = run("alertmanager", "amtool", &[(&folder, "alertmanager")], &arguments);
    assert!(content, "{printed}");
    assert!(printed.contains("2 receivers"), "{printed}");
}

#[test]
fn each_rule_does_at_its_edges_what_its_unit_tests_say() {
    let (content, printed) = unit_tests(&committed_rules());
    assert!(content, "{printed}");
}

/// A change of one rule that its unit tests must notice.
const MUTATIONS: [(&str, &str); 10] = [
    ("for: 1m", "for: 3m"),
    ("up{job=\"feed-handler\"} == 0", "up{job=\"feed-handler\"} == 1"),
    ("feed_handler_last_message_timestamp > 120", "feed_handler_last_message_timestamp > 180"),
    ("kafka_consumer_group_lag > 1000", "kafka_consumer_group_lag >= 1000"),
    ("for: 5m", "for: 4m"),
    ("increase(clickhouse_bronze_insert_errors_total[2m]) > 0", "clickhouse_bronze_insert_errors_total > 0"),
    ("avg by (exchange) (", "avg("),
    ("iceberg_offload_lag_minutes > 30", "iceberg_offload_lag_minutes > 45"),
    ("iceberg_offload_consecutive_failures > 2", "iceberg_offload_consecutive_failures > 1"),
    (" and on (service) container_last_exit_oom_killed == 1", ""),
];

#[test]
fn each_mutation_of_a_rule_fails_its_unit_tests() {
    let rules = committed_rules();
    for (original, mutation) in MUTATIONS {
        assert!(rules.contains(original), "no rule says `{original}` any more");
        let (content, _) = unit_tests(&rules.replacen(original, mutation, 1));
        assert!(!content, "`{original}` became `{mutation}`, and no unit test noticed");
    }
}

#[test]
fn each_rule_has_a_runbook_that_is_there() {
    let rules = committed_rules();
    let runbooks: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("runbook_url: ")).collect();
    assert_eq!(runbooks.len(), rules.matches("- alert:").count());
    for runbook in runbooks {
        assert!(root().join(runbook).is_file(), "{runbook} is missing");
    }
}
