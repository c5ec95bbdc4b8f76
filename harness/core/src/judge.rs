//! From what a drill saw to what that proves.
//!
//! | what was seen | verdict |
//! | --- | --- |
//! | observation failed, the fault had no effect or was not reverted, evaluations were skipped | error, whatever the alert did |
//! | an alert was active before the fault | fail: unsteady start |
//! | no rule of the name | fail: no such rule, before anything is broken |
//! | a rule whose window ends after the deadline | fail: late, before anything is broken |
//! | the alert fired in its window, with its labels, was delivered once, resolved, and the resolve was delivered | pass |
//! | anything short of that | fail, with each reason |
//! | the same, watched only until it was delivered | what came until then is judged, and nothing else |
//! | an alert that must stay silent fired, or somebody was told that it does | fail: false alarm |
//! | a near miss that did not come as near as it had to | error: it proves nothing |
//! | another alert fired, and is neither tolerated nor a neighbour's | fail: collateral |
//! | after the revert a check fails, or the stack does not come back to steady state | fail |

mod collateral;
mod expected;
mod silent;
mod testable;

use std::time::Duration;

use crate::{
    AlertOutcome, Drill, ExpectedAlert, Labels, LoadedRule, Outcome, Reason, ReasonKind, Timeline,
    UtcInstant, Verdict, Window, episodes, rule_for,
};
use collateral::Bystanders;
use expected::Trial;

/// What a notification may take beyond Alertmanager's own waits: Prometheus sends right after the
/// evaluation, Alertmanager calls the receiver right after its wait; both are milliseconds on an
/// idle machine.
pub const DELIVERY_ALLOWANCE: Duration = Duration::from_secs(5);

/// Why `drill` cannot pass with `rules`, known without breaking anything: an alert for which no
/// rule is loaded, or whose rule cannot promise its deadline. Empty if it can.
#[must_use]
pub fn infeasible(drill: &Drill, rules: &[LoadedRule]) -> Vec<Reason> {
    let expected = drill
        .expect
        .iter()
        .filter_map(|expected| cannot_fire_in_time(expected, rules));
    let silent = drill
        .silent
        .iter()
        .filter_map(|silent| not_loaded(&silent.alert, &silent.labels, silent, rules));
    expected.chain(silent).collect()
}

fn not_loaded(
    alert: &str,
    labels: &Labels,
    shown: &dyn std::fmt::Display,
    rules: &[LoadedRule],
) -> Option<Reason> {
    if rule_for(alert, labels, rules).is_some() {
        return None;
    }
    let loaded: Vec<_> = rules.iter().map(|rule| rule.alert.as_str()).collect();
    let message = if loaded.is_empty() {
        format!("no rule for {shown} is loaded; Prometheus has loaded no alerting rule at all")
    } else {
        format!(
            "no rule for {shown} is loaded; loaded are {}",
            loaded.join(", ")
        )
    };
    Some(Reason::new(ReasonKind::NoSuchRule, message))
}

fn cannot_fire_in_time(expected: &ExpectedAlert, rules: &[LoadedRule]) -> Option<Reason> {
    let Some(rule) = rule_for(&expected.alert, &expected.labels, rules) else {
        return not_loaded(&expected.alert, &expected.labels, expected, rules);
    };
    let window = Window::derive(rule, expected.onset);
    (window.latest > expected.deadline).then(|| {
        Reason::new(
            ReasonKind::Late,
            format!(
                "{expected} can fire as late as {} after the fault, its deadline is {}: `for` is {}, onset up to {}, scrape {} and up to {} until its samples are there, evaluation {}",
                seconds(window.latest),
                seconds(expected.deadline),
                seconds(rule.for_duration),
                seconds(expected.onset.latest),
                seconds(rule.scrape_interval),
                seconds(rule.scrape_duration),
                seconds(rule.evaluation_interval),
            ),
        )
    })
}

/// What has become so far of each alert that `drill` expects, in its order; judges nothing.
#[must_use]
pub fn alert_outcomes(drill: &Drill, timeline: &Timeline) -> Vec<AlertOutcome> {
    let lives = episodes(timeline);
    let trials = drill
        .expect
        .iter()
        .map(|expected| Trial::held(expected, timeline, &lives, timeline.first_fault()));
    trials.map(|trial| trial.outcome).collect()
}

/// What speaks so far against the alerts that `drill` expects: their firing and delivery, and once
/// the faults are reverted their end. Nothing else is judged.
#[must_use]
pub fn reasons_so_far(drill: &Drill, timeline: &Timeline) -> Vec<Reason> {
    let lives = episodes(timeline);
    let trials = drill
        .expect
        .iter()
        .map(|expected| Trial::held(expected, timeline, &lives, timeline.first_fault()));
    trials.flat_map(|trial| trial.reasons).collect()
}

/// Judges what `drill` saw. The same drill and timeline always give the same verdict.
#[must_use]
pub fn judge(drill: &Drill, timeline: &Timeline) -> Verdict {
    let lives = episodes(timeline);
    let mut reasons = testable::obstacles(drill, timeline);
    reasons.extend(testable::unsteady_start(timeline));
    let was_blind = timeline.rules.is_empty() && !reasons.is_empty();
    if timeline.faults.is_empty() && !was_blind {
        reasons.extend(infeasible(drill, &timeline.rules));
    }
    let broken = timeline.first_fault().filter(|_| reasons.is_empty());

    let mut alerts = Vec::new();
    for expected in &drill.expect {
        let trial = Trial::held(expected, timeline, &lives, broken);
        reasons.extend(trial.reasons);
        alerts.push(trial.outcome);
    }
    for silent in &drill.silent {
        let (outcome, reason) = silent::watch(silent, timeline, &lives, broken);
        reasons.extend(reason);
        alerts.push(outcome);
    }

    let Bystanders {
        tolerated,
        collateral,
        reasons: undeclared,
    } = collateral::bystanders(drill, timeline, &lives);
    reasons.extend(undeclared);
    if broken.is_some() {
        reasons.extend(testable::aftermath(timeline));
    }
    let outcomes = reasons.iter().map(|reason| reason.kind.outcome());
    let outcome = if reasons
        .iter()
        .any(|reason| reason.kind.outcome() == Outcome::Error)
    {
        // What could not be tested says nothing about the alert, whatever else was seen.
        Outcome::Error
    } else {
        outcomes.max().unwrap_or(Outcome::Pass)
    };
    Verdict {
        outcome,
        reasons,
        alerts,
        tolerated,
        collateral,
    }
}

fn relative(instant: Option<UtcInstant>, fault_at: UtcInstant) -> String {
    instant.map_or_else(
        || "at no time".to_owned(),
        |instant| format!("at {:+.1} s", instant.seconds_since(fault_at)),
    )
}

fn seconds(duration: Duration) -> String {
    format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests;
