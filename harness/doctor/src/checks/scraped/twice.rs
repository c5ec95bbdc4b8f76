//! A target that two jobs scrape.

use std::collections::BTreeMap;

use alertdrill_core::Finding;
use promql_parser::parser::VectorSelector;

use super::scraped_targets::{Asked, asked};
use crate::checkout::{Checkout, Job};
use crate::checks::check::{Case, Check, Said};
use crate::expression::selectors;
use crate::network::{Answers, Names};

pub(in crate::checks) const TWICE: Check = Check {
    id: "scraped/twice",
    title: "two jobs scrape the same target, and an alert reads both",
    run,
};

/// What makes a job another one than its like: it asks for something else, or keeps another part.
const APART: [&str; 4] = [
    "params",
    "metric_relabel_configs",
    "relabel_configs",
    "honor_labels",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let Some(names) = Names::of(checkout) else {
        return Vec::new();
    };
    let mut first: BTreeMap<(String, &str), String> = BTreeMap::new();
    let mut findings = Vec::new();
    let targets = asked(checkout, &names);
    for it in targets.iter().filter(|it| is_plain(it)) {
        let who = match it.answers {
            Answers::Service(name) => format!("{name}:{}", it.port.unwrap_or_default()),
            _ => it.address.to_owned(),
        };
        let job = &it.job.name.text;
        let earlier = first.entry((who, it.path)).or_insert_with(|| job.clone());
        if earlier == job || !is_read_of_both(checkout, earlier, job) {
            continue;
        }
        let said = Said::warning(
            format!(
                "`{}` is scraped by the job `{earlier}`, too: an alert that names no job may fire \
                 twice, and its sums count twice",
                it.address
            ),
            "take one of the two away, or let the alerts name a job",
        );
        findings.push(said.about(job, TWICE.id, &it.file.path, it.place));
    }
    findings
}

fn is_plain(it: &Asked<'_>) -> bool {
    let job: &Job = it.job;
    !it.is_probed && !APART.iter().any(|key| job.node.get(key).is_some())
}

/// Whether an alert reads what two jobs export both: not only how many targets answer.
fn is_read_of_both(checkout: &Checkout, one: &str, other: &str) -> bool {
    let reads = |selector: &VectorSelector| {
        let of_job = selector.matchers.find_matchers("job");
        let takes = |job: &str| of_job.iter().all(|it| it.is_match(job));
        takes(one) && takes(other)
    };
    let mut alerts = checkout.alerts();
    alerts.any(|rule| {
        let parsed = rule.expression.parsed.as_ref();
        parsed.is_ok_and(|expr| selectors(expr).into_iter().any(reads))
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/twice";

    fn project(second: &str, expr: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus: {{image: prom/prometheus, volumes: ['.:/etc/prometheus']}}
  api: {{image: me/api, container_name: shop-api}}
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs:
  - job_name: api
    static_configs: [{{targets: ['api:8080']}}]
  - job_name: all
    {second}
--- rules.yml
groups: [{{name: g, rules: [{{alert: A, expr: '{expr}'}}]}}]
"
        )
    }

    const SAME: &str = "static_configs: [{targets: ['shop-api:8080']}]";

    #[test]
    fn target_of_two_jobs_is_found() {
        let expected =
            "prometheus.yml:6:33 warning: `shop-api:8080` is scraped by the job `api`, too";
        for expr in ["up == 0", "sum(rate(x_total[5m])) > 5"] {
            assert_finds(ID, &project(SAME, expr), &[expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        let named = "up{job=\"api\"} == 0";
        assert_silent(ID, &project(SAME, named));
        for other in [
            "static_configs: [{targets: ['api:8081']}]",
            "metrics_path: /other\n    static_configs: [{targets: ['api:8080']}]",
            "params: {a: [b]}\n    static_configs: [{targets: ['api:8080']}]",
        ] {
            assert_silent(ID, &project(other, "up == 0"));
        }
    }
}
