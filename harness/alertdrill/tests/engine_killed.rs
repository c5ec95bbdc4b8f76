//! An engine that is killed while something is broken: what it broke stays in the journal, and is
//! healed once it is back.
//!
//! On an engine of its own, for killing the machine's would take all that runs there with it. Needs
//! root and `dockerd`, and is run by `./drill torture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod victim;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alertdrill::target::{Journal, heal};
use alertdrill::{Error, Fault, Progress};
use victim::{inject_one, site};

const PROJECT: &str = "alertdrill-engine";
const UP_WITHIN: Duration = Duration::from_secs(60);

/// An engine with its data, its socket and its network apart from the machine's.
struct Engine {
    folder: tempfile::TempDir,
    process: Child,
}

impl Engine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Self::spawn(folder.path());
        let engine = Self { folder, process };
        engine.wait_until_up();
        engine
    }

    fn spawn(folder: &Path) -> Child {
        let at = |name: &str| folder.join(name).display().to_string();
        // In a network of its own: an engine without a bridge removes the docker0 of the machine.
        let mut dockerd = Command::new("unshare");
        dockerd.args(["--net", "dockerd"]);
        dockerd.args([
            "--host",
            &format!("unix://{}", at("socket")),
            "--data-root",
            &at("data"),
            "--exec-root",
            &at("exec"),
        ]);
        dockerd.args([
            "--pidfile",
            &at("pid"),
            "--bridge",
            "none",
            "--iptables=false",
            "--ip6tables=false",
        ]);
        dockerd
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("socket").display())
    }

    fn docker(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("docker")
            .args(["--host", &self.host()])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(text)
        }
    }

    fn wait_until_up(&self) {
        let began = Instant::now();
        while let Err(said) = self.docker(&["info"]) {
            assert!(began.elapsed() < UP_WITHIN, "{said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// SIGKILL; its containers' processes outlive it, as they do when the machine's is killed.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn start_again(&mut self) {
        // It had no time to remove it, and would take another process with that number for itself.
        std::fs::remove_file(self.folder.path().join("pid")).unwrap();
        self.process = Self::spawn(self.folder.path());
        self.wait_until_up();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.docker(&["rm", "--force", "victim"]);
        // In order, so that it ends its own containerd too.
        let _ = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs root and an engine of its own: ./drill torture"]
fn fault_is_healed_after_the_engine_was_killed_in_mid_drill() {
    let mut engine = Engine::start();
    let image = "docker save debian:trixie-slim | docker --host \"$0\" load";
    assert!(
        Command::new("sh")
            .args(["-c", image, &engine.host()])
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    let labels = [
        format!("com.docker.compose.project={PROJECT}"),
        "com.docker.compose.service=victim".to_owned(),
    ];
    let run = [
        "run",
        "--detach",
        "--name",
        "victim",
        "--network",
        "none",
        "--restart",
        "unless-stopped",
    ];
    let labelled = [
        "--label",
        &labels[0],
        "--label",
        &labels[1],
        "debian:trixie-slim",
        "sleep",
        "infinity",
    ];
    engine.docker(&[&run[..], &labelled[..]].concat()).unwrap();

    let test = std::env::current_exe().unwrap();
    let mut child = Command::new(test);
    child.args([
        "--exact",
        "breaks_and_heals_on_the_engine",
        "--ignored",
        "--nocapture",
    ]);
    child
        .env("DOCKER_HOST", engine.host())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    let mut said = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()))
        .map(Result::unwrap);
    let mut expect = |word: &str| {
        said.find(|line| line.contains(word))
            .unwrap_or_else(|| panic!("it never said {word}"))
    };
    let mut go_on = child.stdin.take().unwrap();
    let mut tell =
        |word: &str| std::io::Write::write_all(&mut go_on, format!("{word}\n").as_bytes()).unwrap();

    expect("broken");
    engine.kill();
    tell("the engine is gone");
    expect("could not be reverted");
    engine.start_again();
    tell("the engine is back");
    expect("healed");
    assert!(child.wait().unwrap().success());
    let state = engine
        .docker(&["inspect", "--format", "{{.State.Status}}", "victim"])
        .unwrap();
    assert_eq!(state.trim(), "running");
}

#[test]
#[ignore = "is run by the other test, on its engine"]
fn breaks_and_heals_on_the_engine() {
    let wait = || std::io::stdin().read_line(&mut String::new()).unwrap();
    #[allow(clippy::print_stdout, reason = "what the other test waits for")]
    let say = |word: &str| println!("{word}");
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::in_folder(folder.path());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let site = site(PROJECT).await;
        let _broken = inject_one(&Fault::stop("victim"), "a_drill", &journal, &site)
            .await
            .unwrap();
        say("broken");
        wait();
        let error = heal(&journal, &site, &Progress::default())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Docker { .. }), "{error}");
        assert_eq!(journal.read().unwrap().open.len(), 1);
        say("could not be reverted");
        wait();
        heal(&journal, &site, &Progress::default()).await.unwrap();
        assert_eq!(journal.read().unwrap().open, []);
        say("healed");
    });
}
