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
        // Exactly three runs fail.
        Drill::new("offload_failing", Fault::stop("minio"))
            .at(between_runs())
            .expect_alert(
                ExpectedAlert::new(FAILURE, "critical", deadline_after(THIRD_FAILURE_S))
                    .label("table", "trades")
                    .when("iceberg_offload_consecutive_failures == 3")
                    .onset(seconds(2 * INTERVAL_S), seconds(THIRD_FAILURE_S))
                    .recovery(seconds(INTERVAL_S + RUN_S)),
            ),
        // Two runs fail, and the third succeeds.
        Drill::new("offload_failing_twice", Fault::stop("minio"))
            .at(between_runs())
            .silent(
                SilentAlert::new(FAILURE)
                    .near(
                        "iceberg_offload_consecutive_failures == 2",
                        seconds(2 * INTERVAL_S + RUN_S),
                    )
                    .hold(seconds(8)),
            ),
        watermark_back("offload_lagging", 35)
            .expect_alert(
                ExpectedAlert::new(LAG, "warning", deadline_after(20))
                    .label("table", "trades")
                    .when("iceberg_offload_lag_minutes > 30")
                    .onset(seconds(0), seconds(20))
                    .recovery(seconds(INTERVAL_S + 2 * RUN_S)),
            )
            .afterwards(each_trade_arrives_once("coinbase")),
        watermark_back("offload_lag_of_25_minutes", 25)
            .silent(SilentAlert::new(LAG).near("iceberg_offload_lag_minutes > 20", seconds(30))),
        // The run dies with its worker and counts as a failure. The next run continues from what
        // is in the lake.
        Drill::new(
            "offload_worker_killed_in_mid_run",
            Fault::kill("offload-worker", "SIGKILL"),
        )
        .at(in_mid_run())
        .silent(SilentAlert::new(FAILURE).hold(seconds(5)))
        .afterwards(each_trade_arrives_once("kraken")),
    ]
}

const FAILURE: &str = "IcebergOffloadFailure";
const LAG: &str = "IcebergOffloadLag";

/// The offload stops, and its watermark is set back as if it had stopped `minutes` ago. The next
/// run that succeeds mends it.
fn watermark_back(name: &str, minutes: u64) -> Drill {
    let update = format!(
        "psql -v ON_ERROR_STOP=1 -U k2 -d k2 -c \"UPDATE offload_watermark \
         SET offloaded_until = now() - interval '{minutes} minutes'\""
    );
    let watermark = Fault::run_command("postgres", shell(&update), Vec::new()).what(format!(
        "the offload's watermark lies {minutes} minutes back"
    ));
    Drill::new(name, Fault::stop("offload-worker")).fault(watermark)
}
