//! What a replay cannot tell: what would have been delivered, and what would have come had the
//! fault been held for longer.

use super::expected::Judge;
use crate::seconds::to_a_tenth;
use crate::{Episode, Reason, ReasonKind, Replayed, Timeline, UtcInstant};

/// Why the recording does not decide a drill that was replayed.
pub(super) fn obstacles(timeline: &Timeline) -> Vec<Reason> {
    let replayed = timeline.replayed.iter();
    let undecided = replayed.flat_map(|replayed| &replayed.undecided);
    undecided
        .map(|why| Reason::new(ReasonKind::NotRecorded, why.clone()))
        .collect()
}

impl Judge<'_> {
    /// Judges the words that would have been sent when the alert began to fire.
    pub(super) fn judge_words_to_send(
        &mut self,
        replayed: &Replayed,
        life: &Episode,
        firing_at: UtcInstant,
    ) {
        let mut sent = replayed.sent.iter();
        let first = sent.find(|sent| sent.at >= firing_at && sent.labels == life.labels);
        if let Some(first) = first {
            self.judge_words(&life.labels, &first.annotations);
        }
    }

    /// Why a replay cannot tell that the alert is missed: the live run reverted its fault, for the
    /// rule that it had, before this rule had to fire.
    pub(super) fn reverted_too_soon(&self, pending: Option<&Episode>) -> Option<String> {
        self.timeline.replayed.as_ref()?;
        let reverting_at = self.timeline.first_reverting()?;
        let deadline = self.deadline();
        if !self.timeline.has_lasting_fault() || deadline <= reverting_at {
            return None;
        }
        let state = match pending.and_then(|life| life.pending_at) {
            Some(at) => format!("pending {}", self.relative(at)),
            None => "not even pending".to_owned(),
        };
        Some(format!(
            "{} did not fire before its fault was reverted {}, {} before its deadline; it was \
             {state}: the recording does not tell whether it would have fired in time had the \
             fault lasted",
            self.expected,
            self.relative(reverting_at),
            to_a_tenth(deadline.time_since(reverting_at)),
        ))
    }
}
