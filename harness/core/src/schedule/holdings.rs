//! What a drill holds, and what must hold there before it.
//!
//! A drill says what it breaks; what it has to hold exclusively follows from that.

use std::collections::{BTreeMap, BTreeSet};

use crate::settings::{Pathway, SteadyCondition};
use crate::{Drill, LeaseMode, Placement, Settings};

/// What a drill holds, by the names of services, paths and lanes.
pub type Holdings = BTreeMap<String, LeaseMode>;

/// All that `drill` has to hold: its leases, and what its faults disturb; of a drill that is not
/// placed yet, a path's name in braces stands for its lane.
#[must_use]
pub fn holdings_of(drill: &Drill, settings: &Settings) -> Holdings {
    let mut holdings = Holdings::new();
    let mut hold = |name: String, mode: LeaseMode| {
        let held = holdings.entry(name).or_insert(mode);
        *held = (*held).max(mode);
    };
    let faults = drill.all_faults();
    let disturbed = faults.map(|fault| (fault.disturbs(), LeaseMode::Exclusive));
    let leases = drill.leases.iter();
    let named = leases.map(|lease| (lease.on.as_str(), lease.mode));
    for (name, mode) in disturbed.chain(named) {
        let Some(way) = way_of(name, settings) else {
            hold(name.to_owned(), mode);
            continue;
        };
        hold(way.name.clone(), mode);
        for service in &way.path.owns {
            hold(way.filled(service), mode);
        }
        for service in &way.path.uses {
            hold(service.clone(), LeaseMode::Shared);
        }
    }
    for service in &settings.watched_by {
        hold(service.clone(), LeaseMode::Shared);
    }
    holdings
}

/// The services, paths and lanes that `drill`, which is not placed yet, holds exclusively, as a
/// person reads them. What goes with a path is left out.
#[must_use]
pub fn held_exclusively(drill: &Drill, settings: &Settings) -> Vec<String> {
    let disturbed = drill.all_faults().map(super::super::fault::Fault::disturbs);
    let leases = drill.leases.iter();
    let exclusive = leases.filter(|lease| lease.mode == LeaseMode::Exclusive);
    let names = disturbed.chain(exclusive.map(|lease| lease.on.as_str()));
    let shown = |name: &str| match way_of(name, settings) {
        Some(way) if way.lane == way.path.placeholder() => format!("any {}", way.path.name),
        Some(way) => way.name,
        None => name.to_owned(),
    };
    let held: BTreeSet<_> = names.map(shown).collect();
    held.into_iter().collect()
}

/// One way through the system: a lane of a path, or a path that has no lanes.
#[derive(Clone, Debug)]
struct PathLane<'a> {
    path: &'a Pathway,
    /// Empty if the path has no lanes; the path's name in braces, of a drill that is not placed
    /// yet.
    lane: String,
    /// The lane's name, or that of a path without lanes.
    name: String,
}

/// The path or lane that `name` means, or that owns the service `name`.
fn way_of<'a>(name: &str, settings: &'a Settings) -> Option<PathLane<'a>> {
    let with_lanes = settings.paths.iter().filter(|path| !path.lanes.is_empty());
    let unplaced = with_lanes.map(|path| PathLane::on(path, path.placeholder()));
    let ways: Vec<_> = ways(settings).chain(unplaced).collect();
    let is_meant = |way: &&PathLane<'_>| way.name == name || way.name == format!("{{{name}}}");
    let owns = |way: &&PathLane<'_>| {
        let mut owned = way.path.owns.iter();
        owned.any(|service| way.filled(service) == name)
    };
    let way = ways.iter().find(is_meant);
    way.or_else(|| ways.iter().find(owns)).cloned()
}

fn ways(settings: &Settings) -> impl Iterator<Item = PathLane<'_>> {
    settings.paths.iter().flat_map(|path| {
        let lanes = path.lanes.iter();
        let lanes = lanes.map(|lane| PathLane::on(path, lane.clone()));
        let whole = PathLane {
            path,
            lane: String::new(),
            name: path.name.clone(),
        };
        lanes.chain(path.lanes.is_empty().then_some(whole))
    })
}

impl<'a> PathLane<'a> {
    fn on(path: &'a Pathway, lane: String) -> Self {
        let name = lane.clone();
        Self { path, lane, name }
    }

    fn filled(&self, text: &str) -> String {
        text.replace(&self.path.placeholder(), &self.lane)
    }

    fn is_disturbed(&self, holdings: &Holdings, settings: &Settings) -> bool {
        let own = self.path.owns.iter().chain(&self.path.uses);
        let mut services = own.chain(&settings.watched_by);
        services.any(|service| holdings.get(&self.filled(service)) == Some(&LeaseMode::Exclusive))
    }

    fn steady_state(&self) -> impl Iterator<Item = SteadyCondition> {
        let placement = Placement::on([(&self.path.name, &self.lane)]);
        let conditions = self.path.steady_state.iter();
        conditions.map(move |condition| condition.placed(&placement))
    }
}

/// What must hold before a drill that holds `holdings`: the conditions of the system, and those of
/// each path that it holds or whose services it may disturb.
#[must_use]
pub fn conditions_for(holdings: &Holdings, settings: &Settings) -> Vec<SteadyCondition> {
    let mut conditions = settings.steady_state.clone();
    for way in ways(settings) {
        if holdings.contains_key(&way.name) || way.is_disturbed(holdings, settings) {
            conditions.extend(way.steady_state());
        }
    }
    conditions
}

/// What `drill`, on its lane if it needs one, may disturb: services, and the paths and lanes that
/// go over them.
#[must_use]
pub fn disturbed_by(drill: &Drill, settings: &Settings) -> BTreeSet<String> {
    let holdings = holdings_of(drill, settings);
    let ways = ways(settings).filter(|way| way.is_disturbed(&holdings, settings));
    let mut disturbed: BTreeSet<_> = ways.map(|way| way.name).collect();
    let exclusive = holdings
        .into_iter()
        .filter(|(_, mode)| *mode == LeaseMode::Exclusive);
    disturbed.extend(exclusive.map(|(name, _)| name));
    disturbed
}

/// Every condition of the system and of all its paths.
#[must_use]
pub fn all_conditions(settings: &Settings) -> Vec<SteadyCondition> {
    let all = ways(settings).map(|way| (way.name, LeaseMode::Exclusive));
    conditions_for(&all.collect(), settings)
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;
    use crate::Fault;

    fn on_lane(name: &str) -> Drill {
        Drill::new(name, Fault::stop("handler-{lane}"))
    }

    #[test]
    fn drill_that_breaks_a_service_of_a_path_holds_the_path_and_a_lane_where_it_has_several() {
        let held = |drill: &Drill| {
            let held = holdings_of(drill, &Settings::example()).into_iter();
            let exclusive = held.filter(|(_, mode)| *mode == LeaseMode::Exclusive);
            exclusive.map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(held(&on_lane("a")), ["handler-{lane}", "{lane}"]);
        assert_eq!(
            held(&Drill::new("m", Fault::stop("minio"))),
            ["minio", "offload"]
        );
        assert_eq!(held(&Drill::new("b", Fault::restart("kafka"))), ["kafka"]);
        let places = places(&on_lane("a"), &Settings::example()).unwrap();
        let lanes: Vec<_> = places.iter().map(|place| place.lane.as_deref()).collect();
        assert_eq!(lanes, [Some("binance"), Some("okx")]);
        assert_eq!(held(&places[1].drill), ["handler-okx", "okx"]);
    }

    #[test]
    fn conditions_are_those_of_the_paths_that_a_drill_holds_or_may_disturb() {
        let names = |drill: &Drill| {
            let settings = Settings::example();
            let place = places(drill, &settings).unwrap().remove(0);
            let conditions = conditions_for(&place.holdings, &settings).into_iter();
            let names = conditions.map(|condition| condition.name);
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(&on_lane("a")), ["binance flows"]);
        let broker = Drill::new("broker", Fault::restart("kafka"));
        assert_eq!(names(&broker), ["binance flows", "okx flows"]);
        assert_eq!(
            names(&Drill::new("m", Fault::stop("minio"))),
            ["offload works"]
        );
        let prometheus = Drill::new("p", Fault::restart("prometheus"));
        assert_eq!(
            names(&prometheus),
            ["binance flows", "okx flows", "offload works"]
        );
        assert_eq!(all_conditions(&Settings::example()).len(), 3);
    }

    #[test]
    fn drill_disturbs_what_it_holds_alone_and_every_path_over_that() {
        let settings = Settings::example();
        let names = |drill: &Drill| {
            let names = disturbed_by(drill, &settings).into_iter();
            names.collect::<Vec<_>>()
        };
        let okx = places(&on_lane("a"), &settings).unwrap().remove(1).drill;
        assert_eq!(names(&okx), ["handler-okx", "okx"]);
        let broker = Drill::new("broker", Fault::restart("kafka"));
        assert_eq!(names(&broker), ["binance", "kafka", "okx"]);
        assert_eq!(
            names(&Drill::new("m", Fault::stop("minio"))),
            ["minio", "offload"]
        );
    }
}
