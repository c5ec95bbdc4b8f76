//! An alert on the `up` of an exporter or a prober, where its server is meant.

use alertdrill_core::Finding;
use alertdrill_project::discovery::short_name;
use promql_parser::parser::{Expr, VectorSelector};

use crate::checkout::{Checkout, Job, Rule};
use crate::checks::check::{Case, Check, Said};
use crate::checks::scraped::EXPORTERS;
use crate::checks::words::{has_any, words_of};
use crate::expression::{Comparison, bare, name_of, selectors};

pub(in crate::checks) const UP_OF_EXPORTER: Check = Check {
    id: "metric/up-of-exporter",
    title: "the `up` of an exporter or a prober, which stays 1 while its server is down",
    run,
};

/// Words of alerts that mean the exporter itself.
const MEANS_THE_EXPORTER: [&str; 11] = [
    "exporter",
    "metrics",
    "scrape",
    "scraping",
    "target",
    "monitoring",
    "probe",
    "prober",
    "blackbox",
    "monitor",
    "agent",
];
/// How a prober's metrics begin that tell of what it asks about.
const OF_PROBES: &str = "probe_";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let findings = checkout.alerts().filter_map(|rule| {
        if has_any(&words_of(&rule.name.text), &MEANS_THE_EXPORTER) {
            return None;
        }
        let said = said(checkout, rule)?;
        Some(said.of_rule(UP_OF_EXPORTER.id, rule, rule.place_of("up")))
    });
    findings.collect()
}

fn said(checkout: &Checkout, rule: &Rule) -> Option<Said> {
    let compared = Comparison::of(rule.expression.parsed.as_ref().ok()?)?;
    let Expr::VectorSelector(selector) = bare(compared.subject) else {
        return None;
    };
    let taken = compared.operator.takes(compared.number)?;
    if name_of(selector) != Some("up") || !taken.holds(0.0) || taken.holds(1.0) {
        return None;
    }
    let job = only_job(checkout, selector)?;
    let name = &job.name.text;
    if job.asks_a_prober() {
        return (!is_read(checkout, |it| it.starts_with(OF_PROBES))).then(|| {
            Said::warning(
                format!(
                    "`up` of `{name}` may not tell that anything is down: it is the prober's own \
                     answer, and stays 1 while what it asks about gives none"
                ),
                "ask for what the probe found: `probe_success == 0`",
            )
        });
    }
    if name.to_lowercase().contains("exporter") && !is_named_after_a_server(rule) {
        return None;
    }
    let services = &checkout.compose.as_ref()?.services;
    let images = job.targets.iter().map(|target| {
        let service = services.get(target.service.as_ref()?)?;
        service.image.as_deref().map(short_name)
    });
    let images: Option<Vec<_>> = images.collect();
    let images = images.filter(|images| !images.is_empty())?;
    let of = |image: &&str| EXPORTERS.iter().find(|it| it.images.contains(image));
    let kind = of(images.first()?)?;
    let are_all = images.iter().all(|image| kind.images.contains(image));
    let (up, server) = (kind.up, kind.server);
    (are_all && !is_read(checkout, |it| it == up)).then(|| {
        Said::warning(
            format!(
                "`up` of `{name}` may stay 1 while {server} is down: it is the exporter's own \
                 answer, and `{up}` tells whether it reaches {server}"
            ),
            format!("ask for both: `up{{job=\"{name}\"}} == 0 or {up} == 0`"),
        )
    })
}

/// The one job that a selector asks, by a matcher of its name.
fn only_job<'a>(checkout: &'a Checkout, selector: &VectorSelector) -> Option<&'a Job> {
    let prometheus = checkout.prometheus.as_ref()?;
    let of_job = selector.matchers.find_matchers("job");
    let mut jobs = prometheus
        .jobs
        .iter()
        .filter(|job| of_job.iter().all(|it| it.is_match(&job.name.text)));
    let job = jobs.next()?;
    (jobs.next().is_none() && !of_job.is_empty() && !job.finds_targets).then_some(job)
}

fn is_named_after_a_server(rule: &Rule) -> bool {
    let words = words_of(&rule.name.text);
    let mut servers = EXPORTERS.iter().map(|it| it.server.to_lowercase());
    servers.any(|server| {
        let short = server.trim_end_matches("ql");
        words.iter().any(|word| word == &server || word == short)
    })
}

/// Whether a rule reads a metric that is so.
fn is_read(checkout: &Checkout, is_so: impl Fn(&str) -> bool) -> bool {
    let rules = checkout.rules();
    let mut read = rules.filter_map(|rule| rule.expression.parsed.as_ref().ok());
    read.any(|expr| selectors(expr).into_iter().filter_map(name_of).any(&is_so))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/up-of-exporter";

    fn project(job: &str, alert: &str, expr: &str, more: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['.:/etc/prometheus']
  redis-exporter: {{image: oliver006/redis_exporter}}
  node-exporter: {{image: prom/node-exporter}}
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs:
  - job_name: {job}
    static_configs: [{{targets: ['redis-exporter:9121']}}]
  - job_name: node
    static_configs: [{{targets: ['node-exporter:9100']}}]
  - job_name: sites
    metrics_path: /probe
    params: {{module: [http_2xx]}}
    static_configs: [{{targets: ['https://a.example.org']}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{target_label: __address__, replacement: 'blackbox:9115'}}
--- rules.yml
groups:
- name: g
  rules:
  - {{alert: {alert}, expr: {expr}}}
{more}"
        )
    }

    #[test]
    fn up_of_an_exporter_in_an_alert_on_its_server_is_found() {
        for (job, alert) in [("redis", "CacheDown"), ("redis-exporter", "RedisDown")] {
            let expected = format!(
                "rules.yml:4:31 warning: `up` of `{job}` may stay 1 while Redis is down: it is the \
                 exporter's own answer"
            );
            let expr = format!("'up{{job=\"{job}\"}} == 0'");
            assert_finds(ID, &project(job, alert, &expr, ""), &[&expected]);
        }
    }

    #[test]
    fn up_of_a_prober_is_found() {
        let expected = "rules.yml:4:30 warning: `up` of `sites` may not tell that anything is down";
        let sites = project("redis", "SiteDown", "'up{job=\"sites\"} == 0'", "");
        assert_finds(ID, &sites, &[expected]);
    }

    #[test]
    fn look_alikes_are_silent() {
        for (job, alert, expr) in [
            ("redis", "RedisExporterDown", "'up{job=\"redis\"} == 0'"),
            (
                "redis-exporter",
                "CacheDown",
                "'up{job=\"redis-exporter\"} == 0'",
            ),
            ("redis", "AnyDown", "up == 0"),
            ("redis", "NodeDown", "'up{job=\"node\"} == 0'"),
            ("redis", "RedisDown", "redis_up == 0"),
            ("redis", "RedisThere", "'up{job=\"redis\"} == 1'"),
            ("redis", "ProbeFails", "'up{job=\"sites\"} == 0'"),
        ] {
            assert_silent(ID, &project(job, alert, expr, ""));
        }
        let redis = "  - {alert: R, expr: redis_up == 0}\n";
        let both = project("redis", "RedisDown", "'up{job=\"redis\"} == 0'", redis);
        assert_silent(ID, &both);
        let probes = "  - {alert: P, expr: probe_success == 0}\n";
        assert_silent(
            ID,
            &project("redis", "SiteDown", "'up{job=\"sites\"} == 0'", probes),
        );
    }
}
