//! How long 1,000 whole lives of a drill take in the simulated world of the runner's tests: `cargo
//! bench --profile dev --bench lives 2>/dev/null`.
//!
//! Each life has its own world, journal, leases and observer; its alert fires, is delivered and
//! resolves, and the drill passes. Prints JSON: the seconds of this machine, those of them that a
//! processor worked (the rest waits for the disk, to which the journal is synced), and the
//! simulated ones. With `TMPDIR` in memory nothing waits.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

use std::time::{Duration, Instant};

use alertdrill::{Drill, ExpectedAlert, Fault, Outcome, judge};
use serde_json::json;

/// What the simulated world names as its own crate's.
mod runner {
    pub(crate) use alertdrill::runner::{Neighbourhood, Surroundings, run, wait_for_all};
}

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../src/runner/simulated/mod.rs"]
mod simulated;

use simulated::rule::{SimulatedRule, down};
use simulated::simulated_stack::{SimulatedStack, simulated};
use simulated::world::World;

const LIVES: u32 = 1000;

fn main() {
    let alert = ExpectedAlert::new("ApiDown", "critical", Duration::from_secs(60));
    let drill = Drill::new("api_stopped", Fault::stop("api")).expect_alert(alert.when(down("api")));
    let (began, before_ns) = (Instant::now(), on_processor_ns());
    let simulated_s: f64 = (0..LIVES).map(|_| live(&drill)).sum();
    let spent_s = began.elapsed().as_secs_f64();
    let worked_s = Duration::from_nanos(on_processor_ns() - before_ns).as_secs_f64();
    let rounded = |seconds: f64| (seconds * 10.0).round() / 10.0;
    let said = json!({
        "lives": LIVES,
        "seconds": rounded(spent_s),
        "processor_seconds": rounded(worked_s),
        "simulated_seconds": rounded(simulated_s),
    });
    println!("{said}");
}

/// One life; how many simulated seconds it took.
fn live(drill: &Drill) -> f64 {
    simulated(async {
        let stack = SimulatedStack::new(World::new([SimulatedRule::new("ApiDown", "api")]));
        let (drill, timeline) = stack.live(drill).await;
        let outcome = judge(&drill, &timeline).outcome;
        assert_eq!(outcome, Outcome::Pass, "a life did not go as it must");
        let began_at = timeline
            .faults
            .first()
            .expect("it has broken something")
            .injected_at;
        timeline.finished_at.seconds_since(began_at)
    })
}

/// How long this thread was on a processor (`/proc/thread-self/schedstat`, in nanoseconds).
fn on_processor_ns() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = schedstat
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    nanoseconds.expect("the kernel tells of a thread's time")
}
