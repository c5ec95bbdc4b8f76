//! What relabelling makes of a job's metrics: `relabel_configs` of its targets' labels,
//! `metric_relabel_configs` of names and labels.

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_project::yaml_tree::{Node, Place};
use regex::Regex;

use super::series::Labels;

/// One entry of `relabel_configs` or `metric_relabel_configs`.
#[derive(Clone, Debug)]
pub(super) struct Step {
    action: String,
    sources: Vec<String>,
    separator: String,
    /// `None` if it is no pattern that can be read.
    pattern: Option<Regex>,
    target: String,
    replacement: String,
    pub(super) place: Place,
}

/// What a step does to a series.
pub(super) enum Fate {
    Kept,
    Dropped,
    /// What it becomes depends on what is not known.
    Unknown,
}

/// The steps below `key` of a job.
pub(super) fn steps(job: &Node, key: &str) -> Vec<Step> {
    job.get(key)
        .map_or(&[][..], Node::items)
        .iter()
        .map(Step::read)
        .collect()
}

impl Step {
    fn read(node: &Node) -> Self {
        let text =
            |key: &str, otherwise: &str| node.text_at(&[key]).unwrap_or(otherwise).to_owned();
        let sources = node.get("source_labels").map_or(&[][..], Node::items);
        let pattern = text("regex", "(.*)");
        Self {
            action: text("action", "replace").to_ascii_lowercase(),
            sources: sources
                .iter()
                .filter_map(|it| Some(it.text()?.to_owned()))
                .collect(),
            separator: text("separator", ";"),
            pattern: Regex::new(&format!("^(?s:{pattern})$")).ok(),
            target: text("target_label", ""),
            replacement: text("replacement", "$1"),
            place: node.place,
        }
    }

    /// Does this step to a series.
    pub(super) fn apply(&self, name: &mut String, labels: &mut Option<Labels>) -> Fate {
        let Some(pattern) = &self.pattern else {
            return Fate::Unknown;
        };
        match self.action.as_str() {
            "drop" | "keep" => {
                let Some(value) = self.value(name, labels.as_ref()) else {
                    // Some of its series may stay.
                    return Fate::Kept;
                };
                if pattern.is_match(&value) == (self.action == "drop") {
                    return Fate::Dropped;
                }
            }
            "labeldrop" | "labelkeep" => {
                let keeps = self.action == "labelkeep";
                if let Some(labels) = labels {
                    labels.retain(|label, _| {
                        pattern.is_match(label) == keeps || label.ends_with('*')
                    });
                }
            }
            "labelmap" => *labels = None,
            "replace" if self.target == "__name__" => match self.value(name, labels.as_ref()) {
                Some(value) => {
                    if let Some(found) = pattern.captures(&value) {
                        let mut renamed = String::new();
                        found.expand(&self.replacement, &mut renamed);
                        *name = renamed;
                    }
                }
                None => return Fate::Unknown,
            },
            "replace" | "hashmod" | "lowercase" | "uppercase" => self.set(name, labels),
            _ => {}
        }
        Fate::Kept
    }

    fn set(&self, name: &str, labels: &mut Option<Labels>) {
        let value = self.value(name, labels.as_ref());
        let Some(labels) = labels else {
            return;
        };
        // `$1` of a label that is not there leaves it as it is; a made name is any label.
        if self.target.is_empty() || self.target.contains('$') {
            return;
        }
        let pattern = self.pattern.as_ref();
        let found = value.as_ref().zip(pattern).map(|(value, pattern)| {
            let captures = pattern.captures(value);
            captures.map(|captures| {
                let mut set = String::new();
                captures.expand(&self.replacement, &mut set);
                set
            })
        });
        match found {
            Some(None) => {}
            Some(Some(set)) if set.is_empty() => {
                labels.remove(&self.target);
            }
            Some(Some(set)) => {
                labels.insert(self.target.clone(), Some(BTreeSet::from([set])));
            }
            None if self.replacement.is_empty() => {
                labels.insert(self.target.clone(), None);
            }
            None => {
                labels.insert(self.target.clone(), None);
            }
        }
    }

    /// What the source labels are, put together; `None` if one is not known.
    fn value(&self, name: &str, labels: Option<&Labels>) -> Option<String> {
        let values = self.sources.iter().map(|source| {
            if source == "__name__" {
                return Some(name.to_owned());
            }
            let labels = labels?;
            if source.starts_with("__") {
                return None;
            }
            match labels.get(source) {
                // A label that is surely not there is empty.
                None if !labels.keys().any(|label| label.ends_with('*')) => Some(String::new()),
                Some(Some(values)) if values.len() == 1 => values.first().cloned(),
                _ => None,
            }
        });
        let values: Option<Vec<_>> = values.collect();
        Some(values?.join(&self.separator))
    }
}

/// The labels that a job's targets have: `job`, `instance`, those that are written at a target, and
/// those that relabelling adds; `None` if they cannot be known.
pub(super) fn target_labels(job: &Node, written: &BTreeMap<String, String>) -> Option<Labels> {
    let mut labels = Labels::new();
    for (label, value) in written {
        labels.insert(label.clone(), Some(BTreeSet::from([value.clone()])));
    }
    for label in ["job", "instance"] {
        labels.entry(label.to_owned()).or_insert(None);
    }
    let mut labels = Some(labels);
    let mut name = String::new();
    for step in steps(job, "relabel_configs") {
        // Whether a target is kept is not asked here.
        if !["drop", "keep"].contains(&step.action.as_str()) {
            step.apply(&mut name, &mut labels);
        }
    }
    labels.map(|labels| {
        let own = labels
            .into_iter()
            .filter(|(label, _)| !label.starts_with("__"));
        own.collect()
    })
}

#[cfg(test)]
mod tests {
    use alertdrill_project::yaml_tree;

    use super::*;

    fn job(text: &str) -> Node {
        yaml_tree::parse(text).unwrap().remove(0)
    }

    #[test]
    fn name_is_dropped_kept_or_renamed_by_an_anchored_pattern() {
        let job = job("metric_relabel_configs:\n\
             - {source_labels: [__name__], regex: 'go_.*', action: drop}\n\
             - {source_labels: [__name__], regex: 'old_(.*)', target_label: __name__, replacement: 'new_$1'}\n");
        let fate = |name: &str| {
            let (mut name, mut labels) = (name.to_owned(), Some(Labels::new()));
            for step in steps(&job, "metric_relabel_configs") {
                if let Fate::Dropped = step.apply(&mut name, &mut labels) {
                    return "dropped".to_owned();
                }
            }
            name
        };
        assert_eq!(fate("go_threads"), "dropped");
        assert_eq!(fate("my_go_threads"), "my_go_threads");
        assert_eq!(fate("old_x"), "new_x");
    }

    #[test]
    fn targets_have_what_is_written_and_what_relabelling_adds() {
        let job = job("relabel_configs:\n\
             - {source_labels: [__address__], target_label: host}\n\
             - {target_label: env, replacement: prod}\n");
        let written = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
        let labels = target_labels(&job, &written).unwrap();
        let names: Vec<_> = labels.keys().map(String::as_str).collect();
        assert_eq!(names, ["env", "host", "instance", "job", "team"]);
    }
}
