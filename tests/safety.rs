//! What the stack and the harness cannot do to the machine that they run on, and which secrets they
//! do not reveal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is how it fails"
)]

mod session;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use alertdrill::Target as _;
use reqwest::StatusCode;
use serde_json::Value;

/// One begins every 45 s.
const OFFLOAD_RUNS_WITHIN: Duration = Duration::from_secs(120);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker")
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success(),
        "docker {}: {text}",
        arguments.join(" ")
    );
    text
}

/// The stack's services as compose understands its file, those of all profiles.
fn services() -> serde_json::Map<String, Value> {
    let profiles = ["--profile", "*"];
    let json = docker(
        &[
            &["compose", "--file", "docker-compose.test.yml"],
            &profiles[..],
            &["config", "--format", "json"],
        ]
        .concat(),
    );
    let config: Value = serde_json::from_str(&json).unwrap();
    config["services"].as_object().unwrap().clone()
}

fn mounts_the_engines_socket(service: &Value) -> bool {
    service["volumes"].as_array().is_some_and(|volumes| {
        volumes.iter().any(|volume| {
            volume["source"]
                .as_str()
                .is_some_and(|source| source.contains("docker.sock"))
        })
    })
}

/// The values of the variables that hold secrets, whichever service they are given to.
fn secrets() -> Vec<String> {
    let is_secret = |name: &str| name.contains("PASSWORD") || name.contains("SECRET");
    let mut secrets: Vec<_> = services()
        .values()
        .filter_map(|service| service["environment"].as_object())
        .flat_map(|variables| variables.iter().filter(|(name, _)| is_secret(name)))
        .filter_map(|(_, value)| value.as_str().map(str::to_owned))
        // Grafana's default, which is a word of any text.
        .filter(|secret| secret != "admin")
        .collect();
    secrets.sort();
    secrets.dedup();
    secrets
}

#[test]
fn published_ports_are_bound_to_the_loopback_interface() {
    let mut published = 0;
    for (name, service) in services() {
        for port in service["ports"].as_array().into_iter().flatten() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name} publishes {port}");
            published += 1;
        }
    }
    assert!(published > 5, "{published}");
}

#[test]
fn only_the_proxy_has_the_engines_socket_and_nothing_is_privileged() {
    for (name, service) in services() {
        assert_eq!(
            mounts_the_engines_socket(&service),
            name == "docker-api",
            "{name}"
        );
        assert_ne!(service["privileged"], true, "{name}");
        assert!(
            service["cap_add"].is_null()
                && service["network_mode"] != "host"
                && service["pid"] != "host",
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn running_stack_can_only_be_read_is_bounded_and_tells_no_secret() {
    let session = session::start(root()).await.unwrap();
    let containers = session.stack().containers().clone();

    // The container exporter reaches the engine only to read about containers.
    let ask = async |method: &str, path: &str| {
        let request = format!(
            "printf '{method} {path} HTTP/1.0\\r\\n\\r\\n' | timeout 5 \
             bash -c 'exec 3<>/dev/tcp/127.0.0.1/2375; cat >&3; head -n 1 <&3'"
        );
        let answer = containers
            .exec(
                "docker-api#1",
                None,
                &["bash", "-c", &request].map(str::to_owned),
            )
            .await
            .unwrap();
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    assert_eq!(ask("GET", "/containers/json").await, 200);
    let own_id = containers
        .exec("docker-api#1", None, &["hostname".to_owned()])
        .await
        .unwrap()
        .trim()
        .to_owned();
    for (method, path) in [
        ("POST", format!("/containers/{own_id}/stop")),
        ("DELETE", format!("/containers/{own_id}")),
        ("POST", "/containers/create".to_owned()),
        (
            "GET",
            format!("/containers/{own_id}/archive?path=/etc/passwd"),
        ),
        ("GET", format!("/containers/{own_id}/logs")),
        ("GET", "/images/json".to_owned()),
    ] {
        assert_eq!(ask(method, &path).await, 403, "{method} {path}");
    }

    // A body that is larger than any notification is not kept in memory.
    let address = containers.address("notification-sink", 8080).await.unwrap();
    let flood = "x".repeat(2 << 20);
    let refused = reqwest::Client::new()
        .post(format!("http://{address}/webhook/critical"))
        .body(flood)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);

    let secrets = secrets();
    assert!(secrets.len() >= 2, "{secrets:?}");
    let in_mid_run = [
        "sh",
        "-c",
        "until grep -qs '[j]ava' /proc/[0-9]*/cmdline; do sleep 0.2; done",
    ]
    .map(str::to_owned);
    let offload_runs = tokio::time::timeout(
        OFFLOAD_RUNS_WITHIN,
        containers.exec("offload-worker", None, &in_mid_run),
    );
    offload_runs.await.expect("no offload run began").unwrap();
    let of_the_stack = format!(
        "label=com.docker.compose.project={}",
        session.stack().project().name()
    );
    let running = docker(&["ps", "--quiet", "--filter", &of_the_stack]);
    assert!(running.lines().count() > 10, "{running}");
    for id in running.lines() {
        let told = docker(&["logs", id]) + &docker(&["top", id, "-eo", "pid,args"]);
        let leaked: Vec<_> = secrets
            .iter()
            .filter(|secret| told.contains(*secret))
            .collect();
        assert!(
            leaked.is_empty(),
            "{}: {leaked:?}",
            docker(&["inspect", "--format", "{{.Name}}", id])
        );
    }
    session.end(&alertdrill::Progress::default()).await.unwrap();
}

#[test]
fn reports_and_records_of_the_last_run_tell_no_secret() {
    let secrets = secrets();
    let mut folders = vec![root().join("target/drills/latest")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let leaked: Vec<_> = secrets
                .iter()
                .filter(|secret| text.contains(*secret))
                .collect();
            assert!(leaked.is_empty(), "{}: {leaked:?}", path.display());
        }
    }
}
