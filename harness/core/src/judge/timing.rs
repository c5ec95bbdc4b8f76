//! Whether an alert fires, and when.

use super::expected::Judge;
use crate::seconds::to_a_tenth;
use crate::{CONDITION_RESOLUTION, Episode, ReasonKind, UtcInstant, Window};

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

    /// When the loaded rule can fire first and last.
    pub(super) fn firing_window(&self) -> [UtcInstant; 2] {
        if let Some(onset_at) = self.outcome.onset_at {
            let window = Window::after_measured_onset(self.rule);
            let opens = onset_at.plus(window.earliest).minus(CONDITION_RESOLUTION);
            return [opens, onset_at.plus(window.latest)];
        }
        let window = Window::derive(self.rule, self.expected.onset);
        let injected_at = self.fault.injected_at;
        let effect_at = self.fault.effect_at.unwrap_or(injected_at);
        [
            injected_at.plus(window.earliest),
            effect_at.plus(window.latest),
        ]
    }

    pub(super) fn judge_missed(&mut self) {
        let expected = self.expected;
        let fault_at = self.fault.injected_at;
        let is_pending = |life: &&Episode| {
            // What had ended before the fault is an earlier drill's.
            let is_later = life.ended_at.is_none_or(|ended_at| ended_at >= fault_at);
            is_later && life.pending_at.is_some() && self.claim.covers(&life.labels)
        };
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
        if let Some(message) = self.reverted_too_soon(pending) {
            self.blame(ReasonKind::NotRecorded, message);
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

    /// Judges the instant of firing by what the alert's owner promises. The loaded rule says when
    /// it can fire, not when it may: another split of threshold and `for` may keep the promise too.
    pub(super) fn judge_time(&mut self, firing_at: UtcInstant) {
        let expected = self.expected;
        let fired = self.relative(firing_at);
        if let Some(condition) = self.unmet_condition() {
            let message = format!("{expected} fired {fired}, and `{condition}` was never true");
            self.blame(ReasonKind::TooEarly, message);
        } else if firing_at < self.not_before() {
            let message = format!(
                "{expected} fired {fired}; it must not fire within {} of {}",
                to_a_tenth(expected.not_before),
                self.onset_in_words()
            );
            self.blame(ReasonKind::TooEarly, message);
        }
        let deadline = self.deadline();
        if firing_at > deadline {
            let sooner = (self.fault.injected_at.plus(expected.deadline)).seconds_since(deadline);
            let why = if sooner > 0.05 {
                format!(", because its cause came {sooner:.1} s sooner than the drill allows for")
            } else {
                String::new()
            };
            let deadline = self.relative(deadline);
            let message = format!("{expected} fired {fired}, its deadline is {deadline}{why}");
            self.blame(ReasonKind::Late, message);
        }
    }

    /// When it must fire at the latest.
    pub(super) fn deadline(&self) -> UtcInstant {
        let fault_at = self.fault.injected_at;
        self.expected.due_at(fault_at, self.outcome.onset_at)
    }

    fn not_before(&self) -> UtcInstant {
        let earliest = self.fault.injected_at.plus(self.expected.onset.earliest);
        let measured = self
            .outcome
            .onset_at
            .map(|at| at.minus(CONDITION_RESOLUTION));
        measured.unwrap_or(earliest).plus(self.expected.not_before)
    }

    fn onset_in_words(&self) -> String {
        match self.outcome.onset_at.zip(self.expected.condition.as_ref()) {
            Some((onset_at, condition)) => {
                format!(
                    "the onset: `{condition}` became true {}",
                    self.relative(onset_at)
                )
            }
            None => "the earliest onset".to_owned(),
        }
    }
}
