//! A project in which nothing is wrong, with one defect put in at a time: each is found, in its file
//! and by the check that is meant for it; and what is only written otherwise stays unspoken.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod seeds;

use std::fs;
use std::path::{Path, PathBuf};

use alertdrill_core::{Finding, FindingSeverity};
use alertdrill_doctor::{Checkout, Wishes, examine};
use seeds::{BRIDGE, COMPOSE, Change, DESK, MAIN, PROMETHEUS, ROUTES, SEEDS};

/// The same meant, written otherwise: nothing is found.
#[rustfmt::skip]
const INNOCENT: &[(&str, &[Change])] = &[
    ("nothing is changed", &[]),
    ("relative pattern", &[(PROMETHEUS, "/etc/prometheus/rules/*.yml", "rules/*.yml")]),
    ("command is one text", &[(COMPOSE, "    command:\n      - --config.file=/etc/prometheus/prometheus.yml\n      - --storage.tsdb.retention.time=7d\n", "    command: --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.retention.time=7d\n")]),
    ("whole folder is mounted", &[(COMPOSE, "      - ./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro\n      - ./prometheus/rules:/etc/prometheus/rules:ro\n", "      - ./prometheus:/etc/prometheus:ro\n")]),
    ("instance of somebody who writes into Prometheus", &[(COMPOSE, "      - --storage.tsdb.retention.time=7d\n", "      - --storage.tsdb.retention.time=7d\n      - --web.enable-remote-write-receiver\n"), (DESK, "up{job=\"api\"} == 0", "up{job=\"api\", instance=\"far-away\"} == 0")]),
    ("folder in which compose is started", &[(COMPOSE, "      - ./prometheus/rules:", "      - $PWD/prometheus/rules:")]),
    ("receiver that looks at its path", &[(BRIDGE, "        self.send_response(200)\n", "        self.send_response(200 if self.path == \"/team\" or self.path == \"/page\" else 404)\n")]),
    ("receiver on a machine whose name is told", &[(ROUTES, "http://pager-bridge:8089/page", "http://host.docker.internal:8089/page"), (COMPOSE, "    image: prom/alertmanager:v0.27.0\n", "    image: prom/alertmanager:v0.27.0\n    extra_hosts: [\"host.docker.internal:host-gateway\"]\n")]),
    ("long form of a mount", &[(COMPOSE, "      - ./prometheus/rules:/etc/prometheus/rules:ro\n", "      - {type: bind, source: ./prometheus/rules, target: /etc/prometheus/rules, read_only: true}\n")]),
    ("old form of matchers", &[(ROUTES, "matchers: ['severity=\"critical\"']", "match: {severity: critical}")]),
    ("deliberately silent default receiver", &[(ROUTES, "receivers:\n", "receivers:\n  - name: \"null\"\n"), (ROUTES, "  receiver: team\n  group_by", "  receiver: \"null\"\n  group_by")]),
    ("inhibition of warnings by critical alerts", &[(ROUTES, "source_matchers: ['alertname=\"ApiDown\"']\n    target_matchers: ['alertname=\"SlowAnswers\"']\n    equal: [job]", "source_matchers: ['severity=\"critical\"']\n    target_matchers: ['severity=\"warning\"']\n    equal: [instance]")]),
    ("inhibition that is meant to mute one alert everywhere", &[(ROUTES, "    equal: [job]\n", "")]),
    ("receiver that is kept as a reference", &[(ROUTES, "receivers:\n", "receivers:\n  - name: chat\n")]),
    ("target by its container's name", &[(COMPOSE, "  worker:\n    build: ./app\n", "  worker:\n    container_name: desk-worker\n    build: ./app\n"), (PROMETHEUS, "worker:9200", "desk-worker:9200")]),
    ("target by an alias", &[(COMPOSE, "  worker:\n    build: ./app\n", "  worker:\n    networks: {default: {aliases: [jobs]}}\n    build: ./app\n"), (PROMETHEUS, "worker:9200", "jobs:9200")]),
    ("target outside of the project", &[(PROMETHEUS, "worker:9200\"]", "worker:9200\", \"desk.example.org:9200\"]")]),
    ("targets that are found by DNS", &[(PROMETHEUS, "    static_configs:\n      - targets: [\"worker:9200\"]\n", "    dns_sd_configs:\n      - {names: [tasks.worker], type: A, port: 9200}\n")]),
    ("receiver outside of the project", &[(ROUTES, "http://pager-bridge:8089/page", "https://hooks.example.org/services/desk")]),
    ("status as a pattern", &[(DESK, "{status=\"5xx\"}", "{status=~\"5..\"}")]),
    ("status that is not another", &[(DESK, "{status=\"5xx\"}", "{status!~\"2xx|4xx\"}")]),
    ("ratio in percent", &[(DESK, "/ sum by (job) (rate(desk_http_requests_total[5m])) > 0.05", "/ sum by (job) (rate(desk_http_requests_total[5m])) * 100 > 5"), (DESK, "{{ $value | humanizePercentage }}", "{{ $value | humanize }}%")]),
    ("ratio of sums without labels", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "sum(rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum(rate(desk_http_requests_total[5m]))"), (DESK, "{{ $labels.job }} fails", "the desk fails")]),
    ("ratio that ignores the label", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "sum without (status) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum without (status) (rate(desk_http_requests_total[5m]))")]),
    ("comparison turned round", &[(DESK, "desk_tickets_open > 500", "500 < desk_tickets_open")]),
    ("average over time instead of for", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: min_over_time(desk_tickets_open[10m]) > 500")]),
    ("metric that is recorded", &[(DESK, "    rules:\n      - alert: ApiDown", "    rules:\n      - record: job:desk_errors:rate5m\n        expr: sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n      - alert: ApiDown"), (DESK, "desk_tickets_open > 500", "job:desk_errors:rate5m > 5")]),
    ("gap that is filled with a zero", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "(sum(rate(desk_http_requests_total{status=\"5xx\"}[5m])) or vector(0))\n            / sum(rate(desk_http_requests_total[5m]))"), (DESK, "{{ $labels.job }} fails", "the desk fails")]),
    ("gauge that a function sets which is called", &[(MAIN, "    OPEN.set(len(app.state.tickets))\n", "    update_open()\n"), (MAIN, "def fill_of_queue():", "def update_open():\n    OPEN.set(len(app.state.tickets))\n\n\ndef fill_of_queue():")]),
    ("lost target by absent", &[(DESK, "up{job=\"api\"} == 0", "up{job=\"api\"} == 0 or absent(up{job=\"api\"})")]),
    ("restarts of the last minutes", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: changes(process_start_time_seconds{job=\"api\"}[10m]) > 3")]),
    ("growth that goes on for long", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: increase(desk_jobs_total{outcome=\"failed\"}[2m]) > 0\n        for: 10m")]),
    ("watchdog", &[(DESK, "    rules:\n      - alert: ApiDown", "    rules:\n      - alert: Watchdog\n        expr: vector(1)\n        labels: {severity: warning}\n        annotations: {summary: the way to the pager works, runbook_url: docs/runbooks/ApiDown.md}\n      - alert: ApiDown")]),
    ("critical beside warning of one alert", &[(DESK, "      - alert: TooManyOpenTickets\n", "      - alert: TooManyOpenTickets\n        expr: desk_tickets_open > 2000\n        for: 10m\n        labels:\n          severity: critical\n        annotations:\n          summary: \"{{ $value }} tickets are open\"\n          runbook_url: docs/runbooks/TooManyOpenTickets.md\n\n      - alert: TooManyOpenTickets\n")]),
    ("value of the external label", &[(PROMETHEUS, "  evaluation_interval: 15s\n", "  evaluation_interval: 15s\n  external_labels: {site: east}\n"), (ROUTES, "severity=\"warning\"", "severity=\"warning\"', 'site=\"east\"")]),
    ("extended service", &[(COMPOSE, "  worker:\n    build: ./app\n    command: python worker.py\n", "  worker:\n    extends: {service: base}\n    command: python worker.py\n\n  base:\n    build: ./app\n    profiles: [never]\n")]),
    ("default metrics of the client", &[(DESK, "desk_tickets_open > 500", "process_resident_memory_bytes{job=\"api\"} > 500e6")]),
    ("created timestamp of a counter", &[(DESK, "desk_tickets_open > 500", "time() - desk_jobs_created{outcome=\"done\"} > 1e6")]),
];

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/base_project")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What is found in the project with these changes.
fn findings(changes: &[Change]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    copy(&base(), folder.path());
    for (file, old, new) in changes {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.matches(old).count(),
            1,
            "{file} has {old:?} not just once"
        );
        fs::write(&path, text.replace(old, new)).unwrap();
    }
    examine(&Checkout::read(folder.path(), &Wishes::default()).unwrap())
}

fn shown(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let (file, line) = (finding.file.display(), finding.line);
        let severity = finding.severity.as_str();
        format!(
            "    {file}:{line} {severity} {}: {}\n",
            finding.id, finding.message
        )
    });
    lines.collect()
}

#[test]
fn each_defect_is_found_where_it_is_by_the_check_that_is_meant_for_it() {
    let missed = SEEDS.iter().filter_map(|seed| {
        let found = findings(seed.changes);
        let is_found = found.iter().any(|finding| {
            finding.file == Path::new(seed.found_in) && seed.by.contains(&finding.id)
        });
        (!is_found).then(|| format!("{} ({:?}):\n{}", seed.what, seed.by, shown(&found)))
    });
    let missed: Vec<_> = missed.collect();
    assert!(
        missed.is_empty(),
        "missed {} of {}:\n{}",
        missed.len(),
        SEEDS.len(),
        missed.join("\n")
    );
}

#[test]
fn what_is_right_and_written_otherwise_stays_unspoken() {
    let told = INNOCENT.iter().filter_map(|(what, changes)| {
        let found = findings(changes);
        (!found.is_empty()).then(|| format!("{what}:\n{}", shown(&found)))
    });
    let told: Vec<_> = told.collect();
    let (count, all) = (told.len(), INNOCENT.len());
    assert!(
        told.is_empty(),
        "told of {count} of {all}:\n{}",
        told.join("\n")
    );
}

/// A defect brings no flood: what else is said of it is no more than a few lines.
#[test]
fn one_defect_is_not_told_as_many_errors() {
    for seed in SEEDS {
        let found = findings(seed.changes);
        let errors = found
            .iter()
            .filter(|it| it.severity == FindingSeverity::Error);
        let errors = errors.count();
        assert!(
            errors <= 12,
            "{}: {errors} errors\n{}",
            seed.what,
            shown(&found)
        );
    }
}
