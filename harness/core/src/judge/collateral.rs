//! Alerts that fired and that the drill did not declare: a neighbour's, tolerated, or collateral.

use super::relative;
use crate::{Drill, Episode, Labels, Neighbour, Reason, ReasonKind, Timeline, UtcInstant};

#[derive(Default)]
pub(super) struct Bystanders {
    pub(super) tolerated: Vec<String>,
    pub(super) collateral: Vec<Labels>,
    pub(super) reasons: Vec<Reason>,
}

pub(super) fn bystanders(drill: &Drill, timeline: &Timeline, lives: &[Episode]) -> Bystanders {
    let mut found = Bystanders::default();
    let Some(fault) = timeline.first_fault() else {
        return found;
    };
    for life in lives {
        let Some(firing_at) = life.firing_at.filter(|firing| *firing >= fault.injected_at) else {
            continue;
        };
        let fired = relative(life.firing_at, fault.injected_at);
        let excuse = drill
            .tolerate
            .iter()
            .find(|tolerated| tolerated.claim().covers(&life.labels));
        if let Some(excuse) = excuse {
            found
                .tolerated
                .push(format!("{life} fired {fired}: {}", excuse.reason));
        } else if !is_declared(drill, life)
            && !is_a_neighbours(timeline, life, firing_at)
            && blames(fault.injected_at, timeline, firing_at)
        {
            found.collateral.push(life.labels.clone());
            let beside = beside(timeline, firing_at);
            let message = format!("{life} fired {fired}, which no running drill declares{beside}");
            found
                .reasons
                .push(Reason::new(ReasonKind::Collateral, message));
        }
    }
    found
}

fn is_declared(drill: &Drill, life: &Episode) -> bool {
    drill
        .claims()
        .iter()
        .any(|claim| claim.concerns(&life.labels))
}

fn is_a_neighbours(timeline: &Timeline, life: &Episode, firing_at: UtcInstant) -> bool {
    let began_at = life.began_at().unwrap_or(firing_at);
    let ran = |neighbour: &&Neighbour| neighbour.ran_at(began_at) || neighbour.ran_at(firing_at);
    timeline.neighbours.iter().filter(ran).any(|neighbour| {
        neighbour
            .claims
            .iter()
            .any(|claim| claim.concerns(&life.labels))
    })
}

/// An alert that nobody declared is reported once: by the drill that broke something last before it
/// fired.
fn blames(injected_at: UtcInstant, timeline: &Timeline, firing_at: UtcInstant) -> bool {
    let neighbours = timeline
        .neighbours
        .iter()
        .filter(|neighbour| neighbour.ran_at(firing_at));
    neighbours
        .map(|neighbour| neighbour.from)
        .max()
        .is_none_or(|latest| injected_at >= latest)
}

fn beside(timeline: &Timeline, firing_at: UtcInstant) -> String {
    let neighbours: Vec<_> = timeline
        .neighbours
        .iter()
        .filter(|neighbour| neighbour.ran_at(firing_at))
        .map(|neighbour| format!("{} ({})", neighbour.drill, neighbour.faults.join(", ")))
        .collect();
    if neighbours.is_empty() {
        String::new()
    } else {
        format!("; beside it ran {}", neighbours.join(", "))
    }
}
