//! What a recording has to know of the server beside its samples.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{
    Error, Labels, RecordedServer, Result, RulesFile, prometheus_duration, seconds,
};
use serde::{Deserialize, Serialize};

use super::messages::{GroupToTime, RuleToTime};
use crate::Prometheus;
use crate::prometheus::{LoadedGroup, RuleKind};

/// What an evaluation depends on, as `prometheus` says it. The usual duration of a scrape is the
/// longest one within the last `window`.
///
/// # Errors
/// [`Error::NoAnswer`] or [`Error::BadAnswer`].
pub async fn describe_server(prometheus: &Prometheus, window: Duration) -> Result<RecordedServer> {
    let flags = prometheus.flags().await?;
    let flag = |name: &str| flags.get(name).map_or("", String::as_str);
    let configuration = prometheus.configuration().await?;
    let read: Result<Configuration, _> = serde_yaml_ng::from_str(&configuration);
    let Configuration { global } = read.map_err(|error| Error::BadAnswer {
        attempted: "ask Prometheus for its configuration".to_owned(),
        reason: error.to_string(),
    })?;
    let (scrape_interval, scrape_timeout) = prometheus.scrape_waits().await?;
    let features = flag("enable-feature").split(',').map(str::trim);
    let features = features.filter(|feature| !feature.is_empty());
    Ok(RecordedServer {
        program: "prometheus".to_owned(),
        version: prometheus.version().await?,
        look_back: prometheus_duration(flag("query.lookback-delta"))?,
        evaluation_interval: prometheus_duration(&global.evaluation_interval)?,
        scrape_interval,
        scrape_timeout,
        usual_scrape: prometheus.longest_scrape(window).await?,
        external_labels: global.external_labels,
        external_url: flag("web.external-url").to_owned(),
        features: features.map(str::to_owned).collect(),
    })
}

#[derive(Deserialize)]
struct Configuration {
    global: Global,
}

#[derive(Deserialize)]
struct Global {
    evaluation_interval: String,
    #[serde(default)]
    external_labels: Labels,
}

/// The rules that `prometheus` has loaded, by file. `known` has the content of files by their path;
/// that of others is written anew from what the server says of them.
///
/// # Errors
/// [`Error::NoAnswer`] or [`Error::BadAnswer`].
pub async fn rules_files(
    prometheus: &Prometheus,
    known: impl Fn(&str) -> Option<String>,
) -> Result<Vec<RulesFile>> {
    let mut files = BTreeMap::<String, Vec<WrittenGroup>>::new();
    for group in prometheus.all_groups().await? {
        let of_file = files.entry(group.file.clone()).or_default();
        of_file.push(WrittenGroup::of(group)?);
    }
    let texts = files.into_iter().map(|(path, groups)| {
        let written = || {
            let text = serde_yaml_ng::to_string(&WrittenRules { groups });
            text.map_err(|error| Error::BadAnswer {
                attempted: format!("write the rules of {path}"),
                reason: error.to_string(),
            })
        };
        let text = known(&path).map_or_else(written, Ok)?;
        Ok(RulesFile { path, text })
    });
    texts.collect()
}

/// The groups that `prometheus` has loaded, as the replayer is asked for their instants.
pub(super) async fn groups_to_time(prometheus: &Prometheus) -> Result<Vec<GroupToTime>> {
    let groups = prometheus.all_groups().await?.into_iter();
    let to_time = groups.map(|group| {
        let rules = group.rules.into_iter().map(|rule| RuleToTime {
            kind: match rule.kind {
                RuleKind::Alerting => "alerting",
                RuleKind::Recording => "recording",
            },
            name: rule.name,
            labels: alertdrill_core::fixed_labels(&rule.labels),
        });
        Ok(GroupToTime {
            rules: rules.collect(),
            file: group.file,
            name: group.name,
            interval_ms: milliseconds(interval(group.interval)?),
            query_offset_ms: milliseconds(group.query_offset),
        })
    });
    to_time.collect()
}

fn interval(seconds: f64) -> Result<Duration> {
    seconds::duration(seconds).map_err(|reason| Error::BadAnswer {
        attempted: "ask Prometheus for its rules".to_owned(),
        reason,
    })
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A file of rules, as Prometheus reads it.
#[derive(Serialize)]
struct WrittenRules {
    groups: Vec<WrittenGroup>,
}

#[derive(Serialize)]
struct WrittenGroup {
    name: String,
    interval: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_offset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    rules: Vec<WrittenRule>,
}

#[derive(Serialize)]
struct WrittenRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<String>,
    expr: String,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    for_duration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_for: Option<String>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    annotations: Labels,
}

impl WrittenGroup {
    fn of(group: LoadedGroup) -> Result<Self> {
        let offset = group.query_offset;
        let mut rules = Vec::new();
        for rule in group.rules {
            let is_alert = rule.kind == RuleKind::Alerting;
            let wait = |seconds: f64| -> Result<Option<String>> {
                let wait = interval(seconds)?;
                Ok((!wait.is_zero()).then(|| written(wait)))
            };
            rules.push(WrittenRule {
                for_duration: wait(rule.duration)?,
                keep_firing_for: wait(rule.keep_firing_for)?,
                alert: is_alert.then(|| rule.name.clone()),
                record: (!is_alert).then_some(rule.name),
                expr: rule.query,
                labels: rule.labels,
                annotations: rule.annotations,
            });
        }
        Ok(Self {
            name: group.name,
            interval: written(interval(group.interval)?),
            query_offset: (!offset.is_zero()).then(|| written(offset)),
            limit: (group.limit > 0).then_some(group.limit),
            rules,
        })
    }
}

fn written(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
