//! The way from the broker to `ClickHouse`: `RedpandaConsumerLagHigh`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{self, deadline_after, each_trade_arrives_once, exchange_in_turn, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // Trades go on at 50 a second, so the lag grows.
        Drill::new("consumer_stalled", k2::consumer_stalled())
            .expect_alert(lag_high((15, 30), 200))
            .tolerate(LATE.0, &[("exchange", "{lane}")], LATE.1)
            .afterwards(each_trade_arrives_once("{lane}")),
        lag_held_at("consumer_lag_held_at_1200", 1200).expect_alert(lag_high((0, 30), 20)),
        // It lasts for more than two thirds of the rule's `for`, and for less than all of it.
        lag_held_at("consumer_lag_for_four_minutes", 1500)
            .silent(lag_above(1000).hold(seconds(240))),
        // It lasts for the whole `for`. Two thirds of the threshold are 667.
        lag_held_at("consumer_lag_held_at_800", 800).silent(lag_above(667)),
    ]
}

/// The alert that trades bring which arrive late, and why.
const LATE: (&str, &str) = (
    "MVProcessingDelay",
    "what waited in the topic is late when it arrives",
);

/// The exchange hardly sends, and the consumer has caught up. Then the consumer stalls, `trades`
/// arrive within 2 s, and the exchange hardly sends again: the lag stays where it is.
fn lag_held_at(name: &str, trades: u64) -> Drill {
    let hardly = json!({"rate_per_s": 0.1});
    let burst = [(json!({"rate_per_s": trades / 2}), 2), (hardly.clone(), 0)];
    let sends = format!("sends {trades} trades at once");
    Drill::new(name, exchange_in_turn("hardly sends", &[(hardly, 6)]))
        .fault(k2::consumer_stalled())
        .fault(exchange_in_turn(&sends, &burst))
        .tolerate(LATE.0, &[("exchange", "{lane}")], LATE.1)
}

fn lag_high((earliest_s, latest_s): (u64, u64), recovery_s: u64) -> ExpectedAlert {
    let deadline = deadline_after(latest_s + 300);
    ExpectedAlert::new("RedpandaConsumerLagHigh", "warning", deadline)
        .label("exchange", "{lane}")
        .label("topic", k2::TOPIC)
        .label("group", k2::GROUP)
        .when(lag_over(1000))
        .onset(seconds(earliest_s), seconds(latest_s))
        .recovery(seconds(recovery_s))
}

fn lag_above(messages: u64) -> SilentAlert {
    SilentAlert::new("RedpandaConsumerLagHigh")
        .label("exchange", "{lane}")
        .near(lag_over(messages), seconds(40))
}

fn lag_over(messages: u64) -> String {
    format!("kafka_consumer_group_lag{{exchange=\"{{lane}}\"}} > {messages}")
}
