//! Which incident with the new rules is the one with the old rules.

use std::cmp::{Ordering, Reverse};
use std::time::Duration;

use super::attribution::drill_of;
use super::{Change, ComparedIncident, DrillAtWork, Incident};
use crate::{Labels, UtcInstant, agree};

/// What the new rules make of each incident with the old ones, and those that are new, in the order
/// of time.
///
/// Two incidents are one if their alerts have the same name, no label but severity contradicts, and
/// they overlap or the same drill caused them. Each is the other of at most one: of several that
/// could be, the one whose labels differ least, then the one that overlaps, then the nearest.
#[must_use]
pub fn compared_incidents(
    old: Vec<Incident>,
    new: Vec<Incident>,
    drills: &[DrillAtWork],
) -> Vec<ComparedIncident> {
    let [old, new] = [old, new].map(|side| attributed(side, drills));
    let mut likenesses = Vec::new();
    for (old_at, one) in old.iter().enumerate() {
        let others = new.iter().enumerate();
        likenesses.extend(
            others.filter_map(|(new_at, other)| Some((Likeness::of(one, other)?, old_at, new_at))),
        );
    }
    likenesses.sort();
    let [mut old, mut new] = [old, new].map(|side| side.into_iter().map(Some).collect::<Vec<_>>());
    let mut compared = Vec::new();
    for (_, old_at, new_at) in likenesses {
        if let (Some(one), Some(other)) = (&old[old_at], &new[new_at]) {
            compared.push(of_both(one, other));
            (old[old_at], new[new_at]) = (None, None);
        }
    }
    compared.extend(old.into_iter().flatten().map(|one| ComparedIncident {
        change: Change::NoMore,
        drill: one.drill.cloned(),
        old: Some(one.incident),
        new: None,
    }));
    compared.extend(new.into_iter().flatten().map(|other| ComparedIncident {
        change: Change::Newly,
        drill: other.drill.cloned(),
        old: None,
        new: Some(other.incident),
    }));
    compared.sort_by_key(|one| {
        (
            one.first_paged_at(),
            one.either().map(|incident| incident.labels.clone()),
        )
    });
    compared
}

struct Attributed<'a> {
    incident: Incident,
    drill: Option<&'a DrillAtWork>,
}

fn attributed(incidents: Vec<Incident>, drills: &[DrillAtWork]) -> Vec<Attributed<'_>> {
    let incidents = incidents.into_iter();
    let attributed = incidents.map(|incident| Attributed {
        drill: drill_of(&incident, drills),
        incident,
    });
    attributed.collect()
}

/// How like two incidents are that can be one; the least is the most alike.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    labels_that_one_lacks: usize,
    overlaps: Reverse<bool>,
    has_other_severity: bool,
    apart: Duration,
}

impl Likeness {
    /// `None` of two that are not one.
    fn of(old: &Attributed<'_>, new: &Attributed<'_>) -> Option<Self> {
        let (one, other) = (old.incident.identity(), new.incident.identity());
        let of_one_alert = old.incident.alert() == new.incident.alert() && agree(&one, &other);
        let overlaps = overlap(&old.incident, &new.incident);
        let of_one_drill = old.drill.is_some() && old.drill == new.drill;
        let lacks = |one: &Labels, other: &Labels| {
            other.keys().filter(|name| !one.contains_key(*name)).count()
        };
        (of_one_alert && (overlaps || of_one_drill)).then(|| Self {
            labels_that_one_lacks: lacks(&one, &other) + lacks(&other, &one),
            overlaps: Reverse(overlaps),
            has_other_severity: old.incident.severity() != new.incident.severity(),
            apart: apart(old.incident.firing_at, new.incident.firing_at),
        })
    }
}

/// Whether there was an instant at which both were active, pending or firing.
fn overlap(one: &Incident, other: &Incident) -> bool {
    let ended_before = |one: &Incident, other: &Incident| {
        one.ended_at
            .is_some_and(|ended_at| ended_at <= other.began_at())
    };
    !ended_before(one, other) && !ended_before(other, one)
}

fn of_both(one: &Attributed<'_>, other: &Attributed<'_>) -> ComparedIncident {
    ComparedIncident {
        change: change(&one.incident, &other.incident),
        drill: one.drill.or(other.drill).cloned(),
        old: Some(one.incident.clone()),
        new: Some(other.incident.clone()),
    }
}

fn change(old: &Incident, new: &Incident) -> Change {
    let by = apart(old.firing_at, new.firing_at);
    if new.firing_at < old.firing_at {
        return Change::Earlier { by };
    }
    if new.firing_at > old.firing_at {
        return Change::Later { by };
    }
    // What had not ended ends later than what had.
    let end = |incident: &Incident| (incident.ended_at.is_none(), incident.ended_at);
    match end(new).cmp(&end(old)) {
        Ordering::Less => Change::EndsEarlier,
        Ordering::Equal => Change::Same,
        Ordering::Greater => Change::EndsLater,
    }
}

fn apart(one: UtcInstant, other: UtcInstant) -> Duration {
    one.time_since(other).max(other.time_since(one))
}
