//! What no drill can prove just by running: what depends on the calendar, or on other alerts.
//!
//! A drill runs at one hour of one day. A rule that asks for the hour, and a route that is mute at
//! night, were seen to do right at that hour alone. An inhibition mutes an alert only while another
//! one fires, and most drills cause one alert. Each has a name, by which it can be waived.

use std::collections::BTreeSet;

use crate::promql::functions_of;
use crate::{Claim, Drill, Inhibition, Labels, LoadedRule, Routes};

/// The functions of `PromQL` that read the calendar
/// (<https://prometheus.io/docs/prometheus/latest/querying/functions/>). `time` does not.
const OF_THE_CALENDAR: [&str; 8] = [
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "days_in_month",
    "hour",
    "minute",
    "month",
    "year",
];

/// Something in rules or routes that no drill proves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unproven {
    /// What, by the name by which it can be waived.
    pub what: String,
    /// Why no drill proves it.
    pub why: String,
}

/// What `drills` cannot prove of `rules` and `routes`, each once, in the order of its names.
///
/// An inhibition that could mute an expected alert is proven if one drill expects both that alert
/// and one that could mute it: it passes only if the alert was delivered all the same.
#[must_use]
pub fn unproven(drills: &[Drill], rules: &[LoadedRule], routes: Option<&Routes>) -> Vec<Unproven> {
    let calendars = rules.iter().filter_map(|rule| calendar_in(rule, rules));
    let inhibitions = routes.iter().flat_map(|routes| &routes.inhibitions);
    let inhibitions =
        inhibitions.filter_map(|inhibition| inhibits_unseen(inhibition, drills, rules));
    let all: BTreeSet<_> = calendars
        .chain(inhibitions)
        .chain(routes.into_iter().flat_map(intervals_of))
        .collect();
    all.into_iter().collect()
}

fn calendar_in(rule: &LoadedRule, rules: &[LoadedRule]) -> Option<Unproven> {
    let called = functions_of(&rule.query).ok()?;
    let of_the_calendar = called.iter().map(String::as_str);
    let read: Vec<_> = of_the_calendar
        .filter(|name| OF_THE_CALENDAR.contains(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if read.is_empty() {
        return None;
    }
    Some(Unproven {
        what: format!("calendar in {}", rule.name_among(rules)),
        why: format!(
            "its expression reads {}, and a drill runs at one hour of one day",
            read.join(" and ")
        ),
    })
}

fn intervals_of(routes: &Routes) -> Vec<Unproven> {
    let mut intervals = Vec::new();
    for route in routes.all() {
        let muted = route.muted_in.iter();
        let active = route.active_in.iter();
        intervals.extend(muted.map(|name| Unproven {
            what: format!("mute time interval {name}"),
            why: format!("{route} tells nobody in it, and no drill waits for it"),
        }));
        intervals.extend(active.map(|name| Unproven {
            what: format!("active time interval {name}"),
            why: format!("{route} tells nobody outside it, and no drill waits for its end"),
        }));
    }
    intervals
}

/// That the inhibition could mute an expected alert, if no drill shows that it does not.
fn inhibits_unseen(
    inhibition: &Inhibition,
    drills: &[Drill],
    rules: &[LoadedRule],
) -> Option<Unproven> {
    let sources = rules.iter().map(|rule| Claim::of_rule(rule).known_labels());
    let sources: Vec<_> = sources.collect();
    let mut muted = BTreeSet::new();
    for drill in drills {
        let expected = labels_expected_by(drill, rules);
        for target in &expected {
            let mut beside = expected.iter();
            if beside.any(|source| inhibition.could_mute(target, source)) {
                return None;
            }
            if sources
                .iter()
                .any(|source| inhibition.could_mute(target, source))
            {
                muted.extend(target.get("alertname").cloned());
            }
        }
    }
    if muted.is_empty() {
        return None;
    }
    let muted: Vec<_> = muted.into_iter().collect();
    Some(Unproven {
        what: format!("inhibition {inhibition}"),
        why: format!(
            "it could mute {}, and no drill makes both fire at once",
            muted.join(", ")
        ),
    })
}

/// What is known of the labels of each alert that `drill` expects.
fn labels_expected_by(drill: &Drill, rules: &[LoadedRule]) -> Vec<Labels> {
    let expected = drill.expect.iter();
    let known = expected.filter_map(|alert| Some(alert.labels_by(alert.rule_among(rules)?)));
    known.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{ExpectedAlert, Fault, routes_of};

    fn rule(alert: &str, severity: &str, query: &str) -> LoadedRule {
        LoadedRule {
            labels: [("severity".to_owned(), severity.to_owned())].into(),
            query: query.to_owned(),
            ..LoadedRule::example(alert)
        }
    }

    fn rules() -> Vec<LoadedRule> {
        vec![
            rule("Down", "critical", "up == 0"),
            rule("Lag", "warning", "lag > 1"),
        ]
    }

    fn expecting(alerts: &[(&str, &str)]) -> Drill {
        let alerts = alerts.iter();
        let alerts = alerts.map(|(alert, severity)| {
            ExpectedAlert::new(*alert, *severity, Duration::from_secs(60)).label("exchange", "okx")
        });
        alerts.fold(Drill::new("x", Fault::stop("y")), Drill::expect_alert)
    }

    fn names(drills: &[Drill], rules: &[LoadedRule], more: &str) -> Vec<String> {
        let yaml = format!("receivers: [name: a]\n{more}");
        let routes = routes_of(&yaml).unwrap();
        let unproven = unproven(drills, rules, Some(&routes));
        unproven.into_iter().map(|it| it.what).collect()
    }

    #[test]
    fn rule_that_reads_the_calendar_is_unproven_and_one_that_reads_the_clock_is_not() {
        let rules = [
            rule("Day", "critical", "lag > 1 and on () day_of_week() < 6"),
            rule(
                "Hour",
                "critical",
                "lag > 1 and on () hour(vector(time())) > 8",
            ),
            rule("Age", "critical", "time() - seen > 120"),
        ];
        let names = names(&[], &rules, "route: {receiver: a}");
        assert_eq!(names, ["calendar in Day", "calendar in Hour"]);
    }

    #[test]
    fn time_intervals_of_any_route_are_unproven() {
        let route = "route: {receiver: a, routes: [{mute_time_intervals: [night], \
                     active_time_intervals: [office-hours]}, {mute_time_intervals: [night]}]}";
        let names = names(&[], &[], route);
        assert_eq!(
            names,
            [
                "active time interval office-hours",
                "mute time interval night"
            ]
        );
    }

    const CRITICAL_MUTES_WARNING: &str = "
route: {receiver: a}
inhibit_rules: [{source_matchers: [severity=critical], target_matchers: [severity=warning], \
                 equal: [exchange]}]";

    #[test]
    fn inhibition_that_could_mute_an_expected_alert_is_unproven_until_a_drill_expects_both() {
        let apart = [
            expecting(&[("Down", "critical")]),
            expecting(&[("Lag", "warning")]),
        ];
        let name = r#"inhibition severity="critical" → severity="warning" with equal exchange"#;
        assert_eq!(names(&apart, &rules(), CRITICAL_MUTES_WARNING), [name]);
        let together = [expecting(&[("Down", "critical"), ("Lag", "warning")])];
        assert!(names(&together, &rules(), CRITICAL_MUTES_WARNING).is_empty());
    }

    #[test]
    fn inhibition_that_can_mute_no_expected_alert_is_not_listed() {
        let critical_only = [expecting(&[("Down", "critical")])];
        assert!(names(&critical_only, &rules(), CRITICAL_MUTES_WARNING).is_empty());
        let of_one_name = CRITICAL_MUTES_WARNING.replace("[exchange]", "[alertname]");
        let warning = [expecting(&[("Lag", "warning")])];
        assert!(names(&warning, &rules(), &of_one_name).is_empty());
    }
}
