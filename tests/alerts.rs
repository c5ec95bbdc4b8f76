//! The drills of the K2 pipeline: each breaks something for real and proves what its alerts do.
//!
//! `cargo test --test alerts` runs all, `cargo test --test alerts NAME` those whose name contains
//! NAME.

mod drills;

use std::process::ExitCode;

use alertdrill::prelude::Suite;

/// The rule of two halves: the second one tells an error that a counter is born with.
const BORN: &str = "ClickHouseBronzeInsertFailure";
const UP: &str = "max_over_time(up[15m] offset 2m) == 1";
const COUNTED: &str = "last_over_time(clickhouse_bronze_insert_errors_total[2m]) > 0";

/// What a term is for that no drill decides.
const WAS_UP: &str = "it keeps out an old count that comes with a target which was gone for a \
    quarter of an hour: no drill lasts that long, and the rules' unit tests do it";
const IS_AN_ERROR: &str = "a counter that is born at zero is no error: counters are born with the \
    stack alone, and the rules' unit tests do it";

fn main() -> ExitCode {
    Suite::new(env!("CARGO_MANIFEST_DIR"))
        .built_program(env!("CARGO_BIN_EXE_k2-fixtures"))
        .drills(drills::all())
        .waive(
            "TargetLost{job=\"prometheus\"}",
            "a Prometheus that is gone evaluates no rule: that takes one outside the stack",
        )
        .waive(
            "TargetLost{job=\"alertmanager\"}",
            "who would tell is gone, and the alert ends when it is back",
        )
        .waive(
            "ServiceOOMKill{service=\"prometheus\"}",
            "every running drill would lose what it sees by",
        )
        .waive(
            "ServiceOOMKill{service=\"alertmanager\"}",
            "every running drill would lose what it waits to be told",
        )
        .waive(
            "ServiceOOMKill{service=\"notification-sink\"}",
            "every running drill would lose what it was told",
        )
        .waive(
            "ServiceOOMKill{service=\"grafana\"}",
            "it runs only where its image can be pulled",
        )
        .waive(&format!("{BORN}: and {UP}"), WAS_UP)
        .waive(&format!("{BORN}: {UP}"), WAS_UP)
        .waive(&format!("{BORN}: {COUNTED}"), IS_AN_ERROR)
        .main()
}
