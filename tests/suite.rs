//! The suite's own program, so that a signal reaches it and not cargo.

use std::path::Path;
use std::process::Command;

use alertdrill::suite_program::suite_program;

/// A command that runs the program of the drills (`tests/alerts.rs`), in the project's folder.
pub(crate) fn program() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(suite_program(root, "alerts").unwrap());
    // What fails here fails as it must: nothing for the job's page.
    command.current_dir(root).env_remove("GITHUB_ACTIONS");
    command
}
