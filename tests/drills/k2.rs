//! The pipeline's own words: its parts, how they are broken, and how long its metrics take.

use std::time::Duration;

use alertdrill::prelude::{Check, Drill, Fault, Moment};
use serde_json::{Value, json};

/// The feed handler of the drill's lane.
pub(super) const HANDLER: &str = "feed-handler-{lane}";

/// The exporter of the containers' metrics: memory, restarts, OOM kills.
pub(super) const EXPORTER: &str = "container-exporter";

/// The topic of the drill's lane.
pub(super) const TOPIC: &str = "market.crypto.trades.{lane}.raw";
/// The consumer group in which `ClickHouse` reads it.
pub(super) const GROUP: &str = "clickhouse-bronze-{lane}";

/// Every exchange, as the compose file names them.
pub(super) const EXCHANGES: [&str; 6] =
    ["binance", "coinbase", "kraken", "bybit", "okx", "bitfinex"];

/// The same drill with what `add` adds to it for each exchange.
pub(super) fn for_each_exchange(drill: Drill, add: impl Fn(Drill, &str) -> Drill) -> Drill {
    EXCHANGES
        .iter()
        .fold(drill, |drill, exchange| add(drill, exchange))
}

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How long after the fault a page must come when the rule may become due `due_s` after it: a
/// scrape interval, a scrape timeout and an evaluation interval are added, and a quarter of a
/// minute for a rule that is evaluated with an offset or reads what another one records.
pub(super) const fn deadline_after(due_s: u64) -> Duration {
    seconds(due_s + 15 + 5 + 5 + 15)
}

/// How soon after its onset an alert may fire that is to wait for `promised_s`. Near misses have
/// the same slack.
pub(super) const fn two_thirds_of(promised_s: u64) -> Duration {
    seconds(promised_s * 2 / 3)
}

/// The exchange of the drill's lane gets these settings until the revert.
pub(super) fn exchange(what: &str, to: Value) -> Fault {
    exchange_in_turn(what, &[(to, 0)])
}

/// The exchange of the drill's lane gets these settings one after the other. Each lasts for so many
/// seconds, and the last one stays until the revert.
pub(super) fn exchange_in_turn(what: &str, to: &[(Value, u64)]) -> Fault {
    let back = json!({"mode": "normal", "rate_per_s": 50, "delay_s": 0});
    let switched = Fault::switch_behaviour("exchange-simulator", 8080, "/exchanges/{lane}", back)
        .what(format!("exchange {{lane}} {what}"))
        .disturbs_only("{lane}");
    to.iter()
        .fold(switched, |fault, (post, s)| {
            fault.to(post.clone(), seconds(*s))
        })
        .into()
}

/// `ClickHouse`'s consumer of the lane's topic gets nothing to read; those of other lanes go on.
///
/// Detaching the table would be closest to a consumer that stops, but it sometimes aborts a thread
/// of this old server.
pub(super) fn consumer_stalled() -> Fault {
    Fault::displace_consumer(TOPIC, GROUP, "{lane}")
}

/// Whatever `ClickHouse` inserts takes 30 s for a block of 200 rows, by one view more on each queue
/// that does nothing but wait. A sleep of this server takes at most 3 s, and equal ones are done
/// once. To drop such a view it waits for the block that it is in.
pub(super) fn inserts_of_all_slow() -> Fault {
    let sleeps: Vec<_> = (0..10)
        .map(|number| format!("sleepEachRow(0.01{}) AS sleep{number}", 49 - number))
        .collect();
    let sleeps = sleeps.join(", ");
    let slow = format!(
        "for exchange in $EXCHANGES; do clickhouse-client --query \"CREATE MATERIALIZED VIEW \
         IF NOT EXISTS k2.slow_${{exchange}}_mv ENGINE = Null AS SELECT {sleeps} \
         FROM k2.queue_$exchange\" || exit 1; done"
    );
    let fast = "for exchange in $EXCHANGES; do clickhouse-client --query \
                \"DROP TABLE IF EXISTS k2.slow_${exchange}_mv\" & drops=\"$drops $!\"; done; \
                for drop in $drops; do wait $drop || exit 1; done";
    Fault::run_command("clickhouse", shell(&slow), shell(fast))
        .what("ClickHouse takes 30 s to insert 200 rows of an exchange")
        .disturbs_only(EXCHANGES[0])
        .into()
}

pub(super) fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

/// A moment of offload runs: a run is in progress while its JVM exists.
fn when(what: &str, test: &str) -> Moment {
    let command = shell(&format!(
        "until {test} grep -qs '[j]ava' /proc/[0-9]*/cmdline; do sleep 0.2; done"
    ));
    Moment {
        what: what.to_owned(),
        service: "offload-worker".to_owned(),
        command,
    }
}

pub(super) fn in_mid_run() -> Moment {
    when("an offload run is in progress", "")
}

/// A run that loses what it needs fails at once or only at its timeout, so faults wait for its end.
pub(super) fn between_runs() -> Moment {
    when("no offload run is in progress", "!")
}

/// No trade that `exchange` made between the fault and its revert is missing or doubled, up to the
/// Iceberg table. Another drill may break the offload meanwhile, so it gets 10 minutes.
pub(super) fn each_trade_arrives_once(exchange: &str) -> Check {
    let command = [
        "python3",
        "/opt/offload/conserved.py",
        "--exchange",
        exchange,
        "--since",
        "{injected_at}",
        "--until",
        "{reverted_at}",
    ];
    Check {
        what: format!("no trade of {exchange} is lost or doubled"),
        service: "offload-worker".to_owned(),
        command: command.map(str::to_owned).to_vec(),
        within: seconds(600),
    }
}
