//! Shows on a terminal what a run of drills shows, with drills that are made up: `cargo run
//! --package alertdrill --example terminal [DRILLS]`.

use std::collections::VecDeque;
use std::time::Duration;

use alertdrill::Outcome;
use alertdrill::progress::{DrillLine, Progress, Step, WindowBar};

const RUN_AT_ONCE: usize = 8;
const LANES: [&str; 3] = ["okx", "kraken", "coinbase"];

struct Drill {
    name: String,
    began_s: u32,
    step: Step,
    _line: DrillLine,
}

fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let names = (1..=count.unwrap_or(34)).map(|number| format!("feed_handler_{number}_stopped"));
    let mut waiting: VecDeque<_> = names.collect();
    let progress = Progress::default();
    progress.will_run(waiting.clone());
    let stack = progress.step("stack", "starting its services");
    for healthy in 0..13 {
        stack.update(&format!("{healthy} of 13 are healthy"));
        std::thread::sleep(Duration::from_millis(100));
    }
    stack.done("done");
    let mut running: Vec<Drill> = Vec::new();
    for second in 0.. {
        while running.len() < RUN_AT_ONCE
            && let Some(name) = waiting.pop_front()
        {
            let lane = LANES[running.len() % LANES.len()];
            let about = format!("feed-handler-{lane} stopped");
            let shown = progress.begin(&name, Some(lane), &about);
            running.push(Drill {
                step: progress.step(&name, "waiting for its alerts"),
                name,
                began_s: second,
                _line: shown,
            });
        }
        if running.is_empty() {
            return;
        }
        running.retain(|drill| goes_on(drill, second, &progress));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Shows how far a drill is; false once it has ended.
fn goes_on(drill: &Drill, second: u32, progress: &Progress) -> bool {
    let since_fault_s = second - drill.began_s;
    let ends_s =
        60 + u32::try_from(drill.name.len() * 7 + drill.began_s as usize).unwrap_or(0) % 40;
    if since_fault_s >= ends_s {
        let outcome = if ends_s % 7 == 0 {
            Outcome::Fail
        } else {
            Outcome::Pass
        };
        let text = format!("{}: {outcome}: FeedHandlerDown", drill.name);
        progress.ended(&drill.name, outcome, &text);
        return false;
    }
    let bar = WindowBar {
        now_s: f64::from(since_fault_s),
        window_s: Some([45.0, 70.0]),
        deadline_s: 90.0,
    };
    let state = format!("+{since_fault_s} s: FeedHandlerDown is pending, deadline +90 s");
    drill.step.update_in(bar, &state);
    true
}
