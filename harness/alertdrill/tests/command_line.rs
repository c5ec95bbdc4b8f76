//! What the command line says and how it ends, on a machine without a Docker engine.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// How a run of the command line ended, and what it printed on standard output and on standard
/// error.
struct Ended {
    code: Option<i32>,
    said: String,
    complained: String,
}

/// The folder of a stack that is never started.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/project")
}

fn alertdrill(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .args(arguments)
        .current_dir(project())
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .env("COMPOSE_PROJECT_NAME", "alertdrill-nowhere")
        .env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code(),
        said: text(output.stdout),
        complained: text(output.stderr),
    }
}

/// A file of one drill: a handler is stopped, and the alert `alert` must fire.
fn file_of(fault: &str, alert: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let drill = json!({
        "name": "handler_stopped",
        "faults": [{"kind": fault, "service": "handler-{lane}"}],
        "expect": [{
            "alert": alert, "labels": {"exchange": "{lane}", "cause": "gone"},
            "severity": "critical", "deadline_s": 120, "recovery_s": 10,
        }],
        "leases": [{"on": "lane", "mode": "exclusive"}],
    });
    std::fs::write(file.path(), json!({"drills": [drill]}).to_string()).unwrap();
    file
}

#[test]
fn plan_says_what_breaks_what_must_fire_and_when_without_docker() {
    let file = file_of("service_stopped", "HandlerDown");
    let ended = alertdrill(&["plan", "--drills", file.path().to_str().unwrap()], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.complained);
    insta::assert_snapshot!(ended.said, @r#"
    handler_stopped on any lane
      breaks    handler-{lane} stopped, for 70 to 100 s
      fires     HandlerDown{cause="gone", exchange="{lane}"}, critical, +60 to +85 s after the fault, deadline +120 s; resolved within 190 s of the revert

    1 drill by the rules of prometheus/rules.yml; nothing was broken.
    Expected, once the stack is steady: 95 to 170 s, by a simulation with each wait at its shortest and at its longest (one after the other at most 170 s).

    Lanes, each wait at its longest:
      binance  handler_stopped 0–170 s
    "#);
}

#[test]
fn plan_that_was_printed_as_json_is_planned_again_to_the_same_text() {
    let file = file_of("service_stopped", "HandlerDown");
    let printed = alertdrill(
        &["plan", "--json", "--drills", file.path().to_str().unwrap()],
        &[],
    );
    let again = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(again.path(), &printed.said).unwrap();
    let texts = [&file, &again]
        .map(|file| alertdrill(&["plan", "--drills", file.path().to_str().unwrap()], &[]).said);
    assert!(texts[0].contains("handler_stopped"));
    assert_eq!(texts[0], texts[1]);
}

#[test]
fn unknown_fault_in_a_file_of_drills_could_not_be_planned_run_or_covered() {
    let file = file_of("meteor_strike", "HandlerDown");
    for command in ["plan", "run", "coverage"] {
        let ended = alertdrill(&[command, "--drills", file.path().to_str().unwrap()], &[]);
        assert_eq!(ended.code, Some(2), "{command}: {}", ended.said);
        assert!(
            ended.complained.contains("unknown variant `meteor_strike`"),
            "{command}: {}",
            ended.complained
        );
    }
}

#[test]
fn plan_fails_if_a_drill_cannot_pass_with_the_candidates_rules() {
    let file = file_of("service_stopped", "HandlerDown");
    let candidate = tempfile::NamedTempFile::new().unwrap();
    let committed = std::fs::read_to_string(project().join("prometheus/rules.yml")).unwrap();
    std::fs::write(
        candidate.path(),
        committed.replace("for: 1m\n", "for: 3m\n"),
    )
    .unwrap();
    let variables = [("ALERT_RULES", candidate.path().to_str().unwrap())];
    let ended = alertdrill(
        &["plan", "--drills", file.path().to_str().unwrap()],
        &variables,
    );
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(
        ended
            .said
            .contains("can fire as late as 205 s after its onset, its deadline is 120 s"),
        "{}",
        ended.said
    );
}

#[test]
fn run_of_a_file_of_drills_without_an_engine_could_not_be_tested() {
    let file = file_of("service_stopped", "HandlerDown");
    let ended = alertdrill(
        &[
            "run",
            "--exact",
            "handler_stopped",
            "--drills",
            file.path().to_str().unwrap(),
        ],
        &[],
    );
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    assert!(
        ended.said.contains("handler_stopped ... FAILED"),
        "{}",
        ended.said
    );
}

#[test]
fn coverage_fails_if_a_rule_is_neither_drilled_nor_waived() {
    let file = file_of("service_stopped", "HandlerDown");
    let ended = alertdrill(
        &["coverage", "--drills", file.path().to_str().unwrap()],
        &[],
    );
    assert_eq!(ended.code, Some(1), "{}", ended.complained);
    assert!(
        ended.said.contains("2 rules in prometheus/rules.yml"),
        "{}",
        ended.said
    );
    assert!(
        ended
            .said
            .contains("1 made to fire by a drill, 0 waived, 1 neither"),
        "{}",
        ended.said
    );
}

/// A Prometheus that has loaded the one rule `query` and has samples of `metrics`.
async fn prometheus(query: &str, metrics: &[&str]) -> MockServer {
    let server = MockServer::start().await;
    let rule = json!({
        "name": "HandlerDown", "query": query, "duration": 60, "labels": {"cause": "gone"},
        "health": "ok", "type": "alerting",
    });
    let group = json!({
        "name": "feed", "interval": 5, "lastEvaluation": "2026-01-01T00:00:00Z", "rules": [rule],
    });
    let answers = [
        ("/api/v1/rules", json!({"groups": [group]})),
        (
            "/api/v1/targets",
            json!({"activeTargets": [{"scrapeInterval": "15s", "scrapeTimeout": "5s"}]}),
        ),
        (
            "/api/v1/query",
            json!({"resultType": "vector", "result": []}),
        ),
        ("/api/v1/label/__name__/values", json!(metrics)),
    ];
    for (at, data) in answers {
        let answer =
            ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": data}));
        Mock::given(path(at))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn coverage_names_what_nothing_exports_and_the_nearest_name_that_there_is() {
    let file = file_of("service_stopped", "HandlerDown");
    let server = prometheus("ups == 0", &["up"]).await;
    let arguments = [
        "coverage",
        "--drills",
        file.path().to_str().unwrap(),
        "--prometheus",
        &server.address().to_string(),
    ];
    let ended = alertdrill(&arguments, &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.complained);
    assert!(
        ended
            .said
            .contains("1 made to fire by a drill, 0 waived, 0 neither"),
        "{}",
        ended.said
    );
    assert!(
        ended
            .said
            .contains("nothing exports ups, which HandlerDown reads; the nearest name is up"),
        "{}",
        ended.said
    );
}

#[test]
fn coverage_of_a_prometheus_that_does_not_answer_could_not_be_told() {
    let file = file_of("service_stopped", "HandlerDown");
    let ended = alertdrill(
        &[
            "coverage",
            "--drills",
            file.path().to_str().unwrap(),
            "--prometheus",
            "127.0.0.1:1",
        ],
        &[],
    );
    assert_eq!(ended.code, Some(2), "{}", ended.said);
}

#[test]
fn completions_know_the_commands_and_unknown_ones_are_refused_with_2() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = alertdrill(&["completions", shell], &[]);
        assert_eq!(ended.code, Some(0));
        for command in [
            "init", "plan", "run", "gate", "repeat", "heal", "report", "coverage",
        ] {
            assert!(ended.said.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(alertdrill(&["explode"], &[]).code, Some(2));
}

#[test]
fn help_of_each_command_that_takes_arguments_shows_examples_and_the_main_one_the_exit_codes() {
    let with_arguments = [
        "plan",
        "run",
        "gate",
        "repeat",
        "report",
        "coverage",
        "completions",
    ];
    for command in with_arguments {
        let help = alertdrill(&[command, "--help"], &[]).said;
        assert!(help.contains(&format!("  alertdrill {command}")), "{help}");
    }
    let help = alertdrill(&["--help"], &[]).said;
    for command in with_arguments {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    assert!(
        help.contains("1  an alert failed its drill") && help.contains("2  could not be tested"),
        "{help}"
    );
}

fn copy(folder: &Path, to: impl AsRef<OsStr>) {
    let copied = Command::new("cp").arg("-r").arg(folder).arg(to).status();
    assert!(copied.unwrap().success());
}

/// A project whose drills are the test target `suite` of a workspace, with a shell script in the
/// place of its program, of cargo, and of docker, whose tools are content with everything.
struct SuiteProject {
    folder: tempfile::TempDir,
}

impl SuiteProject {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&project().join("."), folder.path());
        let compose = folder.path().join("docker-compose.test.yml");
        let text = std::fs::read_to_string(&compose).unwrap();
        let with_suite = text.replace(
            "x-alertdrill:",
            "x-alertdrill:\n  drills: {cargo_test: suite}",
        );
        std::fs::write(compose, &with_suite).unwrap();
        let read: serde_json::Value = serde_yaml_ng::from_str(&with_suite).unwrap();
        let project = Self { folder };
        std::fs::write(project.path("compose.json"), read.to_string()).unwrap();
        std::fs::create_dir(project.path("bin")).unwrap();
        let answer = format!(
            "case \"$*\" in *config*json) cat {};; esac",
            project.path("compose.json")
        );
        project.program("bin/docker", &answer);
        let drills = "[ \"$1\" = --print-drills ] && echo '{\"drills\": []}' && exit";
        let run = format!("{drills}; echo \"$@\" >>runs");
        project.program(
            "suite",
            &format!("cd {}; {run}; {script}", project.path("")),
        );
        let message = format!(
            r#"{{"target":{{"name":"suite","kind":["test"]}},"executable":"{}"}}"#,
            project.path("suite")
        );
        project.program("cargo", &format!("echo '{message}'"));
        project
    }

    /// Its runs end with these exit codes, one after the other.
    fn ending_with(exit_codes: &[u8]) -> Self {
        let project = Self::new("code=$(head -n 1 codes); sed -i 1d codes; exit \"$code\"");
        let codes = exit_codes.iter().map(|code| format!("{code}\n"));
        std::fs::write(project.path("codes"), codes.collect::<String>()).unwrap();
        project
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.path(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn alertdrill(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        let (root, cargo) = (self.path(""), self.path("cargo"));
        let arguments = [&["--project", &root], arguments].concat();
        let programs = self.programs();
        let own = [("CARGO", cargo.as_str()), ("PATH", programs.as_str())];
        alertdrill(&arguments, &[&own, variables].concat())
    }

    /// The variable `PATH` with its own docker first.
    fn programs(&self) -> String {
        format!("{}:{}", self.path("bin"), std::env::var("PATH").unwrap())
    }

    /// The arguments of each run of its program.
    fn runs(&self) -> Vec<String> {
        let runs = std::fs::read_to_string(self.path("runs")).unwrap_or_default();
        runs.lines().map(str::to_owned).collect()
    }
}

#[test]
fn gate_tries_once_more_what_could_not_be_tested_and_ends_as_the_suite_does() {
    for (exit_codes, code, runs) in [
        (&[0][..], 0, 1),
        (&[1, 0], 1, 1),
        (&[2, 0], 0, 2),
        (&[2, 2, 0], 2, 2),
        (&[101, 0], 101, 1),
    ] {
        let project = SuiteProject::ending_with(exit_codes);
        let ended = project.alertdrill(&["gate", "consumer"], &[]);
        assert_eq!(ended.code, Some(code), "{}", ended.complained);
        assert_eq!(project.runs(), vec!["consumer"; runs], "{exit_codes:?}");
    }
}

#[test]
fn gate_tries_the_drills_of_a_file_too() {
    let file = file_of("service_stopped", "HandlerDown");
    let project = SuiteProject::ending_with(&[]);
    let arguments = ["gate", "--drills", file.path().to_str().unwrap()];
    let ended = project.alertdrill(&arguments, &[("DOCKER_HOST", "tcp://127.0.0.1:1")]);
    assert_eq!(ended.code, Some(2), "{}", ended.complained);
    let runs = ended.said.matches("---- handler_stopped ----").count();
    assert_eq!(runs, 2, "{}", ended.said);
}

#[test]
fn half_a_drill_opens_no_gate_and_is_not_repeated() {
    for command in [&["gate"][..], &["repeat", "2"]] {
        let project = SuiteProject::ending_with(&[0, 0]);
        let ended = project.alertdrill(command, &[("WATCH_UNTIL", "delivered")]);
        assert_eq!(ended.code, Some(2), "{}", ended.complained);
        let wanted = "wants drills that are watched to their end";
        assert!(ended.complained.contains(wanted), "{}", ended.complained);
        assert_eq!(project.runs(), [""; 0]);
    }
    let project = SuiteProject::ending_with(&[0]);
    let ended = project.alertdrill(&["gate"], &[("WATCH_UNTIL", "resolved")]);
    assert_eq!(ended.code, Some(0), "{}", ended.complained);
}

#[test]
fn signal_reaches_the_suite_whose_outcome_is_told_and_nothing_is_tried_again() {
    let script = "trap 'echo reverted; exit 2' INT TERM HUP; echo broken; \
                  for second in 1 2 3 4 5; do sleep 1 & wait $!; done";
    for (command, signal) in [
        ("gate", "INT"),
        ("gate", "TERM"),
        ("gate", "HUP"),
        ("run", "INT"),
    ] {
        let project = SuiteProject::new(script);
        // Whoever starts this test in the background has it ignore them.
        let mut process = Command::new("env")
            .arg("--default-signal=INT,HUP")
            .arg(env!("CARGO_BIN_EXE_alertdrill"))
            .args(["--project", &project.path(""), command])
            .env("CARGO", project.path("cargo"))
            .env("PATH", project.programs())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "broken");
        let id = process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(process.wait().unwrap().code(), Some(2), "{signal}");
        assert_eq!(said.next().unwrap().unwrap(), "reverted", "{signal}");
        assert_eq!(project.runs().len(), 1, "{signal}");
    }
}

#[test]
fn run_ends_as_the_suite_does_and_hands_its_options_on() {
    for code in [0, 1, 2, 101] {
        let project = SuiteProject::ending_with(&[code]);
        let arguments = ["run", "--exact", "one", "--", "--nocapture"];
        let ended = project.alertdrill(&arguments, &[]);
        assert_eq!(ended.code, Some(i32::from(code)), "{}", ended.complained);
        assert_eq!(project.runs(), ["one --exact --nocapture"]);
    }
}

#[test]
fn drills_are_repeated_at_least_once() {
    for times in ["0", "often"] {
        let ended = alertdrill(&["repeat", times], &[]);
        assert_eq!(ended.code, Some(2), "{}", ended.said);
        assert!(ended.complained.contains("<TIMES>"), "{}", ended.complained);
    }
}

#[test]
fn report_is_that_of_the_projects_own_last_run_wherever_it_is_called_from() {
    let project = SuiteProject::ending_with(&[]);
    let latest = project.path(".alertdrill/drills/latest");
    std::fs::create_dir_all(project.path(".alertdrill/drills")).unwrap();
    let saved = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/runs/one_alert_late");
    copy(&saved, &latest);
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .args(["--project", &project.path(""), "report"])
        .current_dir("/")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{complaint}");
    assert!(Path::new(&latest).join("report.json").exists());
}

/// A project with a run of three drills: one has ended, one runs, one waits. It is going on as long
/// as the file is open.
fn project_with_a_run_that_goes_on() -> (SuiteProject, std::fs::File) {
    let project = SuiteProject::ending_with(&[]);
    let run = project.path(".alertdrill/drills/one");
    let saved = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/runs/one_alert_late");
    for (folder, drill) in [("records", "mv_delayed"), ("under_way", "consumer_stalled")] {
        let folder = Path::new(&run).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let file = format!("{drill}.json");
        std::fs::copy(saved.join("records").join(&file), folder.join(file)).unwrap();
    }
    let text = std::fs::read_to_string(saved.join("run.json")).unwrap();
    let begun = json!({
        "schema_version": 1,
        "run": serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        "drills": ["consumer_stalled", "feed_handler_stopped", "mv_delayed"],
    });
    std::fs::write(Path::new(&run).join("begun.json"), begun.to_string()).unwrap();
    let hold = std::fs::File::create(Path::new(&run).join(".going_on")).unwrap();
    hold.lock_shared().unwrap();
    (project, hold)
}

/// What `alertdrill report --open` says in `project`, where nothing but the programs in its folder
/// `bin` is installed.
fn report_opened(project: &SuiteProject) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_alertdrill"))
        .args(["--project", &project.path(""), "report", "--open"])
        .env("PATH", project.path("bin"))
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[test]
fn report_of_a_run_that_goes_on_shows_what_is_known_and_opens_its_page() {
    let (project, _hold) = project_with_a_run_that_goes_on();
    project.program(
        "bin/xdg-open",
        &format!("echo \"$1\" >{}", project.path("opened")),
    );
    let said = report_opened(&project);
    for line in [
        "the run is going on: 1 of 3 drills have ended",
        "running: consumer_stalled",
        "waiting: feed_handler_stopped",
    ] {
        assert!(said.lines().any(|said| said == line), "{said}");
    }
    let opened = std::fs::read_to_string(project.path("opened")).unwrap();
    let page = Path::new(opened.trim());
    assert!(
        page.ends_with(".alertdrill/drills/one/index.html"),
        "{opened}"
    );
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("This run is going on"));
    assert!(
        !page.with_file_name("report.json").exists(),
        "programs read whole runs alone"
    );
}

#[test]
fn report_of_a_run_that_was_killed_shows_what_it_saw_also_where_there_is_no_browser() {
    let (project, hold) = project_with_a_run_that_goes_on();
    drop(hold);
    let said = report_opened(&project);
    assert!(
        said.contains("the run was broken off: 1 of 3 drills have ended"),
        "{said}"
    );
    assert!(said.contains("no browser could be opened"), "{said}");
    let page = project.path(".alertdrill/drills/one/index.html");
    assert!(said.contains(&page), "{said}");
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("This run was broken off"));
}

#[test]
fn report_of_a_project_that_never_ran_says_what_makes_a_run() {
    let project = SuiteProject::ending_with(&[]);
    let ended = alertdrill(&["--project", &project.path(""), "report"], &[]);
    assert_eq!(ended.code, Some(2));
    let complaint = ended.complained;
    assert!(
        complaint.contains("no run is there; `alertdrill run` makes one"),
        "{complaint}"
    );
}

#[test]
fn colours_are_left_out_unless_they_are_forced() {
    let file = file_of("service_stopped", "HandlerDown");
    let said = |variables: &[(&str, &str)]| {
        alertdrill(
            &["plan", "--drills", file.path().to_str().unwrap()],
            variables,
        )
        .said
    };
    assert!(!said(&[]).contains('\u{1b}'));
    assert!(said(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!said(&[("CLICOLOR_FORCE", "0"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn sink_answers_its_health_check_until_it_is_told_to_end() {
    for signal in ["TERM", "INT"] {
        let mut sink = Command::new("env")
            .arg("--default-signal=INT")
            .arg(env!("CARGO_BIN_EXE_alertdrill"))
            .args(["sink", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(sink.stderr.take().unwrap()).lines();
        let said = log.next().unwrap().unwrap();
        let address = said.split_once("serving on ").unwrap().1;
        let url = format!("http://{address}/health");
        let healthy = alertdrill(&["sink", "--health", &url], &[]);
        assert_eq!(healthy.code, Some(0), "{}", healthy.complained);
        let id = sink.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(sink.wait().unwrap().code(), Some(0), "{signal}");
        let gone = alertdrill(&["sink", "--health", &url], &[]);
        assert_eq!(gone.code, Some(2), "{}", gone.said);
        assert!(gone.complained.contains(&url), "{}", gone.complained);
    }
}

#[test]
fn address_that_cannot_be_served_on_is_named_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = alertdrill(&["sink", "--listen", &address], &[]);
    assert_eq!(ended.code, Some(2), "{}", ended.said);
    let complained = ended.complained.replace(&address, "[address]");
    insta::assert_snapshot!(complained, @"
    error: failed to serve on [address]: Address already in use (os error 98)
      help: name an address of this machine and a port that is free: `--listen 127.0.0.1:8080`
    ");
}
