//! Two sides of an operation of which no series meet.

use alertdrill_core::Finding;
use promql_parser::parser::BinaryExpr;

use super::of_rules::{place, rules, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{NoMatch, Operator, Reading, joins, why_no_match};

pub(in crate::checks) const NO_COMMON_LABELS: Check = Check {
    id: "expression/no-common-labels",
    title: "two sides of an operation whose labels never agree",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in rules(case.checkout) {
        for binary in joins(expr) {
            if let Some(why) = why_no_match(&reading, binary) {
                let place = place(rule, &binary.lhs);
                findings.push(said(binary, &why).of_rule(NO_COMMON_LABELS.id, rule, place));
            }
        }
    }
    findings
}

fn said(binary: &BinaryExpr, why: &NoMatch) -> Said {
    let operator = Operator::of(binary);
    let sign = operator.sign();
    let (reason, help) = match why {
        NoMatch::OneSided { label, is_left } => {
            let (has, lacks) = if *is_left {
                (&binary.lhs, &binary.rhs)
            } else {
                (&binary.rhs, &binary.lhs)
            };
            (
                format!(
                    "`{}` has the label `{label}` and `{}` has not",
                    told(has),
                    told(lacks)
                ),
                format!(
                    "give both sides the same labels (`sum by (…)`), or say by which they are \
                     matched: `{sign} on (…)`, `{sign} ignoring ({label}) group_left`"
                ),
            )
        }
        NoMatch::Values { label, left, right } => (
            format!("the left side has {left}, the right side {right}"),
            format!(
                "leave `{label}` out of the match: `{sign} ignoring ({label})`, or aggregate it \
                 away on both sides"
            ),
        ),
    };
    if operator == Operator::Unless {
        let message = format!("`unless` never mutes anything: {reason}");
        return Said::warning(message, help);
    }
    let message = format!("nothing matches across `{sign}`, so there is no result: {reason}");
    Said::error(message, help)
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{
        alerts_on, assert_fine, assert_found, assert_found_in,
    };
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/no-common-labels";

    #[test]
    fn sides_that_never_meet_are_found() {
        assert_found(
            ID,
            "error",
            &[
                "sum by (job) (rate(a_total[5m])) / sum by (job, instance) (rate(b_total[5m])) \
                 > 0.1",
                "sum by (instance) (a) / sum by (job) (b) > 1",
                "sum(rate(a_total[5m])) / b > 1",
                "a > 5 and sum(b) > 1",
                "up == 0 and absent(maintenance)",
                "errors_total{status=\"500\"} / errors_total{status=\"200\"} > 0.1",
                "up{job=\"api\"} == 0 and up{job=\"db\"} == 0",
                "a{x=~\"1|2\"} and a{x=\"3\"}",
                "a > vector(5)",
                "a * on (job) group_left sum by (instance) (b) > 1",
            ],
        );
    }

    #[test]
    fn mute_that_never_mutes_is_a_warning() {
        let project = alerts_on("up == 0 unless sum(maintenance)");
        assert_finds(ID, &project, &["rules.yml:5:12 warning"]);
    }

    #[test]
    fn sides_that_may_meet_are_fine() {
        assert_fine(
            ID,
            &[
                "sum by (job) (a) / sum by (job) (b) > 1",
                "a / on (instance) group_left sum by (instance) (b) > 1",
                "a > on () group_left vector(5)",
                "a > 5 and on () sum(b) > 1",
                "a > scalar(sum(b))",
                "sum(a) / sum(b) > 1",
                "sum(a) or vector(0)",
                "up{job=\"api\"} == 0 or up{job=\"db\"} == 0",
                "up{job=\"api\"} == 0 and on () up{job=\"db\"} == 0",
                "up{job=\"api\"} / ignoring (job) up{job=\"db\"} > 1",
                "a{x=~\"1|2\"} and a{x=~\"2|3\"}",
                "sum by (instance) (rate(a_total[5m])) / instance:b:rate5m > 1",
                "sum by (device) (a) / sum by (device) (b) > 1",
                "time() - a > 5",
                "a * on (instance) group_left (nodename) node_uname_info > 1",
                "absent(up{job=\"api\"}) unless on () maintenance == 1",
                "absent(a{job=\"api\"}) and absent(b{job=\"api\"})",
                "label_replace(a, \"name\", \"$1\", \"id\", \"(.*)\") / on (name) b > 1",
            ],
        );
    }

    #[test]
    fn recorded_metrics_are_looked_through() {
        let rules = |by: &str| {
            format!(
                "--- rules.yml
groups:
- name: g
  rules:
  - {{record: 'x:rate', expr: 'sum by (job) (rate(x_total[5m]))'}}
  - {{alert: A, expr: 'x:rate / sum by ({by}) (rate(y_total[5m])) > 0.1'}}
"
            )
        };
        assert_finds(ID, &rules("instance"), &["rules.yml:5:23"]);
        assert_silent(ID, &rules("job"));
    }

    #[test]
    fn recorded_metrics_that_read_each_other_have_an_end() {
        let rules = (0..5000).map(|at| {
            let next = (at + 1) % 5000;
            format!("  - {{record: 'r{at}:x', expr: 'r{next}:x / sum(r{next}:x) > 5'}}\n")
        });
        let rules: String = rules.collect();
        assert_silent(
            ID,
            &format!("--- rules.yml\ngroups:\n- name: g\n  rules:\n{rules}"),
        );
    }

    #[test]
    fn labels_of_the_projects_own_metrics_are_known() {
        let project = |expr: &str| {
            format!(
                "{}--- docker-compose.yml
services:
  shop: {{build: ./shop}}
  node: {{image: 'prom/node-exporter:v1.7.0'}}
  cadvisor: {{image: 'registry.example/cadvisor/cadvisor:v0.47.0'}}
  postgres-exporter: {{image: 'prometheuscommunity/postgres-exporter:v0.15.0'}}
  prometheus:
    image: prom/prometheus
    volumes:
    - ./prometheus.yml:/etc/prometheus/prometheus.yml
    - ./rules.yml:/etc/prometheus/rules.yml
--- shop/Dockerfile
FROM python:3.12
COPY main.py .
CMD ['python', 'main.py']
--- shop/main.py
from prometheus_client import Counter, start_http_server
REQUESTS = Counter('shop_requests_total', 'requests', ['method', 'path'])
ERRORS = Counter('shop_errors_total', 'errors', ['type'])
FAILED = Counter('shop_failed_total', 'failed requests', ['method', 'path'])
start_http_server(8000)
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs:
- {{job_name: shop, static_configs: [{{targets: ['shop:8000']}}]}}
- {{job_name: node, static_configs: [{{targets: ['node:9100']}}]}}
- {{job_name: cadvisor, static_configs: [{{targets: ['cadvisor:8080']}}]}}
- {{job_name: db, static_configs: [{{targets: ['postgres-exporter:9187']}}]}}
",
                alerts_on(expr)
            )
        };
        for expr in [
            "rate(shop_errors_total[5m]) / rate(shop_requests_total[5m]) > 0.05",
            "container_memory_usage_bytes / node_memory_MemTotal_bytes > 0.9",
            "pg_stat_database_numbackends / pg_settings_max_connections > 0.9",
            "container_memory_usage_bytes / on (instance) group_left \
             node_memory_MemTotal_bytes > 0.9",
            "node_load1 > 1 and on (instance) rate(shop_errors_total[5m]) > 0",
        ] {
            assert_found_in(ID, "error", &project(expr));
        }
        for expr in [
            "rate(shop_failed_total[5m]) / rate(shop_requests_total[5m]) > 0.05",
            "sum(rate(shop_errors_total[5m])) / sum(rate(shop_requests_total[5m])) > 0.05",
            "sum(pg_stat_database_numbackends) / sum(pg_settings_max_connections) > 0.9",
            "container_memory_usage_bytes / on () group_left node_memory_MemTotal_bytes > 0.9",
            "container_memory_usage_bytes / ignoring (id) container_spec_memory_limit_bytes > 1",
            "node_load1 > 1 and on (instance) up == 1",
            "node_load1 / on (instance) node_load5 > 1",
        ] {
            assert_silent(ID, &project(expr));
        }
        let elsewhere = project("node_load1 > 1 and on (instance) shop_errors_total > 0");
        for (there, other) in [
            ("'node:9100']", "'node:9100'], labels: {instance: shop}"),
            (
                "job_name: node,",
                "job_name: node, relabel_configs: [{target_label: x}],",
            ),
            (
                "targets: ['node:9100']",
                "targets: ['node:9100', 'shop:8000']",
            ),
            ("job_name: node,", "job_name: node, honor_labels: true,"),
        ] {
            assert_silent(ID, &elsewhere.replace(there, other));
        }
    }
}
