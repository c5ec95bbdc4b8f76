//! The way from `ClickHouse` to Iceberg: `IcebergOffloadLag`, `IcebergOffloadFailure`.

use alertdrill::prelude::*;

use super::k2::{between_runs, in_mid_run, no_trade_is_lost_or_doubled, seconds, shell};

/// As in the compose file.
const INTERVAL_S: u64 = 45;
/// A run from its start to its end, with what precedes it.
const RUN_S: u64 = 40;

pub(super) fn drills() -> Vec<Drill> {
    vec![
        offload_failing(),
        offload_failing_twice(),
        offload_lagging(),
        offload_lag_of_25_minutes(),
        offload_worker_killed_in_mid_run(),
    ]
}

/// Exactly three runs fail.
fn offload_failing() -> Drill {
    let latest = 3 * INTERVAL_S + RUN_S;
    let alert = ExpectedAlert::new(
        "IcebergOffloadFailure",
        "critical",
        seconds(latest + 15 + 5 + 5),
    )
    .label("table", "trades")
    .when("iceberg_offload_consecutive_failures == 3")
    .onset(seconds(2 * INTERVAL_S), seconds(latest))
    .recovery(seconds(INTERVAL_S + RUN_S));
    Drill::new("offload_failing", Fault::stop("minio"))
        .at(between_runs())
        .expect_alert(alert)
}

/// Two runs fail, and the third is good.
fn offload_failing_twice() -> Drill {
    let alert = SilentAlert::new("IcebergOffloadFailure")
        .near(
            "iceberg_offload_consecutive_failures == 2",
            seconds(2 * INTERVAL_S + RUN_S),
        )
        .hold(seconds(8));
    Drill::new("offload_failing_twice", Fault::stop("minio"))
        .at(between_runs())
        .silent(alert)
}

/// The offload stands still and its watermark lies so far back, as if it had stood for that long.
/// The next good run mends it.
fn watermark_back(name: &str, minutes: u64) -> Drill {
    let update = format!(
        "psql -v ON_ERROR_STOP=1 -U k2 -d k2 -c \"UPDATE offload_watermark SET offloaded_until = now() - interval '{minutes} minutes'\""
    );
    let watermark = Fault::run_command("postgres", shell(&update), Vec::new()).what(format!(
        "the offload's watermark lies {minutes} minutes back"
    ));
    Drill::new(name, Fault::stop("offload-worker")).fault(watermark)
}

fn offload_lagging() -> Drill {
    let alert = ExpectedAlert::new("IcebergOffloadLag", "warning", seconds(20 + 15 + 5 + 5))
        .label("table", "trades")
        .when("iceberg_offload_lag_minutes > 30")
        .onset(seconds(0), seconds(20))
        .recovery(seconds(INTERVAL_S + 2 * RUN_S));
    watermark_back("offload_lagging", 35)
        .expect_alert(alert)
        .afterwards(no_trade_is_lost_or_doubled("coinbase"))
}

fn offload_lag_of_25_minutes() -> Drill {
    let alert =
        SilentAlert::new("IcebergOffloadLag").near("iceberg_offload_lag_minutes > 20", seconds(30));
    watermark_back("offload_lag_of_25_minutes", 25).silent(alert)
}

/// The run dies with it, and counts as one that failed; the next one goes on where the lake is.
fn offload_worker_killed_in_mid_run() -> Drill {
    Drill::new(
        "offload_worker_killed_in_mid_run",
        Fault::kill("offload-worker", "SIGKILL"),
    )
    .at(in_mid_run())
    .silent(SilentAlert::new("IcebergOffloadFailure").hold(seconds(5)))
    .afterwards(no_trade_is_lost_or_doubled("kraken"))
}
