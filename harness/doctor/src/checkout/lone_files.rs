//! Files of Prometheus and Alertmanager that no compose file names.

use std::path::Path;

use alertdrill_project::yaml_tree::{self, Node};

use super::files::{Files, first_document, folders_of, name_in_its_folder};
use super::{Alertmanager, RulesFile, SourceFile};

/// What a configuration of another program has that looks like Prometheus's.
const OF_OTHERS: [&str; 9] = [
    "clients",
    "receivers",
    "exporters",
    "server",
    "positions",
    "apiVersion",
    "kind",
    "services",
    "metrics",
];

/// The files that are a configuration of Prometheus.
pub(super) fn prometheus_files(files: &Files) -> Vec<SourceFile> {
    let read = files.yaml().filter_map(|path| files.read(path));
    read.filter(|file| {
        let name = name_in_its_folder(&file.path);
        let is_named_so = name == "prometheus.yml" || name == "prometheus.yaml";
        let says_what = file.text.contains("scrape_configs:") || file.text.contains("rule_files:");
        match yaml_tree::parse(&file.text) {
            Ok(documents) => documents.first().is_some_and(|node| {
                let has = |key: &str| node.get(key).is_some();
                let may_be_one = has("global") || has("alerting");
                says_what && is_prometheus(node)
                    || is_named_so && may_be_one && !is_of_another(node)
            }),
            Err(_) => is_named_so && says_what,
        }
    })
    .collect()
}

/// Whether it is a configuration of Prometheus.
pub(super) fn is_prometheus(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    // Its unit tests name rules files, too.
    (has("scrape_configs") || has("rule_files")) && !has("tests") && !is_of_another(node)
}

fn is_of_another(node: &Node) -> bool {
    OF_OTHERS.iter().any(|key| node.get(key).is_some())
}

/// The files that are a configuration of Alertmanager.
pub(super) fn alertmanager_files(files: &Files) -> Vec<Alertmanager> {
    let mut found = Vec::new();
    for path in files.yaml() {
        let Some(file) = files.read(path) else {
            continue;
        };
        if !file.text.contains("receivers:") || is_kept_apart(path) {
            continue;
        }
        let node = first_document(&file);
        let name = name_in_its_folder(path);
        let is_named_so = name == "alertmanager.yml" || name == "alertmanager.yaml";
        let says_whom = is_named_so && node.get("receivers").is_some();
        if is_alertmanager(&node) || says_whom {
            found.push(Alertmanager {
                file,
                node,
                service: None,
            });
        }
    }
    found
}

/// Whether it is a configuration of Alertmanager.
pub(super) fn is_alertmanager(node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    has("route") && has("receivers") && !has("kind") && !has("apiVersion")
}

/// The rules of a checkout that names no Prometheus.
pub(super) fn rules_alone(files: &Files) -> Vec<SourceFile> {
    let mut rules = Vec::new();
    let mut named_so = Vec::new();
    for path in files.yaml() {
        let Some(file) = files.read(path) else {
            continue;
        };
        if is_template(&file) {
            continue;
        }
        if RulesFile::looks_like_rules(&file) {
            rules.push(file);
        } else if is_named_as_rules(path) && is_empty_or_broken(&file) {
            named_so.push(file);
        }
    }
    rules.extend(named_so);
    rules
}

fn is_named_as_rules(path: &Path) -> bool {
    let name = name_in_its_folder(path).to_lowercase();
    let is_named_so = name.contains("rules") || name.starts_with("alerts");
    is_named_so && !name.contains("alertmanager")
}

/// Whether nothing or groups are in it, or it is meant to have rules and is no YAML.
fn is_empty_or_broken(file: &SourceFile) -> bool {
    match yaml_tree::parse(&file.text) {
        Ok(documents) => documents
            .iter()
            .all(|document| document.is_null() || document.get("groups").is_some()),
        Err(_) => file.text.contains("expr:") && file.text.contains("alert:"),
    }
}

/// Whether it is filled in by Helm, Jinja and their like before anybody reads it. Rules have
/// templates of their own, in their labels and annotations.
pub(super) fn is_template(file: &SourceFile) -> bool {
    let text = &*file.text;
    let marks = [
        "kind: PrometheusRule",
        ".Values.",
        "{% ",
        "{%- ",
        "{{ include ",
        "{{- include ",
    ];
    if marks.iter().any(|mark| text.contains(mark)) {
        return true;
    }
    let mut lines = text.lines();
    lines.any(|line| line.trim_start().starts_with("{{")) && yaml_tree::parse(text).is_err()
}

/// Whether it lies among examples, tests or files for something else than compose.
pub(super) fn is_kept_apart(path: &Path) -> bool {
    const FOLDERS: [&str; 30] = [
        "example",
        "examples",
        "sample",
        "samples",
        "doc",
        "docs",
        "test",
        "tests",
        "testdata",
        "fixtures",
        "chart",
        "charts",
        "helm",
        "k8s",
        "kubernetes",
        "kustomize",
        "manifests",
        "ansible",
        "roles",
        "terraform",
        "archive",
        "archived",
        "old",
        "backup",
        "deprecated",
        "templates",
        "template",
        "openshift",
        "argocd",
        "jsonnet",
    ];
    let name = name_in_its_folder(path).to_lowercase();
    let marks = [
        ".example", ".sample", "example.", "sample.", "test.", "_test", ".tmpl", ".bak",
    ];
    folders_of(path)
        .iter()
        .any(|folder| FOLDERS.contains(&folder.as_str()))
        || marks.iter().any(|mark| name.contains(mark))
}
