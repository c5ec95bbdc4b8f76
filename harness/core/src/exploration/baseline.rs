//! The blind spots that are known and accepted, each with a reason, as a committed file.
//!
//! One that is new fails. One that no longer occurs fails too, until it is removed: a list that
//! only grows excuses what nobody remembers.

use serde::{Deserialize, Serialize};

use super::{CellKey, CellOutcome, ExplorationMap};

/// The version of the saved form.
pub const BASELINE_SCHEMA_VERSION: u32 = 1;

/// The blind spots that are known and accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// [`BASELINE_SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// They, by service and failure.
    pub blind_spots: Vec<AcceptedBlindSpot>,
}

/// A failure that pages nobody, and why that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedBlindSpot {
    /// Which.
    #[serde(flatten)]
    pub key: CellKey,
    /// What it came to when it was accepted.
    pub outcome: CellOutcome,
    /// Why it is accepted; one without a reason is not.
    pub reason: String,
}

/// A map against a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineComparison {
    /// Blind spots that are not accepted.
    pub new: Vec<(CellKey, CellOutcome)>,
    /// Accepted ones that came to something worse than was accepted.
    pub worse: Vec<(CellKey, CellOutcome, CellOutcome)>,
    /// Accepted ones that are none any more.
    pub gone: Vec<CellKey>,
    /// Accepted ones without a reason.
    pub without_reason: Vec<CellKey>,
    /// How many are accepted, and were found again.
    pub accepted: usize,
}

impl Baseline {
    /// One that accepts the blind spots of `map`, with the reasons that `earlier` gives.
    #[must_use]
    pub fn of(map: &ExplorationMap, earlier: Option<&Self>) -> Self {
        let known = |key: &CellKey| {
            let mut spots = earlier.into_iter().flat_map(|it| &it.blind_spots);
            spots.find(|spot| spot.key == *key)
        };
        let found = map.blind_spots().map(|cell| AcceptedBlindSpot {
            key: cell.key.clone(),
            outcome: cell.outcome,
            reason: known(&cell.key).map_or_else(String::new, |spot| spot.reason.clone()),
        });
        // What was not tried this time is as it was.
        let untried = earlier.into_iter().flat_map(|it| &it.blind_spots);
        let untried = untried.filter(|spot| {
            let cell = map.cell(&spot.key);
            cell.is_some_and(|cell| cell.outcome == CellOutcome::NotTried)
        });
        let mut blind_spots: Vec<_> = found.chain(untried.cloned()).collect();
        blind_spots.sort_by(|a, b| a.key.cmp(&b.key));
        Self {
            schema_version: BASELINE_SCHEMA_VERSION,
            blind_spots,
        }
    }

    /// `map` against it. What was not tried says nothing.
    #[must_use]
    pub fn compared_with(&self, map: &ExplorationMap) -> BaselineComparison {
        let mut comparison = BaselineComparison::default();
        let accepted = |key: &CellKey| self.blind_spots.iter().find(|spot| spot.key == *key);
        for cell in map.blind_spots() {
            match accepted(&cell.key) {
                None => comparison.new.push((cell.key.clone(), cell.outcome)),
                Some(spot) if cell.outcome < spot.outcome => {
                    let worse = (cell.key.clone(), spot.outcome, cell.outcome);
                    comparison.worse.push(worse);
                }
                Some(_) => comparison.accepted += 1,
            }
        }
        for spot in &self.blind_spots {
            if spot.reason.trim().is_empty() {
                comparison.without_reason.push(spot.key.clone());
            }
            let is_gone = match map.cell(&spot.key) {
                Some(cell) => {
                    !cell.outcome.is_blind_spot() && cell.outcome != CellOutcome::NotTried
                }
                // A map of a part says nothing of the rest.
                None => false,
            };
            if is_gone {
                comparison.gone.push(spot.key.clone());
            }
        }
        comparison
    }
}

impl BaselineComparison {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_as_accepted(&self) -> bool {
        self.new.is_empty()
            && self.worse.is_empty()
            && self.gone.is_empty()
            && self.without_reason.is_empty()
    }
}

#[cfg(test)]
mod tests;
