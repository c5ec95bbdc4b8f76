//! Shows on a terminal what a run of drills shows, with drills that are made up: `cargo run
//! --package alertdrill --example terminal`.

use std::time::Duration;

use alertdrill::progress::{Progress, WindowBar};

fn main() {
    let progress = Progress::default();
    let drills = [
        (
            "feed_handler_stopped",
            "okx: feed-handler-okx stopped",
            60.0,
        ),
        ("offload_failing", "minio stopped", 90.0),
    ];
    let queued: Vec<_> = ["mv_delayed", "target_lost"]
        .map(|drill| progress.queue(drill, "waiting for its leases"))
        .into();
    let lines = drills.map(|(drill, about, _)| progress.line_of(drill, about));
    let steps = drills.map(|(drill, _, _)| progress.step(drill, "waiting for its alerts"));
    for second in 0..160 {
        let now_s = f64::from(second);
        for (step, (_, _, earliest_s)) in steps.iter().zip(drills) {
            let bar = WindowBar {
                now_s,
                window_s: Some([earliest_s, earliest_s + 25.0]),
                deadline_s: 120.0,
            };
            step.update_in(bar, &format!("+{second} s: is pending"));
        }
        if second == 60 {
            progress.line(
                "service_restarted_by_hand on kraken: pass: ServiceOOMKill silent; \
                 fault reverted +35.8 s",
            );
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    drop((steps, lines, queued));
}
