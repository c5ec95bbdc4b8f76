//! Alertmanager's configuration as it is written or loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_yaml_ng::Value;

use super::{Inhibition, Integration, Matcher, Receiver, Route, Routes};
use crate::{Error, Result, prometheus_duration};

/// How the sections of a receiver are named that hold its integrations.
const INTEGRATIONS: &str = "_configs";

#[derive(Deserialize)]
struct WrittenConfiguration {
    route: WrittenRoute,
    #[serde(default)]
    receivers: Vec<WrittenReceiver>,
    #[serde(default)]
    inhibit_rules: Vec<WrittenInhibition>,
}

#[derive(Deserialize)]
struct WrittenRoute {
    receiver: Option<String>,
    #[serde(default)]
    matchers: Lines,
    #[serde(default, rename = "match")]
    equal: BTreeMap<String, String>,
    #[serde(default, rename = "match_re")]
    like: BTreeMap<String, String>,
    #[serde(default, rename = "continue")]
    continues: bool,
    #[serde(default)]
    group_by: Vec<String>,
    group_wait: Option<String>,
    group_interval: Option<String>,
    repeat_interval: Option<String>,
    #[serde(default)]
    mute_time_intervals: Vec<String>,
    #[serde(default)]
    active_time_intervals: Vec<String>,
    #[serde(default)]
    routes: Vec<WrittenRoute>,
}

#[derive(Deserialize)]
struct WrittenReceiver {
    name: String,
    #[serde(flatten)]
    sections: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct WrittenInhibition {
    #[serde(default)]
    source_matchers: Lines,
    #[serde(default)]
    source_match: BTreeMap<String, String>,
    #[serde(default)]
    source_match_re: BTreeMap<String, String>,
    #[serde(default)]
    target_matchers: Lines,
    #[serde(default)]
    target_match: BTreeMap<String, String>,
    #[serde(default)]
    target_match_re: BTreeMap<String, String>,
    #[serde(default)]
    equal: Vec<String>,
}

/// Matchers, as a list of lines or as one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lines {
    Several(Vec<String>),
    One(String),
}

impl Default for Lines {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// The routes, receivers and inhibitions in a configuration of Alertmanager
/// (<https://prometheus.io/docs/alerting/latest/configuration/>). Where a route says nothing, its
/// parent's receiver, groups and waits hold; one group, 30 s, 5 min and 4 h at the root.
///
/// # Errors
/// [`Error::BadAnswer`] that says what is wrong with it.
pub fn routes_of(yaml: &str) -> Result<Routes> {
    let written = serde_yaml_ng::from_str(yaml).map_err(|error| bad(error.to_string()))?;
    let WrittenConfiguration {
        route,
        receivers,
        inhibit_rules,
    } = written;
    let receivers: Vec<_> = receivers.into_iter().map(receiver).collect();
    let defaults = Route {
        receiver: String::new(),
        below: Vec::new(),
        matchers: Vec::new(),
        continues: false,
        group_by: BTreeSet::new(),
        group_wait: Duration::from_secs(30),
        group_interval: Duration::from_mins(5),
        repeat_interval: Duration::from_hours(4),
        muted_in: Vec::new(),
        active_in: Vec::new(),
        routes: Vec::new(),
    };
    let root = inheriting(route, &defaults, Vec::new())?;
    let inhibitions = inhibit_rules.into_iter().map(inhibition);
    let routes = Routes {
        root,
        receivers,
        inhibitions: inhibitions.collect::<Result<_>>()?,
        rewritten: Vec::new(),
    };
    for route in routes.all() {
        if routes.receiver(&route.receiver).is_none() {
            let reason = format!(
                "{route} names the receiver `{}`, which is none",
                route.receiver
            );
            return Err(bad(reason));
        }
    }
    Ok(routes)
}

fn bad(reason: String) -> Error {
    Error::BadAnswer {
        attempted: "read Alertmanager's configuration".to_owned(),
        reason,
    }
}

/// The route as it is written, where it says nothing as `parent`. `below` are the matchers above
/// it.
fn inheriting(written: WrittenRoute, parent: &Route, below: Vec<Vec<Matcher>>) -> Result<Route> {
    let wait_or = |written: Option<String>, inherited: Duration| {
        written.map_or(Ok(inherited), |wait| prometheus_duration(&wait))
    };
    let mut route = Route {
        receiver: written.receiver.unwrap_or_else(|| parent.receiver.clone()),
        matchers: matchers_of(written.matchers, written.equal, written.like)?,
        continues: written.continues,
        group_by: if written.group_by.is_empty() {
            parent.group_by.clone()
        } else {
            written.group_by.into_iter().collect()
        },
        group_wait: wait_or(written.group_wait, parent.group_wait)?,
        group_interval: wait_or(written.group_interval, parent.group_interval)?,
        repeat_interval: wait_or(written.repeat_interval, parent.repeat_interval)?,
        muted_in: written.mute_time_intervals,
        active_in: written.active_time_intervals,
        below: below.clone(),
        routes: Vec::new(),
    };
    let is_root = below.is_empty() && route.matchers.is_empty();
    let mut above_children = below;
    if !is_root {
        above_children.push(route.matchers.clone());
    }
    let children = written.routes.into_iter();
    let children = children.map(|child| inheriting(child, &route, above_children.clone()));
    route.routes = children.collect::<Result<_>>()?;
    Ok(route)
}

fn receiver(written: WrittenReceiver) -> Receiver {
    let sections = written.sections.into_iter();
    let integrations = sections.flat_map(|(section, entries)| {
        let kind = section.strip_suffix(INTEGRATIONS).map(str::to_owned);
        let entries = match (&kind, entries) {
            (Some(_), Value::Sequence(entries)) => entries,
            _ => Vec::new(),
        };
        entries.into_iter().filter_map(move |entry| {
            let kind = kind.clone()?;
            let says = entry.get("send_resolved").and_then(Value::as_bool);
            let sends_resolved =
                says.unwrap_or_else(|| Integration::tells_of_ends_by_default(&kind));
            Some(Integration {
                kind,
                sends_resolved,
            })
        })
    });
    Receiver {
        integrations: integrations.collect(),
        name: written.name,
    }
}

fn inhibition(written: WrittenInhibition) -> Result<Inhibition> {
    Ok(Inhibition {
        source: matchers_of(
            written.source_matchers,
            written.source_match,
            written.source_match_re,
        )?,
        target: matchers_of(
            written.target_matchers,
            written.target_match,
            written.target_match_re,
        )?,
        equal: written.equal,
    })
}

/// The matchers of both notations.
fn matchers_of(
    lines: Lines,
    equal: BTreeMap<String, String>,
    like: BTreeMap<String, String>,
) -> Result<Vec<Matcher>> {
    let lines = match lines {
        Lines::Several(several) => several,
        Lines::One(only) => vec![only],
    };
    let equal = equal.into_iter();
    let mut matchers: Vec<_> = equal
        .map(|(label, value)| Matcher::equal(label, value))
        .collect();
    for (label, pattern) in like {
        matchers.push(Matcher::like(label, pattern).map_err(bad)?);
    }
    for line in lines {
        matchers.extend(Matcher::all_in(&line).map_err(bad)?);
    }
    Ok(matchers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_inherits_receiver_groups_and_waits_and_no_time_intervals() {
        let routes = routes_of(
            "
route:
  receiver: a
  group_by: [alertname, job]
  group_wait: 10s
  routes:
    - matchers: 'x=y'
      group_interval: 7m
      repeat_interval: 1h
      mute_time_intervals: [night]
      routes:
        - {receiver: b, match_re: {z: 'u|v'}, group_by: [...], active_time_intervals: [day]}
receivers: [{name: a}, {name: b}]
",
        )
        .unwrap();
        let [root, child, grandchild] = routes.all().try_into().unwrap();
        let waits_s = |route: &Route| {
            [
                route.group_wait,
                route.group_interval,
                route.repeat_interval,
            ]
            .map(|wait| wait.as_secs())
        };
        let hours = 3_600;
        assert_eq!(waits_s(root), [10, 300, 4 * hours]);
        assert_eq!(waits_s(child), [10, 420, hours]);
        assert_eq!(waits_s(grandchild), waits_s(child));
        assert_eq!((child.receiver.as_str(), child.group_by.len()), ("a", 2));
        assert!(grandchild.groups_by("anything") && !child.groups_by("exchange"));
        assert_eq!(child.muted_in, ["night"]);
        assert_eq!(
            (grandchild.muted_in.len(), &*grandchild.active_in),
            (0, &["day".into()][..])
        );
    }

    #[test]
    fn integration_tells_of_ends_as_it_says_or_as_its_kind_does() {
        let routes = routes_of(
            "
route: {receiver: a}
receivers:
  - name: a
    webhook_configs: [{url: x}, {url: y, send_resolved: false}]
    email_configs: [{to: x}]
    slack_configs: [{channel: x, send_resolved: true}]
  - name: nobody
",
        )
        .unwrap();
        let integrations = routes.receivers[0].integrations.iter();
        let read: Vec<_> = integrations
            .map(|integration| (integration.kind.as_str(), integration.sends_resolved))
            .collect();
        let expected = [
            ("email", false),
            ("slack", true),
            ("webhook", true),
            ("webhook", false),
        ];
        assert_eq!(read, expected);
        assert!(routes.receivers[1].integrations.is_empty());
    }

    #[test]
    fn inhibition_is_read_in_both_notations_and_shown() {
        let yaml = |rule: &str| format!("route: {{receiver: a}}\nreceivers: [name: a]\n{rule}");
        for rule in [
            "inhibit_rules: [{source_matchers: [s=critical], target_matchers: ['s=~\"w|i\"']}]",
            "inhibit_rules: [{source_match: {s: critical}, target_match_re: {s: w|i}}]",
        ] {
            let routes = routes_of(&yaml(rule)).unwrap();
            let shown = routes.inhibitions[0].to_string();
            assert_eq!(shown, r#"s="critical" → s=~"w|i""#);
        }
    }

    #[test]
    fn configuration_that_is_none_is_refused_with_what_is_wrong() {
        for (yaml, reason) in [
            ("receivers: []", "missing field `route`"),
            (
                "route: {receiver: a}",
                "the root route names the receiver `a`, which is none",
            ),
            (
                "route: {receiver: a, group_wait: 5}\nreceivers: [name: a]",
                "the duration `5`",
            ),
            (
                "route: {receiver: a, routes: [{matchers: [x]}]}\nreceivers: [name: a]",
                "the matcher `x`",
            ),
        ] {
            let refused = routes_of(yaml).unwrap_err().to_string();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
