//! How late trades reach bronze: `MVProcessingDelay`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{exchange, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        mv_delayed(),
        mv_delay_held_at_20_s(),
        mv_delayed_for_less_than_a_minute(),
    ]
}

/// Trades are on their way for `delay_s`: nothing comes for so long, then all comes so late.
fn slow_path(delay_s: u64) -> Fault {
    exchange(
        &format!("is reached {delay_s} s late"),
        &[(json!({"delay_s": delay_s}), 0)],
    )
}

fn delay_above(delay_s: u64) -> String {
    format!(
        "avg by (exchange) (clickhouse_mv_processing_delay_seconds{{exchange=\"{{lane}}\"}}) > {delay_s}"
    )
}

/// The metric is the average over 30 s, and so is its way back.
fn mv_delayed() -> Drill {
    let alert = ExpectedAlert::new(
        "MVProcessingDelay",
        "warning",
        seconds(50 + 60 + 15 + 5 + 5),
    )
    .label("exchange", "{lane}")
    .when(delay_above(30))
    .onset(seconds(39), seconds(50))
    .recovery(seconds(40));
    Drill::new("mv_delayed", slow_path(40)).expect_alert(alert)
}

fn stays_silent(above_s: u64) -> SilentAlert {
    SilentAlert::new("MVProcessingDelay")
        .label("exchange", "{lane}")
        .near(delay_above(above_s), seconds(80))
}

/// Two thirds of the rule's threshold, and a little more.
fn mv_delay_held_at_20_s() -> Drill {
    Drill::new("mv_delay_held_at_20_s", slow_path(20)).silent(stays_silent(20))
}

/// More than two thirds of the rule's `for`, with the time that the average takes to come down, and
/// less than all of it.
fn mv_delayed_for_less_than_a_minute() -> Drill {
    Drill::new("mv_delayed_for_less_than_a_minute", slow_path(40))
        .silent(stays_silent(30).hold(seconds(35)))
}
