//! One matter each.

use insta::assert_snapshot;

use super::Project;

/// Prometheus, which scrapes each of `services` as a job of its own, with `rules`.
fn with_rules(services: &str, jobs: &[&str], rules: &[(&str, &str)]) -> Project {
    let prometheus = "
  prometheus:
    image: prom/prometheus
    volumes: [{type: bind, source: ROOT/p, target: /etc/prometheus}]
";
    let jobs = jobs.iter().map(|job| {
        let name = job.split(':').next().unwrap();
        format!("  - {{job_name: {name}, static_configs: [{{targets: ['{job}']}}]}}\n")
    });
    let jobs: String = jobs.collect();
    let rules = rules
        .iter()
        .map(|(alert, expr)| format!("      - {{alert: {alert}, expr: '{expr}'}}\n"));
    let rules: String = rules.collect();
    Project::new(&format!("{services}{prometheus}"))
        .file(
            "p/prometheus.yml",
            &format!("rule_files: [r.yml]\nscrape_configs:\n{jobs}"),
        )
        .file(
            "p/r.yml",
            &format!("groups:\n  - name: g\n    rules:\n{rules}"),
        )
}

#[test]
fn restart_that_its_policy_makes_needs_a_kill_and_a_policy() {
    let alerts = [(
        "Restarts",
        "increase(container_restart_count{name=\"api\"}[5m]) > 0",
    )];
    let with = with_rules(
        "  api: {image: api, restart: always}\n",
        &["api:80"],
        &alerts,
    );
    assert_snapshot!(with.in_short(), @"? kill api: Restarts");
    let without = with_rules("  api: {image: api}\n", &["api:80"], &alerts);
    assert_snapshot!(without.in_short(), @"- Restarts: api has no restart policy, so nothing restarts it");
}

#[test]
fn oom_kill_needs_a_memory_limit() {
    let alerts = [("Oom", "increase(container_oom_events_total[5m]) > 0")];
    let with = with_rules(
        "  api: {image: api, mem_limit: '1000'}\n",
        &["api:80"],
        &alerts,
    );
    assert_snapshot!(with.in_short(), @"? oom_kill api: Oom");
    let without = with_rules("  api: {image: api}\n", &["api:80"], &alerts);
    assert_snapshot!(without.in_short(), @"- Oom: an OOM kill needs a service with a memory limit, and none has one");
}

#[test]
fn what_stands_still_is_brought_by_a_dependency_because_its_exporter_would_take_it_along() {
    let alerts = [
        ("Stalled", "increase(orders_total[5m]) == 0"),
        ("Late", "time() - orders_last_success_timestamp > 60"),
        (
            "Remembered",
            "time() - last_over_time(orders_last_success_timestamp[1h]) > 60",
        ),
        ("Gone", "absent(orders_total{job=\"orders\"})"),
    ];
    let services =
        "  orders: {image: o, depends_on: {db: {condition: x}}}\n  db: {image: postgres}\n";
    let project = with_rules(services, &["orders:80"], &alerts);
    assert_snapshot!(project.in_short(), @"
        stop orders: Gone
        ? stop db: Stalled, Late
        ? stop orders: Remembered
        ");
    let alone = with_rules("  orders: {image: o}\n", &["orders:80"], &alerts[..1]);
    assert_snapshot!(alone.in_short(), @"- Stalled: orders exports it, and depends on nothing here that could be broken; with orders itself the metric would be gone");
}

#[test]
fn observers_and_what_is_no_service_of_the_project_are_not_broken() {
    let alerts = [
        ("PrometheusDown", "up{job=\"prometheus\"} == 0"),
        ("MachineDown", "up{job=\"machine\"} == 0"),
        ("NoJob", "up{job=\"nowhere\"} == 0"),
    ];
    let jobs = ["prometheus:9090", "machine:9100"];
    let project = with_rules("  api: {image: api}\n", &jobs, &alerts);
    assert_snapshot!(project.in_short(), @"
        - PrometheusDown: it is about Prometheus or Alertmanager, which must watch while something is broken
        - MachineDown: its target is no service of this project
        - NoJob: Prometheus scrapes no such job or target
        ");
}

#[test]
fn names_that_yaml_or_drills_do_not_take_are_written_so_that_they_do() {
    let alerts = [("on", "up == 0"), ("\"A: b #c\"", "up == 0")];
    let services = "  3-scale.x: {image: a}\n  no: {image: b}\n";
    let project = with_rules(services, &["3-scale.x:80", "no:80"], &alerts);
    let text = project.proposed_file();
    let names = text
        .lines()
        .filter(|line| line.contains("name:") || line.contains("break:"));
    assert_snapshot!(names.collect::<Vec<_>>().join("\n"), @r#"
        - name: service_3_scale_x_stopped
          break: {stop: "3-scale.x"}
        - name: no_stopped
          break: {stop: "no"}
        "#);
}
