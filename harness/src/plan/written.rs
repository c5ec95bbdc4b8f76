//! What the stack's files say of rules, routes and paths, without a stack.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::drill::{Labels, LoadedRule, Routing};
use crate::observe::{prometheus_duration, routing_of};
use crate::promql::metrics_now_of;
use crate::stack::{COMPOSE_FILE, Settings, rules_file};
use crate::{Error, Result};

/// Prometheus's own names of its files
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).
const PROMETHEUS_FILE: &str = "prometheus.yml";
const ALERTMANAGER_FILE: &str = "alertmanager.yml";

/// The stack's configuration, as it is written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What the harness has to know of the stack.
    pub settings: Settings,
    /// The rules file: the committed one, or what `ALERT_RULES` names.
    pub rules_file: PathBuf,
    /// Its alerting rules.
    pub rules: Vec<LoadedRule>,
    /// Alertmanager's groups and waits.
    pub routing: Routing,
}

#[derive(Deserialize)]
struct ComposeFile {
    #[serde(rename = "x-alertdrill")]
    settings: Settings,
}

#[derive(Deserialize)]
struct Prometheus {
    #[serde(default)]
    global: Waits,
    #[serde(default)]
    scrape_configs: Vec<Waits>,
}

#[derive(Default, Deserialize)]
struct Waits {
    scrape_interval: Option<String>,
    scrape_timeout: Option<String>,
    evaluation_interval: Option<String>,
}

#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    interval: Option<String>,
    query_offset: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: Option<String>,
    expr: String,
    #[serde(rename = "for")]
    for_duration: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: Labels,
}

impl Written {
    /// What the files of the compose project in `root` say.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] or [`Error::BadAnswer`] of a file that is not
    /// understood.
    pub fn read(root: &Path) -> Result<Self> {
        let compose = root.join(COMPOSE_FILE);
        let ComposeFile { settings } = parse(&compose, &text_of(&compose)?)?;
        let prometheus = root
            .join(&settings.prometheus_configuration.folder)
            .join(PROMETHEUS_FILE);
        let alertmanager = root
            .join(&settings.alertmanager_configuration.folder)
            .join(ALERTMANAGER_FILE);
        let rules_file = rules_file(root, &settings);
        let rules = rules(
            &parse(&prometheus, &text_of(&prometheus)?)?,
            parse(&rules_file, &text_of(&rules_file)?)?,
        )?;
        Ok(Self {
            routing: routing_of(&text_of(&alertmanager)?)?,
            settings,
            rules_file,
            rules,
        })
    }
}

fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file("read", path))
}

fn parse<T: DeserializeOwned>(path: &Path, yaml: &str) -> Result<T> {
    serde_yaml_ng::from_str(yaml).map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })
}

/// The alerting rules, with the longest waits of all targets. How long scrapes really take is not
/// written anywhere: they are taken to need their time-out.
fn rules(prometheus: &Prometheus, rules: Rules) -> Result<Vec<LoadedRule>> {
    let global = &prometheus.global;
    let or = |own: &Option<String>, inherited: Duration| {
        own.as_deref().map_or(Ok(inherited), prometheus_duration)
    };
    // Prometheus's defaults.
    let scrape_interval = or(&global.scrape_interval, Duration::from_secs(60))?;
    let scrape_timeout = or(&global.scrape_timeout, Duration::from_secs(10))?;
    let evaluation_interval = or(&global.evaluation_interval, Duration::from_secs(60))?;
    let (mut longest_interval, mut longest_timeout) = (scrape_interval, scrape_timeout);
    for job in &prometheus.scrape_configs {
        longest_interval = longest_interval.max(or(&job.scrape_interval, scrape_interval)?);
        longest_timeout = longest_timeout.max(or(&job.scrape_timeout, scrape_timeout)?);
    }
    let mut written = Vec::new();
    for group in rules.groups {
        let (evaluation_interval, query_offset) = (
            or(&group.interval, evaluation_interval)?,
            or(&group.query_offset, Duration::ZERO)?,
        );
        for rule in group.rules {
            let Some(alert) = rule.alert else { continue };
            metrics_now_of(&rule.expr).map_err(|reason| Error::BadDescription {
                what: format!("the rule {alert}"),
                reason,
            })?;
            written.push(LoadedRule {
                alert,
                group: group.name.clone(),
                labels: rule.labels,
                query: rule.expr.trim().to_owned(),
                for_duration: or(&rule.for_duration, Duration::ZERO)?,
                keep_firing_for: or(&rule.keep_firing_for, Duration::ZERO)?,
                evaluation_interval,
                query_offset,
                scrape_interval: longest_interval,
                scrape_duration: longest_timeout,
            });
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMETHEUS: &str = "
global: {scrape_interval: 15s, scrape_timeout: 5s, evaluation_interval: 5s}
scrape_configs: [{job_name: a}, {job_name: slow, scrape_interval: 1m, scrape_timeout: 20s}]
";
    const RULES: &str = r#"
groups:
  - name: feed
    rules:
      - {record: a:b, expr: sum(x)}
      - {alert: Down, expr: up == 0, for: 1m30s, labels: {severity: critical}, annotations: {summary: "{{ $value }}"}}
  - name: slow
    interval: 1m
    query_offset: 30s
    rules: [{alert: Lag, expr: lag > 1, keep_firing_for: 2m}]
"#;

    fn written(prometheus: &str, rules_yaml: &str) -> Result<Vec<LoadedRule>> {
        rules(
            &parse(Path::new("p.yml"), prometheus)?,
            parse(Path::new("r.yml"), rules_yaml)?,
        )
    }

    #[test]
    fn rule_has_the_waits_of_its_group_and_the_longest_ones_of_all_targets() {
        let rules = written(PROMETHEUS, RULES).unwrap();
        let seconds = |rule: &LoadedRule| {
            [
                rule.for_duration,
                rule.keep_firing_for,
                rule.evaluation_interval,
                rule.query_offset,
                rule.scrape_interval,
                rule.scrape_duration,
            ]
            .map(|duration| duration.as_secs())
        };
        let read: Vec<_> = rules
            .iter()
            .map(|rule| (rule.alert.as_str(), seconds(rule)))
            .collect();
        assert_eq!(
            read,
            [
                ("Down", [90, 0, 5, 0, 60, 20]),
                ("Lag", [0, 120, 60, 30, 60, 20])
            ]
        );
        assert_eq!(
            rules[0].labels,
            [("severity".to_owned(), "critical".to_owned())].into()
        );
    }

    #[test]
    fn what_the_files_do_not_say_is_as_prometheus_takes_it() {
        let rules = written(
            "scrape_configs: []",
            "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]",
        )
        .unwrap();
        let LoadedRule {
            evaluation_interval,
            scrape_interval,
            scrape_duration,
            ..
        } = rules[0];
        assert_eq!(
            [evaluation_interval, scrape_interval, scrape_duration].map(|wait| wait.as_secs()),
            [60, 60, 10]
        );
    }

    #[test]
    fn file_that_is_no_rules_file_and_a_rule_that_is_no_promql_are_errors_that_name_them() {
        let refused = |rules: &str| written(PROMETHEUS, rules).unwrap_err().to_string();
        assert!(refused("rules: []").starts_with("failed to read r.yml: missing field `groups`"));
        let broken = refused("groups: [{name: g, rules: [{alert: Torn, expr: 'sum by ('}]}]");
        assert!(
            broken.starts_with("failed to read the rule Torn: "),
            "{broken}"
        );
    }
}
