//! What everything runs on: broker, database and Prometheus itself are restarted.

use alertdrill::prelude::*;

use super::feed::feed_silent;
use super::k2::{
    EXPORTER, between_runs, each_trade_arrives_once, for_each_exchange, seconds, two_thirds_of,
};
use super::targets::{back_in_time, lost};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        each_trade_of_all_arrives_once(broker_gone()),
        each_trade_of_all_arrives_once(
            Drill::new("broker_restarted", Fault::restart("kafka"))
                .shared("clickhouse")
                .silent(over_in_time("FeedHandlerDown"))
                .silent(over_in_time("RedpandaConsumerLagHigh"))
                .silent(back_in_time("kafka").hold(seconds(5))),
        ),
        each_trade_of_all_arrives_once(
            Drill::new("clickhouse_restarted", Fault::restart("clickhouse"))
                .at(between_runs())
                .silent(over_in_time("FeedHandlerDown"))
                .silent(over_in_time("RedpandaConsumerLagHigh"))
                .silent(over_in_time("MVProcessingDelay"))
                .silent(back_in_time("clickhouse").hold(seconds(5))),
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
                .not_before(two_thirds_of(60))
                .onset(seconds(1), seconds(45)),
        ),
    ]
}

/// The broker goes, and with it the exporters that ran on its machine.
fn broker_gone() -> Drill {
    let exporters = [
        "clickhouse-exporter",
        "clickhouse-log-exporter",
        "offload-exporter",
    ];
    let drill = Drill::new("broker_gone", Fault::stop("kafka")).shared("clickhouse");
    let drill =
        (exporters.iter()).fold(drill, |drill, exporter| drill.fault(Fault::stop(*exporter)));
    // The lag's exporter has nobody to ask.
    let jobs = [
        "kafka",
        "kafka-lag",
        "clickhouse",
        "clickhouse-log",
        "offload",
    ];
    let drill = (jobs.iter()).fold(drill, |drill, job| {
        drill.expect_alert(lost(job, 120).onset(seconds(0), seconds(20)))
    });
    for_each_exchange(drill, |drill, exchange| {
        drill
            .expect_alert(feed_silent(exchange).recovery(seconds(45)))
            .tolerate(
                "MVProcessingDelay",
                &[("exchange", exchange)],
                "what the handlers kept back is late when it arrives",
            )
    })
}

fn each_trade_of_all_arrives_once(drill: Drill) -> Drill {
    for_each_exchange(drill, |drill, exchange| {
        drill.afterwards(each_trade_arrives_once(exchange))
    })
}

/// The disturbance ends before the rule's `for`: it is held only for as long as a scrape or an
/// evaluation may take to see it.
fn over_in_time(alert: &str) -> SilentAlert {
    SilentAlert::new(alert).hold(seconds(5))
}
