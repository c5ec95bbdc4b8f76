//! What `ClickHouse` writes: `ClickHouseBronzeInsertFailure`.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{
    GROUP, TOPIC, each_trade_arrives_once, exchange, for_each_exchange, seconds, shell,
};

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
        newcomer_fails_from_its_first_block_on(),
        // The handler refuses what is no trade, so nothing of it reaches `ClickHouse`.
        Drill::new(
            "exchange_sends_nonsense",
            switched("sends nonsense", "malformed"),
        )
        .silent(
            SilentAlert::new("ClickHouseBronzeInsertFailure")
                .label("exchange", "{lane}")
                .near(MALFORMED, seconds(30))
                .too_near(errors_of("{lane}"), seconds(0)),
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
    for_each_exchange(drill, |drill, exchange| {
        drill.expect_alert(insert_failure(exchange))
    })
}

/// A new lane reads a topic, and its first block cannot be inserted: its counter is born with its
/// first error. It reads no more then, so that the counter does not grow, which `increase` would
/// see. Prometheus knows the counter for 17 minutes after that; it is another one for each
/// exchange.
///
/// Its queue stays, which reads nothing without a view: to drop a queue that has read sometimes
/// aborts a thread of this old server.
fn newcomer_fails_from_its_first_block_on() -> Drill {
    let queue = format!(
        "CREATE TABLE IF NOT EXISTS k2.queue_new_{{lane}} AS k2.queue_{{lane}} ENGINE = Kafka \
         SETTINGS kafka_broker_list = 'broker:9092', kafka_topic_list = '{TOPIC}', \
         kafka_group_name = '{GROUP}-new', kafka_format = 'JSONEachRow', \
         kafka_max_block_size = 10"
    );
    let view = "CREATE MATERIALIZED VIEW IF NOT EXISTS k2.bronze_new_{lane}_mv ENGINE = Null AS \
         SELECT toUInt8(symbol) AS impossible FROM k2.queue_new_{lane}";
    let drop = "clickhouse-client --query 'DROP TABLE IF EXISTS k2.bronze_new_{lane}_mv'";
    let failed = "grep -c '(queue_new_{lane}): .*did not finish' \
         /var/log/clickhouse-server/clickhouse-server.log";
    let add = format!(
        "before=$({failed}); clickhouse-client --multiquery --query \"{queue}; {view}\" || exit 1; \
         for try in $(seq 150); do [ $({failed}) -gt $before ] && break; sleep 0.2; done; {drop}"
    );
    let fault = Fault::run_command("clickhouse", shell(&add), shell(drop))
        .what("a new lane of {lane} is added, whose first rows cannot be inserted")
        .disturbs_only("{lane}");
    let failure = insert_failure("new_{lane}");
    // `increase` does not see the first error.
    let errors = "clickhouse_bronze_insert_errors_total{exchange=\"new_{lane}\"}";
    let grew = format!("{errors} > ({errors} offset 2m or 0 * {errors})");
    Drill::new("newcomer_fails_from_its_first_block_on", fault)
        .at(counter_may_be_born())
        .expect_alert(failure.when(grew))
}

/// The counter of a newcomer is born with its first error: its target was watched for two minutes,
/// and no count is remembered that the exporter has lost since, in a run before this one.
fn counter_may_be_born() -> Moment {
    let counted = "clickhouse_bronze_insert_errors_total{exchange=\"new_{lane}\"}";
    let watched = "max_over_time(up{job=\"clickhouse-log\"}[1m] offset 2m30s) == 1";
    let lost = format!("last_over_time({counted}[15m] offset 2m) unless {counted}");
    let query = format!("{watched} unless on () ({lost})");
    let asked = format!("promtool query instant http://localhost:9090 '{query}'");
    Moment {
        what: "a counter may be born".to_owned(),
        service: "prometheus".to_owned(),
        command: shell(&format!("until [ -n \"$({asked})\" ]; do sleep 1; done")),
    }
}

fn switched(what: &str, mode: &str) -> Fault {
    exchange(what, json!({"mode": mode}))
}

/// The alert resolves when the rule's two minutes are over.
fn insert_failure(exchange: &str) -> ExpectedAlert {
    ExpectedAlert::new("ClickHouseBronzeInsertFailure", "critical", seconds(60))
        .label("exchange", exchange)
        .when(errors_of(exchange))
        .onset(seconds(0), seconds(10))
        .recovery(seconds(125))
}

fn errors_of(exchange: &str) -> String {
    format!("increase(clickhouse_bronze_insert_errors_total{{exchange=\"{exchange}\"}}[2m]) > 0")
}
