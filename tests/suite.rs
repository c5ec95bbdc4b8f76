//! The suite's own program, so that a signal reaches it and not cargo.

use std::path::PathBuf;
use std::process::Command;

/// A command that runs the program of the drills (`tests/alerts.rs`), in the project's folder.
pub(crate) fn program() -> Command {
    let arguments = [
        "test",
        "--quiet",
        "--no-run",
        "--test",
        "alerts",
        "--message-format",
        "json",
    ];
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let artifacts = printed
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let program = artifacts
        .filter(|artifact| artifact["target"]["name"] == "alerts")
        .find_map(|artifact| artifact["executable"].as_str().map(PathBuf::from));
    let mut command = Command::new(program.unwrap());
    // What fails here fails as it must: nothing for the job's page.
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("GITHUB_ACTIONS");
    command
}
