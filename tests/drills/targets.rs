//! What Prometheus sees by: `TargetLost`.

use alertdrill::prelude::*;

use super::k2::{EXPORTER, seconds, two_thirds_of};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // An exporter stops, for minutes: its metrics vanish, and so do the alerts on them.
        Drill::new("target_lost", Fault::stop(EXPORTER))
            .expect_alert(lost("containers", 100).held_for(seconds(120))),
        // It is down for more than two thirds of the rule's `for`, and back before its end.
        Drill::new("target_back_in_time", Fault::stop(EXPORTER)).silent(
            back_in_time("containers")
                .near(is_lost("containers"), seconds(30))
                // Three scrapes fail: one each 15 s, and what is seen is seen some seconds later.
                .hold(seconds(35)),
        ),
    ]
}

pub(super) fn lost(job: &str, deadline_s: u64) -> ExpectedAlert {
    ExpectedAlert::new("TargetLost", "critical", seconds(deadline_s))
        .label("job", job)
        .when(is_lost(job))
        .not_before(two_thirds_of(60))
}

/// A target that is lost for a minute is lost for good.
pub(super) fn back_in_time(job: &str) -> SilentAlert {
    SilentAlert::new("TargetLost")
        .label("job", job)
        .too_near(is_lost(job), seconds(60))
}

fn is_lost(job: &str) -> String {
    format!("up{{job=\"{job}\"}} == 0")
}
