//! What watching and judging costs per drill, with few drills and with many: `cargo bench --profile
//! dev --bench watching`.
//!
//! The observer, and what each drill does with every look of it, run on one thread, whose time on
//! the processor the kernel tells; Prometheus, Alertmanager and the sink are simulated on another.
//! Each drill has an alert of its own, all of one rule, which fires, is delivered and resolves.
//! Prints JSON: microseconds per drill and second, requests a second to all three servers, and the
//! most memory that this process has used so far, servers and all.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot measure has to end"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alertdrill::engine::{
    Alertmanager, AlertmanagerWithSink, NotificationSink, Observer, Prometheus,
};
use alertdrill::{
    Drill, ExpectedAlert, Fault, FaultRecord, LoadedRule, Outcome, SteadyState, SystemClock,
    Timeline, UtcInstant, alert_outcomes, judge,
};
use axum::extract::{Query, Request, State};
use axum::middleware::map_request;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// Seconds after the fault: evaluations that see the alert pending, firing, and no longer; and the
/// end.
const PENDING_S: u32 = 1;
const FIRING_S: u32 = 3;
const GONE_S: u32 = 9;
const END_S: u64 = 14;

fn main() {
    println!("{}", json!([10, 100, 1000].map(cost)));
}

fn cost(drills: u32) -> Value {
    let stack = Arc::new(SimulatedStack {
        drills,
        fault_at: now(),
        requests: AtomicU32::new(0),
    });
    let address = stack.serve();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (before_ns, began) = (on_processor_ns(), std::time::Instant::now());
    let passed = runtime.block_on(async {
        let (alertmanager, sink) = (Alertmanager::new(&address), NotificationSink::new(&address));
        let observer = Arc::new(Observer::start(
            Arc::new(Prometheus::new(&address)),
            Arc::new(AlertmanagerWithSink { alertmanager, sink }),
            Arc::new(SystemClock::default()),
        ));
        let tasks: Vec<_> = (0..drills)
            .map(|number| tokio::spawn(watch(number, Arc::clone(&stack), Arc::clone(&observer))))
            .collect();
        let mut passed = 0;
        for task in tasks {
            passed += u32::from(task.await.unwrap());
        }
        passed
    });
    assert_eq!(passed, drills, "a drill did not see its alert as it was");
    #[allow(clippy::cast_precision_loss, reason = "nanoseconds of a minute")]
    let spent_us = (on_processor_ns() - before_ns) as f64 / 1000.0;
    let took_s = began.elapsed().as_secs_f64();
    json!({
        "drills": drills,
        "microseconds_per_drill_and_second": to_a_tenth(spent_us / f64::from(drills) / took_s),
        "requests_per_second": to_a_tenth(f64::from(stack.requests.load(Ordering::Relaxed)) / took_s),
        "memory_mib": most_memory_mib(),
    })
}

fn to_a_tenth(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

/// The most memory that this process has used at once (`VmHWM` in `/proc/self/status`, in KiB).
fn most_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let most = lines.find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = most.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024
}

/// A drill's life from its fault on, without the fault; whether it passed.
async fn watch(number: u32, stack: Arc<SimulatedStack>, observer: Arc<Observer>) -> bool {
    let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(60))
        .label("lane", number.to_string());
    let drill = Drill::new(format!("drill_{number}"), Fault::stop("handler")).expect_alert(alert);
    let claims = drill.claims();
    let _answering = observer.answer_for(claims.clone());
    let mut timeline = stack.timeline(&drill);
    let mut looks = observer.observation();
    while now().seconds_since(stack.fault_at) < Duration::from_secs(END_S).as_secs_f64() {
        looks.changed().await.unwrap();
        looks
            .borrow_and_update()
            .fill(&mut timeline, &claims, stack.fault_at);
        std::hint::black_box(alert_outcomes(&drill, &timeline));
    }
    timeline
        .samples
        .extend(looks.borrow().stray_samples(stack.fault_at));
    judge(&drill, &timeline).outcome == Outcome::Pass
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}

/// How long this thread was on a processor (`/proc/thread-self/schedstat`, in nanoseconds).
fn on_processor_ns() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    schedstat.split(' ').next().unwrap().parse().unwrap()
}

/// A Prometheus, an Alertmanager and a sink in one, in which as many alerts fire as there are
/// drills.
struct SimulatedStack {
    drills: u32,
    fault_at: UtcInstant,
    requests: AtomicU32,
}

#[derive(Deserialize)]
struct Asked {
    query: String,
}

/// That no condition is true, and what time it is.
fn clock() -> Value {
    let (metric, now_s) = (json!({"alertdrill_condition": "clock"}), now().epoch_s());
    let sample = json!({"metric": metric, "value": [now_s, now_s.to_string()]});
    json!({"status": "success", "data": {"resultType": "vector", "result": [sample]}})
}

#[derive(Deserialize)]
struct Since {
    since: usize,
}

impl SimulatedStack {
    /// Serves it on a thread of its own; gives its address.
    fn serve(self: &Arc<Self>) -> String {
        let stack = Arc::clone(self);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let router = Router::new()
                    .route(
                        "/api/v1/query",
                        post(
                            async |State(stack): State<Arc<Self>>, Form(asked): Form<Asked>| {
                                Json(if asked.query.starts_with("ALERTS") {
                                    stack.alerts()
                                } else {
                                    clock()
                                })
                            },
                        ),
                    )
                    .route(
                        "/api/v1/rules",
                        get(async |State(stack): State<Arc<Self>>| Json(stack.rules())),
                    )
                    .route("/api/v2/alerts", get(async || Json(json!([]))))
                    .route(
                        "/notifications",
                        get(
                            async |State(stack): State<Arc<Self>>, Query(seen): Query<Since>| {
                                Json(stack.notifications(seen.since))
                            },
                        ),
                    );
                let counter = Arc::clone(&stack);
                let router = router.layer(map_request(move |request: Request| {
                    counter.requests.fetch_add(1, Ordering::Relaxed);
                    std::future::ready(request)
                }));
                axum::serve(listener, router.with_state(stack))
                    .await
                    .unwrap();
            });
        });
        address
    }

    /// Whether it is so many seconds after the fault.
    fn is_past(&self, second: u32) -> bool {
        now().seconds_since(self.fault_at) >= f64::from(second)
    }

    fn alerts(&self) -> Value {
        let samples = |seconds: std::ops::Range<u32>| {
            let passed = seconds.filter(|second| self.is_past(*second));
            passed
                .map(|second| json!([self.fault_at.epoch_s() + f64::from(second), "1"]))
                .collect::<Vec<_>>()
        };
        let states = [
            ("pending", samples(PENDING_S..FIRING_S)),
            ("firing", samples(FIRING_S..GONE_S)),
        ];
        let mut series = Vec::new();
        for (state, values) in states.iter().filter(|(_, values)| !values.is_empty()) {
            series.extend((0..self.drills).map(|number| {
                let metric = json!({"__name__": "ALERTS", "alertname": "Down", "alertstate": state,
                    "lane": number.to_string(), "severity": "critical"});
                json!({"metric": metric, "values": values})
            }));
        }
        json!({"status": "success", "data": {"resultType": "matrix", "result": series}})
    }

    fn rules(&self) -> Value {
        let whole_seconds = now().seconds_since(self.fault_at).floor().max(0.0);
        let evaluated_at = self
            .fault_at
            .plus(Duration::from_secs_f64(whole_seconds))
            .to_string();
        let rule = json!({"type": "alerting", "name": "Down", "query": "up == 0", "duration": 2,
            "health": "ok"});
        let group =
            json!({"name": "g", "interval": 1, "lastEvaluation": evaluated_at, "rules": [rule]});
        json!({"status": "success", "data": {"groups": [group]}})
    }

    fn notifications(&self, since: usize) -> Value {
        let mut notifications = Vec::new();
        for (status, second) in [("firing", FIRING_S), ("resolved", GONE_S)] {
            for number in (0..self.drills).filter(|_| self.is_past(second + 1)) {
                let lane = number.to_string();
                let alert = json!({"status": status,
                    "labels": {"alertname": "Down", "lane": lane, "severity": "critical"},
                    "annotations": {"summary": "s", "description": "d", "runbook_url": "r"}});
                let received_at = self
                    .fault_at
                    .plus(Duration::from_secs(u64::from(second) + 1))
                    .to_string();
                notifications.push(json!({"seq": notifications.len() + 1,
                    "received_at": received_at, "receiver": "critical",
                    "payload": {"alerts": [alert]}}));
            }
        }
        json!(notifications.get(since..).unwrap_or_default())
    }

    fn timeline(&self, drill: &Drill) -> Timeline {
        let rule = LoadedRule {
            alert: "Down".into(),
            group: "g".into(),
            labels: [("severity".into(), "critical".into())].into(),
            annotations: [].into(),
            sick: None,
            is_watchdog: false,
            query: "up == 0".into(),
            for_duration: Duration::from_secs(2),
            keep_firing_for: Duration::ZERO,
            evaluation_interval: Duration::from_secs(1),
            query_offset: Duration::ZERO,
            recorded_within: Duration::ZERO,
            scrape_interval: Duration::from_secs(1),
            scrape_duration: Duration::from_secs(1),
        };
        let after = |second: u32| Some(self.fault_at.plus(Duration::from_secs(second.into())));
        let fault = FaultRecord {
            fault: drill.faults[0].clone(),
            injected_at: self.fault_at,
            effect_at: after(0),
            reverting_at: after(GONE_S - 1),
            reverted_at: after(GONE_S - 1),
        };
        Timeline {
            rules: vec![rule],
            routes: None,
            faults: vec![fault],
            steady_end: Some(SteadyState::default()),
            ..Timeline::begun(drill.name.clone(), self.fault_at)
        }
    }
}
