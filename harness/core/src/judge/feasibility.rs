//! Whether a drill can pass with the rules and routes that are loaded, known without breaking
//! anything.

mod telling;

use std::fmt::Display;
use std::time::Duration;

use super::sick::was_sick;
use crate::promql::result_labels_of;
use crate::seconds::to_a_tenth;
use crate::{Drill, ExpectedAlert, LoadedRule, Onset, Reason, ReasonKind, Routes, Window};
use crate::{nearest, rule_for};

/// Why `drill` cannot pass with `rules` and `routes`, known without breaking anything. Empty if it
/// can, and of routes that are not known.
///
/// An alert has no rule; or a rule that cannot be evaluated, cannot give a label that is expected
/// of it, cannot keep its deadline, or cannot end it as soon as is promised; or routes that cannot
/// keep what is promised to receivers.
#[must_use]
pub fn infeasible(drill: &Drill, rules: &[LoadedRule], routes: Option<&Routes>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for expected in &drill.expect {
        match expected.rule_among(rules) {
            Some(rule) => {
                reasons.extend(was_sick(expected, rule));
                reasons.extend(cannot_give_labels(expected, rule));
                reasons.extend(cannot_fire_in_time(expected, rule));
                reasons.extend(cannot_end_in_time(expected, rule));
                let routes = routes.into_iter();
                let told = routes.flat_map(|routes| telling::cannot_tell(expected, rule, routes));
                reasons.extend(told);
            }
            None => reasons.push(not_loaded(expected, rules)),
        }
    }
    for silent in &drill.silent {
        match rule_for(&silent.alert, &silent.labels, rules) {
            Some(rule) => reasons.extend(was_sick(silent, rule)),
            None => reasons.push(not_loaded(silent, rules)),
        }
    }
    reasons
}

fn not_loaded(alert: &dyn Display, rules: &[LoadedRule]) -> Reason {
    let loaded: Vec<_> = rules.iter().map(|rule| rule.alert.as_str()).collect();
    let loaded = if loaded.is_empty() {
        "Prometheus has loaded no alerting rule at all".to_owned()
    } else {
        format!("loaded are {}", loaded.join(", "))
    };
    let message = format!("no rule for {alert} is loaded; {loaded}");
    Reason::new(ReasonKind::NoSuchRule, message)
}

/// A label that the rule's samples lose in its outermost aggregation and that it does not add.
fn cannot_give_labels(expected: &ExpectedAlert, rule: &LoadedRule) -> Option<Reason> {
    let given = result_labels_of(&rule.query).ok().flatten()?;
    let possible = || given.iter().chain(rule.labels.keys()).map(String::as_str);
    let is_impossible = |name: &&String| possible().all(|possible| possible != *name);
    let label = expected.labels.keys().find(is_impossible)?;
    let hint = match nearest(label, possible()) {
        Some(nearest) => format!("the nearest that it can have is `{nearest}`"),
        None => "it can have none".to_owned(),
    };
    let message = format!(
        "{expected} can never have the label `{label}`: its rule does not group by it; {hint}"
    );
    Some(Reason::new(ReasonKind::WrongLabels, message))
}

/// The onset of what the drill promises is not that of the rule: one with a lower threshold may see
/// the cause sooner. So only the rule's own waits are certain.
fn cannot_fire_in_time(expected: &ExpectedAlert, rule: &LoadedRule) -> Option<Reason> {
    let latest = Window::derive(rule, Onset::default()).latest;
    if latest <= expected.deadline {
        return None;
    }
    let own = [("`for` is", rule.for_duration)];
    let message = format!(
        "{expected} can fire as late as {} after its onset, its deadline is {}: {}",
        to_a_tenth(latest),
        to_a_tenth(expected.deadline),
        listed(&with_waits_for_sight(&own, rule))
    );
    Some(Reason::new(ReasonKind::Late, message))
}

fn cannot_end_in_time(expected: &ExpectedAlert, rule: &LoadedRule) -> Option<Reason> {
    let promised = expected.promises.ended_within();
    let latest = Window::latest_resolve(rule, Duration::ZERO);
    if latest <= promised {
        return None;
    }
    let own = [("`keep_firing_for` is", rule.keep_firing_for)];
    let message = format!(
        "{expected} can go on firing for {} after its cause has recovered, its owner promises at \
         most {}: {}",
        to_a_tenth(latest),
        to_a_tenth(promised),
        listed(&with_waits_for_sight(&own, rule))
    );
    Some(Reason::new(ReasonKind::NotResolved, message))
}

/// The `own` waits of a rule, and those until an evaluation sees a change.
fn with_waits_for_sight<'a>(
    own: &[(&'a str, Duration)],
    rule: &LoadedRule,
) -> Vec<(&'a str, Duration)> {
    let scraped = [
        ("scrape", rule.scrape_interval),
        ("scraped samples seen after up to", rule.scrape_duration),
    ];
    let seldom = [
        ("recording rules in between", rule.recorded_within),
        ("`query_offset` is", rule.query_offset),
    ];
    let seldom = seldom.into_iter().filter(|(_, wait)| !wait.is_zero());
    let evaluated = [("evaluation", rule.evaluation_interval)];
    let waits = own.iter().copied().chain(scraped);
    waits.chain(seldom).chain(evaluated).collect()
}

fn listed(waits: &[(&str, Duration)]) -> String {
    let waits = waits.iter();
    let waits: Vec<_> = waits
        .map(|(what, wait)| format!("{what} {}", to_a_tenth(*wait)))
        .collect();
    waits.join(", ")
}
