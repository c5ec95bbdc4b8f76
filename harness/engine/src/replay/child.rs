//! The replayer as a child process: asks go in, answers come out, in whatever order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertdrill_core::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex as AsyncMutex, oneshot};

/// The name of the replayer's program.
pub const REPLAYER: &str = "alertdrill-replayer";
/// The version of the protocol that is spoken here.
const PROTOCOL: u32 = 1;
/// How long the replayer may take to say that it is there.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// A replayer that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct ReplayerChild {
    program: PathBuf,
    /// The version of Prometheus whose packages it is made of.
    pub(super) version: String,
    stdin: AsyncMutex<ChildStdin>,
    waiting: Arc<Mutex<Waiting>>,
    _child: Child,
}

/// Who waits for which answer.
#[derive(Debug, Default)]
struct Waiting {
    newest: u64,
    answers: BTreeMap<u64, oneshot::Sender<Answer>>,
    /// How the replayer ended, once it has.
    ended: Option<String>,
}

#[derive(Deserialize)]
struct Hello {
    protocol: u32,
    prometheus: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    id: u64,
    ok: Option<Value>,
    error: Option<Refusal>,
}

/// Why the replayer does not do what it was asked.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) kind: String,
    pub(super) message: String,
    #[serde(default)]
    pub(super) details: Vec<String>,
}

impl ReplayerChild {
    pub(super) async fn start(program: &Path) -> Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Error::file("start", program))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_answer(program, "it has no pipes"));
        };
        let mut lines = BufReader::new(stdout).lines();
        let said = tokio::time::timeout(HELLO_WITHIN, lines.next_line()).await;
        let hello = match said {
            Ok(Ok(Some(line))) => serde_json::from_str::<Hello>(&line)
                .map_err(|error| no_answer(program, &format!("it begins with `{line}`: {error}"))),
            Ok(_) => Err(no_answer(program, &end_of(&mut child).await)),
            Err(_) => Err(no_answer(program, "it says nothing")),
        }?;
        if hello.protocol != PROTOCOL {
            let reason = format!(
                "it speaks version {} of the protocol, and this alertdrill version {PROTOCOL}; \
                 build it again",
                hello.protocol
            );
            return Err(no_answer(program, &reason));
        }
        let waiting = Arc::<Mutex<Waiting>>::default();
        let stderr = child.stderr.take();
        tokio::spawn(hand_out(lines, stderr, Arc::clone(&waiting)));
        Ok(Self {
            program: program.to_owned(),
            version: hello.prometheus,
            stdin: AsyncMutex::new(stdin),
            waiting,
            _child: child,
        })
    }

    /// What it answers to `ask`, an object, within that time; or why it does not do it.
    pub(super) async fn ask(
        &self,
        mut ask: Value,
        within: Duration,
    ) -> Result<std::result::Result<Value, Refusal>> {
        let what = ask["ask"].as_str().unwrap_or_default().to_owned();
        let failed =
            |reason: &str| no_answer(&self.program, &format!("asked to `{what}`, {reason}"));
        let (sender, answer) = oneshot::channel();
        let id = {
            let mut waiting = lock(&self.waiting);
            if let Some(ended) = &waiting.ended {
                return Err(failed(ended));
            }
            waiting.newest += 1;
            let id = waiting.newest;
            waiting.answers.insert(id, sender);
            id
        };
        ask["id"] = json!(id);
        let line = format!("{ask}\n");
        // That the pipe is closed is told by the end of the answers.
        let _ = self.stdin.lock().await.write_all(line.as_bytes()).await;
        let answered = tokio::time::timeout(within, answer).await;
        lock(&self.waiting).answers.remove(&id);
        match answered {
            Ok(Ok(Answer { ok: Some(ok), .. })) => Ok(Ok(ok)),
            Ok(Ok(Answer {
                error: Some(error), ..
            })) => Ok(Err(error)),
            Ok(Ok(_)) => Err(failed("it answers neither `ok` nor `error`")),
            Ok(Err(_)) => {
                let ended = lock(&self.waiting).ended.clone();
                Err(failed(&ended.unwrap_or_else(|| "it ended".to_owned())))
            }
            Err(_) => Err(failed(&format!("it did not answer within {within:.0?}"))),
        }
    }
}

/// Hands each answer to who waits for it, until there are no more.
async fn hand_out(
    mut lines: Lines<BufReader<ChildStdout>>,
    stderr: Option<tokio::process::ChildStderr>,
    waiting: Arc<Mutex<Waiting>>,
) {
    let complaints = tokio::spawn(async move {
        let mut text = String::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_string(&mut text).await;
        }
        text
    });
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(answer) = serde_json::from_str::<Answer>(&line) else {
            continue;
        };
        let sender = lock(&waiting).answers.remove(&answer.id);
        if let Some(sender) = sender {
            // Who has waited for too long is gone.
            let _ = sender.send(answer);
        }
    }
    let complaints = complaints.await.unwrap_or_default();
    let last = complaints.lines().last().unwrap_or_default();
    let mut waiting = lock(&waiting);
    waiting.ended = Some(match last {
        "" => "it ended before it answered".to_owned(),
        last => format!("it ended before it answered; its last words: {last}"),
    });
    waiting.answers.clear();
}

async fn end_of(child: &mut Child) -> String {
    let mut said = String::new();
    if let Some(stderr) = &mut child.stderr {
        let _ = stderr.read_to_string(&mut said).await;
    }
    format!("it ended at once: {}", said.trim())
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_answer(program: &Path, reason: &str) -> Error {
    Error::NoAnswer {
        attempted: format!("have rules evaluated by {}", program.display()),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const HELLO: &str = r#"echo '{"protocol":1,"prometheus":"2.53.3"}'"#;

    /// A replayer that is this shell script.
    struct Script(tempfile::TempDir);

    impl Script {
        fn new(lines: &[&str]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let script = Self(folder);
            std::fs::write(script.path(), format!("#!/bin/sh\n{}\n", lines.join("\n"))).unwrap();
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(script.path(), executable).unwrap();
            script
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("replayer")
        }

        async fn start(&self) -> Result<ReplayerChild> {
            // Another test of this process may be forking while the script is open for writing.
            loop {
                match ReplayerChild::start(&self.path()).await {
                    Err(Error::File { source, .. })
                        if source.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
                    started => return started,
                }
            }
        }

        async fn refused(&self) -> String {
            self.start().await.unwrap_err().to_string()
        }
    }

    async fn answer(script: &Script, within: Duration) -> Result<Value> {
        let child = script.start().await.unwrap();
        let answered = child.ask(json!({"ask": "range"}), within).await?;
        Ok(answered.unwrap_or_else(|refusal| json!({"refused": refusal.message})))
    }

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn replayer_that_is_not_there_or_is_none_or_speaks_otherwise_is_named_with_the_reason() {
        let missing = ReplayerChild::start(Path::new("/no/replayer"))
            .await
            .unwrap_err();
        assert!(
            missing.to_string().contains("failed to start /no/replayer"),
            "{missing}"
        );
        let ended = Script::new(&["echo cannot run here >&2"]).refused().await;
        assert!(
            ended.ends_with("it ended at once: cannot run here"),
            "{ended}"
        );
        let other = Script::new(&["echo hello"]).refused().await;
        assert!(other.contains("it begins with `hello`"), "{other}");
        let newer = r#"echo '{"protocol":2,"prometheus":"3.9.1"}'"#;
        let newer = Script::new(&[newer]).refused().await;
        assert!(
            newer.contains("it speaks version 2 of the protocol"),
            "{newer}"
        );
    }

    #[tokio::test]
    async fn answer_is_that_of_its_own_ask_whatever_else_is_printed() {
        let answers = [
            HELLO,
            "read ask",
            "echo a word of somebody else",
            r#"echo '{"id":9,"ok":{"of":"another"}}'"#,
            r#"echo '{"id":1,"ok":{"of":"this"}}'"#,
        ];
        let answer = answer(&Script::new(&answers), SOON).await.unwrap();
        assert_eq!(answer, json!({"of": "this"}));
    }

    #[tokio::test]
    async fn refusal_is_no_failure_of_the_replayer() {
        let refusal = r#"echo '{"id":1,"error":{"kind":"bad_ask","message":"no such ask"}}'"#;
        let answer = answer(&Script::new(&[HELLO, "read ask", refusal]), SOON)
            .await
            .unwrap();
        assert_eq!(answer, json!({"refused": "no such ask"}));
    }

    #[tokio::test]
    async fn replayer_that_ends_in_mid_ask_says_its_last_words_and_every_later_ask_too() {
        let script = Script::new(&[HELLO, "read ask", "echo out of memory >&2", "kill -KILL $$"]);
        let child = script.start().await.unwrap();
        for _ in 0..2 {
            let error = child
                .ask(json!({"ask": "range"}), SOON)
                .await
                .unwrap_err()
                .to_string();
            assert!(
                error.ends_with(
                    "asked to `range`, it ended before it answered; its last words: out of memory"
                ),
                "{error}"
            );
        }
    }

    #[tokio::test]
    async fn replayer_that_does_not_answer_in_time_is_not_waited_for() {
        let script = Script::new(&[HELLO, "read ask", "sleep 5"]);
        let error = answer(&script, Duration::from_millis(50))
            .await
            .unwrap_err();
        assert!(
            error.to_string().ends_with("it did not answer within 50ms"),
            "{error}"
        );
    }
}
