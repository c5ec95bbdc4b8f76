//! A label's value that the metric never has.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::container_names::unknown_container;
use super::selectors::selectors;
use crate::checks::check::{Case, Check, Said};
use crate::knowledge::allows_absence;

pub(in crate::checks) const NO_SUCH_VALUE: Check = Check {
    id: "metric/no-such-value",
    title: "the label never has the value",
    run,
};

/// Labels of the target, whose values are another finding's.
const OF_TARGETS: [&str; 4] = ["job", "instance", "le", "quantile"];
/// The most values that a message names.
const MOST_NAMED: usize = 8;

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let matchers = selected.selector.matchers.matchers.iter();
        let asks: Vec<_> = matchers
            .filter(|it| !OF_TARGETS.contains(&it.name.as_str()) && !allows_absence(it))
            .collect();
        if asks.is_empty() || selected.has_alternative {
            continue;
        }
        for matcher in &asks {
            let what = unknown_container(case.checkout, selected.name, matcher);
            let what = what.filter(|_| case.knowledge.scrapes("cadvisor"));
            let key = (
                std::ptr::from_ref(selected.rule),
                selected.name,
                matcher.to_string(),
            );
            let Some(what) = what.filter(|_| said.insert(key)) else {
                continue;
            };
            let help = "match a container's own name, and fix it with `container_name`";
            let place = selected.rule.place_of(&matcher.value);
            let said = Said::warning(what, help);
            findings.push(said.of_rule(NO_SUCH_VALUE.id, selected.rule, place));
        }
        let Some(labels) = case.knowledge.label_values_of(selected.selector) else {
            continue;
        };
        for matcher in asks {
            let Some(Some(values)) = labels.get(&matcher.name) else {
                continue;
            };
            if values.is_empty()
                || values.iter().any(|value| matcher.is_match(value))
                || !said.insert((
                    std::ptr::from_ref(selected.rule),
                    selected.name,
                    matcher.to_string(),
                ))
            {
                continue;
            }
            let named: Vec<_> = values
                .iter()
                .take(MOST_NAMED)
                .map(|value| format!("`{value}`"))
                .collect();
            let more = if values.len() > MOST_NAMED {
                ", …"
            } else {
                ""
            };
            let what = format!(
                "`{matcher}` may match nothing: `{}` has `{}` as {}{more}",
                selected.name,
                matcher.name,
                named.join(", ")
            );
            let help = "match a value that the label has";
            let place = selected.rule.place_of(&matcher.value);
            findings.push(Said::warning(what, help).of_rule(
                NO_SUCH_VALUE.id,
                selected.rule,
                place,
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/no-such-value";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n  \
             - job_name: node\n    static_configs:\n      - targets: ['node-exporter:9100']\n\
             --- shop.py\nfrom prometheus_client import Counter\n\
             ORDERS = Counter('orders', 'x', ['state', 'shop'])\n\
             ORDERS.labels(state='paid', shop=shop).inc()\nORDERS.labels('failed', shop).inc()\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn value_that_is_given_nowhere_is_found() {
        assert_finds(
            ID,
            &project("rate(orders_total{state='error'}[5m]) > 1"),
            &[
                "rules.yml:5:40 warning: `state=\"error\"` may match nothing: \
               `orders_total` has `state` as `failed`, `paid`",
            ],
        );
        assert_finds(
            ID,
            &project("rate(node_cpu_seconds_total{mode='idel'}[5m]) > 1"),
            &["rules.yml:5:49 warning: `mode=\"idel\"` may match nothing"],
        );
    }

    #[test]
    fn labels_in_a_variable_may_hold_any_value() {
        let project = |counted: &str| {
            format!(
                "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n\
                 --- app.js\nconst client = require('prom-client');\n\
                 const requests = new client.Counter({{ name: 'requests_total', help: 'x', labelNames: ['status'] }});\n\
                 requests.inc({{ status: '401' }}, 0);\n{counted}\n\
                 --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: rate(requests_total{{status='500'}}[5m]) > 1\n"
            )
        };
        assert_silent(ID, &project("requests.inc(labels);"));
        let found = "rules.yml:5:43 warning: `status=\"500\"` may match nothing";
        assert_finds(ID, &project("requests.inc({ status: '429' });"), &[found]);
    }

    fn containers(expression: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: ['.:/etc/prometheus']\n  cadvisor: {{image: registry.example/cadvisor/cadvisor}}\n  \
             api: {{image: me/api}}\n  db: {{image: postgres, container_name: shop-db}}\n\
             --- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: cadvisor\n    static_configs:\n      - targets: ['cadvisor:8080']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn container_of_no_service_is_found() {
        for (matcher, column) in [
            ("name='jenkins'", 57),
            ("name='db'", 57),
            ("name=~'jenkins.*|nexus'", 58),
        ] {
            let expression = format!("absent(container_memory_usage_bytes{{{matcher}}})");
            let found = format!("rules.yml:5:{column} warning: `name");
            assert_finds(ID, &containers(&expression), &[&found]);
        }
    }

    #[test]
    fn container_of_a_service_is_silent() {
        for matcher in [
            "name='shop-db'",
            "name='shop_api_1'",
            "name='shop-api-1'",
            "name=~'.+'",
            "name=~'.*api.*'",
            "name!='jenkins'",
            "name=''",
            "id='/docker'",
            "container_label_com_docker_compose_service='api'",
        ] {
            let expression = format!("container_memory_usage_bytes{{{matcher}}} > 1e9");
            assert_silent(ID, &containers(&expression));
        }
    }

    #[test]
    fn container_of_a_stack_whose_name_a_text_says_is_silent() {
        let expression = "absent(container_memory_usage_bytes{name=~'.*demo.*'})";
        let found = "rules.yml:5:58 warning: `name";
        assert_finds(ID, &containers(expression), &[found]);
        for text in [
            "Makefile\nup:\n\tdocker stack deploy -c docker-compose.yml demo",
            ".env\nCOMPOSE_PROJECT_NAME=demo",
            "up.sh\ndocker compose -p demo up -d",
        ] {
            let project = format!("{}--- {text}\n", containers(expression));
            assert_silent(ID, &project);
        }
    }

    #[test]
    fn values_that_are_given_or_not_known_are_silent() {
        for expression in [
            "rate(orders_total{state='failed'}[5m]) > 1",
            "rate(orders_total{state=~'fail.*'}[5m]) > 1",
            "rate(orders_total{state!='failed'}[5m]) > 1",
            "rate(orders_total{shop='berlin'}[5m]) > 1",
            "rate(node_cpu_seconds_total{mode='idle'}[5m]) > 1",
            "rate(node_cpu_seconds_total{cpu='7'}[5m]) > 1",
            "up{job='nothing'} == 0",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
