//! The way from the broker to `ClickHouse`: `RedpandaConsumerLagHigh`.

use alertdrill::prelude::*;
use serde_json::json;

use super::delay::delayed;
use super::feed::handler_gone;
use super::k2::{
    self, deadline_after, each_trade_arrives_once, exchange_in_turn, for_each_exchange, seconds,
    two_thirds_of,
};
use super::targets::back_in_time;

pub(super) fn drills() -> Vec<Drill> {
    vec![
        consumers_of_all_slow(),
        // Its lag is a little more than the rule's threshold, and stays there for minutes.
        lag_held_at("consumer_stalled", 1200)
            .expect_alert(lag_high("{lane}", (0, 30)).held_for(seconds(120)))
            .afterwards(each_trade_arrives_once("{lane}")),
        // It lasts for more than two thirds of the rule's `for`, and for less than all of it.
        lag_held_at("consumer_lag_for_four_minutes", 1500)
            .silent(lag_above(1000).hold(seconds(240))),
        // It lasts for the whole `for`. Two thirds of the threshold are 667.
        lag_held_at("consumer_lag_held_at_800", 800).silent(lag_above(667)),
    ]
}

/// What `ClickHouse` inserts of each exchange takes 30 s for 200 rows, so all lanes lag, and trades
/// come late. Once that is known, all handlers go too, and every other scrape of the lag fails: the
/// lag's long `for` must not start over.
///
/// It comes before the drills on lanes, so each of their alerts is the second one of its group, and
/// must page again.
fn consumers_of_all_slow() -> Drill {
    let drill = Drill::new("consumers_of_all_slow", k2::inserts_of_all_slow());
    let drill = for_each_exchange(drill, |drill, exchange| {
        // The first to be expected is the last to begin of what the slow inserts bring.
        drill
            .exclusive(exchange)
            .expect_alert(delayed(exchange, (30, 95)))
            .once_pending(Fault::stop(format!("feed-handler-{exchange}")))
    });
    let drill = drill.once_pending(Fault::flap("lag-exporter", seconds(20), seconds(10)));
    let drill = for_each_exchange(drill, |drill, exchange| {
        let lag = lag_high(exchange, (15, 45));
        // Samples of failed scrapes are missing.
        drill
            .expect_alert(lag.when(last_lag_over(exchange, 1000)))
            .expect_alert(handler_gone(exchange, 205).onset(seconds(30), seconds(120)))
    });
    drill
        .silent(back_in_time("kafka-lag"))
        .afterwards(each_trade_arrives_once("bybit"))
}

/// The exchange hardly sends, and the consumer has caught up. Then the consumer stalls, `trades`
/// arrive within 2 s, and the exchange hardly sends again: the lag stays where it is.
fn lag_held_at(name: &str, trades: u64) -> Drill {
    let hardly = json!({"rate_per_s": 0.1});
    let burst = [(json!({"rate_per_s": trades / 2}), 2), (hardly.clone(), 0)];
    let sends = format!("sends {trades} trades at once");
    Drill::new(name, exchange_in_turn("hardly sends", &[(hardly, 6)]))
        .fault(k2::consumer_stalled())
        .fault(exchange_in_turn(&sends, &burst))
}

fn lag_high(exchange: &str, (earliest_s, latest_s): (u64, u64)) -> ExpectedAlert {
    let deadline = deadline_after(latest_s + 300);
    ExpectedAlert::new("RedpandaConsumerLagHigh", "warning", deadline)
        .label("exchange", exchange)
        .label("topic", k2::TOPIC.replace("{lane}", exchange))
        .label("group", k2::GROUP.replace("{lane}", exchange))
        .when(lag_over(exchange, 1000))
        .not_before(two_thirds_of(300))
        .onset(seconds(earliest_s), seconds(latest_s))
        .recovery(seconds(20))
}

fn lag_above(messages: u64) -> SilentAlert {
    SilentAlert::new("RedpandaConsumerLagHigh")
        .label("exchange", "{lane}")
        .near(lag_over("{lane}", messages), seconds(40))
        .too_near(lag_over("{lane}", 1000), seconds(300))
}

fn lag_over(exchange: &str, messages: u64) -> String {
    format!("kafka_consumer_group_lag{{exchange=\"{exchange}\"}} > {messages}")
}

/// As [`lag_over`], where single samples are missing.
fn last_lag_over(exchange: &str, messages: u64) -> String {
    let lag = format!("kafka_consumer_group_lag{{exchange=\"{exchange}\"}}[1m]");
    format!("last_over_time({lag}) > {messages}")
}
