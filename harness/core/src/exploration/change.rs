//! What other rules change in a map.

use std::collections::{BTreeMap, BTreeSet};

use super::{CellKey, CellOutcome, ExplorationMap, MapCell};
use crate::timeline::episodes_in;
use crate::{Claim, Episode, RulesSaid, UtcInstant};

/// What other rules change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSetChange {
    /// The cells that come to something else, or are paged by something else.
    pub cells: Vec<CellChange>,
    /// Per alert that the rules add or change, where it fires in vain: how often while nothing was
    /// broken.
    pub in_vain: BTreeMap<String, usize>,
    /// The cells of which the recording cannot tell: the rules that were loaded, evaluated again,
    /// come to something else there than what came.
    pub undecided: Vec<CellKey>,
}

/// A cell that other rules judge otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct CellChange {
    /// Which.
    pub key: CellKey,
    /// What it came to.
    pub before: CellOutcome,
    /// What it comes to.
    pub after: CellOutcome,
    /// The alerts that would fire now, and did not.
    pub gained: Vec<String>,
    /// The alerts that fired, and would not now.
    pub lost: Vec<String>,
}

/// What differs between two maps of the same recording: one by the rules that were `recorded`, and
/// one by others. `in_vain` are the alerts that fired while nothing was broken, each with how often,
/// before and after.
#[must_use]
pub fn changes_of_the_map(
    recorded: &ExplorationMap,
    before: &ExplorationMap,
    after: &ExplorationMap,
    in_vain: (&BTreeMap<String, usize>, &BTreeMap<String, usize>),
) -> RuleSetChange {
    let (mut cells, mut undecided) = (Vec::new(), Vec::new());
    for now in &after.cells {
        let Some(then) = before.cell(&now.key) else {
            continue;
        };
        if !recorded
            .cell(&now.key)
            .is_some_and(|live| comes_to_the_same(live, then))
        {
            undecided.push(now.key.clone());
            continue;
        }
        let (earlier, later) = (fired_in(then), fired_in(now));
        let gained: Vec<_> = later.difference(&earlier).cloned().collect();
        let lost: Vec<_> = earlier.difference(&later).cloned().collect();
        if then.outcome != now.outcome || !gained.is_empty() || !lost.is_empty() {
            cells.push(CellChange {
                key: now.key.clone(),
                before: then.outcome,
                after: now.outcome,
                gained,
                lost,
            });
        }
    }
    let (before, after) = in_vain;
    let more = after.iter().filter_map(|(alert, count)| {
        let before = before.get(alert).copied().unwrap_or_default();
        (*count > before).then(|| (alert.clone(), count - before))
    });
    RuleSetChange {
        cells,
        in_vain: more.collect(),
        undecided,
    }
}

/// Whether the recorded rules, evaluated again, come to what came. Who is told is not evaluated.
fn comes_to_the_same(live: &MapCell, again: &MapCell) -> bool {
    let fired = |outcome| {
        if outcome == CellOutcome::Untold {
            CellOutcome::Pages
        } else {
            outcome
        }
    };
    fired(live.outcome) == fired(again.outcome)
}

/// How often each alert of these rules fired while nothing was broken: outside of the spans from a
/// fault until it was no longer looked at. Alerts that always fire by intent are left out.
#[must_use]
pub fn fired_outside(
    said: &RulesSaid,
    spans: &[(UtcInstant, UtcInstant)],
) -> BTreeMap<String, usize> {
    let is_watchdog = |life: &Episode| {
        let mut watchdogs = said.rules.iter().filter(|rule| rule.is_watchdog);
        watchdogs.any(|rule| Claim::of_rule(rule).covers(&life.labels))
    };
    let mut fired = BTreeMap::new();
    for life in episodes_in(&said.samples, &said.rules, |_| said.until) {
        let Some(at) = life.firing_at.filter(|_| !is_watchdog(&life)) else {
            continue;
        };
        let is_of_a_fault = spans
            .iter()
            .any(|(from, until)| *from <= at && at <= *until);
        if !is_of_a_fault {
            *fired.entry(life.alert().to_owned()).or_default() += 1;
        }
    }
    fired
}

fn fired_in(cell: &MapCell) -> BTreeSet<String> {
    let fired = cell.alerts.iter().filter(|it| it.firing_at.is_some());
    fired.map(|alert| alert.alert.clone()).collect()
}
