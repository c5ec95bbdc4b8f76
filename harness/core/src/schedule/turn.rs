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
        let all: Vec<_> = std::iter::once(&self).chain(wait).copied().collect();
        next_of(&all, run, now).contains(&0)
    }

    /// The higher it is, the sooner it goes, of those that `wait`: how many others it keeps out,
    /// and how urgent it is for its length.
    fn rank(&self, wait: &[&Self]) -> (usize, Duration, &str) {
        let keeps_out = wait.iter().filter(|other| self.keeps_out(other)).count();
        let shortest = Duration::MAX.saturating_sub(self.duration);
        let urgency = if keeps_out > 0 {
            shortest
        } else {
            self.duration
        };
        (keeps_out, urgency, &self.drill)
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

/// The numbers of those that `wait` and may go at `now`: they hinder no drill that goes first.
pub(super) fn next_of(wait: &[&InLine], run: &[&InLine], now: UtcInstant) -> BTreeSet<usize> {
    let ranked = wait.iter().enumerate();
    let mut ranked: Vec<_> = ranked
        .map(|(number, one)| (one.rank(wait), number, *one))
        .collect();
    ranked.sort_by(|(a, ..), (b, ..)| b.cmp(a));
    // Per drill that others wait for, when those that it has to wait for have ended.
    let mut can_go: Vec<(&InLine, UtcInstant)> = Vec::new();
    let mut next = BTreeSet::new();
    for ((keeps_out, ..), number, one) in ranked {
        let is_kept = |(first, at): &(&InLine, UtcInstant)| {
            first.hinders(one) && *at <= now.plus(one.duration)
        };
        if !can_go.iter().any(is_kept) {
            next.insert(number);
        }
        // A drill that stands aside lets others pass, unless it would then go last and alone.
        if one.stands_aside() && keeps_out == 0 {
            continue;
        }
        let behind = can_go.iter().filter(|(first, _)| first.hinders(one));
        let behind = behind.map(|(first, at)| at.plus(first.duration));
        let keeps_waiting = |other: &&&InLine| one.stands_behind(other) || other.hinders(one);
        let held = run.iter().filter(keeps_waiting);
        let held = held.filter_map(|other| other.ends_by());
        let at = held.chain(behind).fold(now, UtcInstant::max);
        can_go.push((one, at));
    }
    next
}

/// Whether these cannot be held at once: something in both is exclusive in one of them.
pub(super) fn excludes(one: &Holdings, other: &Holdings) -> bool {
    one.iter().any(|(name, mode)| {
        let theirs = other.get(name);
        theirs.is_some_and(|theirs| *mode.max(theirs) == LeaseMode::Exclusive)
    })
}
