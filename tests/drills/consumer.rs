//! The way from the broker to `ClickHouse`: `RedpandaConsumerLagHigh`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{self, exchange, no_trade_is_lost_or_doubled, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        consumer_stalled(),
        consumer_lag_held_at_1200(),
        consumer_lag_for_four_minutes(),
        consumer_lag_held_at_800(),
    ]
}

fn lag_high(onset_s: (u64, u64), recovery_s: u64) -> ExpectedAlert {
    let deadline = seconds(onset_s.1 + 300 + 15 + 5 + 5);
    ExpectedAlert::new("RedpandaConsumerLagHigh", "warning", deadline)
        .label("exchange", "{lane}")
        .label("topic", k2::TOPIC)
        .label("group", k2::GROUP)
        .when("kafka_consumer_group_lag{exchange=\"{lane}\"} > 1000")
        .onset(seconds(onset_s.0), seconds(onset_s.1))
        .recovery(seconds(recovery_s))
}

fn released_late(drill: Drill) -> Drill {
    let reason = "what waited in the topic is late when it arrives";
    drill.tolerate("MVProcessingDelay", &[("exchange", "{lane}")], reason)
}

/// Trades go on at 50 a second, and the lag grows.
fn consumer_stalled() -> Drill {
    let drill = Drill::new("consumer_stalled", k2::consumer_stalled())
        .expect_alert(lag_high((15, 30), 200))
        .afterwards(no_trade_is_lost_or_doubled("{lane}"));
    released_late(drill)
}

/// The consumer has caught up with an exchange that hardly sends; it stalls, and `trades` come
/// within 2 s. Then, again, the exchange hardly sends: the lag stays where it is.
fn lag_held_at(name: &str, trades: u64) -> Drill {
    let hardly = json!({"rate_per_s": 0.1});
    let burst = exchange(
        &format!("sends {trades} trades at once"),
        &[(json!({"rate_per_s": trades / 2}), 2), (hardly.clone(), 0)],
    );
    let drill = Drill::new(name, exchange("hardly sends", &[(hardly, 6)]))
        .fault(k2::consumer_stalled())
        .fault(burst);
    released_late(drill)
}

fn consumer_lag_held_at_1200() -> Drill {
    lag_held_at("consumer_lag_held_at_1200", 1200).expect_alert(lag_high((0, 30), 20))
}

fn lag_above(messages: u64) -> SilentAlert {
    let near = format!("kafka_consumer_group_lag{{exchange=\"{{lane}}\"}} > {messages}");
    SilentAlert::new("RedpandaConsumerLagHigh")
        .label("exchange", "{lane}")
        .near(near, seconds(40))
}

/// More than two thirds of the rule's `for`, and less than all of it.
fn consumer_lag_for_four_minutes() -> Drill {
    lag_held_at("consumer_lag_for_four_minutes", 1500).silent(lag_above(1000).hold(seconds(240)))
}

/// For as long as the rule would need; two thirds of its threshold are 667.
fn consumer_lag_held_at_800() -> Drill {
    lag_held_at("consumer_lag_held_at_800", 800).silent(lag_above(667))
}
