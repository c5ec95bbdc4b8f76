//! Whether an alert fires, and when.

use super::expected::Judge;
use crate::seconds::to_a_tenth;
use crate::{CONDITION_RESOLUTION, Episode, ReasonKind, UtcInstant, Window};

/// When the alert may begin to fire, and what the two ends are counted from.
pub(super) struct FiringWindow {
    pub(super) opens: UtcInstant,
    pub(super) closes: UtcInstant,
    counted_from: String,
}

impl<'a> Judge<'a> {
    /// When what the alert is about was first true.
    pub(super) fn onset(&self) -> Option<UtcInstant> {
        let spans = self.timeline.spans_of(self.expected.condition.as_ref()?);
        let injected_at = self.fault.injected_at;
        let span = spans.iter().find(|span| span.until >= injected_at)?;
        Some(span.from.max(injected_at))
    }

    /// The condition that was watched and was never true.
    fn unmet_condition(&self) -> Option<&'a String> {
        let condition = self.expected.condition.as_ref();
        condition.filter(|_| self.outcome.onset_at.is_none())
    }

    pub(super) fn firing_window(&self) -> FiringWindow {
        let measured = self.outcome.onset_at.zip(self.expected.condition.as_ref());
        if let Some((onset_at, condition)) = measured {
            let window = Window::after_measured_onset(self.rule);
            let from = self.relative(onset_at);
            return FiringWindow {
                opens: onset_at.plus(window.earliest).minus(CONDITION_RESOLUTION),
                closes: onset_at.plus(window.latest),
                counted_from: format!("`{condition}` was true from {from} on"),
            };
        }
        let window = Window::derive(self.rule, self.expected.onset);
        let effect_at = self.fault.effect_at.unwrap_or(self.fault.injected_at);
        let had_effect = self.relative(effect_at);
        FiringWindow {
            opens: self.fault.injected_at.plus(window.earliest),
            closes: effect_at.plus(window.latest),
            counted_from: format!("the fault had its effect {had_effect}"),
        }
    }

    pub(super) fn judge_missed(&mut self) {
        let expected = self.expected;
        let is_pending =
            |life: &&Episode| life.pending_at.is_some() && self.claim.covers(&life.labels);
        let pending = self.lives.iter().find(is_pending);
        let pending_at = pending.and_then(|life| life.pending_at);
        self.outcome.pending_at = pending_at;
        if let Some(condition) = self.unmet_condition() {
            let message = format!(
                "`{condition}` was never true, so that the silence of {expected} says nothing \
                 about its rule"
            );
            self.blame(ReasonKind::FaultWithoutEffect, message);
            return;
        }
        let watched_until = self.timeline.finished_at;
        let watched_s = watched_until.seconds_since(self.fault.injected_at);
        let state = match pending_at {
            Some(at) => format!("pending {}", self.relative(at)),
            None => "never even pending".to_owned(),
        };
        let message =
            format!("{expected} did not fire within {watched_s:.1} s of the fault; it was {state}");
        self.blame(ReasonKind::Missed, message);
    }

    pub(super) fn judge_time(&mut self, window: &FiringWindow, firing_at: UtcInstant) {
        let expected = self.expected;
        let fired = self.relative(firing_at);
        let FiringWindow {
            opens,
            closes,
            counted_from,
        } = window;
        if let Some(condition) = self.unmet_condition() {
            let message = format!("{expected} fired {fired}, and `{condition}` was never true");
            self.blame(ReasonKind::TooEarly, message);
        } else if firing_at < *opens {
            let opens = self.relative(*opens);
            let message =
                format!("{expected} fired {fired}, its window opens {opens}: {counted_from}");
            self.blame(ReasonKind::TooEarly, message);
        }
        if firing_at > self.fault.injected_at.plus(expected.deadline) {
            let deadline = to_a_tenth(expected.deadline);
            let message = format!("{expected} fired {fired}, its deadline is +{deadline}");
            self.blame(ReasonKind::Late, message);
        } else if firing_at > *closes {
            let closes = self.relative(*closes);
            let message =
                format!("{expected} fired {fired}, its window closes {closes}: {counted_from}");
            self.blame(ReasonKind::Late, message);
        }
    }
}
