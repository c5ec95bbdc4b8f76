//! What Prometheus sees by: `TargetLost`.

use alertdrill::prelude::*;

use super::k2::{EXPORTER, seconds};

const LOST: &str = "up{job=\"containers\"} == 0";

pub(super) fn drills() -> Vec<Drill> {
    vec![target_lost(), target_back_in_time()]
}

/// An exporter stops: its metrics vanish, and with them the alerts on them.
fn target_lost() -> Drill {
    let alert = ExpectedAlert::new("TargetLost", "critical", seconds(100))
        .label("job", "containers")
        .when(LOST);
    Drill::new("target_lost", Fault::stop(EXPORTER)).expect_alert(alert)
}

/// Down for longer than two thirds of the rule's `for`, and back before its end.
fn target_back_in_time() -> Drill {
    let alert = SilentAlert::new("TargetLost")
        .label("job", "containers")
        .near(LOST, seconds(30))
        .hold(seconds(40));
    Drill::new("target_back_in_time", Fault::stop(EXPORTER)).silent(alert)
}
