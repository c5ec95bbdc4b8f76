//! A metric that nothing exports.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::selectors::{Selected, selectors, unloaded_selectors};
use crate::checks::check::{Case, Check, Said};
use crate::knowledge::{Absence, Knowledge};

pub(in crate::checks) const NOT_EXPORTED: Check = Check {
    id: "metric/not-exported",
    title: "nothing exports the metric",
    run,
};

const HELP: &str = "write the name that is exported, or export this one";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    // Rules that are not loaded may be for another Prometheus: only a slip is told of them.
    let unloaded = unloaded_selectors(case).into_iter().map(|it| (it, false));
    for (selected, is_loaded) in selectors(case)
        .into_iter()
        .map(|it| (it, true))
        .chain(unloaded)
    {
        // Who writes `new or old` knows that one of them is not there.
        if selected.has_alternative {
            continue;
        }
        let absence = case.knowledge.absence(selected.selector);
        let absence = absence.filter(|absence| is_loaded || absence.is_near);
        let finding = match absence {
            Some(absence) => finding(case.knowledge, &selected, &absence),
            None if is_loaded => match switched_off(case, &selected) {
                Some(finding) => finding,
                None => continue,
            },
            None => continue,
        };
        if said.insert((std::ptr::from_ref(selected.rule), selected.name)) {
            findings.push(finding);
        }
    }
    findings
}

/// What its exporter gives only if it is told to.
fn switched_off(case: &Case<'_>, selected: &Selected<'_>) -> Option<Finding> {
    let name = selected.name;
    if case.knowledge.runs(name) {
        return None;
    }
    let (family, flag) = case.knowledge.switched_off(selected.selector)?;
    let what = format!(
        "`{name}` may not be there: {} gives it with `{flag}` only",
        family.origin
    );
    let help = "switch it on where the exporter is started";
    let place = selected.rule.place_of(name);
    Some(Said::warning(what, help).of_rule(NOT_EXPORTED.id, selected.rule, place))
}

fn finding(knowledge: &Knowledge, selected: &Selected<'_>, absence: &Absence<'_>) -> Finding {
    let name = selected.name;
    let nearest = absence.nearest.map(|nearest| {
        let series = knowledge.series_named(nearest);
        let origin = series
            .first()
            .and_then(|series| knowledge.family_of(series));
        let origin = origin.map(|family| format!(" ({})", family.origin));
        format!("; the nearest is `{nearest}`{}", origin.unwrap_or_default())
    });
    let nearest = nearest.unwrap_or_default();
    let exporter = absence.exporter.map(|exporter| exporter.name.as_str());
    let is_scraped = exporter.is_some_and(|name| knowledge.scrapes(name));
    let what = match (exporter, is_scraped) {
        _ if !absence.other_jobs.is_empty() => {
            let jobs: Vec<_> = absence
                .other_jobs
                .iter()
                .map(|job| format!("`{job}`"))
                .collect();
            format!(
                "the job that is asked does not export `{name}`, {} does",
                jobs.join(", ")
            )
        }
        (Some(exporter), true) => format!("{exporter} exports no `{name}`{nearest}"),
        (Some(exporter), false) => {
            format!("nothing exports `{name}`: no {exporter} is scraped")
        }
        (None, _) => format!("nothing exports `{name}`{nearest}"),
    };
    let said = if absence.is_sure {
        Said::error(what, HELP)
    } else {
        Said::warning(format!("it may be that {what}"), HELP)
    };
    said.of_rule(NOT_EXPORTED.id, selected.rule, selected.rule.place_of(name))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/not-exported";

    /// An application in Python, and a rule.
    fn project(source: &str, expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n  \
             - job_name: node\n    static_configs:\n      - targets: ['node-exporter:9100']\n\
             --- shop.py\nfrom prometheus_client import Counter, Gauge, Histogram, start_http_server\n{source}\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    const ORDERS: &str = "ORDERS = Counter('shop_orders', 'Orders', ['state'])";

    #[test]
    fn near_miss_of_a_programs_metric_is_found_with_the_nearest() {
        assert_finds(
            ID,
            &project(ORDERS, "rate(shop_order_total[5m]) > 1"),
            &[
                "rules.yml:5:20 warning: it may be that nothing exports `shop_order_total`; \
               the nearest is `shop_orders_total` (shop.py:2)",
            ],
        );
    }

    #[test]
    fn exporters_misspelt_metric_is_found_for_sure() {
        assert_finds(
            ID,
            &project(ORDERS, "node_memory_MemAvailable_byte < 1"),
            &[
                "rules.yml:5:15 error: node_exporter exports no `node_memory_MemAvailable_byte`; \
               the nearest is `node_memory_MemAvailable_bytes` (node_exporter)",
            ],
        );
    }

    #[test]
    fn metric_of_an_exporter_that_is_not_scraped_is_found() {
        assert_finds(
            ID,
            &project(ORDERS, "redis_connected_clients > 100"),
            &["rules.yml:5:15 warning: it may be that nothing exports \
               `redis_connected_clients`: no redis_exporter is scraped"],
        );
    }

    #[test]
    fn what_is_exported_recorded_or_made_by_prometheus_is_silent() {
        for expression in [
            "rate(shop_orders_total[5m]) > 1",
            "shop_orders_created > 1",
            "up{job='shop'} == 0",
            "scrape_duration_seconds > 1",
            "ALERTS{alertname='B'} == 1",
            "node_load1 > 4",
            "process_resident_memory_bytes > 1e9",
            "python_info == 1",
            "node_netstat_TcpExt_ListenDrops > 1",
        ] {
            assert_silent(ID, &project(ORDERS, expression));
        }
    }

    #[test]
    fn name_that_is_made_at_run_time_makes_others_unsure() {
        let source = "for name in NAMES:\n    Gauge(f'shop_{name}', 'x')";
        assert_silent(ID, &project(source, "shop_stock_level > 1"));
    }

    #[test]
    fn rules_without_a_configuration_are_silent() {
        let rules = "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: anything > 1\n";
        assert_silent(ID, rules);
    }

    #[test]
    fn metric_that_needs_a_flag_is_found_unless_it_is_set() {
        let project = |command: &str| {
            format!(
                "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['.:/etc/prometheus']\n  \
                 node:\n    image: prom/node-exporter\n    command: ['{command}']\n\
                 --- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node:9100']\n\
                 --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_systemd_unit_state == 1\n"
            )
        };
        assert_finds(
            ID,
            &project("--path.rootfs=/host"),
            &[
                "rules.yml:5:15 warning: `node_systemd_unit_state` may not be there: \
               node_exporter gives it with `--collector.systemd` only",
            ],
        );
        assert_silent(ID, &project("--collector.systemd"));
    }

    #[test]
    fn slip_in_rules_that_are_not_loaded_is_found_too() {
        let project = "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']\n  \
             node:\n    image: prom/node-exporter\n\
             --- prometheus.yml\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node:9100']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_load_1 > 1\n";
        assert_finds(
            ID,
            project,
            &["rules.yml:5:15 error: node_exporter exports no `node_load_1`"],
        );
    }

    #[test]
    fn either_of_two_names_may_be_absent() {
        assert_silent(
            ID,
            &project(ORDERS, "(shop_order_total or shop_orders_total) > 1"),
        );
    }

    #[test]
    fn target_that_nobody_knows_may_export_anything() {
        let project = "--- prometheus.yml\nscrape_configs:\n  - job_name: x\n    static_configs:\n      - targets: ['10.0.0.7:7777']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_load1 > 1\n";
        assert_silent(ID, project);
    }
}
