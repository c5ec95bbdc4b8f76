//! The program of the suite: found as cargo builds it, and asked for its drills.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use alertdrill_core::plan::Plan;
use alertdrill_core::{Error, Result};

/// The argument on which a suite's program prints its drills as JSON, instead of running them.
pub const PRINT_DRILLS: &str = "--print-drills";

#[derive(Deserialize)]
struct Message {
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct CargoTarget {
    name: String,
    kind: Vec<String>,
}

/// Builds the test target `suite` of the workspace in `root` with cargo, whose messages go to
/// standard error; gives its program.
///
/// # Errors
/// [`Error::File`] if there is no cargo, [`Error::BadDescription`] if it does not build.
pub fn suite_program(root: &Path, suite: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "test",
        "--locked",
        "--no-run",
        "--test",
        suite,
        "--message-format",
        "json-render-diagnostics",
    ];
    let output = Command::new(&cargo)
        .args(arguments)
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .map_err(Error::file("start", PathBuf::from(&cargo)))?;
    let bad = |reason: String| Error::BadDescription {
        what: format!("the drills of the test program {suite}"),
        reason,
    };
    if !output.status.success() {
        return Err(bad(format!(
            "`cargo {}` ended with {}; its messages stand above",
            arguments.join(" "),
            output.status
        )));
    }
    executable(&String::from_utf8_lossy(&output.stdout), suite)
        .ok_or_else(|| bad("cargo names no executable of it".to_owned()))
}

/// The executable of the test target `suite` in what cargo prints, a JSON object per line.
fn executable(messages: &str, suite: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let is_suite = |target: &CargoTarget| {
        target.name == suite && target.kind.iter().any(|kind| kind == "test")
    };
    messages
        .filter(|message| message.target.as_ref().is_some_and(is_suite))
        .find_map(|message| message.executable)
}

/// What the suite's `program` says of its drills.
///
/// # Errors
/// [`Error::File`] if it cannot be started, [`Error::BadDescription`] if it does not say them.
pub fn plan_of_program(program: &Path) -> Result<Plan> {
    let output = Command::new(program)
        .arg(PRINT_DRILLS)
        .stderr(Stdio::inherit())
        .output()
        .map_err(Error::file("start", program))?;
    let whence = program.display().to_string();
    if !output.status.success() {
        let reason = format!("`{whence} {PRINT_DRILLS}` ended with {}", output.status);
        return Err(Error::BadDescription {
            what: "the drills".to_owned(),
            reason,
        });
    }
    Plan::from_json(&String::from_utf8_lossy(&output.stdout), &whence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_of_the_suite_is_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"alerts","kind":["bin"]},"executable":"/t/alerts"}
{"reason":"compiler-artifact","target":{"name":"k2-fixtures","kind":["bin"]},"executable":"/t/k2-fixtures"}
{"reason":"compiler-artifact","target":{"name":"alerts","kind":["test"]},"executable":"/t/alerts-1f"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            executable(messages, "alerts"),
            Some(PathBuf::from("/t/alerts-1f"))
        );
        assert_eq!(executable("", "alerts"), None);
    }
}
