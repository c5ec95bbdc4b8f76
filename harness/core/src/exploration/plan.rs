//! What an exploration would break: services × failures, each cell possible or not, and why not.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{CellKey, FailureKind};
use crate::{Drill, Error, LoadedRule, Result, Settings, Tolerated, nearest};

/// What is lost around each fault: the wait for its effect, for scrapes after the revert, and for
/// the end of its alerts.
const AROUND_A_FAULT: Duration = Duration::from_secs(30);

/// A service, as far as that decides how it can be made to fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct ServiceToExplore {
    /// Its name in the compose file.
    pub name: String,
    /// Its networks, as the compose file names them.
    pub networks: BTreeSet<String>,
    /// Whether it has a memory limit.
    pub has_memory_limit: bool,
    /// Whether its restart policy starts it again after a crash.
    pub is_restarted: bool,
    /// Whether it ends by itself, having done its work.
    pub ends_by_itself: bool,
    /// The folders of its volumes that live in memory and have a limited size.
    pub limited_volumes: BTreeSet<String>,
    /// What it is of what watches, in words; `None` if it is watched.
    pub watches: Option<String>,
    /// Whether faults may touch it.
    pub may_be_broken: bool,
    /// The lane that it belongs to, if it is one of several equal ones.
    pub lane: Option<ServiceLane>,
}

/// One of several equal ways through the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLane {
    /// The path that exists several times.
    pub path: String,
    /// The lane's name.
    pub name: String,
}

/// What an exploration would break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplorationPlan {
    /// The cells, in the order in which they are tried: each service in the most telling way
    /// first.
    pub cells: Vec<PlannedCell>,
}

/// One cell of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCell {
    /// Which.
    pub key: CellKey,
    /// Why it does not apply; `None` if it does.
    pub not_applicable: Option<String>,
}

/// What of the map is meant: a service, or one of its failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Only {
    /// The service.
    pub service: String,
    /// The failure; all if there is none.
    pub failure: Option<FailureKind>,
}

impl FromStr for Only {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (service, failure) = match text.split_once(':') {
            Some((service, failure)) => (service, Some(failure.parse()?)),
            None => (text, None),
        };
        Ok(Self {
            service: service.to_owned(),
            failure,
        })
    }
}

impl fmt::Display for Only {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failure {
            Some(failure) => write!(f, "{}:{failure}", self.service),
            None => f.write_str(&self.service),
        }
    }
}

/// What to break of these services, if only what is meant by `only` or, if that is empty, all.
///
/// # Errors
/// [`Error::BadDescription`] with the nearest name if a service is meant that there is not.
pub fn exploration_plan(services: &[ServiceToExplore], only: &[Only]) -> Result<ExplorationPlan> {
    for meant in only {
        if !services.iter().any(|service| service.name == meant.service) {
            let names = services.iter().map(|service| service.name.as_str());
            let near = nearest(&meant.service, names);
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(Error::BadDescription {
                what: "the services to explore".to_owned(),
                reason: format!("no service is named `{}`{near}", meant.service),
            });
        }
    }
    let is_meant = |key: &CellKey| {
        let means = |meant: &Only| {
            meant.service == key.service && meant.failure.is_none_or(|it| it == key.failure)
        };
        only.is_empty() || only.iter().any(means)
    };
    let mut cells = Vec::new();
    for failure in FailureKind::ALL {
        for service in services {
            cells.extend(cells_of(service, failure));
        }
    }
    cells.retain(|cell| is_meant(&cell.key));
    Ok(ExplorationPlan { cells })
}

fn cells_of(service: &ServiceToExplore, failure: FailureKind) -> Vec<PlannedCell> {
    let cell = |on: Option<&String>, not_applicable: Option<String>| PlannedCell {
        key: CellKey {
            service: service.name.clone(),
            failure,
            on: on.cloned(),
        },
        not_applicable,
    };
    if let Some(why) = why_untouched(service) {
        return vec![cell(None, Some(why))];
    }
    let on_each = |places: &BTreeSet<String>, none: &str| {
        if places.is_empty() {
            return vec![cell(None, Some(none.to_owned()))];
        }
        places.iter().map(|place| cell(Some(place), None)).collect()
    };
    match failure {
        FailureKind::CutOff => on_each(
            &service.networks,
            "it is on no network of the project that it could be cut off from",
        ),
        FailureKind::DiskFull => on_each(
            &service.limited_volumes,
            "it has no volume of a limited size in memory (tmpfs): to fill another one would fill \
             the machine's disk",
        ),
        FailureKind::OutOfMemory if !service.has_memory_limit => vec![cell(
            None,
            Some("it has no memory limit: the machine would run out of memory".to_owned()),
        )],
        FailureKind::OutOfMemory if !service.is_restarted => vec![cell(
            None,
            Some("no restart policy starts it again: it would be as `killed`".to_owned()),
        )],
        _ => vec![cell(None, None)],
    }
}

fn why_untouched(service: &ServiceToExplore) -> Option<String> {
    if let Some(watches) = &service.watches {
        return Some(format!(
            "it is {watches}: what watches cannot be judged by itself"
        ));
    }
    if service.ends_by_itself {
        return Some("it ends by itself, having done its work".to_owned());
    }
    (!service.may_be_broken).then(|| "`may_break` does not name it".to_owned())
}

impl ExplorationPlan {
    /// The cells that can be tried.
    pub fn applicable(&self) -> impl Iterator<Item = &CellKey> {
        let cells = self.cells.iter();
        let applicable = cells.filter(|cell| cell.not_applicable.is_none());
        applicable.map(|cell| &cell.key)
    }

    /// About how long one cell takes if its fault is held for `hold`.
    #[must_use]
    pub fn a_cell_takes(hold: Duration) -> Duration {
        hold + AROUND_A_FAULT
    }
}

/// Which cells are tried side by side: one failure on several lanes of one path, which do not
/// disturb each other. All others are tried alone, because whatever moves then is theirs.
#[must_use]
pub fn side_by_side(cells: &[CellKey], services: &[ServiceToExplore]) -> Vec<Vec<CellKey>> {
    let lane_of = |key: &CellKey| lane_of(key, services);
    let is_beside = |one: &CellKey, other: &CellKey| {
        let lanes = lane_of(one).zip(lane_of(other));
        let are_apart =
            lanes.is_some_and(|(one, other)| one.path == other.path && one.name != other.name);
        one.failure == other.failure && one.on == other.on && are_apart
    };
    let mut batches: Vec<Vec<CellKey>> = Vec::new();
    for key in cells {
        let fits = |batch: &&mut Vec<CellKey>| batch.iter().all(|other| is_beside(key, other));
        match batches.iter_mut().find(fits) {
            Some(batch) => batch.push(key.clone()),
            None => batches.push(vec![key.clone()]),
        }
    }
    batches
}

/// The lane of the service of a cell, if it is on one.
#[must_use]
pub fn lane_of<'a>(key: &CellKey, services: &'a [ServiceToExplore]) -> Option<&'a ServiceLane> {
    let service = services.iter().find(|it| it.name == key.service)?;
    service.lane.as_ref()
}

/// The drill of a cell that is tried beside others on its `lane`: of the alerts of which the
/// `settings` say by which label they tell lanes apart, it looks only at its own.
#[must_use]
pub fn cell_drill_on_a_lane(drill: Drill, lane: &ServiceLane, settings: &Settings) -> Drill {
    let placeholder = format!("{{{}}}", lane.path);
    let own_labels = |alert: &str| {
        let instances = settings.instances.iter().filter(|it| it.alert == alert);
        let mut labels = instances.filter_map(|it| {
            let value = it
                .values
                .iter()
                .find(|value| value.contains(&placeholder))?;
            Some((it.label.clone(), value.replace(&placeholder, &lane.name)))
        });
        labels.next()
    };
    let own = drill.tolerate.iter().filter_map(|tolerated| {
        let (label, value) = own_labels(&tolerated.alert)?;
        Some(Tolerated {
            labels: [(label, value)].into(),
            ..tolerated.clone()
        })
    });
    Drill {
        tolerate: own.collect(),
        ..drill
    }
}

/// The drill that tries a cell: it holds its fault for `hold` at least and expects nothing. Any
/// alert of these rules may come of it.
#[must_use]
pub fn cell_drill(key: &CellKey, hold: Duration, rules: &[LoadedRule]) -> Drill {
    let fault = key.failure.fault(&key.service, key.on.as_deref());
    let mut drill = Drill::new(key.drill_name(), fault);
    let names: BTreeSet<_> = rules
        .iter()
        .filter(|rule| !rule.is_watchdog)
        .map(|rule| &rule.alert)
        .collect();
    drill.looks_for = Some(hold);
    drill.tolerate = names
        .into_iter()
        .map(|alert| Tolerated {
            alert: alert.clone(),
            labels: [].into(),
            reason: "an exploration looks at what comes of its fault".to_owned(),
        })
        .collect();
    drill
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str) -> ServiceToExplore {
        ServiceToExplore {
            name: name.to_owned(),
            networks: ["front".to_owned(), "back".to_owned()].into(),
            has_memory_limit: true,
            is_restarted: true,
            may_be_broken: true,
            ..ServiceToExplore::default()
        }
    }

    fn shown(services: &[ServiceToExplore], only: &[&str]) -> Vec<String> {
        let only: Vec<Only> = only.iter().map(|text| text.parse().unwrap()).collect();
        let plan = exploration_plan(services, &only).unwrap();
        let cells = plan.cells.iter();
        cells
            .map(|cell| match &cell.not_applicable {
                Some(why) => format!("{}: {why}", cell.key),
                None => cell.key.to_string(),
            })
            .collect()
    }

    #[test]
    fn each_service_fails_in_each_way_that_applies_and_the_others_say_why_not() {
        let prometheus = ServiceToExplore {
            watches: Some("the rule engine".to_owned()),
            ..service("prometheus")
        };
        insta::assert_snapshot!(shown(&[service("api"), prometheus], &["api"]).join("\n"), @r"
        api:stopped
        api:hung
        api:cut_off:back
        api:cut_off:front
        api:killed
        api:slow
        api:restarting
        api:terminated
        api:out_of_memory
        api:disk_full: it has no volume of a limited size in memory (tmpfs): to fill another one would fill the machine's disk
        ");
        let bare = ServiceToExplore {
            networks: [].into(),
            has_memory_limit: false,
            ..service("bare")
        };
        insta::assert_snapshot!(
            shown(&[bare], &["bare:cut_off", "bare:out_of_memory"]).join("\n"), @r"
        bare:cut_off: it is on no network of the project that it could be cut off from
        bare:out_of_memory: it has no memory limit: the machine would run out of memory
        ");
    }

    #[test]
    fn what_watches_and_what_ends_by_itself_is_left_alone() {
        let watches = ServiceToExplore {
            watches: Some("the rule engine".to_owned()),
            ..service("prometheus")
        };
        let init = ServiceToExplore {
            ends_by_itself: true,
            ..service("init")
        };
        let foreign = ServiceToExplore {
            may_be_broken: false,
            ..service("foreign")
        };
        let plan = exploration_plan(&[watches, init, foreign], &[]).unwrap();
        assert_eq!(plan.applicable().count(), 0);
        assert_eq!(plan.cells.len(), 3 * FailureKind::ALL.len());
    }

    #[test]
    fn unknown_service_and_unknown_failure_are_refused_with_their_nearest_name() {
        let only: Only = "apii".parse().unwrap();
        let error = exploration_plan(&[service("api")], &[only]).unwrap_err();
        assert!(error.to_string().contains("did you mean `api`?"), "{error}");
        let error = "api:hang".parse::<Only>().unwrap_err();
        assert!(
            error.to_string().contains("did you mean `hung`?"),
            "{error}"
        );
    }

    #[test]
    fn lanes_of_one_path_are_tried_side_by_side_and_all_else_alone() {
        let on_a_lane = |lane: &str| ServiceToExplore {
            lane: Some(ServiceLane {
                path: "lane".to_owned(),
                name: lane.to_owned(),
            }),
            networks: ["broker".to_owned()].into(),
            ..service(&format!("handler-{lane}"))
        };
        let services = [on_a_lane("okx"), service("kafka"), on_a_lane("kraken")];
        let cells: Vec<_> = ["handler-okx", "kafka", "handler-kraken"]
            .into_iter()
            .flat_map(|service| {
                [FailureKind::Stopped, FailureKind::Hung].map(|failure| CellKey {
                    service: service.to_owned(),
                    failure,
                    on: None,
                })
            })
            .collect();
        let batches: Vec<Vec<_>> = side_by_side(&cells, &services)
            .iter()
            .map(|batch| batch.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(
            batches,
            [
                vec!["handler-okx:stopped", "handler-kraken:stopped"],
                vec!["handler-okx:hung", "handler-kraken:hung"],
                vec!["kafka:stopped"],
                vec!["kafka:hung"],
            ]
        );
    }

    #[test]
    fn drill_on_a_lane_looks_at_the_alerts_that_are_told_apart_by_it() {
        let mut settings = Settings::example();
        settings.instances.push(crate::settings::Instances {
            alert: "Down".to_owned(),
            labels: [].into(),
            label: "exchange".to_owned(),
            values: vec!["{lane}".to_owned()],
        });
        let key = CellKey {
            service: "handler-okx".to_owned(),
            failure: FailureKind::Stopped,
            on: None,
        };
        let rules = [LoadedRule::example("Down"), LoadedRule::example("Late")];
        let drill = cell_drill(&key, Duration::from_secs(60), &rules);
        let lane = ServiceLane {
            path: "lane".to_owned(),
            name: "okx".to_owned(),
        };
        let [claim] = cell_drill_on_a_lane(drill, &lane, &settings)
            .claims()
            .try_into()
            .unwrap();
        assert_eq!(claim.to_string(), "Down{exchange=\"okx\"}");
    }

    #[test]
    fn drill_of_a_cell_expects_nothing_and_tolerates_every_alert_but_watchdogs() {
        let rules = [LoadedRule::example("Down"), LoadedRule::example("Late")];
        let key = CellKey {
            service: "my-api".to_owned(),
            failure: FailureKind::CutOff,
            on: Some("back".to_owned()),
        };
        let drill = cell_drill(&key, Duration::from_secs(60), &rules);
        assert_eq!(drill.name, "explore_my_api_cut_off_back");
        assert_eq!(drill.claims().len(), 2);
        assert!(!drill.is_to_fire());
        assert_eq!(drill.faults, [Fault::cut_off("my-api", "back")]);
    }

    use crate::Fault;
}
