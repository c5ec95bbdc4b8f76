//! The dashboard shows existing metrics, agrees with the rules, and makes every drill visible.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, a panic is how it fails"
)]

mod drills;
mod session;
mod tool;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use alertdrill::dashboard::{Dashboard, Panel, metrics_read, moved_panels, unknown_metrics};
use alertdrill::engine::{Prometheus, Ranges as _, RuleEngine as _, Series, board_history};
use alertdrill::promql::{metrics_of, thresholds_of};
use alertdrill::report::RunFolder;
use alertdrill::servers;
use alertdrill::session::Session;
use alertdrill::{Cadence, DrillRecord, LoadedRule, Progress, UtcInstant};
use jiff::Timestamp;

/// In so long every target of a steady stack has been scraped twice.
const SCRAPED_TWICE: Duration = Duration::from_secs(45);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path() -> std::path::PathBuf {
    root().join("docker/grafana/dashboards/k2-pipeline.json")
}

fn dashboard() -> Dashboard {
    Dashboard::in_file(&path(), &std::fs::read_to_string(path()).unwrap()).unwrap()
}

fn panel<'a>(dashboard: &'a Dashboard, title: &str) -> &'a Panel {
    dashboard
        .panels
        .iter()
        .find(|panel| panel.title == title)
        .unwrap_or_else(|| panic!("there is no panel `{title}`"))
}

/// The stack, and its Prometheus.
struct Running {
    session: Session,
    prometheus: Prometheus,
    progress: Progress,
}

impl Running {
    async fn start() -> Self {
        let session = session::start(root()).await.unwrap();
        let prometheus = servers::prometheus(session.stack()).await.unwrap();
        Self {
            session,
            prometheus,
            progress: Progress::default(),
        }
    }

    /// What `query` yielded within the last minute. A rate needs two scrapes, which a stack that has
    /// just been started does not have yet: for those it waits.
    async fn series(&self, query: &str) -> Vec<Series> {
        let began = Instant::now();
        loop {
            let span = (minutes_ago(1), now());
            let step = Duration::from_secs(15);
            let series = self.prometheus.range(query, span, step).await.unwrap();
            if !series.is_empty() || began.elapsed() > SCRAPED_TWICE {
                return series;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }

    async fn rules(&self) -> Vec<LoadedRule> {
        self.prometheus
            .alerting_rules(Duration::ZERO)
            .await
            .unwrap()
    }

    async fn end(self) {
        self.session.end(&self.progress).await.unwrap();
    }
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}

fn minutes_ago(minutes: u64) -> UtcInstant {
    UtcInstant::from_epoch_s(now().epoch_s() - Duration::from_mins(minutes).as_secs_f64()).unwrap()
}

// ---- what is written in the file

/// Gives `json` to Grafana's own types; gives whether they knew all of it, and what they said.
fn read_as_grafana_does(json: &str) -> (bool, String) {
    tool::build("dashboard-check");
    let mut check = tool::docker(&[
        "run",
        "--rm",
        "--interactive",
        "--network",
        "none",
        "alertdrill/dashboard-check",
    ])
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    std::io::Write::write_all(&mut check.stdin.take().unwrap(), json.as_bytes()).unwrap();
    let output = check.wait_with_output().unwrap();
    (
        output.status.success(),
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    )
}

#[test]
fn grafana_knows_every_field_of_the_dashboard() {
    let json = std::fs::read_to_string(path()).unwrap();
    let (content, said) = read_as_grafana_does(&json);
    assert!(content, "{said}");
    let misspelt = json.replacen("\"gridPos\"", "\"gridPosition\"", 1);
    let (content, said) = read_as_grafana_does(&misspelt);
    assert!(
        !content && said.contains("gridPosition: Grafana knows no such field"),
        "{said}"
    );
}

/// The tables of the user's document: group, panel, metric, kind.
const WANTED: [(&str, &str, &str); 15] = [
    (
        "Trade messages/sec per exchange",
        "feed_handler_trades_produced_total",
        "timeseries",
    ),
    (
        "Feed handler reconnects",
        "feed_handler_reconnects_total",
        "stat",
    ),
    (
        "Last message time per exchange",
        "feed_handler_last_message_timestamp",
        "gauge",
    ),
    (
        "Consumer lag per topic",
        "kafka_consumer_group_lag",
        "timeseries",
    ),
    (
        "Topic message rate",
        "kafka_topic_messages_in_total",
        "timeseries",
    ),
    (
        "Bronze insert rate (rows/sec)",
        "clickhouse_bronze_inserts_total",
        "timeseries",
    ),
    (
        "MV processing delay",
        "clickhouse_mv_processing_delay_seconds",
        "gauge",
    ),
    (
        "Bronze row count by exchange",
        "clickhouse_bronze_rows",
        "stat",
    ),
    ("Silver row count", "clickhouse_silver_rows", "stat"),
    (
        "Offload lag (minutes behind)",
        "iceberg_offload_lag_minutes",
        "gauge",
    ),
    (
        "Last successful offload time",
        "iceberg_offload_last_success_timestamp_seconds",
        "stat",
    ),
    (
        "Offload success/failure count",
        "iceberg_offload_runs_total",
        "timeseries",
    ),
    (
        "CPU % per service",
        "container_cpu_usage_seconds_total",
        "timeseries",
    ),
    (
        "Memory usage per service",
        "container_memory_usage_bytes",
        "timeseries",
    ),
    (
        "Total stack CPU / RAM",
        "container_memory_usage_bytes",
        "stat",
    ),
];

#[test]
fn every_panel_of_the_users_document_is_there() {
    let dashboard = dashboard();
    for (title, metric, kind) in WANTED {
        let panel = panel(&dashboard, title);
        assert_eq!(panel.kind, kind, "{title}");
        assert!(
            panel
                .queries
                .iter()
                .any(|query| query.metrics().unwrap().contains(metric)),
            "{title} does not read {metric}"
        );
    }
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let lag = json["panels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|panel| panel["title"] == "Consumer lag per topic")
        .unwrap();
    assert_eq!(
        lag["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"],
        "line"
    );
}

#[test]
fn every_panel_asks_something_has_a_description_and_leads_to_a_runbook_that_there_is() {
    for panel in dashboard().panels {
        assert!(
            !panel.queries.is_empty() && panel.queries.iter().all(|query| !query.expr.is_empty()),
            "{}",
            panel.title
        );
        assert!(
            !panel.description.is_empty(),
            "{} has no description",
            panel.title
        );
        for link in &panel.links {
            let page = link
                .strip_prefix("/public/runbooks/")
                .unwrap_or_else(|| panic!("{}: {link}", panel.title));
            assert!(
                root().join("docs/runbooks").join(page).is_file(),
                "{}: there is no {page}",
                panel.title
            );
        }
    }
}

// ---- in agreement with the rules

#[tokio::test]
async fn thresholds_are_those_of_the_rules() {
    let running = Running::start().await;
    let dashboard = dashboard();
    for rule in running.rules().await {
        let metrics = metrics_of(&rule.query).unwrap();
        for threshold in thresholds_of(&rule.query)
            .unwrap()
            .into_iter()
            .filter(|threshold| *threshold > 0.0)
        {
            let shows_it = |panel: &&Panel| {
                panel
                    .queries
                    .iter()
                    .any(|query| !query.metrics().unwrap().is_disjoint(&metrics))
            };
            let panels: Vec<_> = dashboard.panels.iter().filter(shows_it).collect();
            let highest: Vec<_> = panels
                .iter()
                .filter_map(|panel| panel.thresholds.last())
                .copied()
                .collect();
            assert!(
                !highest.is_empty(),
                "{}: no panel has its threshold",
                rule.alert
            );
            assert_eq!(
                highest,
                vec![threshold; highest.len()],
                "{}: `{}`",
                rule.alert,
                rule.query
            );
        }
    }
    running.end().await;
}

#[tokio::test]
async fn every_alert_has_a_runbook_a_panel_that_leads_to_it_and_a_stage_that_shows_it() {
    let running = Running::start().await;
    let dashboard = dashboard();
    let stages = panel(&dashboard, "Stages");
    for rule in running.rules().await {
        let alert = &rule.alert;
        assert!(
            root()
                .join("docs/runbooks")
                .join(format!("{alert}.md"))
                .is_file(),
            "{alert} has no runbook"
        );
        let leads = |panel: &Panel| {
            panel
                .links
                .iter()
                .any(|link| link.ends_with(&format!("/{alert}.md")))
        };
        assert!(
            dashboard.panels.iter().any(leads),
            "no panel leads to the runbook of {alert}"
        );
        assert!(
            stages
                .queries
                .iter()
                .any(|query| query.expr.contains(alert.as_str())),
            "no stage shows {alert}"
        );
    }
    let jobs = running.prometheus.range(
        "count by (job) (up{job!=\"feed-handler\"})",
        (minutes_ago(1), now()),
        Duration::from_secs(30),
    );
    for job in jobs
        .await
        .unwrap()
        .iter()
        .map(|series| &series.labels["job"])
    {
        let named = |expr: &str| {
            expr.split("job=~\"").skip(1).any(|rest| {
                rest.split('"')
                    .next()
                    .unwrap()
                    .split('|')
                    .any(|name| name == job)
            })
        };
        assert!(
            stages.queries.iter().any(|query| named(&query.expr)),
            "no stage shows that {job} is lost"
        );
    }
    running.end().await;
}

// ---- on the running stack

#[tokio::test]
async fn every_query_yields_data_with_the_labels_of_its_legend() {
    let running = Running::start().await;
    for panel in dashboard().panels {
        for query in &panel.queries {
            let series = running.series(&query.expr).await;
            println!("{}: {} series", panel.title, series.len());
            assert!(
                !series.is_empty(),
                "{}: no data of `{}`",
                panel.title,
                query.expr
            );
            for label in query.legend_labels() {
                let named = series
                    .iter()
                    .all(|series| series.labels.contains_key(label));
                assert!(
                    named,
                    "{}: `{}` yields series without the label {label} of its legend",
                    panel.title, query.expr
                );
            }
        }
    }
    running.end().await;
}

#[tokio::test]
async fn every_metric_that_a_rule_or_a_panel_reads_is_scraped_from_a_target_that_answers() {
    let running = Running::start().await;
    let dashboard = dashboard();
    let recording = running.prometheus.recording_rules().await.unwrap();
    let read = metrics_read(&running.rules().await, &recording, Some(&dashboard)).unwrap();
    let unknown = unknown_metrics(&read, &running.prometheus.metric_names().await.unwrap());
    assert!(unknown.is_empty(), "nothing exports these: {unknown:#?}");
    for metric in read.keys().filter(|metric| *metric != "ALERTS") {
        let up = running
            .prometheus
            .value(&format!(
                "max(up and on (instance) last_over_time({metric}[1h]))"
            ))
            .await
            .unwrap();
        assert_eq!(up, Some(1.0), "no target that answers exports {metric}");
    }
    let lost = running
        .prometheus
        .range("up == 0", (minutes_ago(0), now()), Duration::from_secs(15))
        .await
        .unwrap();
    assert!(lost.is_empty(), "targets that do not answer: {lost:#?}");
    running.end().await;
}

// ---- during the drills

/// The last run of all drills, if Prometheus has its samples still.
async fn last_run(prometheus: &Prometheus) -> Option<(RunFolder, Vec<DrillRecord>)> {
    let folder = RunFolder::existing(root().join("target/drills/latest").canonicalize().ok()?);
    let records = folder.records().ok()?;
    let ran: BTreeSet<_> = records
        .iter()
        .filter(|record| !record.timeline.faults.is_empty())
        .map(|record| &record.drill.name)
        .collect();
    let all_ran = drills::all().iter().all(|drill| ran.contains(&drill.name));
    let began_at = folder.run().ok()?.started_at;
    let samples = prometheus
        .range(
            "up",
            (began_at, began_at.plus(Duration::from_secs(60))),
            Duration::from_secs(15),
        )
        .await
        .unwrap();
    (all_ran && !samples.is_empty()).then_some((folder, records))
}

fn run_the_drills() {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--test", "alerts"])
        .env("KEEP_STACK", "1")
        .current_dir(root())
        .status();
    assert!(
        status.unwrap().success(),
        "the drills failed: what the dashboard shows of them says little"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_drill_is_seen_on_a_panel() {
    let running = Running::start().await;
    if last_run(&running.prometheus).await.is_none() {
        run_the_drills();
    }
    let (folder, records) = last_run(&running.prometheus)
        .await
        .expect("the drills have just run on this stack");
    let project = running.session.stack().project();
    let run = folder.run().unwrap();
    let cadence = Cadence::of(
        &running
            .prometheus
            .alerting_rules(Duration::ZERO)
            .await
            .unwrap(),
    );
    let history = board_history(
        &running.prometheus,
        &dashboard(),
        project.settings(),
        (run.started_at, run.finished_at),
        cadence.evaluation_interval,
    )
    .await
    .unwrap();
    let broken: Vec<_> = records
        .iter()
        .filter_map(|record| record.broken(project.settings()))
        .collect();
    let moved = moved_panels(&history, &broken, cadence);
    for (drill, panels) in &moved {
        println!("{drill}: {}", panels.join(", "));
    }
    let unseen: Vec<_> = moved
        .iter()
        .filter(|(_, panels)| panels.is_empty())
        .map(|(drill, _)| drill)
        .collect();
    assert!(
        unseen.is_empty(),
        "nobody would see these drills on the dashboard: {unseen:?}"
    );
    running.end().await;
}
