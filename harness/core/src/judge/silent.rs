//! An alert that must stay silent though the fault comes near.

use std::time::Duration;

use super::{relative, seconds};
use crate::{
    AlertOutcome, DeliveryStatus, Episode, FaultRecord, LoadedRule, Reason, ReasonKind,
    SilentAlert, Span, Timeline, UtcInstant, Window, rule_for,
};

/// How far the record of a condition may fall short of the harness's own clock: its resolution, and
/// a sample's way.
const SLACK: Duration = Duration::from_secs(3);

impl SilentAlert {
    /// How long the fault is held near: as the drill says, or as long as `rule` would need to fire,
    /// and two evaluations more.
    #[must_use]
    pub fn hold_with(&self, rule: &LoadedRule) -> Duration {
        self.hold.unwrap_or_else(|| {
            let sight = if self.near.is_some() {
                Duration::ZERO
            } else {
                rule.scrape_interval
            };
            sight + Window::after_measured_onset(rule).latest + 2 * rule.evaluation_interval
        })
    }
}

pub(super) fn watch(
    silent: &SilentAlert,
    timeline: &Timeline,
    lives: &[Episode],
    fault: Option<&FaultRecord>,
) -> (AlertOutcome, Option<Reason>) {
    let claim = silent.claim();
    let mut outcome = AlertOutcome::unknown(claim.clone());
    let Some(fault) = fault else {
        return (outcome, None);
    };
    let injected_at = fault.injected_at;
    let mine = |life: &&Episode| {
        life.began_at().is_some_and(|began| began >= injected_at) && claim.concerns(&life.labels)
    };
    let near = near_span(silent, timeline, injected_at);
    outcome.onset_at = near.map(|span| span.from);
    if let Some(life) = lives
        .iter()
        .filter(mine)
        .find(|life| life.pending_at.is_some())
    {
        (outcome.pending_at, outcome.resolved_at) = (life.pending_at, life.ended_at);
    }
    if let Some(life) = lives
        .iter()
        .filter(mine)
        .find(|life| life.firing_at.is_some())
    {
        outcome.firing_at = life.firing_at;
        outcome.resolved_at = life.ended_at;
        outcome.labels = life.labels.clone();
        outcome.time_to_fire_s = life
            .firing_at
            .map(|firing| firing.seconds_since(injected_at));
        let message = format!(
            "{life} fired {}, and must stay silent",
            relative(life.firing_at, injected_at)
        );
        return (outcome, Some(Reason::new(ReasonKind::FalseAlarm, message)));
    }
    let told = timeline.deliveries.iter().find(|delivery| {
        delivery.status == DeliveryStatus::Firing
            && delivery.received_at >= injected_at
            && claim.covers(&delivery.labels)
    });
    if let Some(told) = told {
        outcome.notified_at = Some(told.received_at);
        let message = format!(
            "`{}` was told {} that {silent} fires, which no evaluation saw and which must stay silent",
            told.receiver,
            relative(Some(told.received_at), injected_at)
        );
        return (outcome, Some(Reason::new(ReasonKind::FalseAlarm, message)));
    }
    let too_far = not_near_enough(silent, timeline, fault, near);
    (
        outcome,
        too_far.map(|message| Reason::new(ReasonKind::FaultWithoutEffect, message)),
    )
}

/// The span that lasted until the revert; else the first one.
fn near_span(silent: &SilentAlert, timeline: &Timeline, injected_at: UtcInstant) -> Option<Span> {
    let spans = timeline.spans_of(silent.near.as_ref()?);
    let mut since_fault = spans.iter().filter(|span| span.until >= injected_at);
    let reverting_at = timeline.first_reverting();
    let lasting = reverting_at.and_then(|at| {
        since_fault
            .clone()
            .find(|span| span.from <= at && span.until.plus(SLACK) >= at)
    });
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
            "{silent} was not tried: `{query}` was never true, so its silence proves nothing"
        ));
    };
    let (from, hold) = (
        relative(Some(span.from), fault.injected_at),
        silent.hold_with(rule),
    );
    if span.until.plus(SLACK) < reverting_at {
        let until = relative(Some(span.until), fault.injected_at);
        let reverted = relative(Some(reverting_at), fault.injected_at);
        return Some(format!(
            "{silent} was hardly tried: `{query}` was true from {from} until {until}, and not until the revert ({reverted})"
        ));
    }
    let held_s = reverting_at.seconds_since(span.from);
    (held_s + SLACK.as_secs_f64() < hold.as_secs_f64()).then(|| {
        format!(
            "{silent} was hardly tried: `{query}` was true for {held_s:.0} s before the revert, {} were wanted",
            seconds(hold)
        )
    })
}
