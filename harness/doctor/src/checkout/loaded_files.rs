//! The files that Prometheus's configuration names: rules, further jobs, targets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use alertdrill_project::discovery::{Seen, beside, has_wildcards, matches_pattern};
use alertdrill_project::yaml_tree::{self, Node};

use super::container::Container;
use super::files::{Files, first_document, name_in_its_folder};
use super::lone_files::rules_alone;
use super::prometheus::targets_of;
use super::{Job, Prometheus, RulesFile, SourceFile, Target, Text};

/// The rules that Prometheus, whose configuration is at `path` in its container, loads; what its
/// patterns match is noted in it.
pub(super) fn load_rules(
    files: &Files,
    container: &Container<'_>,
    path: &str,
    prometheus: &mut Prometheus,
) -> Vec<RulesFile> {
    let mut loaded: Vec<SourceFile> = Vec::new();
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    let mut take = |file: SourceFile, loaded: &mut Vec<SourceFile>| {
        // Several may stand in one compose file.
        let is_new = seen.insert(file.path.clone()) || !loaded.contains(&file);
        if is_new {
            loaded.push(file);
        }
    };
    for named in &mut prometheus.rule_files {
        let pattern = named.pattern.text.as_str();
        let found = container.files_like(path, pattern);
        let absolute = beside(path, pattern);
        if !found.is_empty() {
            named.matches = Some(found.len());
            for (_, file) in found {
                take(file, &mut loaded);
            }
        } else if container.is_known_at(&absolute) {
            named.matches = Some(0);
            named.why_none = why_none(files, container, &absolute, pattern);
        } else {
            // Which file stands there is not known: those of its name are judged.
            let name = absolute.rsplit('/').next().unwrap_or_default();
            let alike = rules_alone(files).into_iter();
            let alike = alike.filter(|file| matches_pattern(name, name_in_its_folder(&file.path)));
            for file in alike {
                take(file, &mut loaded);
            }
        }
    }
    loaded.iter().map(RulesFile::read).collect()
}

fn why_none(
    files: &Files,
    container: &Container<'_>,
    absolute: &str,
    pattern: &str,
) -> Option<String> {
    match container.mounts.look_at(absolute) {
        Seen::Folder(_) => Some(format!(
            "it is a folder, and Prometheus reads files alone; write `{}/*.yml`",
            pattern.trim_end_matches('/')
        )),
        Seen::Missing(host) => {
            let name = files.name_of(&host)?;
            Some(format!("{} is not there", name.display()))
        }
        _ if has_wildcards(pattern) => None,
        _ => Some(format!("nothing is mounted at {absolute}")),
    }
}

/// Adds the jobs of `scrape_config_files`.
pub(super) fn add_jobs_of_files(
    container: &Container<'_>,
    path: &str,
    prometheus: &mut Prometheus,
) {
    let patterns = prometheus
        .node
        .get("scrape_config_files")
        .cloned()
        .unwrap_or_default();
    for pattern in patterns.items().iter().filter_map(Node::text) {
        let found = container.files_like(path, pattern);
        if found.is_empty() && !container.is_known_at(&beside(path, pattern)) {
            prometheus.has_unread_jobs = true;
        }
        for (_, file) in found {
            let document = first_document(&file);
            let jobs = document
                .get("scrape_configs")
                .map_or(&[][..], Node::items)
                .iter();
            let of_all: Duration = prometheus.scrape_interval;
            let jobs: Vec<_> = jobs.map(|job| Job::read(&file, job, of_all)).collect();
            prometheus.jobs.extend(jobs);
        }
    }
}

/// Adds the targets in files that jobs and Alertmanagers name; and those services that are found by
/// DNS.
pub(super) fn add_targets_of_files(
    container: &Container<'_>,
    path: &str,
    prometheus: &mut Prometheus,
) {
    for job in &mut prometheus.jobs {
        let (targets, is_all) = targets_in_files(container, path, &job.node);
        job.targets.extend(targets);
        job.finds_targets = !is_all;
    }
    let groups = prometheus.node.at(&["alerting", "alertmanagers"]).cloned();
    let mut is_all = true;
    for group in groups.unwrap_or_default().items() {
        let (targets, is_all_of_it) = targets_in_files(container, path, group);
        is_all &= is_all_of_it;
        // Their place is in another file, so only what is told by the configuration is kept.
        is_all &= targets.is_empty();
    }
    prometheus.finds_alertmanagers = !is_all;
}

/// The targets in the files that `node` names, and whether it finds no others by itself.
fn targets_in_files(container: &Container<'_>, path: &str, node: &Node) -> (Vec<Target>, bool) {
    let mut targets = Vec::new();
    let mut is_all = true;
    for (key, ways) in node.entries() {
        match key.text() {
            Some("file_sd_configs") => {
                let patterns = ways.items().iter().filter_map(|way| way.get("files"));
                for pattern in patterns.flat_map(Node::items).filter_map(Node::text) {
                    let found = container.files_like(path, pattern);
                    is_all &= !found.is_empty();
                    for (_, file) in found {
                        let documents = yaml_tree::parse(&file.text);
                        is_all &= documents.is_ok();
                        let documents = documents.unwrap_or_default();
                        let groups = documents.iter().flat_map(Node::items);
                        targets.extend(groups.flat_map(|group| targets_of(&file, group)));
                    }
                }
            }
            Some(key) if key.ends_with("_sd_configs") => is_all = false,
            _ => {}
        }
    }
    (targets, is_all)
}

impl Text {
    /// Whether something fills it in before the program reads it (`${PORT}`, `{{ port }}`,
    /// `__PORT__`), so that it says nothing as it is.
    pub(crate) fn is_filled_in_later(&self) -> bool {
        let text = self.text.as_str();
        let is_marked = |mark: &str| text.match_indices(mark).count() >= 2;
        text.contains("${")
            || text.contains("$(")
            || text.contains("{{")
            || text.contains("<%")
            || is_marked("%%")
            || text.starts_with("__") && !text.starts_with("__param") && is_marked("__")
            || text.starts_with('$') && text.len() > 1
            || text.starts_with('<') && text.ends_with('>')
    }
}
