//! Data really flows: on the running stack every stage holds each trade of an exchange once.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod session;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use alertdrill::kafka::TopicReader;
use alertdrill::session::Session;
use alertdrill::{Progress, Target as _};
use serde::Deserialize;
use tokio::time::Instant;

const EXCHANGE: &str = "kraken";
/// How many of the newest trades are followed.
const TRADES: u64 = 500;
/// An offload every 60 s, and the run itself.
const IN_ICEBERG_WITHIN: Duration = Duration::from_secs(180);

#[derive(Debug, Deserialize)]
struct ExchangeState {
    last_trade_id: u64,
}

#[derive(Debug, Deserialize)]
struct Trade {
    trade_id: u64,
}

async fn clickhouse(session: &Session, query: &str) -> String {
    let address = session
        .stack()
        .containers()
        .address("clickhouse", 8123)
        .await
        .unwrap();
    let answer = reqwest::Client::new()
        .post(format!("http://{address}/"))
        .body(query.to_owned())
        .send()
        .await
        .unwrap();
    answer
        .error_for_status()
        .unwrap()
        .text()
        .await
        .unwrap()
        .trim()
        .to_owned()
}

/// Asks until `ask` answers `expected`; the last answer is in the failure.
async fn eventually(
    what: &str,
    expected: &str,
    at_most: Duration,
    mut ask: impl AsyncFnMut() -> String,
) {
    let began = Instant::now();
    loop {
        let answer = ask().await;
        if answer == expected {
            return;
        }
        assert!(
            began.elapsed() < at_most,
            "{what}: {answer} after {at_most:?}, expected {expected}"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn each_trade_that_an_exchange_sends_is_once_in_its_topic_in_bronze_in_silver_and_in_iceberg()
{
    let session = session::start(Path::new(env!("CARGO_MANIFEST_DIR")))
        .await
        .unwrap();
    let containers = session.stack().containers();

    let simulator = containers
        .address("exchange-simulator", 8080)
        .await
        .unwrap();
    let state = reqwest::get(format!("http://{simulator}/exchanges/{EXCHANGE}"))
        .await
        .unwrap();
    let last = state.json::<ExchangeState>().await.unwrap().last_trade_id;
    let first = last - TRADES + 1;

    let bootstrap = session.stack().project().settings().kafka.clone().unwrap();
    let in_topic = move || {
        let name = format!("market.crypto.trades.{EXCHANGE}.raw");
        let topic = TopicReader::new(&bootstrap, name).unwrap();
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        for payload in topic.read_from(0).unwrap() {
            let trade: Trade = serde_json::from_slice(&payload).unwrap();
            *times.entry(trade.trade_id).or_default() += 1;
        }
        let followed: Vec<_> = times.range(first..=last).map(|(_, times)| *times).collect();
        format!("{} {}", followed.iter().sum::<usize>(), followed.len())
    };
    let each_once = format!("{TRADES} {TRADES}");
    eventually(
        "messages and trades in the topic",
        &each_once,
        Duration::from_secs(30),
        async || tokio::task::spawn_blocking(in_topic.clone()).await.unwrap(),
    )
    .await;

    for table in ["bronze_trades", "silver_trades FINAL"] {
        let query = format!(
            "SELECT concat(toString(count()), ' ', toString(uniqExact(trade_id))) FROM k2.{table} \
             WHERE exchange = '{EXCHANGE}' AND trade_id BETWEEN {first} AND {last}"
        );
        eventually(table, &each_once, Duration::from_secs(60), async || {
            clickhouse(&session, &query).await
        })
        .await;
    }

    let (from, to) = (first.to_string(), last.to_string());
    let count = [
        "python3",
        "/opt/offload/count.py",
        "--exchange",
        EXCHANGE,
        "--from",
        &from,
        "--to",
        &to,
    ];
    eventually(
        "rows and trades in the Iceberg table",
        &each_once,
        IN_ICEBERG_WITHIN,
        async || {
            containers
                .exec("offload-worker", None, &count.map(str::to_owned))
                .await
                .unwrap()
                .trim()
                .to_owned()
        },
    )
    .await;
    session.end(&Progress::default()).await.unwrap();
}
