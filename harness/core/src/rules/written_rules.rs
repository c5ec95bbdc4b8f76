//! What the files of Prometheus say, as they are written.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{LoadedRule, RecordingRule, Recordings, prometheus_duration};
use crate::promql::metrics_now_of;
use crate::{Error, Labels, Result, TextFile};

#[derive(Deserialize)]
struct PrometheusConfiguration {
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
    rule_query_offset: Option<String>,
}

#[derive(Deserialize)]
struct RulesFile {
    /// Null is no group, as Prometheus takes it; a file without the key is no rules file.
    #[serde(deserialize_with = "Option::deserialize")]
    groups: Option<Vec<WrittenGroup>>,
}

#[derive(Deserialize)]
struct WrittenGroup {
    name: String,
    interval: Option<String>,
    query_offset: Option<String>,
    #[serde(default)]
    rules: Option<Vec<WrittenRule>>,
}

#[derive(Deserialize)]
struct WrittenRule {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
    #[serde(rename = "for")]
    for_duration: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
}

/// The alerting rules of rules files, with the waits that Prometheus's configuration gives them.
///
/// # Errors
/// [`Error::BadDescription`] or [`Error::BadAnswer`] of a file that is not understood.
pub fn rules_of(prometheus: &TextFile, rules: &[TextFile]) -> Result<Vec<LoadedRule>> {
    rules_with_waits(&parse(prometheus)?, groups_of(rules)?)
}

/// The groups of all these files.
fn groups_of(rules: &[TextFile]) -> Result<Vec<WrittenGroup>> {
    let mut groups = Vec::new();
    for file in rules {
        // An empty file has no groups.
        let read: Option<RulesFile> = parse(file)?;
        groups.extend(read.and_then(|file| file.groups).unwrap_or_default());
    }
    Ok(groups)
}

/// Per group of rules files, how far back its evaluations look, where that is not zero: as the
/// group says, or Prometheus's configuration for all
/// (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group>).
///
/// # Errors
/// [`Error::BadDescription`] or [`Error::BadAnswer`] of a file that is not understood.
pub fn query_offsets_of(
    prometheus: &TextFile,
    rules: &[TextFile],
) -> Result<BTreeMap<String, Duration>> {
    let configuration: PrometheusConfiguration = parse(prometheus)?;
    let groups = groups_of(rules)?;
    let of_all = wait_or(
        configuration.global.rule_query_offset.as_deref(),
        Duration::ZERO,
    )?;
    let mut offsets = BTreeMap::new();
    for group in groups {
        let offset = wait_or(group.query_offset.as_deref(), of_all)?;
        if !offset.is_zero() {
            offsets.insert(group.name, offset);
        }
    }
    Ok(offsets)
}

/// The wait that is written, or the one that holds without it.
fn wait_or(written: Option<&str>, inherited: Duration) -> Result<Duration> {
    written.map_or(Ok(inherited), prometheus_duration)
}

fn parse<T: DeserializeOwned>(file: &TextFile) -> Result<T> {
    serde_yaml_ng::from_str(&file.text).map_err(|error| Error::BadDescription {
        what: file.path.display().to_string(),
        reason: error.to_string(),
    })
}

/// The alerting rules, with the longest waits of all targets. No file says how long scrapes really
/// take, so their time-out is taken.
fn rules_with_waits(
    prometheus: &PrometheusConfiguration,
    groups: Vec<WrittenGroup>,
) -> Result<Vec<LoadedRule>> {
    let global = &prometheus.global;
    // Prometheus's defaults.
    let scrape_interval = wait_or(global.scrape_interval.as_deref(), Duration::from_secs(60))?;
    // Prometheus never waits for a scrape longer than until the next one
    // (`config/config.go`, `ScrapeTimeout`).
    let scrape_timeout = wait_or(global.scrape_timeout.as_deref(), Duration::from_secs(10))?;
    let scrape_timeout = scrape_timeout.min(scrape_interval);
    let evaluation_interval = wait_or(
        global.evaluation_interval.as_deref(),
        Duration::from_secs(60),
    )?;
    let offset_of_all = wait_or(global.rule_query_offset.as_deref(), Duration::ZERO)?;
    let (mut longest_interval, mut longest_timeout) = (scrape_interval, scrape_timeout);
    for job in &prometheus.scrape_configs {
        let interval = wait_or(job.scrape_interval.as_deref(), scrape_interval)?;
        let timeout = wait_or(job.scrape_timeout.as_deref(), scrape_timeout)?;
        longest_interval = longest_interval.max(interval);
        longest_timeout = longest_timeout.max(timeout.min(interval));
    }
    let recording = recording_rules(&groups, evaluation_interval)?;
    let mut written = Vec::new();
    for group in groups {
        let evaluation_interval = wait_or(group.interval.as_deref(), evaluation_interval)?;
        let query_offset = wait_or(group.query_offset.as_deref(), offset_of_all)?;
        for rule in group.rules.unwrap_or_default() {
            let Some(alert) = rule.alert else { continue };
            metrics_now_of(&rule.expr).map_err(|reason| Error::BadDescription {
                what: format!("the rule {alert}"),
                reason,
            })?;
            written.push(LoadedRule {
                alert,
                group: group.name.clone(),
                labels: rule.labels,
                annotations: rule.annotations,
                sick: None,
                is_watchdog: false,
                query: rule.expr.trim().to_owned(),
                for_duration: wait_or(rule.for_duration.as_deref(), Duration::ZERO)?,
                keep_firing_for: wait_or(rule.keep_firing_for.as_deref(), Duration::ZERO)?,
                evaluation_interval,
                query_offset,
                recorded_within: Recordings(&recording).delay_of(&rule.expr),
                scrape_interval: longest_interval,
                scrape_duration: longest_timeout,
            });
        }
    }
    Ok(written)
}

/// The metrics that the recording rules of a rules file record; none if it is no rules file.
pub(crate) fn recorded_metrics_of(text: &str) -> Vec<String> {
    let rules: Option<RulesFile> = serde_yaml_ng::from_str(text).ok();
    let groups = rules.and_then(|rules| rules.groups).unwrap_or_default();
    let rules = groups.into_iter().filter_map(|group| group.rules);
    let rules = rules.flatten();
    rules.filter_map(|rule| rule.record).collect()
}

fn recording_rules(groups: &[WrittenGroup], of_all: Duration) -> Result<Vec<RecordingRule>> {
    let mut recording = Vec::new();
    for group in groups {
        let evaluation_interval = wait_or(group.interval.as_deref(), of_all)?;
        for rule in group.rules.iter().flatten() {
            recording.extend(rule.record.as_ref().map(|metric| RecordingRule {
                metric: metric.clone(),
                query: rule.expr.clone(),
                evaluation_interval,
                sick: None,
            }));
        }
    }
    Ok(recording)
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
      - alert: Down
        expr: up == 0
        for: 1m30s
        labels: {severity: critical}
        annotations: {summary: "{{ $value }}"}
  - name: slow
    interval: 1m
    query_offset: 30s
    rules: [{alert: Lag, expr: lag + a:b > 1, keep_firing_for: 2m}]
"#;

    fn written(prometheus: &str, rules_yaml: &str) -> Result<Vec<LoadedRule>> {
        rules_of(
            &TextFile::new("p.yml", prometheus),
            &[TextFile::new("r.yml", rules_yaml)],
        )
    }

    #[test]
    fn scrape_is_never_waited_for_longer_than_until_the_next_one() {
        let rules = written("global: {scrape_interval: 2s}", RULES).unwrap();
        assert_eq!(rules[0].scrape_duration, Duration::from_secs(2));
        let by_job = "scrape_configs: [{job_name: a, scrape_interval: 3s}]\nglobal: \
                      {scrape_interval: 2s}";
        let rules = written(by_job, RULES).unwrap();
        assert_eq!(rules[0].scrape_duration, Duration::from_secs(2));
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
                rule.recorded_within,
                rule.scrape_interval,
                rule.scrape_duration,
            ]
            .map(|duration| duration.as_secs())
        };
        let read = [0, 1].map(|number| (rules[number].alert.as_str(), seconds(&rules[number])));
        let down = ("Down", [90, 0, 5, 0, 0, 60, 20]);
        assert_eq!(read, [down, ("Lag", [0, 120, 60, 30, 5, 60, 20])]);
        let severity = ("severity".to_owned(), "critical".to_owned());
        assert_eq!(rules[0].labels, [severity].into());
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
    fn query_offset_is_the_groups_own_or_that_of_all_groups() {
        let prometheus = "global: {rule_query_offset: 10s}";
        let rules = "groups: [{name: a, rules: [{alert: A, expr: up == 0}]}, \
                     {name: b, query_offset: 1m, rules: []}, {name: c, query_offset: 0s, rules: []}]";
        let prometheus = TextFile::new("p.yml", prometheus);
        let rules = [TextFile::new("r.yml", rules)];
        let offsets = query_offsets_of(&prometheus, &rules).unwrap().into_iter();
        let offsets_s: Vec<_> = offsets
            .map(|(group, offset)| (group, offset.as_secs()))
            .collect();
        assert_eq!(offsets_s, [("a".to_owned(), 10), ("b".to_owned(), 60)]);
        assert_eq!(
            rules_of(&prometheus, &rules).unwrap()[0]
                .query_offset
                .as_secs(),
            10
        );
    }

    #[test]
    fn file_of_comments_or_without_a_rule_has_no_rules() {
        for empty in ["# nothing yet", "groups:", "groups: [{name: g, rules: }]"] {
            assert!(written(PROMETHEUS, empty).unwrap().is_empty(), "{empty}");
        }
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
