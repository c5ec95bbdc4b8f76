//! Whether an alert lasts as long as its cause, and ends with it.

use super::expected::Judge;
use crate::seconds::to_a_tenth;
use crate::{Labels, ReasonKind};

impl Judge<'_> {
    pub(super) fn judge_resolve(&mut self, labels: &Labels) {
        let expected = self.expected;
        let Some(reverted_at) = self.timeline.last_revert() else {
            return;
        };
        let latest = expected.recovery + expected.promises.ended_within();
        let at_most = to_a_tenth(latest);
        let Some(resolved_at) = self.outcome.resolved_at else {
            let fired_for_s = self.timeline.finished_at.seconds_since(reverted_at);
            let message = format!(
                "{expected} still fired {fired_for_s:.1} s after the fault was reverted; at most \
                 {at_most} were expected"
            );
            self.blame(ReasonKind::NotResolved, message);
            return;
        };
        let took_s = resolved_at.seconds_since(reverted_at);
        if took_s > latest.as_secs_f64() {
            let message = format!(
                "{expected} resolved {took_s:.1} s after the fault was reverted, at most {at_most} \
                 were expected"
            );
            self.blame(ReasonKind::NotResolved, message);
        }
        self.judge_resolve_delivery(labels, resolved_at);
    }
}
