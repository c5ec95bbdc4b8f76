//! Prometheus's configuration as it is written.

use std::time::Duration;

use alertdrill_core::prometheus_duration;
use alertdrill_project::yaml_tree::Node;

use super::rule::texts;
use super::{SourceFile, Text};

/// Prometheus's default of `scrape_interval` and `evaluation_interval`.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// A Prometheus and its configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prometheus {
    pub(crate) file: SourceFile,
    /// The whole configuration.
    pub(crate) node: Node,
    /// The service that it is; `None` if it is no service of the compose project.
    pub(crate) service: Option<String>,
    pub(crate) scrape_interval: Duration,
    pub(crate) evaluation_interval: Duration,
    pub(crate) external_labels: Vec<(Text, Text)>,
    pub(crate) rule_files: Vec<RuleFilesPattern>,
    pub(crate) jobs: Vec<Job>,
    /// Whether it has more jobs, in files that cannot be read.
    pub(crate) has_unread_jobs: bool,
    pub(crate) alertmanagers: Vec<AlertmanagerTarget>,
    /// Whether it finds its Alertmanagers by itself (DNS, files, …), so that the list above is not
    /// all.
    pub(crate) finds_alertmanagers: bool,
}

/// A pattern of `rule_files`.
#[derive(Clone, Debug)]
pub(crate) struct RuleFilesPattern {
    pub(crate) pattern: Text,
    /// How many files it matches; `None` if that cannot be known from files.
    pub(crate) matches: Option<usize>,
    /// Why it matches none, where more is known than that.
    pub(crate) why_none: Option<String>,
}

/// Whom Prometheus sends its alerts to.
#[derive(Clone, Debug)]
pub(crate) struct AlertmanagerTarget {
    /// `alertmanager:9093`
    pub(crate) address: Text,
    /// The service that answers there; `None` if none of the project does.
    pub(crate) service: Option<String>,
}

/// A job of `scrape_configs`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Job {
    pub(crate) name: Text,
    /// The file in which it stands: the configuration, or one of `scrape_config_files`.
    pub(crate) file: SourceFile,
    /// All that is written of it.
    pub(crate) node: Node,
    pub(crate) scrape_interval: Duration,
    /// `/metrics` unless it says otherwise.
    pub(crate) metrics_path: String,
    pub(crate) targets: Vec<Target>,
    /// Whether it finds its targets by itself (DNS, Docker, …), so that the list above is not all.
    pub(crate) finds_targets: bool,
}

/// Something that is scraped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// `api:8080`, and where that stands in [`Target::file`].
    pub(crate) address: Text,
    /// The job's own file, or the one of `file_sd_configs`.
    pub(crate) file: SourceFile,
    /// Labels that its metrics get besides `job` and `instance`.
    pub(crate) labels: Vec<(Text, Text)>,
    /// The service that answers there; `None` if none of the project does.
    pub(crate) service: Option<String>,
}

impl Job {
    /// Whether its targets are what a prober is asked about: an address is rewritten to a parameter,
    /// and what is scraped is another.
    pub(crate) fn asks_a_prober(&self) -> bool {
        let relabelled = self
            .node
            .get("relabel_configs")
            .map_or(&[][..], Node::items);
        relabelled
            .iter()
            .any(|rule| rule.text_at(&["target_label"]) == Some("__param_target"))
    }
}

impl Prometheus {
    /// What the configuration says. Services and files are what others find.
    pub(crate) fn read(file: &SourceFile, node: &Node) -> Self {
        let wait = |key: &str| {
            let text = node.text_at(&["global", key])?;
            prometheus_duration(text).ok()
        };
        let scrape_interval = wait("scrape_interval").unwrap_or(DEFAULT_INTERVAL);
        let rule_files = node.get("rule_files").map_or(&[][..], Node::items);
        let alertmanagers = node.at(&["alerting", "alertmanagers"]);
        let alertmanagers = alertmanagers.map_or(&[][..], Node::items);
        Self {
            file: file.clone(),
            node: node.clone(),
            service: None,
            scrape_interval,
            evaluation_interval: wait("evaluation_interval").unwrap_or(DEFAULT_INTERVAL),
            external_labels: texts(node.at(&["global", "external_labels"])),
            rule_files: rule_files
                .iter()
                .filter_map(Text::of)
                .map(|pattern| RuleFilesPattern {
                    pattern,
                    matches: None,
                    why_none: None,
                })
                .collect(),
            jobs: node
                .get("scrape_configs")
                .map_or(&[][..], Node::items)
                .iter()
                .map(|job| Job::read(file, job, scrape_interval))
                .collect(),
            has_unread_jobs: false,
            alertmanagers: alertmanagers
                .iter()
                .flat_map(|them| static_targets(file, them))
                .map(|target| AlertmanagerTarget {
                    address: target.address,
                    service: None,
                })
                .collect(),
            finds_alertmanagers: alertmanagers.iter().any(finds_by_itself),
        }
    }
}

impl Job {
    pub(crate) fn read(file: &SourceFile, node: &Node, of_all: Duration) -> Self {
        let own = node.text_at(&["scrape_interval"]);
        let own = own.and_then(|text| prometheus_duration(text).ok());
        Self {
            name: node.get("job_name").and_then(Text::of).unwrap_or_default(),
            file: file.clone(),
            node: node.clone(),
            scrape_interval: own.unwrap_or(of_all),
            metrics_path: node
                .text_at(&["metrics_path"])
                .unwrap_or("/metrics")
                .to_owned(),
            targets: static_targets(file, node),
            finds_targets: finds_by_itself(node),
        }
    }
}

/// Whether it has discovery of any other kind than targets that are written.
fn finds_by_itself(node: &Node) -> bool {
    node.entries().iter().any(|(key, _)| {
        let key = key.text().unwrap_or_default();
        key.ends_with("_sd_configs")
    })
}

pub(crate) fn static_targets(file: &SourceFile, node: &Node) -> Vec<Target> {
    let groups = node.get("static_configs").map_or(&[][..], Node::items);
    let targets = groups.iter().flat_map(|group| targets_of(file, group));
    targets.collect()
}

/// The targets of a group: `{targets: […], labels: {…}}`.
pub(crate) fn targets_of(file: &SourceFile, group: &Node) -> Vec<Target> {
    let labels = texts(group.get("labels"));
    let addresses = group.get("targets").map_or(&[][..], Node::items).iter();
    let targets = addresses.filter_map(Text::of).map(|address| Target {
        address,
        file: file.clone(),
        labels: labels.clone(),
        service: None,
    });
    targets.collect()
}
