//! What one cell comes to, from what its drill saw and which series moved.

use super::{
    CellAlert, CellKey, CellOutcome, CellSpan, Delivered, MapCell, MovedSeries, touched_services,
};
use crate::{
    Delivery, DeliveryStatus, DrillRecord, Episode, LoadedRule, Replica, Timeline, UtcInstant,
    Witness, episodes, includes,
};

/// How many of the series that moved stand in the map.
const SHOWN: usize = 30;

/// What the cell comes to whose drill saw this, and while which these series moved.
#[must_use]
pub fn judge_cell(key: CellKey, record: &DrillRecord, moved: Vec<MovedSeries>) -> MapCell {
    let timeline = &record.timeline;
    let Some(fault) = timeline.first_fault() else {
        return MapCell::unknown(key, CellOutcome::NotTried, why_not_begun(timeline));
    };
    let span = CellSpan {
        injected_at: fault.injected_at,
        effect_at: fault.effect_at,
        reverting_at: fault.reverting_at,
        reverted_at: fault.reverted_at,
        finished_at: timeline.finished_at,
    };
    let errors = timeline.errors.iter().map(|error| error.message.as_str());
    let errors: Vec<_> = errors.collect();
    let alerts = alerts_of(timeline, &span);
    let own = Replica::of(&key.service).service;
    let reached = touched_services(own, &timeline.sick_services, &moved);
    let (outcome, because) = if fault.effect_at.is_none() {
        if errors.is_empty() {
            let why = format!(
                "within 30 s, {} was not seen to have an effect",
                fault.fault
            );
            (CellOutcome::NoEffect, why)
        } else {
            (CellOutcome::NotTried, errors.join("; "))
        }
    } else if errors.is_empty() || span.reverted_at.is_some() {
        (outcome_of(&alerts, &moved), errors.join("; "))
    } else {
        (CellOutcome::NotTried, errors.join("; "))
    };
    let moved_count = moved.len();
    let mut moved = moved;
    moved.sort_by_key(|series| series.service.as_deref() != Some(own));
    MapCell {
        span: Some(span),
        alerts,
        moved: moved.into_iter().take(SHOWN).collect(),
        moved_count,
        reached,
        ..MapCell::unknown(key, outcome, because)
    }
}

/// The same cell by other rules: what moved and what was reached stays as it was.
#[must_use]
pub fn rejudged(cell: &MapCell, record: &DrillRecord) -> MapCell {
    let Some(span) = cell.span.clone().filter(|_| cell.outcome.is_known()) else {
        return cell.clone();
    };
    if cell.outcome == CellOutcome::NoEffect {
        return cell.clone();
    }
    let alerts = alerts_of(&record.timeline, &span);
    MapCell {
        outcome: outcome_of(&alerts, &cell.moved),
        alerts,
        ..cell.clone()
    }
}

fn why_not_begun(timeline: &Timeline) -> String {
    let unsteady = timeline.steady_state.shortfalls();
    if !unsteady.is_empty() {
        return format!("the stack was not steady before: {}", unsteady.join("; "));
    }
    let errors = timeline.errors.iter().map(|error| error.message.clone());
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() {
        "nothing was broken".to_owned()
    } else {
        errors.join("; ")
    }
}

/// The alerts that began since the fault, apart from those that always fire.
fn alerts_of(timeline: &Timeline, span: &CellSpan) -> Vec<CellAlert> {
    let since = |life: &Episode| life.began_at().is_some_and(|at| at >= span.injected_at);
    let until = |life: &Episode| {
        let last = last_of(timeline, life, span);
        life.began_at().is_some_and(|at| at <= last)
    };
    let lives = episodes(timeline).into_iter();
    let own =
        lives.filter(|life| since(life) && until(life) && !timeline.is_of_a_watchdog(&life.labels));
    own.map(|life| CellAlert {
        alert: life.alert().to_owned(),
        told: life.firing_at.and_then(|_| told(timeline, &life)),
        labels: life.labels,
        pending_at: life.pending_at,
        firing_at: life.firing_at,
        resolved_at: life.ended_at,
    })
    .collect()
}

/// The last instant at which an alert may begin for what was broken: as long after the revert as
/// its rule may still see of it. What begins later has other causes.
fn last_of(timeline: &Timeline, life: &Episode, span: &CellSpan) -> UtcInstant {
    let rules = timeline
        .rules
        .iter()
        .filter(|rule| rule.alert == life.alert());
    let seen = rules.map(LoadedRule::seen_within).max().unwrap_or_default();
    let reverted = span.reverted_at.unwrap_or(span.finished_at);
    reverted.plus(seen).min(span.finished_at)
}

/// Who was told first of an alert. What was not replayed, or has no witness, is as if it had been:
/// that it fires is all that is known.
fn told(timeline: &Timeline, life: &Episode) -> Option<Delivered> {
    let firing_at = life.firing_at?;
    if timeline.replayed.is_some() || timeline.witness == Witness::Nobody {
        return Some(Delivered {
            receiver: String::new(),
            at: firing_at,
        });
    }
    let of_it = |delivery: &&Delivery| {
        delivery.status == DeliveryStatus::Firing
            && delivery.received_at >= firing_at
            && includes(&delivery.labels, &life.labels)
    };
    let deliveries = timeline.deliveries.iter().filter(of_it);
    let first = deliveries.min_by_key(|delivery| delivery.received_at)?;
    Some(Delivered {
        receiver: first.receiver.clone(),
        at: first.received_at,
    })
}

fn outcome_of(alerts: &[CellAlert], moved: &[MovedSeries]) -> CellOutcome {
    if alerts.iter().any(|alert| alert.told.is_some()) {
        CellOutcome::Pages
    } else if alerts.iter().any(|alert| alert.firing_at.is_some()) {
        CellOutcome::Untold
    } else if !alerts.is_empty() {
        CellOutcome::PendingOnly
    } else if !moved.is_empty() {
        CellOutcome::Unseen
    } else {
        CellOutcome::Blind
    }
}

#[cfg(test)]
mod tests;
