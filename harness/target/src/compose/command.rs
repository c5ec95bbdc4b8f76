//! Runs `docker compose`. Nothing else in this crate does.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use alertdrill_core::{Error, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// How many lines of a failed command's output an error shows.
const LOG_LINES: usize = 25;
/// What docker prints where compose v2 is missing.
const NOT_V2: [&str; 3] = [
    "is not a docker command",
    "unknown shorthand flag: 'f'",
    "unknown flag: --ansi",
];

/// Compose files, and what compose is told beside them.
#[derive(Clone, Debug, Default)]
pub(super) struct Compose {
    /// The files, in the order in which they are merged.
    pub(super) files: Vec<PathBuf>,
    /// The profiles that are switched on.
    pub(super) profiles: Vec<String>,
    /// The project's name; without it, compose's own choice.
    pub(super) project: Option<String>,
    /// The variables that the files get.
    pub(super) variables: BTreeMap<String, String>,
}

impl Compose {
    /// The folder that relative paths start from: that of the first file.
    pub(super) fn folder(&self) -> &Path {
        let first = self.files.first().and_then(|file| file.parent());
        first.unwrap_or(Path::new("."))
    }

    /// Its files, for messages.
    pub(super) fn shown(&self) -> String {
        let files = self.files.iter();
        let files: Vec<_> = files.map(|file| file.display().to_string()).collect();
        files.join(" and ")
    }

    /// What stands before the command of compose.
    fn options(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = ["--ansi", "never", "--progress", "plain"]
            .map(OsString::from)
            .into();
        let named = |option: &str, value: &OsStr| [option.into(), value.to_owned()];
        options.extend(
            self.files
                .iter()
                .flat_map(|file| named("-f", file.as_os_str())),
        );
        let profiles = self.profiles.iter();
        options.extend(profiles.flat_map(|profile| named("--profile", profile.as_ref())));
        let project = self.project.iter();
        options.extend(project.flat_map(|project| named("--project-name", project.as_ref())));
        options
    }
}

/// Runs `docker compose` with `arguments` and gives its standard output. It calls `on_line` with
/// each line of the output; `attempted` says in errors what the command was for.
///
/// # Errors
/// [`Error::NoCompose`], or [`Error::Compose`] with the last lines of its output.
pub(super) async fn run(
    compose: &Compose,
    arguments: &[&str],
    attempted: &str,
    on_line: impl Fn(&str),
) -> Result<String> {
    let mut command = Command::new("docker");
    command
        .arg("compose")
        .args(compose.options())
        .args(arguments);
    command
        .current_dir(compose.folder())
        .envs(&compose.variables);
    // In a process group of its own it gets no Ctrl-C: this program gets it and decides what to do.
    command.process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let no_compose = |error: std::io::Error| Error::NoCompose {
        reason: error.to_string(),
    };
    let mut child = command.spawn().map_err(no_compose)?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Error::NoCompose {
            reason: "its output cannot be read".to_owned(),
        });
    };
    let (printed, log) = tokio::join!(read_lines(stdout, &on_line), read_lines(stderr, &on_line));
    let status = child.wait().await.map_err(no_compose)?;
    if status.success() {
        return Ok(printed.join("\n"));
    }
    let log = last_lines(&[printed, log].concat());
    if NOT_V2.iter().any(|words| log.contains(words)) {
        return Err(Error::NoCompose { reason: log });
    }
    let command = arguments.join(" ");
    Err(Error::Compose {
        attempted: attempted.to_owned(),
        command,
        status: status.to_string(),
        log,
    })
}

async fn read_lines(
    stream: impl tokio::io::AsyncRead + Unpin,
    on_line: impl Fn(&str),
) -> Vec<String> {
    let mut lines = BufReader::new(stream).lines();
    let mut all = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        on_line(&line);
        all.push(line);
    }
    all
}

pub(super) fn last_lines(lines: &[String]) -> String {
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
