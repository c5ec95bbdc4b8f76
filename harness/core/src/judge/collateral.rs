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
        if timeline.is_of_a_watchdog(&life.labels) {
            continue;
        }
        let fired = relative(firing_at, fault.injected_at);
        let mut tolerated = drill.tolerate.iter();
        let excuse = tolerated.find(|tolerated| tolerated.claim().covers(&life.labels));
        if let Some(excuse) = excuse {
            let said = format!("{life} fired {fired}: {}", excuse.reason);
            found.tolerated.push(said);
        } else if !is_declared(drill, life)
            && !is_a_neighbours(timeline, life, firing_at)
            && is_to_report(fault.injected_at, timeline, firing_at)
        {
            let beside = beside(timeline, firing_at);
            let message = format!("{life} fired {fired}, which no running drill declares{beside}");
            found
                .reasons
                .push(Reason::new(ReasonKind::Collateral, message));
            found.collateral.push(life.labels.clone());
        }
    }
    found
}

fn is_declared(drill: &Drill, life: &Episode) -> bool {
    let claims = drill.claims();
    claims.iter().any(|claim| claim.concerns(&life.labels))
}

fn is_a_neighbours(timeline: &Timeline, life: &Episode, firing_at: UtcInstant) -> bool {
    let began_at = life.began_at().unwrap_or(firing_at);
    let ran = |neighbour: &&Neighbour| neighbour.ran_at(began_at) || neighbour.ran_at(firing_at);
    let mut claims = timeline
        .neighbours
        .iter()
        .filter(ran)
        .flat_map(|neighbour| &neighbour.claims);
    claims.any(|claim| claim.concerns(&life.labels))
}

/// An alert that no drill declared is reported once: by the drill that broke something last before
/// it fired.
fn is_to_report(injected_at: UtcInstant, timeline: &Timeline, firing_at: UtcInstant) -> bool {
    let mut neighbours = running_at(timeline, firing_at);
    neighbours.all(|neighbour| neighbour.from <= injected_at)
}

fn beside(timeline: &Timeline, firing_at: UtcInstant) -> String {
    let neighbours: Vec<_> = running_at(timeline, firing_at)
        .map(|neighbour| format!("{} ({})", neighbour.drill, neighbour.faults.join(", ")))
        .collect();
    if neighbours.is_empty() {
        String::new()
    } else {
        format!("; beside it ran {}", neighbours.join(", "))
    }
}

fn running_at(timeline: &Timeline, instant: UtcInstant) -> impl Iterator<Item = &Neighbour> {
    let neighbours = timeline.neighbours.iter();
    neighbours.filter(move |neighbour| neighbour.ran_at(instant))
}
