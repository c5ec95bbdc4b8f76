//! Whether the drill proves anything, and whether it left the stack as it found it.

use super::{not_recorded, relative};
use crate::{Drill, FaultRecord, Reason, ReasonKind, SteadyState, Timeline, rule_for};

/// What kept the drill from proving anything.
pub(super) fn obstacles(drill: &Drill, timeline: &Timeline) -> Vec<Reason> {
    let errors = timeline.errors.iter();
    let could_not_observe =
        errors.map(|error| Reason::new(ReasonKind::CouldNotObserve, error.message.clone()));
    let mut reasons: Vec<_> = could_not_observe.collect();
    reasons.extend(stack_not_steady(&timeline.steady_state));
    reasons.extend(timeline.faults.iter().flat_map(fault_failures));
    reasons.extend(skipped_evaluations(drill, timeline));
    reasons.extend(not_recorded::obstacles(timeline));
    reasons
}

fn stack_not_steady(state: &SteadyState) -> Option<Reason> {
    if state.unmet.is_empty() {
        return None;
    }
    let (waited_s, unmet) = (state.waited_s, state.unmet.join("; "));
    let message = format!("the stack was not steady after {waited_s:.0} s: {unmet}");
    Some(Reason::new(ReasonKind::StackNotSteady, message))
}

fn fault_failures(record: &FaultRecord) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let fault = &record.fault;
    if record.effect_at.is_none() {
        let message = format!(
            "{fault} was injected and had no effect, so that the drill says nothing about alerts"
        );
        reasons.push(Reason::new(ReasonKind::FaultWithoutEffect, message));
    }
    if record.reverted_at.is_none() {
        let message = format!("{fault} was not reverted");
        reasons.push(Reason::new(ReasonKind::FaultNotReverted, message));
    }
    reasons
}

fn skipped_evaluations(drill: &Drill, timeline: &Timeline) -> Option<Reason> {
    let (group, count) = drill.claims().iter().find_map(|claim| {
        let group = &rule_for(&claim.alert, &claim.labels, &timeline.rules)?.group;
        Some((group, timeline.missed_evaluations.get(group)?))
    })?;
    let message = format!(
        "Prometheus skipped {count} evaluations of the group {group}: its alerts may be late"
    );
    Some(Reason::new(ReasonKind::EvaluationsMissed, message))
}

pub(super) fn unsteady_start(timeline: &Timeline) -> Option<Reason> {
    let state = &timeline.steady_state;
    let active = active_alerts(state).map(|active| format!("alerts were active: {active}"));
    let wrong: Vec<_> = active.into_iter().chain(silent_watchdogs(state)).collect();
    let (waited_s, wrong) = (state.waited_s, wrong.join("; "));
    let message = format!("before the fault, and for {waited_s:.0} s, {wrong}");
    (!wrong.is_empty()).then(|| Reason::new(ReasonKind::UnsteadyStart, message))
}

fn active_alerts(state: &SteadyState) -> Option<String> {
    let alerts = state.active_alerts.iter();
    let names: Vec<_> = alerts.map(|labels| format!("{labels:?}")).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// That an alert does not fire which always must: the way that it watches may be broken.
fn silent_watchdogs(state: &SteadyState) -> Option<String> {
    let silent = state.silent_watchdogs.join(", ");
    (!silent.is_empty()).then(|| format!("what always fires by intent did not: {silent}"))
}

/// What the drill left behind.
pub(super) fn aftermath(timeline: &Timeline) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for check in timeline.checks.iter().filter(|check| !check.holds) {
        let message = format!("{}: {}", check.what, check.said.trim());
        reasons.push(Reason::new(ReasonKind::CheckFailed, message));
    }
    reasons.extend(unsteady_end(timeline));
    reasons
}

fn unsteady_end(timeline: &Timeline) -> Option<Reason> {
    let end = timeline
        .steady_end
        .as_ref()
        .filter(|end| !end.is_reached())?;
    let fault = timeline.first_fault()?;
    let reverted = relative(timeline.last_revert(), fault.injected_at);
    let active = active_alerts(end).map(|active| format!("active {active}"));
    let unmet: Vec<_> = active.into_iter().chain(silent_watchdogs(end)).collect();
    let unmet: Vec<_> = unmet.into_iter().chain(end.unmet.clone()).collect();
    let message = format!(
        "the stack was not back in steady state {:.0} s after the alerts' end (faults reverted \
         {reverted}): {}",
        end.waited_s,
        unmet.join("; ")
    );
    Some(Reason::new(ReasonKind::UnsteadyEnd, message))
}
