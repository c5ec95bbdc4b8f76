//! Alertmanager's tree of routes, and the way of an alert through it.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::matcher::{Matcher, all_match_known, shown};
use super::{Inhibition, Receiver};
use crate::{Labels, seconds};

/// So many ways that an alert may take are told apart; what hangs on more is not decided.
const MOST_WAYS: usize = 64;

/// Alertmanager's configuration, as far as it decides who is told of an alert, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// The route of every alert that no other one takes.
    pub root: Route,
    /// Whom routes may name.
    #[serde(default)]
    pub receivers: Vec<Receiver>,
    /// Which alerts mute others.
    #[serde(default)]
    pub inhibitions: Vec<Inhibition>,
    /// The labels, as anchored regular expressions, that Prometheus may change before an alert gets
    /// here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rewritten: Vec<String>,
}

/// A route, with what it inherits
/// (<https://prometheus.io/docs/alerting/latest/configuration/#route>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The name of the receiver that is told.
    pub receiver: String,
    /// The matchers of its parents, from the root's children on: how a person finds it.
    #[serde(default)]
    pub below: Vec<Vec<Matcher>>,
    /// The alerts that it takes, of those that its parent takes.
    #[serde(default)]
    pub matchers: Vec<Matcher>,
    /// Whether its later siblings may take the same alerts.
    #[serde(default)]
    pub continues: bool,
    /// The labels that alerts of one notification have alike; [`Route::BY_ALL_LABELS`] stands for
    /// all of them.
    #[serde(default)]
    pub group_by: BTreeSet<String>,
    /// From a group's first alert to its first notification.
    #[serde(with = "seconds", rename = "group_wait_s")]
    pub group_wait: Duration,
    /// Between the notifications of a group of which something has changed; ends of alerts wait for
    /// it too.
    #[serde(with = "seconds", rename = "group_interval_s")]
    pub group_interval: Duration,
    /// Between the notifications of a group of which nothing has changed.
    #[serde(with = "seconds", rename = "repeat_interval_s")]
    pub repeat_interval: Duration,
    /// The time intervals in which it tells nobody. They are not inherited.
    #[serde(default)]
    pub muted_in: Vec<String>,
    /// The time intervals outside which it tells nobody; always active if there is none. They are
    /// not inherited.
    #[serde(default)]
    pub active_in: Vec<String>,
    /// Its children: the first that takes an alert takes it from this route.
    #[serde(default)]
    pub routes: Vec<Route>,
}

impl Routes {
    /// The routes that an alert with exactly these labels takes, as Alertmanager dispatches it.
    #[cfg(test)]
    pub(crate) fn for_alert(&self, labels: &Labels) -> Vec<&Route> {
        let takes = |route: &Route| {
            let mut matchers = route.matchers.iter();
            Some(matchers.all(|matcher| matcher.matches(labels)))
        };
        self.root.ways(&takes).pop().unwrap_or_default()
    }

    /// Each set of routes that an alert may take of which these labels are known: more than one if
    /// that hangs on a label that is not, and none if it hangs on too many.
    #[must_use]
    pub fn possible_for(&self, known: &Labels) -> Vec<Vec<&Route>> {
        let ways = self
            .root
            .ways(&|route| all_match_known(&route.matchers, known));
        if ways.len() > MOST_WAYS {
            Vec::new()
        } else {
            ways
        }
    }

    /// Every route.
    #[must_use]
    pub fn all(&self) -> Vec<&Route> {
        let mut all = vec![&self.root];
        let mut next = 0;
        while let Some(route) = all.get(next).copied() {
            all.extend(&route.routes);
            next += 1;
        }
        all
    }

    /// The receiver of that name, if there is one.
    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }
}

impl Route {
    /// "to effectively disable aggregation entirely"
    /// (<https://prometheus.io/docs/alerting/latest/configuration/#route>).
    pub const BY_ALL_LABELS: &str = "...";

    /// Each set of routes, from this one on, that an alert may take; the empty set if it is not
    /// this route's. `means` says whether a route's matchers mean the alert, or that nobody knows.
    fn ways<'a>(&'a self, means: &impl Fn(&Route) -> Option<bool>) -> Vec<Vec<&'a Route>> {
        let taken = means(self);
        if taken == Some(false) {
            return vec![Vec::new()];
        }
        // Per way through the children so far: its routes, and whether it is still open.
        let mut ways = vec![(Vec::new(), true)];
        for child in &self.routes {
            let of_child = child.ways(means);
            let (open, mut closed): (Vec<_>, Vec<_>) = ways.into_iter().partition(|way| way.1);
            for (before, _) in &open {
                closed.extend(of_child.iter().map(|more| {
                    let way = before.iter().chain(more).copied().collect();
                    (way, more.is_empty() || child.continues)
                }));
            }
            closed.dedup();
            closed.truncate(MOST_WAYS + 1);
            ways = closed;
        }
        let ways = ways.into_iter().map(|(way, _)| way);
        let own = ways.map(|way| if way.is_empty() { vec![self] } else { way });
        let not_taken = taken.is_none().then(Vec::new);
        own.chain(not_taken).collect()
    }

    /// Whether alerts that differ in this label are told in different notifications.
    #[must_use]
    pub fn groups_by(&self, label: &str) -> bool {
        self.group_by.contains(label) || self.group_by.contains(Self::BY_ALL_LABELS)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matchers.is_empty() && self.below.is_empty() {
            return f.write_str("the root route");
        }
        let steps = self.below.iter().chain([&self.matchers]);
        let steps: Vec<_> = steps.map(|step| shown(step)).collect();
        write!(f, "the route {{{}}}", steps.join("} → {"))
    }
}

#[cfg(any(test, feature = "test-support"))]
impl Routes {
    /// One receiver that is told of every alert, 10 s after it fires, and of its end after at
    /// most 30 s, as most tests want it.
    #[must_use]
    pub fn telling(receiver: &str) -> Self {
        let integration = super::Integration {
            kind: "webhook".to_owned(),
            sends_resolved: true,
        };
        Self {
            root: Route {
                receiver: receiver.to_owned(),
                below: Vec::new(),
                matchers: Vec::new(),
                continues: false,
                group_by: ["alertname".to_owned()].into(),
                group_wait: Duration::from_secs(10),
                group_interval: Duration::from_secs(30),
                repeat_interval: Duration::from_hours(4),
                muted_in: Vec::new(),
                active_in: Vec::new(),
                routes: Vec::new(),
            },
            receivers: vec![Receiver {
                name: receiver.to_owned(),
                integrations: vec![integration],
            }],
            inhibitions: Vec::new(),
            rewritten: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::routes_of;
    use super::*;

    const CONFIGURATION: &str = r#"
route:
  receiver: default
  routes:
    - receiver: pager
      matchers: [severity="critical"]
      routes:
        - {receiver: database, matchers: ['service=~"clickhouse|postgres"']}
    - {receiver: log, matchers: ['severity=~".+"'], continue: true}
    - {receiver: mail, match: {severity: warning}}
receivers: [{name: default}, {name: pager}, {name: database}, {name: log}, {name: mail}]
"#;

    fn labels(labels: &[(&str, &str)]) -> Labels {
        let labels = labels.iter();
        labels
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn receivers<'a>(routes: &[&'a Route]) -> Vec<&'a str> {
        routes.iter().map(|route| route.receiver.as_str()).collect()
    }

    fn told(alert: &[(&str, &str)]) -> Vec<String> {
        let routes = routes_of(CONFIGURATION).unwrap();
        let told = receivers(&routes.for_alert(&labels(alert))).join(" ");
        told.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn alert_takes_the_first_route_that_means_it_its_child_before_itself_and_more_after_continue() {
        assert_eq!(told(&[]), ["default"]);
        assert_eq!(told(&[("severity", "critical")]), ["pager"]);
        let postgres = [("severity", "critical"), ("service", "postgres")];
        assert_eq!(told(&postgres), ["database"]);
        assert_eq!(told(&[("severity", "info")]), ["log"]);
        assert_eq!(told(&[("severity", "warning")]), ["log", "mail"]);
    }

    #[test]
    fn alert_may_take_more_than_one_way_where_that_hangs_on_a_label_that_is_not_known() {
        let routes = routes_of(CONFIGURATION).unwrap();
        let ways = |known: &[(&str, &str)]| -> Vec<String> {
            let ways = routes.possible_for(&labels(known));
            ways.iter().map(|way| receivers(way).join(" ")).collect()
        };
        assert_eq!(ways(&[("severity", "warning")]), ["log mail"]);
        assert_eq!(ways(&[("severity", "critical")]), ["database", "pager"]);
        let mut unknown = ways(&[]);
        unknown.sort();
        let all = ["database", "default", "log", "log mail", "mail", "pager"];
        assert_eq!(unknown, all);
    }

    #[test]
    fn ways_that_hang_on_too_many_labels_are_not_decided() {
        let children: Vec<_> = (0..10)
            .map(|number| format!("{{receiver: a, continue: true, matchers: [l{number}=x]}}"))
            .collect();
        let children = children.join(", ");
        let yaml = format!("route: {{receiver: a, routes: [{children}]}}\nreceivers: [name: a]");
        assert!(
            routes_of(&yaml)
                .unwrap()
                .possible_for(&labels(&[]))
                .is_empty()
        );
    }

    #[test]
    fn route_is_shown_by_its_way_from_the_root() {
        let routes = routes_of(CONFIGURATION).unwrap();
        let shown: Vec<_> = routes.all().iter().map(ToString::to_string).collect();
        assert_eq!(shown[0], "the root route");
        assert_eq!(shown[1], r#"the route {severity="critical"}"#);
        assert_eq!(
            shown[4],
            r#"the route {severity="critical"} → {service=~"clickhouse|postgres"}"#
        );
    }
}
