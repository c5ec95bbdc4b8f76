//! A configuration that Prometheus refuses.

mod targets;

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::{Finding, prometheus_duration};
use alertdrill_project::yaml_tree::{self, Node, Place, Value};

use self::targets::refused_targets;
use crate::checkout::{Prometheus, Text};
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
const NO_KEYS_OF_A_JOB: [(&str, &str); 5] = [
    ("targets", "static_configs"),
    ("path", "metrics_path"),
    ("interval", "scrape_interval"),
    ("job", "job_name"),
    ("name", "job_name"),
];

/// Keys of `global` and of a job that are often misspelled.
const LONG_KEYS: [&str; 10] = [
    "scrape_interval",
    "scrape_timeout",
    "evaluation_interval",
    "external_labels",
    "static_configs",
    "relabel_configs",
    "metric_relabel_configs",
    "metrics_path",
    "honor_labels",
    "basic_auth",
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
    let alertmanagers = prometheus.node.at(&["alerting", "alertmanagers"]);
    let refused = alertmanagers
        .map_or(&[][..], Node::items)
        .iter()
        .flat_map(refused_targets);
    found.extend(refused.map(|(place, why)| finding(path, place, why)));
    let global = prometheus.node.get("global").cloned().unwrap_or_default();
    found.extend(waits_and_spelling(path, &global));
    found
}

/// Durations that are none, a timeout longer than its interval, and keys with one wrong letter.
fn waits_and_spelling(path: &Path, node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut waits = Vec::new();
    for key in ["scrape_interval", "scrape_timeout", "evaluation_interval"] {
        let Some(text) = node
            .get(key)
            .filter(|node| !node.is_null())
            .and_then(Text::of)
        else {
            continue;
        };
        match prometheus_duration(&text.text) {
            Ok(wait) => waits.push((key, wait, text.place)),
            Err(_) if text.is_filled_in_later() => {}
            Err(_) => {
                let why = format!("`{key}: {}` is no duration", text.text);
                found.push(finding(path, text.place, why));
            }
        }
    }
    let of = |name: &str| waits.iter().find(|(key, ..)| *key == name);
    if let (Some((_, interval, _)), Some((_, timeout, place))) =
        (of("scrape_interval"), of("scrape_timeout"))
        && timeout > interval
    {
        let why = "`scrape_timeout` is longer than `scrape_interval`";
        found.push(finding(path, *place, why));
    }
    for (key, _) in node.entries() {
        let name = key.text().unwrap_or_default();
        if let Some(right) = LONG_KEYS
            .iter()
            .find(|right| differs_by_a_letter(name, right))
        {
            let why = format!("Prometheus has no key `{name}` here; the nearest is `{right}`");
            found.push(finding(path, key.place, why));
        }
    }
    found
}

/// Whether one letter is missing, too much or another.
fn differs_by_a_letter(one: &str, other: &str) -> bool {
    let before = one
        .bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let after = one
        .bytes()
        .rev()
        .zip(other.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let longer = one.len().max(other.len());
    one != other && one.len().abs_diff(other.len()) <= 1 && before + after + 1 >= longer
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
        (!is_list).then(|| finding(path, value.place, format!("`{key}` is no list")))
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
        let of_job = waits_and_spelling(path, &job.node).into_iter();
        found.extend(of_job.map(|finding| Finding {
            about: about.clone(),
            ..finding
        }));
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
        for (place, why) in refused_targets(&job.node) {
            add(place, why);
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

    pub(super) fn project(configuration: &str) -> String {
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
            "global: {scrape_interval: '${EVERY}', scrape_timeout: 10s}\nscrape_configs: []",
            "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a, scrape_timeout: 9s, \
             scrape_interval: 1m}]",
            "global:\nrule_files:\nscrape_configs:\n",
            "scrape_configs:\n- {job_name: a, scheme: https, honor_labels: true, params: {a: [b]}}",
            "scrape_configs: []\notlp: {}\nruntime: {gogc: 75}\ntracing: {}\nremote_read: []",
        ] {
            assert_silent("loaded/broken-configuration", &project(configuration));
        }
    }
}
