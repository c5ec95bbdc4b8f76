//! What everything runs on: broker, database and Prometheus itself are restarted.

use alertdrill::prelude::*;

use super::k2::{EXCHANGES, EXPORTER, between_runs, no_trade_is_lost_or_doubled, seconds};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        broker_restarted(),
        clickhouse_restarted(),
        prometheus_restarted_while_an_alert_is_pending(),
    ]
}

fn nothing_is_lost(drill: Drill) -> Drill {
    EXCHANGES.iter().fold(drill, |drill, exchange| {
        drill.afterwards(no_trade_is_lost_or_doubled(exchange))
    })
}

/// What is over before a rule's `for`: seen for a moment, and then for as long as a scrape and an
/// evaluation take.
fn silent(alert: &str) -> SilentAlert {
    SilentAlert::new(alert).hold(seconds(5))
}

fn broker_restarted() -> Drill {
    let drill = Drill::new("broker_restarted", Fault::restart("kafka"))
        .shared("clickhouse")
        .silent(silent("FeedHandlerDown"))
        .silent(silent("RedpandaConsumerLagHigh"))
        .silent(silent("TargetLost").label("job", "kafka"));
    nothing_is_lost(drill)
}

fn clickhouse_restarted() -> Drill {
    let drill = Drill::new("clickhouse_restarted", Fault::restart("clickhouse"))
        .at(between_runs())
        .silent(silent("FeedHandlerDown"))
        .silent(silent("RedpandaConsumerLagHigh"))
        .silent(silent("MVProcessingDelay"))
        .silent(silent("TargetLost").label("job", "clickhouse"));
    nothing_is_lost(drill)
}

/// A `for` shorter than ten minutes is not restored (`rules.alert.for-grace-period`): it starts
/// over, and the alert fires all the same, a `for` after the restart. Nobody's data is in the way
/// of its target, so the others go on when Prometheus is back.
fn prometheus_restarted_while_an_alert_is_pending() -> Drill {
    let alert = ExpectedAlert::new("TargetLost", "critical", seconds(140))
        .label("job", "containers")
        .onset(seconds(1), seconds(45));
    Drill::new(
        "prometheus_restarted_while_an_alert_is_pending",
        Fault::stop(EXPORTER),
    )
    .once_pending(Fault::restart("prometheus"))
    .expect_alert(alert)
}
