//! A metric that a prober does not give for what it is asked about.

use std::collections::HashSet;

use alertdrill_core::Finding;

use super::selectors::{Selected, selectors};
use crate::checkout::{Checkout, Job};
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NOT_PROBED: Check = Check {
    id: "metric/not-probed",
    title: "a prober does not give the metric for what it is asked about",
    run,
};

/// Beginnings of metrics, and the beginnings of the modules of the prober's image that give them.
const OF_MODULES: [(&str, &str); 3] = [
    ("probe_http_", "http"),
    ("probe_icmp_", "icmp"),
    ("probe_dns_", "dns"),
];
/// Modules of the prober's image whose names tell what they do.
const KNOWN: [&str; 7] = [
    "http_2xx",
    "http_post_2xx",
    "tcp_connect",
    "icmp",
    "ssh_banner",
    "pop3s_banner",
    "irc_banner",
];
/// Beginnings of metrics of encrypted connections.
const OF_TLS: [&str; 2] = ["probe_ssl_", "probe_tls_"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut told = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let Some(said) = said(case.checkout, &selected) else {
            continue;
        };
        let (rule, name) = (selected.rule, selected.name);
        if told.insert((std::ptr::from_ref(rule), name)) {
            findings.push(said.of_rule(NOT_PROBED.id, rule, rule.place_of(name)));
        }
    }
    findings
}

fn said(checkout: &Checkout, selected: &Selected<'_>) -> Option<Said> {
    let name = selected.name;
    let asks_for_tls = OF_TLS.iter().any(|begin| name.starts_with(begin));
    let of_module = OF_MODULES.iter().find(|(begin, _)| name.starts_with(begin));
    if !asks_for_tls && of_module.is_none() {
        return None;
    }
    let jobs = probing_jobs(checkout, selected)?;
    if asks_for_tls {
        let are_all = jobs.iter().all(|job| {
            job.targets
                .iter()
                .all(|it| is_plain(checkout, &it.address.text))
        });
        return are_all.then(|| {
            Said::warning(
                format!(
                    "`{name}` may not be there: each address that is probed begins with `http://` and is \
                     a service of the project, and only encrypted connections have a certificate"
                ),
                "probe the address with `https://`",
            )
        });
    }
    let (_, module) = of_module?;
    let all: Option<Vec<&str>> = jobs.iter().map(|job| known_module(job)).collect();
    let all = all?;
    let gives = all.iter().any(|it| it.starts_with(module));
    (!gives).then(|| {
        let first = all.first().copied().unwrap_or_default();
        Said::error(
            format!("`{name}` is not there: the module `{first}` does not give it"),
            format!("probe with a module for {module}, or ask for `probe_success`"),
        )
    })
}

/// The jobs that ask a prober and that a selector may read; `None` if there are none, or if some
/// find their targets by themselves.
fn probing_jobs<'a>(checkout: &'a Checkout, selected: &Selected<'_>) -> Option<Vec<&'a Job>> {
    let prometheus = checkout.prometheus.as_ref()?;
    let of_job = selected.selector.matchers.find_matchers("job");
    let all = prometheus.jobs.iter();
    let jobs: Vec<_> = all
        .filter(|job| job.asks_a_prober() || job.metrics_path == "/probe")
        .filter(|job| of_job.iter().all(|it| it.is_match(&job.name.text)))
        .collect();
    let are_known = jobs
        .iter()
        .all(|job| !job.finds_targets && !job.targets.is_empty());
    (!jobs.is_empty() && are_known && !prometheus.has_unread_jobs).then_some(jobs)
}

/// Whether an address is one of a service of the project, without encryption. What is elsewhere may
/// lead on to an encrypted one.
fn is_plain(checkout: &Checkout, address: &str) -> bool {
    let compose = checkout.compose.as_ref();
    let Some(rest) = address.strip_prefix("http://") else {
        return false;
    };
    let host = rest.split([':', '/']).next().unwrap_or_default();
    compose.is_some_and(|compose| compose.services.contains_key(host))
}

fn known_module(job: &Job) -> Option<&str> {
    let named = job.node.at(&["params", "module"])?.one_or_many();
    let [only] = named else {
        return None;
    };
    only.text().filter(|module| KNOWN.contains(module))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/not-probed";

    fn project(module: &str, target: &str, expression: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['.:/etc/prometheus']
  web: {{image: nginx}}
  blackbox: {{image: prom/blackbox-exporter}}
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs:
  - job_name: web
    metrics_path: /probe
    params: {{module: [{module}]}}
    static_configs: [{{targets: ['{target}']}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{target_label: __address__, replacement: 'blackbox:9115'}}
--- rules.yml
groups:
- name: g
  rules:
  - alert: A
    expr: {expression}
"
        )
    }

    const CERTIFICATE: &str = "probe_ssl_earliest_cert_expiry - time() < 86400";

    #[test]
    fn certificate_of_a_plain_address_is_found() {
        assert_finds(
            ID,
            &project("http_2xx", "http://web:80", CERTIFICATE),
            &["rules.yml:5:11 warning: `probe_ssl_earliest_cert_expiry` may not be there"],
        );
        assert_silent(ID, &project("http_2xx", "https://web", CERTIFICATE));
        assert_silent(ID, &project("http_2xx", "http://corp.net", CERTIFICATE));
    }

    #[test]
    fn metric_of_another_module_is_found() {
        let status = "probe_http_status_code != 200";
        assert_finds(
            ID,
            &project("tcp_connect", "web:80", status),
            &["rules.yml:5:11 error: `probe_http_status_code` is not there"],
        );
        assert_silent(ID, &project("http_2xx", "http://web:80", status));
        assert_silent(ID, &project("my_own", "web:80", status));
        assert_silent(ID, &project("tcp_connect", "web:80", "probe_success == 0"));
    }
}
