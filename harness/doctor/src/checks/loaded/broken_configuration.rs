//! A configuration that Prometheus refuses.

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::yaml_tree::{self, Node, Place, Value};

use crate::checkout::Prometheus;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const BROKEN_CONFIGURATION: Check = Check {
    id: "loaded/broken-configuration",
    title: "a configuration that Prometheus refuses",
    run,
};

/// What a configuration has at its top.
const KEYS: [&str; 11] = [
    "global",
    "runtime",
    "rule_files",
    "scrape_configs",
    "scrape_config_files",
    "alerting",
    "remote_write",
    "remote_read",
    "storage",
    "tracing",
    "otlp",
];
/// What is often written into a job, and is no key of one.
const NO_KEYS_OF_A_JOB: [(&str, &str); 8] = [
    ("targets", "static_configs"),
    ("static_config", "static_configs"),
    ("metric_path", "metrics_path"),
    ("metrics_paths", "metrics_path"),
    ("path", "metrics_path"),
    ("interval", "scrape_interval"),
    ("job", "job_name"),
    ("name", "job_name"),
];

const HELP: &str = "mend it: Prometheus does not start with it; see what `promtool check config` \
                    says";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let path = &prometheus.file.path;
    if let Err(error) = yaml_tree::parse(&prometheus.file.text) {
        if prometheus.file.text.contains("{{") || prometheus.file.text.contains("{%") {
            return Vec::new();
        }
        let why = format!("it is no YAML: {}", error.reason);
        return vec![finding(path, error.place, why)];
    }
    let mut found = keys(path, &prometheus.node);
    found.extend(lists(path, &prometheus.node));
    found.extend(jobs(prometheus));
    found
}

fn finding(path: &Path, place: Place, why: impl Into<String>) -> Finding {
    Said::error(why, HELP).at(BROKEN_CONFIGURATION.id, path, place)
}

/// Keys that are unknown, twice there, or below another one than they should be.
fn keys(path: &Path, node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, _) in node.entries() {
        let Some(name) = key.text() else { continue };
        if !seen.insert(name) {
            let why = format!("`{name}` is there twice");
            found.push(finding(path, key.place, why));
        } else if !KEYS.contains(&name) {
            let nearest = alertdrill_core::nearest(name, KEYS).unwrap_or_default();
            let why = format!("Prometheus has no key `{name}` here; the nearest is `{nearest}`");
            found.push(finding(path, key.place, why));
        }
    }
    for above in ["global", "alerting"] {
        let entries = node.get(above).map_or(&[][..], Node::entries);
        for (key, _) in entries {
            let name = key.text().unwrap_or_default();
            if KEYS.contains(&name) && name != "runtime" {
                let why = format!("`{name}` stands below `{above}`, where it is no key");
                found.push(finding(path, key.place, why));
            }
        }
    }
    found
}

/// What must be a list and is none.
fn lists(path: &Path, node: &Node) -> Vec<Finding> {
    let keys = ["rule_files", "scrape_configs", "scrape_config_files"];
    let found = keys.iter().filter_map(|key| {
        let value = node.get(key).filter(|value| !value.is_null())?;
        let is_list = matches!(value.value, Value::List(_));
        // Go's YAML takes one text for a list of it, but a map for nothing.
        let is_none = !is_list && (value.text().is_none() || *key == "scrape_configs");
        is_none.then(|| finding(path, value.place, format!("`{key}` is no list")))
    });
    found.collect()
}

fn jobs(prometheus: &Prometheus) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for job in &prometheus.jobs {
        let path = &job.file.path;
        if job.name.text.is_empty() {
            found.push(finding(path, job.node.place, "a job has no `job_name`"));
            continue;
        }
        let about = Some(job.name.text.clone());
        let mut add = |place, why: String| {
            found.push(Finding {
                about: about.clone(),
                ..finding(path, place, why)
            });
        };
        if !names.insert(job.name.text.clone()) {
            let why = format!("the job `{}` is there twice", job.name.text);
            add(job.name.place, why);
        }
        for (wrong, right) in NO_KEYS_OF_A_JOB {
            if let Some(place) = job.node.place_of_key(wrong) {
                add(
                    place,
                    format!("a job has no key `{wrong}`; it is `{right}`"),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    #[test]
    fn what_prometheus_refuses_is_found() {
        for (configuration, expected) in [
            ("scrape_configs: [\nrule_files: ]}", "2:"),
            (
                "scrape_configs: []\nrules_files: [a.yml]",
                "2:1 error: Prometheus has no key `rules_files` here; the nearest is `rule_files`",
            ),
            (
                "global:\n  scrape_interval: 5s\n  rule_files: [a.yml]\nscrape_configs: []",
                "3:3 error: `rule_files` stands below `global`",
            ),
            (
                "scrape_configs:\n- job_name: a\n- job_name: a",
                "3:13 error: the job `a` is there twice",
            ),
            (
                "scrape_configs:\n- job_name: a\n  targets: [b]",
                "3:3 error: a job has no key `targets`",
            ),
            (
                "scrape_configs:\n- static_configs: []",
                "2:3 error: a job has no `job_name`",
            ),
            (
                "scrape_configs: []\nscrape_configs: []",
                "2:1 error: `scrape_configs` is there twice",
            ),
            (
                "rule_files: {a: b}\nscrape_configs: []",
                "1:13 error: `rule_files` is no list",
            ),
        ] {
            let project = project(configuration);
            let expected = format!("p.yml:{expected}");
            assert_finds("loaded/broken-configuration", &project, &[&expected]);
        }
    }

    fn project(configuration: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices: {{prometheus: {{image: prom/prometheus, volumes: \
             ['./p.yml:/etc/prometheus/prometheus.yml']}}}}\n--- p.yml\n{configuration}\n"
        )
    }

    #[test]
    fn what_prometheus_takes_is_fine() {
        for configuration in [
            "global: {scrape_interval: 5s, external_labels: {a: b}}\nscrape_configs:\n- job_name: a\n",
            "scrape_configs: []\nalerting: {alertmanagers: []}\nremote_write: []\nstorage: {tsdb: {}}",
            "global:\nrule_files:\nscrape_configs:\n",
            "scrape_configs:\n- {job_name: a, scheme: https, honor_labels: true, params: {a: [b]}}",
            "scrape_configs: []\notlp: {}\nruntime: {gogc: 75}\ntracing: {}\nremote_read: []",
        ] {
            assert_silent("loaded/broken-configuration", &project(configuration));
        }
    }
}
