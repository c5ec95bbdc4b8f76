//! What `ClickHouse` writes: `ClickHouseBronzeInsertFailure`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{EXCHANGES, GROUP, TOPIC, each_trade_arrives_once, exchange, seconds, shell};

const MALFORMED: &str =
    "increase(feed_handler_malformed_messages_total{exchange=\"{lane}\"}[1m]) > 0";

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // A message that is no trade is on the topic, and trades follow it. The exchange pauses
        // until the message is there.
        Drill::new("bronze_insert_failing", switched("pauses", "silent"))
            .fault(Fault::poison(
                TOPIC,
                r#"{"this": "is no trade"#,
                GROUP,
                "{lane}",
            ))
            .fault(switched("goes on", "normal"))
            .expect_alert(insert_failure("{lane}"))
            .afterwards(each_trade_arrives_once("{lane}")),
        bronze_table_not_writable(),
        // The handler refuses what is no trade, so nothing of it reaches `ClickHouse`.
        Drill::new(
            "exchange_sends_nonsense",
            switched("sends nonsense", "malformed"),
        )
        .silent(
            SilentAlert::new("ClickHouseBronzeInsertFailure")
                .label("exchange", "{lane}")
                .near(MALFORMED, seconds(30)),
        ),
    ]
}

/// The table's folder gets another owner, so `ClickHouse` refuses the rows of every exchange.
fn bronze_table_not_writable() -> Drill {
    let table = "/var/lib/clickhouse/data/k2/bronze_trades";
    let [take, give_back] = ["root:root", "clickhouse:clickhouse"]
        .map(|owner| shell(&format!("chown {owner} {table}")));
    let fault = Fault::run_command("clickhouse", take, give_back)
        .what("the bronze table cannot be written")
        .user("0");
    let drill = Drill::new("bronze_table_not_writable", fault)
        .afterwards(each_trade_arrives_once("binance"));
    let expect = |drill: Drill, exchange: &&str| drill.expect_alert(insert_failure(exchange));
    EXCHANGES.iter().fold(drill, expect)
}

fn switched(what: &str, mode: &str) -> Fault {
    exchange(what, json!({"mode": mode}))
}

/// The alert resolves when the rule's two minutes are over.
fn insert_failure(exchange: &str) -> ExpectedAlert {
    let errors = format!("clickhouse_bronze_insert_errors_total{{exchange=\"{exchange}\"}}");
    ExpectedAlert::new("ClickHouseBronzeInsertFailure", "critical", seconds(60))
        .label("exchange", exchange)
        .when(format!("increase({errors}[2m]) > 0"))
        .onset(seconds(0), seconds(10))
        .recovery(seconds(125))
}
