//! How long the doctor takes for 1,000 and for 10,000 rules: `cargo bench -p alertdrill-doctor`.
//!
//! The rules are of many kinds, in files of 100, with the sources and the configuration of a small
//! project around them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "it is a measurement that a person reads"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use alertdrill_doctor::{Checkout, Wishes, examine};

const COMPOSE: &str = "\
services:
  app: {build: ./app, ports: ['8080:8000']}
  node-exporter: {image: prom/node-exporter}
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus:/etc/prometheus:ro']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro']
";
const PROMETHEUS: &str = "\
rule_files: [rules/*.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}
scrape_configs:
  - {job_name: app, static_configs: [{targets: ['app:8000']}]}
  - {job_name: node, static_configs: [{targets: ['node-exporter:9100']}]}
";
const ALERTMANAGER: &str = "\
route: {receiver: team, routes: [{matchers: [severity=\"critical\"], receiver: pager}]}
receivers:
  - {name: team, webhook_configs: [{url: 'http://chat.example.org/'}]}
  - {name: pager, webhook_configs: [{url: 'http://pager.example.org/'}]}
";
const APP: &str = "\
from prometheus_client import Counter, Gauge, Histogram, start_http_server
orders = Counter('orders_total', 'orders', ['status'])
waiting = Gauge('orders_waiting', 'waiting')
seconds = Histogram('order_seconds', 'how long', ['kind'])
start_http_server(8000)
";
const EXPRESSIONS: [&str; 8] = [
    "up{job=\"app\"} == 0",
    "sum by (job) (rate(orders_total{status=\"failed\"}[5m])) / sum by (job) (rate(orders_total[5m])) > 0.N",
    "orders_waiting > N",
    "histogram_quantile(0.99, sum by (le, kind) (rate(order_seconds_bucket[5m]))) > N",
    "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.N",
    "predict_linear(node_filesystem_avail_bytes[6h], N * 3600) < 0",
    "increase(orders_total{status=\"failed\"}[10m]) > N and orders_waiting > 3",
    "absent(up{job=\"app\"})",
];

fn write_project(folder: &Path, rules: usize) {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("docker-compose.yml", COMPOSE);
    write("prometheus/prometheus.yml", PROMETHEUS);
    write("alertmanager.yml", ALERTMANAGER);
    write("app/app.py", APP);
    write(
        "app/Dockerfile",
        "FROM python:3\nCOPY app.py /\nEXPOSE 8000\nCMD python /app.py\n",
    );
    for file in 0..rules.div_ceil(100) {
        let mut text = format!("groups:\n- name: g{file}\n  rules:\n");
        for number in file * 100..rules.min(file * 100 + 100) {
            let expression = EXPRESSIONS[number % EXPRESSIONS.len()];
            let expression = expression.replace('N', &(number % 89 + 1).to_string());
            let severity = ["critical", "warning"][number % 2];
            write!(
                text,
                "  - alert: Alert{number}\n    expr: '{expression}'\n    for: 2m\n    \
                 labels: {{severity: {severity}, team: t{}}}\n    annotations:\n      \
                 summary: '{{{{ $labels.job }}}} of {number}'\n      \
                 runbook_url: https://example.org/{number}\n",
                number % 7
            )
            .unwrap();
        }
        write(&format!("prometheus/rules/{file}.yml"), &text);
    }
}

fn main() {
    for rules in [1_000, 10_000] {
        let folder = tempfile::tempdir().unwrap();
        write_project(folder.path(), rules);
        let begin = Instant::now();
        let variants = Checkout::read(folder.path(), &Wishes::default()).unwrap();
        let read_s = begin.elapsed().as_secs_f64();
        let findings = examine(&variants).len();
        let all_s = begin.elapsed().as_secs_f64();
        println!("{rules} rules: {all_s:.2} s ({read_s:.2} s of it to read), {findings} findings");
    }
}
