//! An alert that must stay silent though the fault comes near its rule's condition.

use std::time::Duration;

use super::relative;
use super::sick::fell_sick;
use crate::seconds::to_a_tenth;
use crate::{
    AlertOutcome, CONDITION_RESOLUTION, DeliveryStatus, Episode, FaultRecord, LoadedRule, Onset,
    Reason, ReasonKind, SilentAlert, Span, Timeline, UtcInstant, Window, rule_for,
};

/// How far the record of a condition may fall short of the harness's own clock: its resolution, and
/// the time from a scrape until its samples are seen.
const SLACK: Duration = Duration::from_secs(3);

impl SilentAlert {
    /// How long the fault is held near: as the drill says, or as long as `rule` would need to fire,
    /// and two evaluations more.
    #[must_use]
    pub fn hold_with(&self, rule: &LoadedRule) -> Duration {
        let window = if self.near.is_some() {
            Window::after_measured_onset(rule)
        } else {
            Window::derive(rule, Onset::default())
        };
        self.hold
            .unwrap_or(window.latest + 2 * rule.evaluation_interval)
    }
}

/// Judges an alert that must stay silent. That its rule could not be evaluated, or that the fault
/// came too near, takes the place of whatever the alert did.
pub(super) fn judge(
    silent: &SilentAlert,
    timeline: &Timeline,
    lives: &[Episode],
    fault: Option<&FaultRecord>,
) -> (AlertOutcome, Option<Reason>) {
    let Some(fault) = fault else {
        return (AlertOutcome::unknown(silent.claim()), None);
    };
    let (outcome, heard) = judge_silence(silent, timeline, lives, fault);
    let rule = rule_for(&silent.alert, &silent.labels, &timeline.rules);
    let sick = rule.and_then(|rule| fell_sick(silent, rule, timeline, fault));
    let too_near = || came_too_near(silent, timeline, fault.injected_at);
    (outcome, sick.or_else(too_near).or(heard))
}

fn judge_silence(
    silent: &SilentAlert,
    timeline: &Timeline,
    lives: &[Episode],
    fault: &FaultRecord,
) -> (AlertOutcome, Option<Reason>) {
    let claim = silent.claim();
    let mut outcome = AlertOutcome::unknown(claim.clone());
    let injected_at = fault.injected_at;
    let near = near_span(silent, timeline, injected_at);
    outcome.onset_at = near.map(|span| span.from);

    let is_since_fault = |life: &Episode| life.began_at().is_some_and(|at| at >= injected_at);
    let is_meant = |life: &&Episode| is_since_fault(life) && claim.concerns(&life.labels);
    let mut lives = lives.iter().filter(is_meant);
    if let Some(life) = lives.clone().find(|life| life.pending_at.is_some()) {
        outcome.pending_at = life.pending_at;
        outcome.resolved_at = life.ended_at;
    }
    if let Some(life) = lives.find(|life| life.firing_at.is_some()) {
        let firing_at = life.firing_at;
        outcome.firing_at = firing_at;
        outcome.resolved_at = life.ended_at;
        outcome.labels = life.labels.clone();
        outcome.time_to_fire_s = firing_at.map(|firing| firing.seconds_since(injected_at));
        let fired = relative(firing_at, injected_at);
        let message = format!("{life} fired {fired}, and must stay silent");
        return (outcome, Some(Reason::new(ReasonKind::FalseAlarm, message)));
    }

    let notified = timeline.deliveries.iter().find(|delivery| {
        delivery.status == DeliveryStatus::Firing
            && delivery.received_at >= injected_at
            && claim.covers(&delivery.labels)
    });
    if let Some(delivery) = notified {
        outcome.notified_at = Some(delivery.received_at);
        let message = format!(
            "`{}` was notified {} that {silent} fires; it must stay silent, and no evaluation saw \
             it fire",
            delivery.receiver,
            relative(delivery.received_at, injected_at)
        );
        return (outcome, Some(Reason::new(ReasonKind::FalseAlarm, message)));
    }
    let too_far = not_near_enough(silent, timeline, fault, near);
    let reason = too_far.map(|message| Reason::new(ReasonKind::FaultWithoutEffect, message));
    (outcome, reason)
}

/// Why the drill says nothing about the rule, if the fault came so near that the alert would be
/// right to fire.
fn came_too_near(
    silent: &SilentAlert,
    timeline: &Timeline,
    injected_at: UtcInstant,
) -> Option<Reason> {
    let too_near = silent.too_near.as_ref()?;
    let spans = timeline.spans_of(&too_near.query).iter();
    let since_fault = spans.filter(|span| span.until >= injected_at);
    let lasted = since_fault.map(|span| span.until.time_since(span.from) + CONDITION_RESOLUTION);
    let longest = lasted.max()?;
    let overshot = longest.checked_sub(too_near.lasting)?;
    let message = format!(
        "the fault came too near {silent}, which would be right to fire: `{}` was true for {}, \
         and a near miss is less than {}; it overshot by {}",
        too_near.query,
        to_a_tenth(longest),
        to_a_tenth(too_near.lasting),
        to_a_tenth(overshot)
    );
    Some(Reason::new(ReasonKind::CameTooNear, message))
}

/// The span that lasted until the revert; else the first one.
fn near_span(silent: &SilentAlert, timeline: &Timeline, injected_at: UtcInstant) -> Option<Span> {
    let spans = timeline.spans_of(silent.near.as_ref()?);
    let mut since_fault = spans.iter().filter(|span| span.until >= injected_at);
    let lasts_until = |span: &Span, at| span.from <= at && span.until.plus(SLACK) >= at;
    let reverting_at = timeline.first_reverting();
    let lasting =
        reverting_at.and_then(|at| since_fault.clone().find(|span| lasts_until(span, at)));
    lasting.or_else(|| since_fault.next()).copied()
}

fn not_near_enough(
    silent: &SilentAlert,
    timeline: &Timeline,
    fault: &FaultRecord,
    near: Option<Span>,
) -> Option<String> {
    let query = silent.near.as_ref()?;
    let reverting_at = timeline.first_reverting()?;
    let rule = rule_for(&silent.alert, &silent.labels, &timeline.rules)?;
    let Some(span) = near else {
        return Some(format!(
            "`{query}` was never true, so that the silence of {silent} proves nothing"
        ));
    };
    let from = relative(span.from, fault.injected_at);
    if span.until.plus(SLACK) < reverting_at {
        let until = relative(span.until, fault.injected_at);
        let reverted = relative(reverting_at, fault.injected_at);
        return Some(format!(
            "the fault did not stay near enough to {silent}: `{query}` was true from {from} until \
             {until}, and not until the revert ({reverted})"
        ));
    }
    let held_s = reverting_at.seconds_since(span.from);
    let hold = silent.hold_with(rule);
    (held_s + SLACK.as_secs_f64() < hold.as_secs_f64()).then(|| {
        format!(
            "the fault did not stay near {silent} for long enough: `{query}` was true for \
             {held_s:.0} s before the revert, {} are required",
            to_a_tenth(hold)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_miss_is_held_for_as_long_as_its_rule_needs_to_fire_and_two_evaluations_more() {
        let rule = LoadedRule {
            for_duration: Duration::from_secs(60),
            ..LoadedRule::example("A")
        };
        let held_s = |silent: SilentAlert| silent.hold_with(&rule).as_secs();
        // `for`, samples seen after 5 s, an evaluation every 5 s, a scrape every 15 s.
        let near = SilentAlert::new("A").near("up == 0", Duration::ZERO);
        assert_eq!(held_s(near), 60 + 5 + 5 + 2 * 5);
        assert_eq!(held_s(SilentAlert::new("A")), 60 + 15 + 5 + 5 + 2 * 5);
        assert_eq!(
            held_s(SilentAlert::new("A").hold(Duration::from_secs(7))),
            7
        );
    }
}
