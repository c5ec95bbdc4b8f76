//! The pipeline's own words: its parts, how they are broken, and how long its metrics take.

use std::time::Duration;

use alertdrill::prelude::{Check, Fault, Moment};
use serde_json::{Value, json};

/// The feed handler of the drill's lane.
pub(super) const HANDLER: &str = "feed-handler-{lane}";

/// What tells of containers: memory, restarts, OOM kills.
pub(super) const EXPORTER: &str = "container-exporter";

/// The topic of the drill's lane, and the group in which `ClickHouse` reads it.
pub(super) const TOPIC: &str = "market.crypto.trades.{lane}.raw";
pub(super) const GROUP: &str = "clickhouse-bronze-{lane}";

/// Every exchange, as the compose file names them.
pub(super) const EXCHANGES: [&str; 6] =
    ["binance", "coinbase", "kraken", "bybit", "okx", "bitfinex"];

pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The exchange of the drill's lane behaves so, one after the other, until the revert.
pub(super) fn exchange(what: &str, to: &[(Value, u64)]) -> Fault {
    let back = json!({"mode": "normal", "rate_per_s": 50, "delay_s": 0});
    let switched = Fault::switch_behaviour("exchange-simulator", 8080, "/exchanges/{lane}", back)
        .what(format!("exchange {{lane}} {what}"))
        .disturbs_only("{lane}");
    let switched = to.iter().fold(switched, |fault, (post, for_s)| {
        fault.to(post.clone(), seconds(*for_s))
    });
    switched.into()
}

/// `ClickHouse`'s consumer of the lane's topic gets nothing to read, and the other lanes' go on.
///
/// Detaching its table would be the nearest to a consumer that stopped, but now and then aborts a
/// thread of this old server.
pub(super) fn consumer_stalled() -> Fault {
    Fault::displace_consumer(TOPIC, GROUP, "{lane}")
}

pub(super) fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

/// Whether an offload run is in progress is seen by its JVM.
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

/// What a run needs and loses makes it fail, or is noticed only by its time-out.
pub(super) fn between_runs() -> Moment {
    when("no offload run is in progress", "!")
}

/// No trade of `exchange` that was made from the fault to its revert is missing or there twice, up
/// to the Iceberg table. The offload may be another drill's target meanwhile, so it has time.
pub(super) fn no_trade_is_lost_or_doubled(exchange: &str) -> Check {
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
