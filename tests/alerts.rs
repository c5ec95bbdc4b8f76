//! The drills of the K2 pipeline: each breaks something for real and proves what its alerts do.
//!
//! `cargo test --test alerts` runs all, `cargo test --test alerts NAME` those whose name contains
//! NAME.

mod drills;

use std::process::ExitCode;

use alertdrill::prelude::Suite;

fn main() -> ExitCode {
    Suite::new(env!("CARGO_MANIFEST_DIR"))
        .built_program(env!("CARGO_BIN_EXE_k2-fixtures"))
        .drills(drills::all())
        .main()
}
