//! From what a drill saw to what that proves.
//!
//! | what was seen | verdict |
//! | --- | --- |
//! | observation failed, or evaluations were skipped | error, whatever the alert did |
//! | a replay whose recording does not hold what would decide | error, whatever the alert did |
//! | the fault had no effect, or was not reverted | error, whatever the alert did |
//! | an alert was active before the fault, or a watchdog was not | fail: unsteady start |
//! | no rule of the name | fail: no such rule, before anything is broken |
//! | a rule that cannot be evaluated | fail: sick rule, before anything is broken if it can |
//! | a rule that cannot give an expected label | fail: wrong labels, before anything is broken |
//! | a rule whose window ends after the deadline | fail: late, before anything is broken |
//! | a rule or a route that cannot keep a promise | fail, before anything is broken |
//! | the alert kept all its promises (below) | pass |
//! | it broke one | fail, with each reason |
//! | it was watched only until it was delivered | what came until then is judged |
//! | an alert that must stay silent fired, or was notified | fail: false alarm |
//! | a near miss that did not come as near as it had to, or nearer | error: it proves nothing |
//! | an undeclared alert fired, neither tolerated nor a neighbour's | fail: collateral |
//! | after the revert a check fails | fail: check failed |
//! | after the revert the stack does not come back to steady state | fail: unsteady end |
//!
//! An expected alert promises to fire neither too early nor late, with its labels, alone and for as
//! long as its cause lasts; to be delivered once, in time, to its receiver and nobody else, with
//! words that help; to resolve, and that this is delivered too.

mod collateral;
mod expected;
mod feasibility;
mod lasting;
mod not_decided;
mod not_recorded;
mod second_alert;
mod sick;
mod silent;
mod testable;
mod timing;
mod told;
mod words;

use std::time::Duration;

use crate::{
    AlertOutcome, Drill, Episode, FaultRecord, Labels, Outcome, Reason, Timeline, UtcInstant,
    Verdict, episodes,
};
use collateral::Bystanders;
use expected::AlertJudgement;

pub use feasibility::infeasible;

/// What a notification may take beyond Alertmanager's own waits.
///
/// Prometheus sends right after the evaluation, Alertmanager calls the receiver right after its
/// wait; both are milliseconds on an idle machine.
pub const DELIVERY_ALLOWANCE: Duration = Duration::from_secs(5);

/// What has become so far of each alert that `drill` expects, in its order. Nothing is judged.
#[must_use]
pub fn alert_outcomes(drill: &Drill, timeline: &Timeline) -> Vec<AlertOutcome> {
    let lives = episodes(timeline);
    let judgements = judge_expected(drill, timeline, &lives, timeline.first_fault());
    judgements
        .into_iter()
        .map(|judgement| judgement.outcome)
        .collect()
}

/// What speaks so far against the alerts that `drill` expects: their firing and delivery, and once
/// the faults are reverted their end. Nothing else is judged.
#[must_use]
pub fn reasons_so_far(drill: &Drill, timeline: &Timeline) -> Vec<Reason> {
    let lives = episodes(timeline);
    let judgements = judge_expected(drill, timeline, &lives, timeline.first_fault());
    judgements
        .into_iter()
        .flat_map(|judgement| judgement.reasons)
        .collect()
}

/// The alerts that fired so far and that no running drill declares.
#[must_use]
pub fn undeclared(drill: &Drill, timeline: &Timeline) -> Vec<Labels> {
    collateral::bystanders(drill, timeline, &episodes(timeline)).collateral
}

/// Judges what `drill` saw. The same drill and timeline always give the same verdict.
#[must_use]
pub fn judge(drill: &Drill, timeline: &Timeline) -> Verdict {
    let lives = episodes(timeline);
    let mut reasons = testable::obstacles(drill, timeline);
    reasons.extend(testable::unsteady_start(timeline));
    let was_blind = timeline.rules.is_empty() && !reasons.is_empty();
    if timeline.faults.is_empty() && !was_blind {
        let routes = timeline.routes.as_ref();
        reasons.extend(infeasible(drill, &timeline.rules, routes));
    }
    let fault = timeline.first_fault().filter(|_| reasons.is_empty());

    let mut alerts = Vec::new();
    for judgement in judge_expected(drill, timeline, &lives, fault) {
        reasons.extend(judgement.reasons);
        alerts.push(judgement.outcome);
    }
    for silent in &drill.silent {
        let (outcome, reason) = silent::judge(silent, timeline, &lives, fault);
        reasons.extend(reason);
        alerts.push(outcome);
    }
    let Bystanders {
        tolerated,
        collateral,
        reasons: undeclared,
    } = collateral::bystanders(drill, timeline, &lives);
    reasons.extend(undeclared);
    if fault.is_some() {
        reasons.extend(testable::aftermath(timeline));
    }
    Verdict {
        outcome: outcome_of(&reasons),
        reasons,
        alerts,
        tolerated,
        collateral,
        not_decided: not_decided::not_decided(drill, timeline),
    }
}

fn judge_expected(
    drill: &Drill,
    timeline: &Timeline,
    lives: &[Episode],
    fault: Option<&FaultRecord>,
) -> Vec<AlertJudgement> {
    let expected = drill.expect.iter();
    let judgements = expected.map(|alert| {
        let (own, mut others) = (alert.claim(), drill.claims());
        others.retain(|claim| *claim != own);
        expected::judge(alert, &others, timeline, lives, fault)
    });
    judgements.collect()
}

/// What could not be tested says nothing about the alert, whatever else was seen.
fn outcome_of(reasons: &[Reason]) -> Outcome {
    let outcomes = reasons.iter().map(|reason| reason.kind.outcome());
    if outcomes.clone().any(|outcome| outcome == Outcome::Error) {
        Outcome::Error
    } else {
        outcomes.max().unwrap_or(Outcome::Pass)
    }
}

/// An instant as a reader of a verdict sees it.
fn relative(instant: impl Into<Option<UtcInstant>>, fault_at: UtcInstant) -> String {
    match instant.into() {
        Some(instant) => format!("at {:+.1} s", instant.seconds_since(fault_at)),
        None => "at no time".to_owned(),
    }
}

#[cfg(test)]
mod tests;
