//! `docker compose`: the one way to run it, and what it says of its file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::files::finish_hash;
use super::project::Settings;
use crate::{Error, Result};

/// The compose file of the stack, in the project's root folder.
pub(crate) const COMPOSE_FILE: &str = "docker-compose.test.yml";
/// How many lines of a failed command's output an error shows.
const LOG_LINES: usize = 25;
/// What makes a compose file depend on files beside it.
const OTHER_FILES: [&str; 3] = ["include:", "extends:", "env_file:"];

/// The compose file as compose understands it, with what the harness needs of it and no more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ComposeConfig {
    pub(super) name: String,
    pub(super) services: BTreeMap<String, ComposeService>,
    #[serde(rename = "x-alertdrill")]
    pub(super) settings: Option<Settings>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeService {
    pub(super) image: Option<String>,
    pub(super) build: Option<ComposeBuild>,
    #[serde(default)]
    pub(super) depends_on: BTreeMap<String, ComposeDependency>,
    #[serde(default)]
    pub(super) volumes: Vec<ComposeVolume>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeVolume {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) source: Option<PathBuf>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeDependency {
    pub(super) condition: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ComposeBuild {
    pub(super) context: PathBuf,
}

/// The compose file in `root`, with `variables` put into it. Compose takes a fifth of a second to
/// say so: its answer is kept in `kept_in`, for as long as the file and the variables that it uses
/// are the same.
///
/// # Errors
/// As [`run`], or [`Error::BadDescription`] if the answer is not understood.
pub(super) async fn read_config(
    root: &Path,
    variables: &BTreeMap<String, String>,
    kept_in: &Path,
) -> Result<ComposeConfig> {
    let kept = kept_config(root, variables, kept_in)?;
    let answer = kept
        .as_ref()
        .and_then(|kept| serde_json::from_slice(&std::fs::read(kept).ok()?).ok());
    if let Some(config) = answer {
        return Ok(config);
    }
    let json = run(
        root,
        variables,
        &["config", "--format", "json"],
        "read the compose file",
        |_| (),
    )
    .await?;
    let config =
        serde_json::from_str(&json).map_err(|error| bad_compose_file(error.to_string()))?;
    if let Some(kept) = kept {
        keep(&config, &kept)?;
    }
    Ok(config)
}

fn keep(config: &ComposeConfig, path: &Path) -> Result<()> {
    let json = serde_json::to_vec(config).map_err(|error| bad_compose_file(error.to_string()))?;
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::file("make the folder", folder))?;
    let staged = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
    std::fs::rename(&staged, path).map_err(Error::file("write", path))
}

/// Where the answer for this file and these variables is kept; nowhere if it depends on more than
/// them.
fn kept_config(
    root: &Path,
    variables: &BTreeMap<String, String>,
    kept_in: &Path,
) -> Result<Option<PathBuf>> {
    let path = root.join(COMPOSE_FILE);
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", path))?;
    if OTHER_FILES.iter().any(|key| text.contains(key)) {
        return Ok(None);
    }
    let is_used = |name: &str| {
        name.starts_with("COMPOSE_")
            || text.contains(&format!("${{{name}"))
            || text.contains(&format!("${name}"))
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut used: BTreeMap<_, _> = environment.filter(|(name, _)| is_used(name)).collect();
    used.extend(variables.clone());
    let mut hash = Sha256::new();
    hash.update(format!(
        "{} {used:?} {:?} ",
        root.display(),
        std::fs::read_to_string(root.join(".env")).ok()
    ));
    hash.update(&text);
    Ok(Some(
        kept_in.join(format!("{}.json", &finish_hash(hash)[..16])),
    ))
}

pub(super) fn bad_compose_file(reason: String) -> Error {
    Error::BadDescription {
        what: COMPOSE_FILE.to_owned(),
        reason,
    }
}

/// Runs `docker compose` with `arguments`, to `attempted` something; gives what it printed on
/// standard output, and calls `on_line` with each line of its output.
///
/// # Errors
/// [`Error::NoCompose`], or [`Error::Compose`] with the last lines of its output.
pub(super) async fn run(
    root: &Path,
    variables: &BTreeMap<String, String>,
    arguments: &[&str],
    attempted: &str,
    on_line: impl Fn(&str),
) -> Result<String> {
    let mut command = Command::new("docker");
    command
        .args([
            "compose",
            "--ansi",
            "never",
            "--progress",
            "plain",
            "-f",
            COMPOSE_FILE,
        ])
        .args(arguments);
    // In a process group of its own: Ctrl-C reaches the harness, which decides what is left to do.
    command
        .current_dir(root)
        .envs(variables)
        .process_group(0)
        .kill_on_drop(true);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
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
    let not_v2 = [
        "is not a docker command",
        "unknown shorthand flag: 'f'",
        "unknown flag: --ansi",
    ];
    if not_v2.iter().any(|words| log.contains(words)) {
        return Err(Error::NoCompose { reason: log });
    }
    Err(Error::Compose {
        attempted: attempted.to_owned(),
        command: arguments.join(" "),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_is_kept_for_the_same_file_and_variables_and_never_where_it_depends_on_other_files() {
        let root = tempfile::tempdir().unwrap();
        let kept_for = |text: &str, port: &str| {
            std::fs::write(root.path().join(COMPOSE_FILE), text).unwrap();
            kept_config(
                root.path(),
                &[("PORT".to_owned(), port.to_owned())].into(),
                Path::new(""),
            )
            .unwrap()
        };
        let first = kept_for("name: x", "1");
        assert!(first.is_some());
        assert_eq!(kept_for("name: x", "1"), first);
        assert_ne!(kept_for("name: x", "2"), first);
        assert_ne!(kept_for("name: y", "1"), first);
        assert_eq!(kept_for("include: [other.yml]", "1"), None);
    }
}
