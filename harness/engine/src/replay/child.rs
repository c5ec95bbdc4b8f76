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
