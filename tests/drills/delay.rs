//! How late trades reach bronze: `MVProcessingDelay`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{deadline_after, exchange, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // The metric is an average over 30 s, and takes as long to recover.
        Drill::new("mv_delayed", slow_path(40)).expect_alert(
            ExpectedAlert::new("MVProcessingDelay", "warning", deadline_after(50 + 60))
                .label("exchange", "{lane}")
                .when(delay_above(30))
                .onset(seconds(39), seconds(50))
                .recovery(seconds(40)),
        ),
        // It is a little more than two thirds of the rule's threshold.
        Drill::new("mv_delay_held_at_20_s", slow_path(20)).silent(stays_silent(20)),
        // With the time that the average takes to recover, it lasts for more than two thirds of
        // the rule's `for`, and for less than all of it.
        Drill::new("mv_delayed_for_less_than_a_minute", slow_path(40))
            .silent(stays_silent(30).hold(seconds(35))),
    ]
}

/// Every trade takes `delay_s`: for that long none arrives, and then all arrive that late.
fn slow_path(delay_s: u64) -> Fault {
    let what = format!("is reached {delay_s} s late");
    exchange(&what, json!({"delay_s": delay_s}))
}

fn stays_silent(above_s: u64) -> SilentAlert {
    SilentAlert::new("MVProcessingDelay")
        .label("exchange", "{lane}")
        .near(delay_above(above_s), seconds(80))
}

fn delay_above(delay_s: u64) -> String {
    let delay = "clickhouse_mv_processing_delay_seconds{exchange=\"{lane}\"}";
    format!("avg by (exchange) ({delay}) > {delay_s}")
}
