//! Which drill an incident is of.

use serde::Serialize;

use super::Incident;
use crate::{Claim, RecordedRun, UtcInstant};

/// A drill while it broke something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DrillAtWork {
    /// Just before its first fault.
    pub fault_at: UtcInstant,
    /// Its end.
    pub until: UtcInstant,
    /// Its name.
    pub name: String,
    /// The lane that it ran on.
    pub lane: Option<String>,
    /// The alerts that it answers for.
    #[serde(skip)]
    pub claims: Vec<Claim>,
}

/// The drills of `run` that broke something.
#[must_use]
pub fn drills_at_work(run: &RecordedRun) -> Vec<DrillAtWork> {
    let records = run.drills.iter().map(|recorded| &recorded.record);
    let at_work = records.filter_map(|record| {
        Some(DrillAtWork {
            name: record.drill.name.clone(),
            lane: record.lane.clone(),
            claims: record.drill.claims(),
            fault_at: record.timeline.first_fault()?.injected_at,
            until: record.timeline.finished_at,
        })
    });
    at_work.collect()
}

/// The drill that answers for `incident` and ran when it paged: one whose claims the labels keep,
/// or one that they do not contradict; of several, the one that began last.
pub(super) fn drill_of<'a>(
    incident: &Incident,
    drills: &'a [DrillAtWork],
) -> Option<&'a DrillAtWork> {
    let ran = |drill: &&DrillAtWork| {
        drill.fault_at <= incident.firing_at && incident.firing_at <= drill.until
    };
    let meant_by = |is_meant: fn(&Claim, &Incident) -> bool| {
        let drills = drills.iter().filter(ran);
        let drills =
            drills.filter(|drill| drill.claims.iter().any(|claim| is_meant(claim, incident)));
        drills.max_by_key(|drill| drill.fault_at)
    };
    meant_by(|claim, incident| claim.covers(&incident.labels))
        .or_else(|| meant_by(|claim, incident| claim.concerns(&incident.labels)))
}
