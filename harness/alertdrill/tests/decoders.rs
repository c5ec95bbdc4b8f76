//! Whatever a server, a journal, a file or a record says: it is decoded, or refused with an error,
//! and nothing panics. What is decoded can be judged and reported.
//!
//! Real answers (`corpus/`) are spoiled at random, as bytes and as JSON. `PROPTEST_CASES` says how
//! often; what once failed is kept in `decoders.proptest-regressions` and tried first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test, a panic is how it fails"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alertdrill::engine::{
    Alertmanager, NotificationSink, Prometheus, Ranges as _, RuleEngine as _, condition_spans,
};
use alertdrill::plan::DrillPlan;
use alertdrill::report::{
    Milestone, Report, RunFolder, drill_line, end_table, failure_text, save_report,
};
use alertdrill::target::{Journal, decode};
use alertdrill::{
    Drill, DrillRecord, Fault, Labels, Placement, RECORDING_SCHEMA_VERSION, RecordedDrill,
    RecordedProof, RecordedRun, RecordedServer, Recording, Routes, RulesSaid, Settings, UtcInstant,
    infeasible, judge, replayed,
};
use axum::Router;
use axum::extract::State;
use axum::http::{Uri, header};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn corpus(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    std::fs::read(path).unwrap()
}

// ---- how an answer is spoiled

#[derive(Clone, Debug)]
enum Spoiling {
    /// A byte becomes another one.
    Byte(Index, u8),
    /// The rest is missing.
    Cut(Index),
    /// A part stands there twice.
    Twice(Index, Index),
    /// A value of the JSON becomes another one, or is missing.
    Value(Index, Option<Value>),
}

/// What JSON can say and nobody expects.
fn strange_value() -> impl Strategy<Value = Option<Value>> {
    let huge_number = serde_json::from_str::<Value>("99999999999999999999999").unwrap();
    let values = [
        None,
        Some(Value::Null),
        Some(json!(true)),
        Some(json!(-1)),
        Some(json!(0)),
        Some(json!(1e308)),
        Some(json!(-1e308)),
        Some(json!(0.1)),
        Some(json!(i64::MAX)),
        Some(json!(i64::MIN)),
        Some(json!(u64::MAX)),
        Some(huge_number),
        Some(json!("")),
        Some(json!("NaN")),
        Some(json!("+Inf")),
        Some(json!("1e400")),
        Some(json!("<script>\u{1b}[31m\u{0}")),
        Some(json!("-009999-01-02T01:59:59Z")),
        Some(json!("9999-12-30T22:00:00.999Z")),
        Some(json!([])),
        Some(json!({})),
        Some(json!([[1, "1"], [1, "1"]])),
    ];
    prop_oneof![
        prop::sample::select(values.to_vec()),
        any::<String>().prop_map(|text| Some(json!(text)))
    ]
}

fn spoiling() -> impl Strategy<Value = Spoiling> {
    prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Spoiling::Byte(at, byte)),
        1 => any::<Index>().prop_map(Spoiling::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Spoiling::Twice(from, to)),
        8 => (any::<Index>(), strange_value()).prop_map(|(at, value)| Spoiling::Value(at, value)),
    ]
}

fn spoilings() -> impl Strategy<Value = Vec<Spoiling>> {
    prop::collection::vec(spoiling(), 1..4)
}

fn spoiled(mut text: Vec<u8>, spoilings: &[Spoiling]) -> Vec<u8> {
    for spoiling in spoilings {
        if text.is_empty() {
            break;
        }
        match spoiling {
            Spoiling::Byte(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Spoiling::Cut(at) => text.truncate(at.index(text.len())),
            Spoiling::Twice(from, to) => {
                let (from, to) = (from.index(text.len()), to.index(text.len()));
                let part = text[from.min(to)..from.max(to)].to_vec();
                text.splice(from..from, part);
            }
            Spoiling::Value(at, value) => {
                if let Ok(mut json) = serde_json::from_slice::<Value>(&text) {
                    let mut nth = at.index(count(&json));
                    replace(&mut json, &mut nth, value.as_ref());
                    text = serde_json::to_vec(&json).unwrap();
                }
            }
        }
    }
    text
}

fn count(json: &Value) -> usize {
    1 + match json {
        Value::Array(values) => values.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts `value` where the `nth` value of `json` stands, or takes that away; whether it was among
/// them.
fn replace(json: &mut Value, nth: &mut usize, value: Option<&Value>) -> bool {
    if *nth == 0 {
        *json = value.cloned().unwrap_or_default();
        return true;
    }
    *nth -= 1;
    match json {
        Value::Array(values) => {
            for place in 0..values.len() {
                if *nth == 0 && value.is_none() {
                    values.remove(place);
                    return true;
                }
                if replace(&mut values[place], nth, value) {
                    return true;
                }
            }
        }
        Value::Object(fields) => {
            for name in fields.keys().cloned().collect::<Vec<_>>() {
                if *nth == 0 && value.is_none() {
                    fields.remove(&name);
                    return true;
                }
                if replace(&mut fields[&name], nth, value) {
                    return true;
                }
            }
        }
        _ => {}
    }
    false
}

// ---- servers

/// A path, and what is answered there instead.
type Instead = Arc<Mutex<(&'static str, Vec<u8>)>>;

/// A server that answers each path with the answer of the corpus, but one of them spoiled.
struct Server {
    runtime: Runtime,
    address: String,
    spoiled: Instead,
}

const ANSWERS: [(&str, &str); 7] = [
    ("/api/v1/query", "prometheus-alerts.json"),
    ("/api/v1/query_range", "prometheus-alerts.json"),
    ("/api/v1/rules", "prometheus-rules.json"),
    ("/api/v1/targets", "prometheus-targets.json"),
    ("/api/v2/alerts", "alertmanager-alerts.json"),
    ("/api/v2/status", "alertmanager-status.json"),
    ("/notifications", "sink-notifications.json"),
];

impl Server {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let spoiled = Arc::new(Mutex::new(("", Vec::new())));
        let state = Arc::clone(&spoiled);
        let address = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let answer = async |State(spoiled): State<Instead>, uri: Uri| {
                let (path, body) = spoiled.lock().unwrap().clone();
                let name = ANSWERS
                    .iter()
                    .find(|(path, _)| *path == uri.path())
                    .map_or("prometheus-conditions.json", |(_, name)| name);
                (
                    [(header::CONTENT_TYPE, "application/json")],
                    if uri.path() == path {
                        body
                    } else {
                        corpus(name)
                    },
                )
            };
            tokio::spawn(
                axum::serve(listener, Router::new().fallback(answer).with_state(state))
                    .into_future(),
            );
            address
        });
        Self {
            runtime,
            address,
            spoiled,
        }
    }

    /// Asks for all that the harness ever asks for, with the answer to `path` spoiled.
    fn ask_all(&self, path: &'static str, body: Vec<u8>) {
        *self.spoiled.lock().unwrap() = (path, body);
        let at = |epoch_s| UtcInstant::from_epoch_s(epoch_s).unwrap();
        let (prometheus, alertmanager) = (
            Prometheus::new(&self.address),
            Alertmanager::new(&self.address),
        );
        let sink = NotificationSink::new(&self.address);
        self.runtime.block_on(async {
            let _ = prometheus.are_true(&["up == 0".to_owned()]).await;
            let _ = prometheus.alert_samples(Duration::from_secs(60)).await;
            let _ = prometheus.fired_within(Duration::from_secs(60)).await;
            let _ = prometheus.missed_evaluations().await;
            let _ = condition_spans(&prometheus, "up == 0", at(1000.0), at(2000.0)).await;
            let _ = prometheus
                .range("up", (at(1000.0), at(2000.0)), Duration::from_secs(1))
                .await;
            let _ = prometheus.evaluations().await;
            let _ = prometheus.alerting_rules(Duration::from_secs(60)).await;
            let _ = alertmanager.suppressions().await;
            let _ = alertmanager.routes().await;
            let _ = sink.deliveries(0).await;
        });
    }
}

#[test]
fn answers_of_the_corpus_are_understood() {
    let server = Server::start();
    let prometheus = Prometheus::new(&server.address);
    server.runtime.block_on(async {
        assert!(
            !prometheus
                .alert_samples(Duration::from_secs(60))
                .await
                .unwrap()
                .is_empty()
        );
        assert!(!prometheus.evaluations().await.unwrap().until.is_empty());
        *server.spoiled.lock().unwrap() = (
            "/api/v1/query",
            corpus("prometheus-missed-evaluations.json"),
        );
        assert!(!prometheus.missed_evaluations().await.unwrap().is_empty());
        let alertmanager = Alertmanager::new(&server.address);
        assert_eq!(alertmanager.suppressions().await.unwrap().len(), 2);
        assert!(
            !alertmanager
                .routes()
                .await
                .unwrap()
                .root
                .group_wait
                .is_zero()
        );
        assert!(
            !NotificationSink::new(&server.address)
                .deliveries(0)
                .await
                .unwrap()
                .0
                .is_empty()
        );
    });
}

#[test]
fn spoiled_answer_of_a_server_is_understood_or_refused() {
    let server = Server::start();
    let others = [
        "prometheus-conditions.json",
        "prometheus-missed-evaluations.json",
    ]
    .map(|name| ("/api/v1/query", name));
    let answers: Vec<_> = ANSWERS.into_iter().chain(others).collect();
    // Nine answers: each as often as a file.
    let often = ProptestConfig::with_cases(4 * ProptestConfig::default().cases);
    proptest!(often, |((path, name) in prop::sample::select(answers), spoilings in spoilings())| {
        server.ask_all(path, spoiled(corpus(name), &spoilings));
    });
}

// ---- files

/// The files of a run: what the corpus has of each, and where it lies in the run's folder.
const RUN: [(&str, &str); 5] = [
    ("run.json", "run.json"),
    ("record.json", "records/mv_delayed.json"),
    ("expressions.json", "expressions/mv_delayed.json"),
    ("panels.json", "panels.json"),
    ("history.json", "history.json"),
];

fn now() -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0).unwrap()
}

fn write(folder: &Path, path: &str, text: Vec<u8>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn run_of_the_corpus_is_reported_with_all_that_its_files_tell() {
    let folder = tempfile::tempdir().unwrap();
    for (name, path) in RUN {
        write(folder.path(), path, corpus(name));
    }
    let report = Report::of(&RunFolder::existing(folder.path())).unwrap();
    let latency = &report.drills[0].latencies[0];
    let shown = latency
        .steps
        .iter()
        .any(|step| step.reached == Milestone::FirstSample);
    assert!(
        shown && !latency.trends.is_empty() && !report.drills[0].panels.is_empty(),
        "{latency:#?}"
    );
}

/// A recording of a run of one drill.
fn recording_of(record: DrillRecord) -> Recording {
    let verdict = judge(&record.drill, &record.timeline);
    let run = RecordedRun {
        info: serde_json::from_slice(&corpus("run.json")).unwrap(),
        settings: Settings::example(),
        routes: record.timeline.routes.clone(),
        drills: vec![RecordedDrill::of(record, verdict)],
    };
    let wait = Duration::from_secs(5);
    Recording {
        schema_version: RECORDING_SCHEMA_VERSION,
        server: RecordedServer {
            program: "prometheus".to_owned(),
            version: "2.53.3".to_owned(),
            look_back: 60 * wait,
            evaluation_interval: wait,
            scrape_interval: wait,
            scrape_timeout: wait,
            usual_scrape: wait,
            external_labels: Labels::new(),
            external_url: String::new(),
            features: BTreeSet::new(),
        },
        from: now(),
        until: now(),
        rules: Vec::new(),
        groups: Vec::new(),
        gaps: Vec::new(),
        proof: RecordedProof::default(),
        run: Some(run),
    }
}

proptest! {
    #[test]
    fn spoiled_drill_file_is_understood_or_refused(spoilings in spoilings()) {
        let spoiled = spoiled(corpus("drill.json"), &spoilings);
        if let Ok(drill) = serde_json::from_slice::<Drill>(&spoiled) {
            let record: DrillRecord = serde_json::from_slice(&corpus("record.json")).unwrap();
            let routes = record.timeline.routes.clone();
            let routes = routes.unwrap_or_else(|| Routes::telling("pager"));
            let _ = infeasible(&drill, &record.timeline.rules, Some(&routes));
            let _ = judge(&drill, &record.timeline);
            let placement = Placement::on([("lane", "okx")]);
            let _ = drill.clone().placed(&placement, &Settings::example()).claims();
            let _ = DrillPlan::of(&drill, &Settings::example(), &record.timeline.rules, Some(&routes));
        }
    }

    #[test]
    fn spoiled_record_is_judged_and_reported_or_refused(spoilings in spoilings()) {
        let text = spoiled(corpus("record.json"), &spoilings);
        if let Ok(record) = serde_json::from_slice::<DrillRecord>(&text) {
            let verdict = judge(&record.drill, &record.timeline);
            let _ = drill_line(&record, &verdict);
            let _ = failure_text(&record, &verdict);
            let json = serde_json::to_string(&record).unwrap();
            let again: DrillRecord = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(judge(&again.drill, &again.timeline), verdict);
        }
    }

    #[test]
    fn spoiled_recording_is_replayed_or_refused(spoilings in spoilings()) {
        let record: DrillRecord = serde_json::from_slice(&corpus("record.json")).unwrap();
        let said = RulesSaid {
            rules: record.timeline.rules.clone(),
            samples: record.timeline.samples.clone(),
            until: Some(record.timeline.finished_at),
            ..RulesSaid::default()
        };
        let text = serde_json::to_vec(&recording_of(record)).unwrap();
        if let Ok(recording) = serde_json::from_slice::<Recording>(&spoiled(text, &spoilings))
            && let Some(run) = &recording.run
        {
            for recorded in &run.drills {
                let replayed = replayed(recorded, run, &said);
                let verdict = judge(&replayed.drill, &replayed.timeline);
                let _ = drill_line(&replayed, &verdict);
                let _ = failure_text(&replayed, &verdict);
            }
        }
    }

    #[test]
    fn run_with_spoiled_files_is_reported_or_refused(
        spoiled_ones in prop::sample::subsequence(RUN.to_vec(), 1..3),
        spoilings in [spoilings(), spoilings()],
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (name, path) in RUN {
            write(folder.path(), path, corpus(name));
        }
        for ((name, path), spoilings) in spoiled_ones.into_iter().zip(spoilings) {
            write(folder.path(), path, spoiled(corpus(name), &spoilings));
        }
        let folder = RunFolder::existing(folder.path());
        if let Ok(report) = Report::of(&folder) {
            save_report(&report, &folder).unwrap();
            let _ = end_table(&report.drills);
        }
    }

    #[test]
    fn spoiled_journal_tells_what_it_knows(spoilings in spoilings(), closed in 0..4u64) {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path());
        for service in ["kafka", "minio", "postgres"] {
            journal.open("a_drill", &Fault::stop(service), now()).unwrap();
        }
        journal.close(closed).unwrap();
        let whole = std::fs::read(journal.path()).unwrap();
        let spoiled = spoiled(whole.clone(), &spoilings);
        let known = decode(&whole).open;
        for open in decode(&spoiled).open {
            prop_assert!(known.contains(&open) || open.id == closed, "{open:?} was never written");
        }
        std::fs::write(journal.path(), spoiled).unwrap();
        let next = journal.open("a_drill", &Fault::stop("prefect-server"), now()).unwrap();
        prop_assert!(journal.read().unwrap().open.contains(&next));
    }
}
