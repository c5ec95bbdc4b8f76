//! Whose turn it is among the drills that wait for their leases.
//!
//! Drills that keep others out go first, as long as no other drill has begun: at the end they would
//! wait until all others have ended. The shortest of them goes first, so that few wait long. Then,
//! of the others, the longest.
//!
//! A drill that comes late and keeps others out would leave the whole system idle until the last of
//! the running drills has ended. So a drill may pass those before it if it ends before they can go,
//! by what the running drills estimate of their ends.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Holdings;
use crate::{LeaseMode, UtcInstant, seconds};

/// A drill that waits, or that has left the line and runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InLine {
    /// The drill's name.
    pub drill: String,
    /// About how long it takes.
    #[serde(with = "seconds", rename = "duration_s")]
    pub duration: Duration,
    /// What it has to hold, or holds.
    pub wants: Holdings,
    /// Whether it could go.
    pub state: LineState,
}

/// Whether a drill in the line could go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    /// Its process does not have the system yet, and may have to wait until other processes leave
    /// it. It counts only among the drills of its own process, which all get the system at once.
    WithoutStack,
    /// It would go if no drill hindered it.
    Ready,
    /// Running drills keep it from going, whatever it and they hold, and whichever others wait.
    Aside {
        /// The names of those running drills.
        behind: BTreeSet<String>,
    },
    /// It runs.
    Running {
        /// When it will have ended if it takes as long as it estimated.
        ends_by: UtcInstant,
    },
}

impl InLine {
    /// Whether it may go at `now`: it hinders no drill that goes first. `wait` and `run` are the
    /// other drills.
    #[must_use]
    pub fn is_next(&self, wait: &[&Self], run: &[&Self], now: UtcInstant) -> bool {
        let rank = |one: &Self| {
            let kept_out = wait.iter().filter(|other| one.keeps_out(other)).count();
            let keeps_out = kept_out + usize::from(one.keeps_out(self));
            let shortest = Duration::MAX.saturating_sub(one.duration);
            let is_exclusive = keeps_out > 0;
            let urgency = if is_exclusive { shortest } else { one.duration };
            (keeps_out, urgency, one.drill.clone())
        };
        let mine = rank(self);
        let ranked = wait.iter().map(|other| (rank(other), *other));
        let mut before: Vec<_> = ranked.filter(|(rank, _)| *rank > mine).collect();
        // A drill that stands aside lets others pass, unless it would then go last and alone.
        before.retain(|((keeps_out, ..), other)| !other.stands_aside() || *keeps_out > 0);
        before.sort_by(|(a, _), (b, _)| b.cmp(a));
        // Per drill before this one, when those that it has to wait for have ended.
        let mut can_go: Vec<(&Self, UtcInstant)> = Vec::new();
        for (_, other) in before {
            let behind = can_go.iter().filter(|(first, _)| first.hinders(other));
            let behind = behind.map(|(first, at)| at.plus(first.duration));
            let keeps_waiting = |one: &&&Self| other.stands_behind(one) || one.hinders(other);
            let held = run.iter().filter(keeps_waiting);
            let held = held.filter_map(|one| one.ends_by());
            let at = held.chain(behind).fold(now, UtcInstant::max);
            if other.hinders(self) && at <= now.plus(self.duration) {
                return false;
            }
            can_go.push((other, at));
        }
        true
    }

    fn stands_aside(&self) -> bool {
        matches!(self.state, LineState::Aside { .. })
    }

    fn stands_behind(&self, other: &Self) -> bool {
        matches!(&self.state, LineState::Aside { behind } if behind.contains(&other.drill))
    }

    fn ends_by(&self) -> Option<UtcInstant> {
        if let LineState::Running { ends_by } = self.state {
            Some(ends_by)
        } else {
            None
        }
    }

    /// Whether it disturbs what the other needs undisturbed and does not disturb itself.
    fn keeps_out(&self, other: &Self) -> bool {
        self.wants.iter().any(|(name, mode)| {
            *mode == LeaseMode::Exclusive && other.wants.get(name) == Some(&LeaseMode::Shared)
        })
    }

    fn hinders(&self, other: &Self) -> bool {
        excludes(&self.wants, &other.wants)
    }
}

/// Whether these cannot be held at once: something in both is exclusive in one of them.
pub(super) fn excludes(one: &Holdings, other: &Holdings) -> bool {
    one.iter().any(|(name, mode)| {
        let theirs = other.get(name);
        theirs.is_some_and(|theirs| *mode.max(theirs) == LeaseMode::Exclusive)
    })
}
