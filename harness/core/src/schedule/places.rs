//! On which lanes a drill can be placed.
//!
//! A drill says what it breaks. Where a text of it names a path that has lanes (`{lane}`), the
//! drill takes any lane of that path that is free.

use super::mistakes::mistake_in;
use super::{Holdings, holdings_of};
use crate::settings::Pathway;
use crate::{Drill, Error, Placement, Result, Settings};

/// One way to place a drill.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The drill, on its lanes.
    pub drill: Drill,
    /// The lane that it is on, if it needs one.
    pub lane: Option<String>,
    /// What it has to hold there.
    pub holdings: Holdings,
}

/// The ways to place `drill`: one per combination of the lanes that it needs.
///
/// # Errors
/// [`Error::BadDescription`] of a mistake that can be seen before anything is broken: a name of a
/// path, lane or service that the project does not have, a placeholder that nothing stands for, a
/// label's name that no label can have, or a condition that is no `PromQL`.
pub fn places(drill: &Drill, settings: &Settings) -> Result<Vec<Place>> {
    let mut placements = vec![Placement::default()];
    for path in lanes_needed(drill, settings) {
        let on_each_lane = |placement: &Placement| {
            let lanes = path.lanes.iter();
            let placements: Vec<_> = lanes.map(|lane| placement.and(&path.name, lane)).collect();
            placements
        };
        placements = placements.iter().flat_map(on_each_lane).collect();
    }
    let place = |placement: &Placement| {
        let drill = drill.clone().placed(placement, settings);
        let holdings = holdings_of(&drill, settings);
        if let Some(reason) = mistake_in(&drill, &holdings, settings) {
            let what = format!("the drill {}", drill.name);
            return Err(Error::BadDescription { what, reason });
        }
        Ok(Place {
            lane: placement.lane(),
            drill,
            holdings,
        })
    };
    placements.iter().map(place).collect()
}

/// The paths of which `drill` needs a lane: those that what it disturbs or holds names in braces,
/// or of which it holds a lease by name.
fn lanes_needed<'a>(drill: &Drill, settings: &'a Settings) -> Vec<&'a Pathway> {
    let disturbed = drill.all_faults().map(super::super::fault::Fault::disturbs);
    let leased = drill.leases.iter().map(|lease| lease.on.as_str());
    let named: Vec<_> = disturbed.chain(leased).collect();
    let is_needed = |path: &&Pathway| {
        let placeholder = path.placeholder();
        let is_named = |name: &&str| **name == path.name || name.contains(&placeholder);
        !path.lanes.is_empty() && named.iter().any(is_named)
    };
    settings.paths.iter().filter(is_needed).collect()
}
