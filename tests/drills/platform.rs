//! What everything runs on: broker, database and Prometheus itself are restarted.

use alertdrill::prelude::*;

use super::k2::{EXCHANGES, EXPORTER, between_runs, each_trade_arrives_once, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        each_trade_of_all_arrives_once(
            Drill::new("broker_restarted", Fault::restart("kafka"))
                .shared("clickhouse")
                .silent(over_in_time("FeedHandlerDown"))
                .silent(over_in_time("RedpandaConsumerLagHigh"))
                .silent(over_in_time("TargetLost").label("job", "kafka")),
        ),
        each_trade_of_all_arrives_once(
            Drill::new("clickhouse_restarted", Fault::restart("clickhouse"))
                .at(between_runs())
                .silent(over_in_time("FeedHandlerDown"))
                .silent(over_in_time("RedpandaConsumerLagHigh"))
                .silent(over_in_time("MVProcessingDelay"))
                .silent(over_in_time("TargetLost").label("job", "clickhouse")),
        ),
        // Prometheus does not restore a `for` shorter than ten minutes
        // (`rules.alert.for-grace-period`). The `for` starts over, and the alert fires that long
        // after the restart. The target carries no trades, so other drills go on once Prometheus
        // is back.
        Drill::new(
            "prometheus_restarted_while_an_alert_is_pending",
            Fault::stop(EXPORTER),
        )
        .once_pending(Fault::restart("prometheus"))
        .expect_alert(
            ExpectedAlert::new("TargetLost", "critical", seconds(140))
                .label("job", "containers")
                .onset(seconds(1), seconds(45)),
        ),
    ]
}

fn each_trade_of_all_arrives_once(drill: Drill) -> Drill {
    EXCHANGES.iter().fold(drill, |drill, exchange| {
        drill.afterwards(each_trade_arrives_once(exchange))
    })
}

/// The disturbance ends before the rule's `for`: it is held only for as long as a scrape or an
/// evaluation may take to see it.
fn over_in_time(alert: &str) -> SilentAlert {
    SilentAlert::new(alert).hold(seconds(5))
}
