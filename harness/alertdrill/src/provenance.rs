//! What it takes to repeat the run of this process: asked of git, of the servers and of the process
//! itself. What cannot be asked is left out, for no verdict depends on it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use alertdrill_core::{Commit, Provenance, Result};
use alertdrill_engine::Notifier;
use alertdrill_target::compose::Stack;

use crate::servers;

/// The environment variables that decide what a run does and what it finds.
const DECIDING: [&str; 7] = [
    "ALERT_RULES",
    "ALERT_ROUTES",
    "PROMETHEUS_CONFIG",
    "WATCH_UNTIL",
    "HOLD_UNTIL",
    "COMPOSE_PROJECT_NAME",
    "STACKS",
];

/// What it takes to repeat the run of this process on `stack`, which began with `commit`.
pub(crate) async fn provenance_of(
    stack: &Stack,
    notifier: &dyn Notifier,
    commit: Option<Commit>,
) -> Provenance {
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
    Provenance {
        commit,
        versions: versions_of(stack, notifier).await,
        arguments: vec![arguments.collect()],
        variables: set_variables(|name| std::env::var_os(name)),
    }
}

/// What is checked out in the repository of the folder `root`; `None` if there is no repository, no
/// commit, or no git. To be asked when a run begins: somebody may edit while it runs.
pub(crate) fn commit_of(root: &Path) -> Option<Commit> {
    let id = git(root, &["rev-parse", "--verify", "HEAD"])?;
    let status = git(root, &["status", "--porcelain"])?;
    Some(Commit {
        id: id.trim().to_owned(),
        is_changed: !status.trim().is_empty(),
    })
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        // Another git that works in the repository at the same time needs its lock.
        .env("GIT_OPTIONAL_LOCKS", "0")
        // A hook of another repository sets these for that one.
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

async fn versions_of(stack: &Stack, notifier: &dyn Notifier) -> BTreeMap<String, String> {
    let (prometheus, vmalert) = rule_engine_versions(stack).await.unwrap_or_default();
    let asked = [
        ("prometheus", prometheus),
        ("vmalert", vmalert),
        ("alertmanager", notifier.version().await.ok().flatten()),
    ];
    let answered = asked
        .into_iter()
        .filter_map(|(name, version)| Some((name, version?)));
    let own = ("alertdrill", env!("CARGO_PKG_VERSION").to_owned());
    let versions = answered.chain([own]);
    versions
        .map(|(name, version)| (name.to_owned(), version))
        .collect()
}

/// The version of Prometheus, or of the vmalert in its place. VictoriaMetrics names a Prometheus's
/// in place of its own.
async fn rule_engine_versions(stack: &Stack) -> Result<(Option<String>, Option<String>)> {
    let prometheus = servers::prometheus(stack).await?;
    match servers::vmalert(stack, &prometheus).await? {
        None => Ok((Some(prometheus.version().await?), None)),
        Some(vmalert) => {
            let version = vmalert.version().await?;
            Ok((None, Some(version.unwrap_or_else(|| "untold".to_owned()))))
        }
    }
}

fn set_variables<T: AsRef<OsStr>>(value: impl Fn(&str) -> Option<T>) -> BTreeMap<String, String> {
    let set = DECIDING.into_iter().filter_map(|name| {
        let value = value(name)?.as_ref().to_string_lossy().into_owned();
        Some((name.to_owned(), value))
    });
    set.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_git(root: &Path, arguments: &[&str]) -> String {
        let settings = [
            "user.name=a",
            "user.email=a@example.org",
            "commit.gpgsign=false",
        ];
        let mut all: Vec<_> = settings
            .iter()
            .flat_map(|setting| ["-c", setting])
            .collect();
        all.extend(arguments);
        git(root, &all).unwrap()
    }

    #[test]
    fn commit_is_the_one_that_is_checked_out_and_is_changed_once_a_file_differs() {
        let root = tempfile::tempdir().unwrap();
        let rules = root.path().join("rules.yml");
        run_git(root.path(), &["init", "--quiet"]);
        assert_eq!(commit_of(root.path()), None, "there is no commit yet");
        std::fs::write(&rules, "groups: []").unwrap();
        run_git(root.path(), &["add", "."]);
        run_git(root.path(), &["commit", "--quiet", "--message", "rules"]);
        let id = run_git(root.path(), &["rev-parse", "HEAD"])
            .trim()
            .to_owned();
        let commit = |is_changed| {
            let id = id.clone();
            Some(Commit { id, is_changed })
        };
        assert_eq!(commit_of(root.path()), commit(false));
        std::fs::write(&rules, "groups: [{}]").unwrap();
        assert_eq!(commit_of(root.path()), commit(true));
    }

    #[test]
    fn folder_without_a_repository_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(commit_of(folder.path()), None);
        assert_eq!(commit_of(&folder.path().join("gone")), None);
    }

    #[test]
    fn only_variables_that_decide_a_run_and_are_set_are_kept() {
        let set = [("ALERT_RULES", "candidate.yml"), ("HOME", "/root")];
        let value = |name: &str| {
            let found = set.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| *value)
        };
        let kept = set_variables(value);
        let kept: Vec<_> = kept
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(kept, [("ALERT_RULES", "candidate.yml")]);
    }
}
