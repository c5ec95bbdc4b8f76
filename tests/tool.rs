//! The tools that read what this repository makes, each in an image of its own.

use std::path::Path;
use std::process::Command;

/// A `docker` command with these arguments, in the project's folder.
pub(crate) fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    command
}

/// Builds the image of `tool`, which the compose file names under the profile `tools`. Compose does
/// not run it: it would make the stack's networks, which the tool does not need.
pub(crate) fn build(tool: &str) {
    let files = ["compose", "--file", "docker-compose.test.yml"];
    let build = ["--profile", "tools", "build", "--quiet", tool];
    let output = docker(&[&files[..], &build].concat()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
