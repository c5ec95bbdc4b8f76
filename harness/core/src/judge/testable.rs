//! Whether the drill proves anything, and whether it left the stack as it found it.

use super::relative;
use crate::{Drill, Reason, ReasonKind, SteadyState, Timeline, rule_for};

/// What kept the drill from proving anything.
pub(super) fn obstacles(drill: &Drill, timeline: &Timeline) -> Vec<Reason> {
    let mut reasons: Vec<_> = timeline
        .errors
        .iter()
        .map(|error| Reason::new(ReasonKind::CouldNotObserve, error.message.clone()))
        .collect();
    if !timeline.steady_state.unmet.is_empty() {
        reasons.push(Reason::new(
            ReasonKind::StackNotSteady,
            format!(
                "the stack was not steady after {:.0} s: {}",
                timeline.steady_state.waited_s,
                timeline.steady_state.unmet.join("; ")
            ),
        ));
    }
    for record in &timeline.faults {
        if record.effect_at.is_none() {
            reasons.push(Reason::new(
                ReasonKind::FaultWithoutEffect,
                format!(
                    "{} was injected and had no effect, so that no alert can be blamed or praised",
                    record.fault
                ),
            ));
        }
        if record.reverted_at.is_none() {
            reasons.push(Reason::new(
                ReasonKind::FaultNotReverted,
                format!("{} was not reverted", record.fault),
            ));
        }
    }
    reasons.extend(skipped_evaluations(drill, timeline));
    reasons
}

fn skipped_evaluations(drill: &Drill, timeline: &Timeline) -> Option<Reason> {
    let claims = drill.claims();
    let mut groups = claims
        .iter()
        .filter_map(|claim| Some(&rule_for(&claim.alert, &claim.labels, &timeline.rules)?.group));
    let skipped = groups.find_map(|group| Some((group, timeline.missed_evaluations.get(group)?)));
    skipped.map(|(group, count)| {
        let message = format!("Prometheus skipped {count} evaluations of the group {group}: its alerts may be late for that");
        Reason::new(ReasonKind::EvaluationsMissed, message)
    })
}

pub(super) fn unsteady_start(timeline: &Timeline) -> Option<Reason> {
    let active = active_alerts(&timeline.steady_state)?;
    let waited_s = timeline.steady_state.waited_s;
    let message =
        format!("before the fault, and for {waited_s:.0} s, alerts were active: {active}");
    Some(Reason::new(ReasonKind::UnsteadyStart, message))
}

fn active_alerts(state: &SteadyState) -> Option<String> {
    let names: Vec<_> = state
        .active_alerts
        .iter()
        .map(|labels| format!("{labels:?}"))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// What the drill left behind.
pub(super) fn aftermath(timeline: &Timeline) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for check in timeline.checks.iter().filter(|check| !check.holds) {
        reasons.push(Reason::new(
            ReasonKind::CheckFailed,
            format!("{}: {}", check.what, check.said.trim()),
        ));
    }
    if let Some(end) = timeline.steady_end.as_ref().filter(|end| !end.is_reached()) {
        let reverted = timeline
            .first_fault()
            .map(|fault| relative(timeline.last_revert(), fault.injected_at))
            .unwrap_or_default();
        let unmet = active_alerts(end)
            .map(|active| format!("active {active}"))
            .into_iter()
            .chain(end.unmet.clone());
        let message = format!(
            "the stack was not back in steady state {:.0} s after the alerts' end (faults reverted {reverted}): {}",
            end.waited_s,
            unmet.collect::<Vec<_>>().join("; ")
        );
        reasons.push(Reason::new(ReasonKind::UnsteadyEnd, message));
    }
    reasons
}
