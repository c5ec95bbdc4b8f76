//! The drills of the K2 pipeline: each breaks something for real and proves what its alerts do.
//!
//! `cargo test --test alerts` runs all, `cargo test --test alerts NAME` those whose name contains NAME.

use std::process::ExitCode;
use std::time::Duration;

use alertdrill::drill::{Drill, ExpectedAlert, Fault, Severity};
use alertdrill::suite::Suite;

fn main() -> ExitCode {
    Suite::new(env!("CARGO_MANIFEST_DIR"), env!("CARGO_BIN_EXE_k2-fixtures")).drill(feed_handler_stopped()).main()
}

/// The container of one exchange's handler is stopped: its scrape target is gone.
fn feed_handler_stopped() -> Drill {
    Drill::new("feed_handler_stopped", Fault::stop("feed-handler-binance")).expect_alert(
        ExpectedAlert::new("FeedHandlerDown", Severity::Critical, Duration::from_secs(120))
            .label("exchange", "binance")
            .label("cause", "handler_gone"),
    )
}
