//! Faults of the environment. Each gives a clear message that names what to do, and exit code 2;
//! none leaves anything behind.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod session;
mod suite;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use alertdrill::target::Journal;
use alertdrill::target::compose::{Containers, Project, Stack, StackStart};
use alertdrill::{Error, Progress, Target as _, commands, servers};
use tokio_util::sync::CancellationToken;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap()
}

fn alerts() -> Command {
    let mut command = suite::program();
    command
        .arg("feed_handler_stopped")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the suite to its end; gives its exit code and all that it printed.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    )
}

fn send(signal: &str, child: &Child) {
    assert!(
        Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// Reads what the suite says to a person until a line contains `words`; gives the rest of the
/// reader.
fn read_until(child: &mut Child, words: &str) -> BufReader<std::process::ChildStderr> {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert_ne!(
            lines.read_line(&mut line).unwrap(),
            0,
            "it ended without saying `{words}`:\n{seen}"
        );
        seen += &line;
        if line.contains(words) {
            return lines;
        }
    }
}

#[test]
fn missing_engine_could_not_be_tested_and_says_what_to_do() {
    let (code, printed) = run(alerts().env("DOCKER_HOST", "unix:///nowhere/docker.sock"));
    assert!(
        printed.contains("failed to reach a Docker engine"),
        "{printed}"
    );
    assert!(
        printed.contains("help: install Docker if it is missing, then start its engine"),
        "{printed}"
    );
    assert_eq!(code, Some(2), "{printed}");
}

#[test]
fn missing_compose_could_not_be_tested_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let docker = folder.path().join("docker");
    std::fs::write(
        &docker,
        "#!/bin/sh\necho \"docker: 'compose' is not a docker command.\" >&2\nexit 1\n",
    )
    .unwrap();
    std::fs::set_permissions(&docker, PermissionsExt::from_mode(0o755)).unwrap();
    // Of a project whose description no run has asked compose for before.
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let (code, printed) = run(alerts()
        .env("PATH", path)
        .env("COMPOSE_PROJECT_NAME", "alertdrill-compose"));
    assert!(
        printed.contains("failed to run `docker compose`"),
        "{printed}"
    );
    assert!(
        printed.contains("help: install Docker's plugin for compose, version 2"),
        "{printed}"
    );
    assert_eq!(code, Some(2), "{printed}");
}

/// A compose project with one service `subject`, described by `service`, beside the Prometheus that
/// checks its rules.
fn small_project(name: &str, service: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("prometheus/alert_rules.yml", "groups: []\n");
    write("alertmanager/alertmanager.yml", "");
    write(
        "subject/Dockerfile",
        "FROM debian:trixie-slim\nRUN echo the compiler went on strike && exit 7\n",
    );
    write(
        "docker-compose.test.yml",
        &format!(
            "name: alertdrill-{name}
x-alertdrill:
  prometheus: {{service: prometheus, port: 9090}}
  alertmanager: {{service: prometheus, port: 9090}}
  notification_sink: {{service: prometheus, port: 9090}}
  prometheus_files:
    configuration: prometheus/prometheus.yml
    rules: prometheus/alert_rules.yml
    staged_by: PROMETHEUS_CONFIG_DIR
  alertmanager_files:
    configuration: alertmanager/alertmanager.yml
    staged_by: ALERTMANAGER_CONFIG_DIR
  free_ports: [BROKER_PORT]
  kafka: \"127.0.0.1:${{BROKER_PORT:-1}}\"
  steady_state: []
services:
  prometheus: {{image: alertdrill/prometheus-2, entrypoint: [sleep, \"60\"]}}
  subject:
{service}"
        ),
    );
    folder
}

async fn is_gone(project: &str) -> bool {
    !Containers::connect(project)
        .await
        .unwrap()
        .exist()
        .await
        .unwrap()
}

#[tokio::test]
async fn image_that_does_not_build_shows_the_last_lines_of_its_log() {
    let project = small_project(
        "build",
        "    image: alertdrill-test/never-built\n    build: subject\n",
    );
    let error = session::start(project.path()).await.unwrap_err();
    assert!(matches!(error, Error::ImageBuild { .. }), "{error}");
    assert!(
        error.explained().contains("the compiler went on strike"),
        "{error}"
    );
    assert!(error.explained().contains("help: "), "{error}");
    assert!(is_gone("alertdrill-build").await);
}

#[tokio::test]
async fn taken_port_is_named_and_nothing_is_left_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let service = format!(
        "    image: debian:trixie-slim\n    command: [sleep, \"60\"]\n    \
         ports: [\"127.0.0.1:{port}:80\"]\n"
    );
    let project = small_project("port", &service);
    let error = session::start(project.path()).await.unwrap_err();
    assert!(matches!(error, Error::PortTaken { .. }), "{error}");
    assert!(error.explained().contains(&port.to_string()), "{error}");
    assert!(
        error.explained().contains("help: end what listens there"),
        "{error}"
    );
    assert!(is_gone("alertdrill-port").await);
}

#[tokio::test]
async fn service_that_never_becomes_healthy_shows_its_log_and_the_stack_is_taken_down() {
    let service = "    image: debian:trixie-slim
    command: [sh, -c, \"echo cannot find my keys; sleep 60\"]
    healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 2}
";
    let project = small_project("health", service);
    let error = session::start(project.path()).await.unwrap_err();
    assert!(matches!(error, Error::NotHealthy { .. }), "{error}");
    assert!(
        error.explained().contains("subject is running, unhealthy"),
        "{error}"
    );
    assert!(error.explained().contains("cannot find my keys"), "{error}");
    assert!(is_gone("alertdrill-health").await);
}

#[tokio::test]
async fn service_that_is_healthy_is_not_waited_for_until_the_engine_asks_it() {
    let service = "    image: debian:trixie-slim
    command: [sleep, \"60\"]
    healthcheck: {test: 'true', interval: 1h}
";
    let project = small_project("asked", service);
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let project = Project::open(project.path(), programs()).await.unwrap();
    let stack = Stack::up(project, servers::reload, &progress, &cancel).await;
    stack.unwrap().leave(&progress).await.unwrap();
    assert!(is_gone("alertdrill-asked").await);
}

/// Under nextest each drill is a process. A process that comes while another one starts the stack
/// must not wait until it can have the stack alone.
#[tokio::test]
async fn stack_is_started_once_and_who_waits_for_that_joins_it() {
    let folder = small_project(
        "joined",
        "    image: debian:trixie-slim\n    command: [sleep, \"60\"]\n",
    );
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let up = async || {
        Stack::up(
            Project::open(folder.path(), programs()).await.unwrap(),
            servers::reload,
            &progress,
            &cancel,
        )
        .await
        .unwrap()
    };
    let (first, second) = tokio::join!(up(), up());
    let mut starts = [first.start(), second.start()];
    starts.sort();
    assert_eq!(starts, [StackStart::Reused, StackStart::Started]);
    assert_eq!(
        first.project().settings().kafka,
        second.project().settings().kafka
    );
    first.leave(&progress).await.unwrap();
    assert!(
        !is_gone("alertdrill-joined").await,
        "the second one still uses it"
    );
    second.leave(&progress).await.unwrap();
    assert!(is_gone("alertdrill-joined").await);
}

#[tokio::test]
async fn compose_file_without_the_harness_section_is_refused_with_its_name() {
    let project = small_project("section", "    image: debian:trixie-slim\n");
    let file = project.path().join("docker-compose.test.yml");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("x-alertdrill:", "x-other:");
    std::fs::write(&file, text).unwrap();
    let error = session::start(project.path()).await.unwrap_err();
    let explained = error.explained();
    let folder = project.path().display().to_string();
    for words in [&folder, "no compose file has a section `x-alertdrill`"] {
        assert!(explained.contains(words), "{explained}");
    }
}

/// Both need the stack for themselves, one after the other.
#[tokio::test]
async fn run_with_other_rules_says_whom_it_waits_for_and_an_interrupt_leaves_nothing_broken() {
    let session = session::start(root()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let candidate = folder.path().join("candidate.yml");
    std::fs::write(&candidate, "groups: []\n").unwrap();
    let mut second = alerts().env("ALERT_RULES", &candidate).spawn().unwrap();
    let said = read_until(
        &mut second,
        &format!("uses it as it is (process {})", std::process::id()),
    );
    drop(said);
    send("INT", &second);
    assert_eq!(second.wait().unwrap().code(), Some(2));

    let (containers, journal) = (
        session.stack().containers().clone(),
        Journal::in_folder(&session.stack().project().state_folder()),
    );
    let was_up = session.stack().start() == StackStart::Reused;
    drop(session);
    for signal in ["INT", "TERM", "HUP"] {
        let mut drill = alerts().env("KEEP_STACK", "1").spawn().unwrap();
        let rest = read_until(&mut drill, "waiting for its alerts");
        let open = journal.read().unwrap().open;
        let [broken] = open.as_slice() else {
            panic!("{open:?}")
        };
        let handler = broken.fault.target().to_owned();
        assert!(!containers.state(&handler).await.unwrap().is_running());
        send(signal, &drill);
        let said: Vec<_> = rest.lines().map(Result::unwrap).collect();
        assert_eq!(drill.wait().unwrap().code(), Some(2), "{signal}: {said:#?}");
        assert!(
            containers.state(&handler).await.unwrap().is_running(),
            "{signal}: {said:#?}"
        );
        assert_eq!(journal.read().unwrap().open, [], "{signal}: {said:#?}");
    }
    if !was_up {
        let removed = tokio::task::spawn_blocking(|| {
            commands::down(root(), programs(), &Progress::default())
        })
        .await;
        removed.unwrap().unwrap();
    }
}
