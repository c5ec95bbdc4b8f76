//! Whether an alert lasts as long as its cause, and ends with it.

use super::expected::Judge;
use super::second_alert::differ_in_severity_alone;
use crate::seconds::to_a_tenth;
use crate::{CONDITION_RESOLUTION, Episode, Labels, ReasonKind, Span, UtcInstant, Witness};

impl Judge<'_> {
    /// Judges that the alert, which began to fire with `life` at `firing_at`, fires for as long as
    /// its cause lasts, and only once.
    pub(super) fn judge_lasting(&mut self, life: &Episode, firing_at: UtcInstant) {
        let Some(ended_at) = self.end_of(life) else {
            self.outcome.resolved_at = None;
            return;
        };
        self.outcome.resolved_at = Some(ended_at);
        let cause = self.cause_at(firing_at);
        let fires_again = |again: &&Episode| again.firing_at > Some(ended_at);
        let same = |again: &&Episode| again.labels == life.labels;
        let again = self.fired().filter(same).find(fires_again);
        if let Some((again, fired_again_at)) = again.and_then(|it| Some((it, it.firing_at?))) {
            self.outcome.resolved_at = self.last_end(life);
            if !self.has_cause(again, cause) {
                let message = format!(
                    "{} stopped firing {} and fired again {}",
                    self.expected,
                    self.relative(ended_at),
                    self.relative(fired_again_at)
                );
                self.blame(ReasonKind::Flapped, message);
            }
            return;
        }
        // An evaluation sees a sample so much later.
        let sight = self.rule.scrape_duration + self.rule.evaluated_within();
        if let Some(cause) = cause.filter(|cause| ended_at.plus(sight) < cause.until) {
            let message = format!(
                "{} stopped firing {}, and its cause lasted until {}",
                self.expected,
                self.relative(ended_at),
                self.relative(cause.until)
            );
            self.blame(ReasonKind::EndedEarly, message);
        }
    }

    /// The first evaluation that no longer saw the alert: neither with the labels of `life` nor,
    /// without a gap, with another severity. `None` while it is active.
    fn end_of(&self, life: &Episode) -> Option<UtcInstant> {
        let mut ended_at = life.ended_at?;
        for other in self.fired() {
            let goes_on = other.began_at() <= Some(ended_at);
            if goes_on && differ_in_severity_alone(&life.labels, &other.labels) {
                ended_at = ended_at.max(other.ended_at?);
            }
        }
        Some(ended_at)
    }

    /// The end of the last life of this alert; `None` while it is active.
    fn last_end(&self, life: &Episode) -> Option<UtcInstant> {
        let same = self.fired().filter(|other| other.labels == life.labels);
        same.last()?.ended_at
    }

    /// What the alert is about, as far as it lasts before the first revert. `None` if that is not
    /// known: a fault that is over at once, or a condition that was not true when the alert fired.
    fn cause_at(&self, firing_at: UtcInstant) -> Option<Span> {
        let reverting_at = self.timeline.first_reverting();
        let until = reverting_at.unwrap_or(self.timeline.finished_at);
        if let Some(condition) = &self.expected.condition {
            // A measured onset may lie that much after the real one, at which the alert fires.
            let begun_by = firing_at.plus(CONDITION_RESOLUTION);
            let spans = self.timeline.spans_of(condition).iter();
            let mut lasting = spans.filter(|span| span.from <= begun_by && firing_at <= span.until);
            return lasting.next().map(|span| Span {
                from: span.from,
                until: span.until.min(until),
            });
        }
        let lasts = self.timeline.has_lasting_fault();
        lasts.then_some(Span {
            from: self.fault.injected_at,
            until,
        })
    }

    /// Whether `again` fired because what the alert is about has come back, or is there still after
    /// the revert: what the alert is seen by may be disturbed then by another drill.
    fn has_cause(&self, again: &Episode, before: Option<Span>) -> bool {
        let Some(condition) = &self.expected.condition else {
            return false;
        };
        let is_after_revert = again.firing_at > self.timeline.first_reverting();
        let is_another = |span: &Span| before.is_some_and(|before| span.from > before.until);
        let mut spans = self.timeline.spans_of(condition).iter();
        spans.any(|span| {
            let holds = Some(span.from) <= again.firing_at && Some(span.until) >= again.began_at();
            holds && (is_another(span) || is_after_revert)
        })
    }

    /// Judges that the alert ends within what is promised after its cause has gone.
    pub(super) fn judge_resolve(&mut self, labels: &Labels) {
        let expected = self.expected;
        let Some(reverted_at) = self.timeline.last_revert() else {
            return;
        };
        let latest = expected.latest_end();
        let at_most = format!(
            "at most {} are promised: {} until what it is about has recovered, and {} to notice",
            to_a_tenth(latest),
            to_a_tenth(expected.recovery),
            to_a_tenth(expected.promises.ended_within())
        );
        let Some(resolved_at) = self.outcome.resolved_at else {
            let fired_for_s = self.timeline.finished_at.seconds_since(reverted_at);
            let message = format!(
                "{expected} still fired {fired_for_s:.1} s after the fault was reverted; {at_most}"
            );
            self.blame(ReasonKind::NotResolved, message);
            return;
        };
        let took_s = resolved_at.seconds_since(reverted_at);
        if took_s > latest.as_secs_f64() {
            let message = format!(
                "{expected} resolved {took_s:.1} s after the fault was reverted; {at_most}"
            );
            self.blame(ReasonKind::NotResolved, message);
        }
        let is_told = self.timeline.witness != Witness::Nobody;
        if is_told && self.timeline.replayed.is_none() {
            self.judge_resolve_delivery(labels, resolved_at);
        }
    }
}
