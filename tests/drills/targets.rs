//! What Prometheus sees by: `TargetLost`.

use alertdrill::prelude::*;

use super::k2::{EXPORTER, seconds};

const LOST: &str = "up{job=\"containers\"} == 0";

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // An exporter stops: its metrics vanish, and so do the alerts on them.
        Drill::new("target_lost", Fault::stop(EXPORTER)).expect_alert(
            ExpectedAlert::new("TargetLost", "critical", seconds(100))
                .label("job", "containers")
                .when(LOST),
        ),
        // It is down for more than two thirds of the rule's `for`, and back before its end.
        Drill::new("target_back_in_time", Fault::stop(EXPORTER)).silent(
            SilentAlert::new("TargetLost")
                .label("job", "containers")
                .near(LOST, seconds(30))
                .hold(seconds(40)),
        ),
    ]
}
