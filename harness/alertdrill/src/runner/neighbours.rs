//! Which drills run on a stack at this time, in whatever process: what one of them causes is not
//! another one's collateral.
//!
//! An entry per drill, written before its first fault and once more at its end, so that drills that
//! overlap know of each other, and agree on whose alert it is that nobody declared.

use std::path::Path;

use alertdrill_core::schedule::hinders;
use alertdrill_core::{Drill, Neighbour, Result, Routes, UtcInstant};
use alertdrill_target::{Entry, Register};

/// The drills of one stack.
#[derive(Debug)]
pub struct Neighbourhood {
    drills: Register<Neighbour>,
}

impl Neighbourhood {
    /// The drills of the stack with this state folder.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn in_folder(state: &Path) -> Result<Self> {
        Ok(Self {
            drills: Register::in_folder(state.join("running"))?,
        })
    }

    /// Forgets the drills of processes that have ended.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn forget_the_dead(&self) -> Result<()> {
        self.drills.forget_the_dead()
    }

    /// Makes it known that `drill` breaks something from `from` on, and has ended at `until`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn announce(
        &self,
        drill: &Drill,
        from: UtcInstant,
        until: Option<UtcInstant>,
    ) -> Result<()> {
        let faults = drill.all_faults().map(ToString::to_string).collect();
        let neighbour = Neighbour {
            drill: drill.name.clone(),
            claims: drill.claims(),
            faults,
            from,
            until,
        };
        self.drills
            .write(&format!("{}-{}", from.epoch_s(), drill.name), &neighbour)
    }

    /// The drills other than `drill` that ran at any time since `since`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`] or [`alertdrill_core::Error::BadDescription`].
    pub fn beside(&self, drill: &str, since: UtcInstant) -> Result<Vec<Neighbour>> {
        let snapshot = self.drills.snapshot()?;
        let neighbours = snapshot.entries.iter().map(|entry| Neighbour {
            // One that was killed: what it caused may last until it is healed, and nobody knows
            // when that was.
            until: entry.value.until.or((!entry.is_current).then_some(since)),
            ..entry.value.clone()
        });
        let mut neighbours: Vec<_> = neighbours
            .filter(|neighbour| {
                neighbour.drill != drill && neighbour.until.is_none_or(|until| until >= since)
            })
            .collect();
        neighbours.sort_by(|a, b| (a.from, &a.drill).cmp(&(b.from, &b.drill)));
        Ok(neighbours)
    }

    /// The drills that still run and [hinder](hinders) `drill`, whose alerts are told by `routes`.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`] or [`alertdrill_core::Error::BadDescription`].
    pub fn in_the_way_of(&self, drill: &Drill, routes: Option<&Routes>) -> Result<Vec<String>> {
        let snapshot = self.drills.snapshot()?;
        let is_running =
            |entry: &&Entry<Neighbour>| entry.is_current && entry.value.until.is_none();
        let running = snapshot.entries.iter().filter(is_running);
        let running = running.map(|entry| &entry.value);
        let in_the_way = running.filter(|other| hinders(drill, &other.claims, routes));
        Ok(in_the_way.map(|other| other.drill.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use alertdrill_core::{ExpectedAlert, Fault};

    fn at(second: u64) -> UtcInstant {
        UtcInstant::from_epoch_s(1000.0)
            .unwrap()
            .plus(Duration::from_secs(second))
    }

    #[test]
    fn drills_that_overlap_know_of_each_other_and_those_that_ended_before_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let neighbourhood = Neighbourhood::in_folder(folder.path()).unwrap();
        let drill = |name: &str| Drill::new(name, Fault::stop("kafka"));
        neighbourhood.announce(&drill("me"), at(50), None).unwrap();
        neighbourhood
            .announce(&drill("ended_before"), at(0), Some(at(49)))
            .unwrap();
        neighbourhood
            .announce(&drill("overlaps"), at(0), None)
            .unwrap();
        neighbourhood
            .announce(&drill("overlaps"), at(0), Some(at(60)))
            .unwrap();
        neighbourhood
            .announce(&drill("runs"), at(55), None)
            .unwrap();
        let beside = neighbourhood.beside("me", at(50)).unwrap();
        let names: Vec<_> = beside
            .iter()
            .map(|neighbour| (neighbour.drill.as_str(), neighbour.until))
            .collect();
        assert_eq!(names, [("overlaps", Some(at(60))), ("runs", None)]);
    }

    #[test]
    fn there_is_no_room_for_a_drill_whose_alert_another_one_still_answers_for() {
        let drill = |name: &str, exchange: Option<&str>| {
            let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1));
            let alert = exchange
                .into_iter()
                .fold(alert, |alert, exchange| alert.label("exchange", exchange));
            Drill::new(name, Fault::stop("handler")).expect_alert(alert)
        };
        let folder = tempfile::tempdir().unwrap();
        let running = Neighbourhood::in_folder(folder.path()).unwrap();
        running
            .announce(&drill("first", Some("okx")), at(0), None)
            .unwrap();
        let has_room_for = |exchange| {
            Neighbourhood::in_folder(folder.path())
                .unwrap()
                .in_the_way_of(&drill("next", exchange), None)
                .unwrap()
                .is_empty()
        };
        assert!(!has_room_for(Some("okx")) && !has_room_for(None) && has_room_for(Some("kraken")));
        running
            .announce(&drill("first", Some("okx")), at(0), Some(at(90)))
            .unwrap();
        assert!(has_room_for(Some("okx")) && has_room_for(None));
    }
}
