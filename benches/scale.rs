//! How long a suite takes, by simulation: with more lanes, on more stacks and machines, with more
//! drills.
//!
//! `cargo bench --bench scale` breaks nothing and needs no engine. It writes
//! `target/bench/scale.json`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

#[path = "../tests/drills/mod.rs"]
mod drills;
mod kept;

use std::path::Path;
use std::time::{Duration, Instant};

use alertdrill::plan::{Outlook, Plan};
use alertdrill::schedule::{Slot, TimedDrill, simulate, spread};
use alertdrill::written::Written;
use alertdrill::{Drill, ExpectedAlert, Fault, Settings};
use serde_json::{Value, json};

/// How long a drill of a suite that is made up here takes, and when it has mended what it broke.
const LASTS: Duration = Duration::from_secs(150);
const MENDED_AFTER: Duration = Duration::from_secs(90);

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let k2 = Written::read(root).unwrap();
    let lanes = [6, 8, 10, 12].map(|lanes| with_lanes(&k2, lanes));
    let stacks = [1, 2, 3, 4].map(|stacks| on_stacks(&k2, stacks));
    let machines = [1, 2, 3, 4].map(|machines| on_machines(&k2, machines));
    let made_up = [10, 100, 300, 1000].map(made_up);
    let figures = json!({
        "k2_with_lanes": lanes,
        "k2_on_stacks": stacks,
        "k2_on_machines": machines,
        "made_up": made_up,
    });
    kept::keep("scale", &figures);
}

/// The K2 drills if the pipeline had so many exchanges.
fn with_lanes(k2: &Written, lanes: usize) -> Value {
    let mut settings = k2.settings.clone();
    let mut paths = settings.paths.iter_mut();
    let path = paths.find(|path| !path.lanes.is_empty()).unwrap();
    for number in path.lanes.len()..lanes {
        path.lanes.push(format!("exchange{number}"));
    }
    let handlers = path.lanes.iter().map(|lane| format!("feed-handler-{lane}"));
    settings.services.extend(handlers);
    let [at_best_s, at_worst_s] = walls_s(k2, &settings, drills::all());
    json!({"lanes": lanes, "at_best_s": at_best_s, "at_worst_s": at_worst_s})
}

/// The K2 drills on so many stacks, spread as a run spreads them (`STACKS`).
fn on_stacks(k2: &Written, stacks: usize) -> Value {
    let drills = drills::all();
    let (settings, routes) = (&k2.settings, k2.routes.as_ref());
    let outlook = Outlook::of(&plan_of(drills.clone()), settings, &k2.rules, routes);
    let began = Instant::now();
    let stack_of = spread(&outlook.unwrap().usual(), settings, routes, stacks);
    let spread_s = began.elapsed().as_secs_f64();
    let parts = (0..stacks).map(|stack| {
        let on_it = drills.iter().zip(&stack_of).filter(|(_, on)| **on == stack);
        on_it.map(|(drill, _)| drill.clone()).collect()
    });
    let [at_best_s, at_worst_s] = slowest_s(k2, parts);
    json!({
        "stacks": stacks,
        "at_best_s": at_best_s,
        "at_worst_s": at_worst_s,
        "spread_s": spread_s,
    })
}

/// The K2 drills on so many machines, each with a stack of its own and the drills that
/// `nextest --partition slice:N/MACHINES` gives it: of their names in order, every so-many-th.
fn on_machines(k2: &Written, machines: usize) -> Value {
    let [at_best_s, at_worst_s] = slowest_s(k2, parts(drills::all(), machines));
    json!({"machines": machines, "at_best_s": at_best_s, "at_worst_s": at_worst_s})
}

fn parts(mut drills: Vec<Drill>, machines: usize) -> impl Iterator<Item = Vec<Drill>> {
    drills.sort_by(|one, other| one.name.cmp(&other.name));
    (0..machines).map(move |first| {
        drills
            .iter()
            .skip(first)
            .step_by(machines)
            .cloned()
            .collect()
    })
}

/// How long the slowest of these parts takes at least and at most.
fn slowest_s(k2: &Written, parts: impl Iterator<Item = Vec<Drill>>) -> [u64; 2] {
    let walls = parts.map(|part| walls_s(k2, &k2.settings, part));
    let slowest = walls.reduce(|one, other| [one[0].max(other[0]), one[1].max(other[1])]);
    slowest.unwrap()
}

/// How long these drills take at least and at most, by the rules' constants.
fn walls_s(k2: &Written, settings: &Settings, drills: Vec<Drill>) -> [u64; 2] {
    let outlook = Outlook::of(&plan_of(drills), settings, &k2.rules, k2.routes.as_ref()).unwrap();
    [wall_s(&outlook.at_best), wall_s(&outlook.at_worst)]
}

fn plan_of(drills: Vec<Drill>) -> Plan {
    Plan {
        drills,
        waivers: vec![],
    }
}

fn wall_s(slots: &[Slot]) -> u64 {
    let ends = slots.iter().map(|slot| slot.until);
    ends.max().unwrap_or_default().as_secs()
}

/// So many alerts, three to a service. All services use one database; one drill in ten breaks that,
/// and keeps all others out.
fn made_up(alerts: usize) -> Value {
    let services = alerts.div_ceil(3);
    let settings = settings_of(services);
    let drills: Vec<_> = (0..alerts).map(|number| drill(number, services)).collect();
    let walls = [1, 4, 16].map(|machines| {
        let parts = parts(drills.clone(), machines);
        let walls = parts.map(|part| {
            let timed: Vec<_> = part.into_iter().map(timed).collect();
            wall_s(&simulate(&timed, &settings, None).unwrap())
        });
        json!({"machines": machines, "wall_s": walls.max()})
    });
    json!({"drills": alerts, "services": services, "walls": walls})
}

fn drill(number: usize, services: usize) -> Drill {
    let broken = if number.is_multiple_of(10) {
        "database".to_owned()
    } else {
        format!("service-{}", number % services)
    };
    let alert = ExpectedAlert::new(
        format!("Alert{number}"),
        "critical",
        Duration::from_secs(120),
    );
    Drill::new(format!("drill_{number:04}"), Fault::stop(broken)).expect_alert(alert)
}

fn timed(drill: Drill) -> TimedDrill {
    TimedDrill {
        drill,
        estimate: LASTS,
        mended_after: MENDED_AFTER,
        lasts: LASTS,
    }
}

fn settings_of(services: usize) -> Settings {
    let names = (0..services).map(|number| format!("service-{number}"));
    let names: Vec<_> = names.collect();
    let path = |name: &String| {
        let path = format!("path-{name}");
        json!({"name": path, "owns": [name], "uses": ["database"]})
    };
    let paths: Vec<_> = names.iter().map(path).collect();
    let shared = ["database".to_owned(), "prometheus".to_owned()];
    let all = names.into_iter().chain(shared).collect();
    let settings = json!({
        "prometheus": {"service": "prometheus", "port": 9090},
        "prometheus_files": {"configuration": "prometheus.yml", "rules": "rules.yml"},
        "paths": paths,
    });
    Settings {
        services: all,
        ..serde_json::from_value(settings).unwrap()
    }
}
