//! The way from `ClickHouse` to Iceberg: `IcebergOffloadLag`, `IcebergOffloadFailure`.

use alertdrill::prelude::*;

use super::k2::{
    between_runs, deadline_after, each_trade_arrives_once, in_mid_run, seconds, shell,
};

/// The interval of runs in the compose file.
const INTERVAL_S: u64 = 45;
/// The time that a run takes, with its preparation.
const RUN_S: u64 = 40;
/// The latest end of the third run in a row that fails.
const THIRD_FAILURE_S: u64 = 3 * INTERVAL_S + RUN_S;

pub(super) fn drills() -> Vec<Drill> {
    vec![
        offload_failing(),
        // Two runs fail, and the third succeeds.
        Drill::new("offload_failing_twice", Fault::stop("minio"))
            .at(between_runs())
            .silent(
                SilentAlert::new(FAILURE)
                    .near(
                        "iceberg_offload_consecutive_failures == 2",
                        seconds(2 * INTERVAL_S + RUN_S),
                    )
                    .hold(seconds(8))
                    .too_near(FAILING, seconds(0)),
            ),
        Drill::new("offload_lagging", Fault::stop("offload-worker"))
            .fault(watermark_back(35))
            .expect_alert(lagging((0, 20)))
            .afterwards(each_trade_arrives_once("coinbase")),
        Drill::new("offload_lag_of_25_minutes", Fault::stop("offload-worker"))
            .fault(watermark_back(25))
            .silent(
                SilentAlert::new(LAG)
                    .near("iceberg_offload_lag_minutes > 20", seconds(30))
                    .too_near(LAGGING, seconds(0)),
            ),
        // The run dies with its worker and counts as a failure. The next run continues from what
        // is in the lake.
        Drill::new(
            "offload_worker_killed_in_mid_run",
            Fault::kill("offload-worker", "SIGKILL"),
        )
        .at(in_mid_run())
        .silent(
            SilentAlert::new(FAILURE)
                .hold(seconds(5))
                .too_near(FAILING, seconds(0)),
        )
        .afterwards(each_trade_arrives_once("kraken")),
    ]
}

const FAILURE: &str = "IcebergOffloadFailure";
const FAILING: &str = "iceberg_offload_consecutive_failures > 2";
const LAG: &str = "IcebergOffloadLag";
const LAGGING: &str = "iceberg_offload_lag_minutes > 30";

/// Run after run fails, and so the offload lags as well: it does since 29 minutes when the first
/// one fails.
fn offload_failing() -> Drill {
    let failure = ExpectedAlert::new(FAILURE, "critical", deadline_after(THIRD_FAILURE_S))
        .label("table", "trades")
        .when(FAILING)
        .onset(seconds(2 * INTERVAL_S), seconds(THIRD_FAILURE_S))
        .recovery(seconds(INTERVAL_S + RUN_S));
    Drill::new("offload_failing", Fault::stop("minio"))
        .at(between_runs())
        .fault(watermark_back(29))
        .expect_alert(failure.held_for(seconds(120)))
        .expect_alert(lagging((45, 75)))
}

fn lagging((earliest_s, latest_s): (u64, u64)) -> ExpectedAlert {
    ExpectedAlert::new(LAG, "warning", deadline_after(latest_s))
        .label("table", "trades")
        .when(LAGGING)
        .onset(seconds(earliest_s), seconds(latest_s))
        .recovery(seconds(INTERVAL_S + 2 * RUN_S))
}

/// The offload's watermark is set back, as if it had stopped so long ago. The next run that
/// succeeds mends it.
fn watermark_back(minutes: u64) -> Fault {
    let update = format!(
        "psql -v ON_ERROR_STOP=1 -U k2 -d k2 -c \"UPDATE offload_watermark \
         SET offloaded_until = now() - interval '{minutes} minutes'\""
    );
    Fault::run_command("postgres", shell(&update), Vec::new())
        .what(format!(
            "the offload's watermark lies {minutes} minutes back"
        ))
        .into()
}
