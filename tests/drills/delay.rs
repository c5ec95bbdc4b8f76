//! How late trades reach bronze: `MVProcessingDelay`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{deadline_after, exchange, seconds, two_thirds_of};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        Drill::new("mv_delayed", slow_path(40)).expect_alert(delayed("{lane}", (39, 52))),
        // It is a little more than two thirds of the rule's threshold.
        Drill::new("mv_delay_held_at_20_s", slow_path(20)).silent(stays_silent(20)),
        // With the time that the average takes to recover, it lasts for more than two thirds of
        // the rule's `for`, and for less than all of it.
        Drill::new("mv_delayed_for_less_than_a_minute", slow_path(40))
            .silent(stays_silent(30).hold(seconds(35))),
    ]
}

/// The metric is an average over 30 s, and takes as long to recover.
pub(super) fn delayed(exchange: &str, (earliest_s, latest_s): (u64, u64)) -> ExpectedAlert {
    ExpectedAlert::new(
        "MVProcessingDelay",
        "warning",
        deadline_after(latest_s + 60),
    )
    .label("exchange", exchange)
    .when(delay_of(exchange, 30))
    .not_before(two_thirds_of(60))
    .onset(seconds(earliest_s), seconds(latest_s))
    .recovery(seconds(40))
}

/// Every trade takes `delay_s`: for that long none arrives, and then all arrive that late.
fn slow_path(delay_s: u64) -> Fault {
    let what = format!("is reached {delay_s} s late");
    exchange(&what, json!({"delay_s": delay_s}))
}

fn stays_silent(above_s: u64) -> SilentAlert {
    SilentAlert::new("MVProcessingDelay")
        .label("exchange", "{lane}")
        .near(delay_of("{lane}", above_s), seconds(80))
        .too_near(delay_of("{lane}", 30), seconds(60))
}

fn delay_of(exchange: &str, above_s: u64) -> String {
    let delay = format!("clickhouse_mv_processing_delay_seconds{{exchange=\"{exchange}\"}}");
    format!("avg by (exchange) ({delay}) > {above_s}")
}
