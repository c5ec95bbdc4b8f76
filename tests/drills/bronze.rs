//! What `ClickHouse` writes: `ClickHouseBronzeInsertFailure`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{EXCHANGES, GROUP, TOPIC, exchange, no_trade_is_lost_or_doubled, seconds, shell};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        bronze_insert_failing(),
        bronze_table_not_writable(),
        exchange_sends_nonsense(),
    ]
}

/// It resolves when the rule's two minutes are over.
fn insert_failure(exchange: &str) -> ExpectedAlert {
    ExpectedAlert::new("ClickHouseBronzeInsertFailure", "critical", seconds(60))
        .label("exchange", exchange)
        .when(format!(
            "increase(clickhouse_bronze_insert_errors_total{{exchange=\"{exchange}\"}}[2m]) > 0"
        ))
        .onset(seconds(0), seconds(10))
        .recovery(seconds(125))
}

/// A message that is no trade lies on the topic, and trades come after it. The exchange holds its
/// peace until it is there.
fn bronze_insert_failing() -> Drill {
    let poison = Fault::poison(TOPIC, r#"{"this": "is no trade"#, GROUP, "{lane}");
    Drill::new(
        "bronze_insert_failing",
        exchange("pauses", &[(json!({"mode": "silent"}), 0)]),
    )
    .fault(poison)
    .fault(exchange("goes on", &[(json!({"mode": "normal"}), 0)]))
    .expect_alert(insert_failure("{lane}"))
    .afterwards(no_trade_is_lost_or_doubled("{lane}"))
}

/// The table's folder belongs to somebody else: every exchange's rows are refused.
fn bronze_table_not_writable() -> Drill {
    let owner = |owner: &str| {
        shell(&format!(
            "chown {owner} /var/lib/clickhouse/data/k2/bronze_trades"
        ))
    };
    let root_owns_it = Fault::run_command(
        "clickhouse",
        owner("root:root"),
        owner("clickhouse:clickhouse"),
    )
    .what("the bronze table cannot be written")
    .user("0");
    let drill = Drill::new("bronze_table_not_writable", root_owns_it);
    let drill = EXCHANGES.iter().fold(drill, |drill, exchange| {
        drill.expect_alert(insert_failure(exchange))
    });
    drill.afterwards(no_trade_is_lost_or_doubled("binance"))
}

/// The handler refuses what is no trade: nothing of it reaches `ClickHouse`.
fn exchange_sends_nonsense() -> Drill {
    let near = "increase(feed_handler_malformed_messages_total{exchange=\"{lane}\"}[1m]) > 0";
    let alert = SilentAlert::new("ClickHouseBronzeInsertFailure")
        .label("exchange", "{lane}")
        .near(near, seconds(30));
    Drill::new(
        "exchange_sends_nonsense",
        exchange("sends nonsense", &[(json!({"mode": "malformed"}), 0)]),
    )
    .silent(alert)
}
