//! vmalert and VictoriaMetrics 1.112 as they answered on the web shop, when its nginx was stopped:
//! evaluated every 2 s, with `-rule.evalDelay=2s`.

use std::time::Duration;

use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use alertdrill_core::{AlertState, Onset, Window};

use super::VmAlert;
use super::answers::Update;
use super::delays::Delays;
use super::flags::Flags;
use crate::prometheus::Prometheus;
use crate::rule_engine::RuleEngine as _;

const RULES: &str = include_str!("recorded/rules.json");
const VMALERT: &str = include_str!("recorded/vmalert_metrics.txt");
const VICTORIA_METRICS: &str = include_str!("recorded/victoria_metrics_metrics.txt");
const SAMPLES: &str = include_str!("recorded/samples.json");
const NO_SAMPLES: &str = r#"{"status": "success", "data": {"resultType": "matrix", "result": []}}"#;
const LONGEST_SCRAPE: &str = r#"{"status": "success", "data": {"resultType": "vector",
    "result": [{"metric": {}, "value": [1795809934, "0.165"]}]}}"#;

async fn answers(server: &MockServer, asked: &str, body: &str) {
    Mock::given(path(asked))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(server)
        .await;
}

/// The servers, of which VictoriaMetrics answers queries with `queried`.
async fn servers(queried: &str) -> (MockServer, MockServer, VmAlert) {
    let (vmalert, samples) = (MockServer::start().await, MockServer::start().await);
    answers(&vmalert, "/metrics", VMALERT).await;
    answers(&vmalert, "/api/v1/rules", RULES).await;
    for (group, history) in [
        (
            "16383188680282222142",
            include_str!("recorded/history_availability.json"),
        ),
        (
            "15069473179734772542",
            include_str!("recorded/history_service.json"),
        ),
    ] {
        Mock::given(method("GET"))
            .and(path("/api/v1/rule"))
            .and(query_param("group_id", group))
            .respond_with(ResponseTemplate::new(200).set_body_string(history))
            .mount(&vmalert)
            .await;
    }
    answers(&samples, "/metrics", VICTORIA_METRICS).await;
    answers(
        &samples,
        "/api/v1/targets",
        include_str!("recorded/targets.json"),
    )
    .await;
    answers(&samples, "/api/v1/query", queried).await;
    let client = Prometheus::victoria_metrics(&samples.address().to_string());
    let client = VmAlert::new(&vmalert.address().to_string(), client);
    (vmalert, samples, client)
}

#[tokio::test]
async fn window_of_a_rule_counts_in_what_vmalert_and_victoria_metrics_wait() {
    let (_vmalert, _samples, engine) = servers(LONGEST_SCRAPE).await;
    let rules = engine
        .alerting_rules(Duration::from_secs(60))
        .await
        .unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule.alert.as_str()).collect();
    assert_eq!(names, ["AppDown", "NginxDown", "QueueGrowing"]);
    let nginx = &rules[1];
    assert_eq!(nginx.scrape_interval, Duration::from_secs(2));
    // At 20:05:27.798 s it looked at 20:05:26 and so on; the least of the three is what counts.
    assert_eq!(nginx.query_offset, Duration::from_millis(3_795));
    assert_eq!(
        nginx.scrape_duration,
        Duration::from_millis(165 + 4_000 - 3_795)
    );
    let window = Window::derive(nginx, Onset::default());
    // `for: 6s`; 2 s to the scrape, 4.2 s until it is shown, 2 s to the evaluation.
    assert_eq!(window.earliest, Duration::from_secs(6));
    assert_eq!(
        window.latest,
        Duration::from_millis(6_000 + 2_000 + 4_165 + 2_000)
    );
}

#[tokio::test]
async fn samples_of_alerts_carry_the_instant_of_their_evaluation_and_no_markers_of_staleness() {
    let (_vmalert, _samples, engine) = servers(SAMPLES).await;
    let series = engine
        .alert_samples(Duration::from_secs(900))
        .await
        .unwrap();
    let firing = series
        .iter()
        .find(|it| it.state == AlertState::Firing)
        .unwrap();
    let instants = firing.at.iter().map(ToString::to_string);
    let instants: Vec<_> = instants.collect();
    assert_eq!(instants.len(), 6);
    // Stamped 20:05:28, when it was first seen to fire.
    assert_eq!(instants[1], "2026-11-27T20:05:31.795Z");
    assert_eq!(
        firing.labels.get("alertgroup").map(String::as_str),
        Some("availability")
    );
}

#[tokio::test]
async fn alert_that_is_active_and_was_never_written_is_an_error_and_not_no_alert() {
    let (_vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    // Its last evaluation was 12 s after the alert was first seen: nothing to wonder at yet.
    assert_eq!(
        engine.alert_samples(Duration::from_secs(60)).await.unwrap(),
        []
    );
    let later = RULES.replace("T20:05:33.", "T20:05:49.");
    let (vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    vmalert.reset().await;
    answers(&vmalert, "/metrics", VMALERT).await;
    answers(&vmalert, "/api/v1/rules", &later).await;
    answers(
        &vmalert,
        "/api/v1/rule",
        include_str!("recorded/history_availability.json"),
    )
    .await;
    let refused = engine
        .alert_samples(Duration::from_secs(60))
        .await
        .unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("NginxDown") && said.contains("-remoteWrite.url"),
        "{said}"
    );
}

#[tokio::test]
async fn rules_count_as_evaluated_only_once_what_they_saw_can_be_read() {
    let (_vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    let evaluations = engine.evaluations().await.unwrap();
    let nginx = evaluations.until["NginxDown"];
    // The evaluation was at 20:05:33.804; 2 s until it is written, 5 s until it is shown: by then
    // there are those of the fourth evaluation before it.
    assert_eq!(nginx.until.to_string(), "2026-11-27T20:05:25.804Z");
    assert_eq!(evaluations.sick, []);
}

#[tokio::test]
async fn skipped_evaluations_are_those_of_vmalerts_own_metrics() {
    let (_vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    let missed = engine.missed_evaluations().await.unwrap();
    assert_eq!(missed["availability"].to_bits(), 0.0_f64.to_bits());
    assert_eq!(engine.version().await.unwrap(), None);
}

#[tokio::test]
async fn vmalert_that_writes_no_states_cannot_be_drilled() {
    let (vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    vmalert.reset().await;
    let not_set = VMALERT.replace(
        r#"value="secret", is_set="true""#,
        r#"value="", is_set="false""#,
    );
    answers(&vmalert, "/metrics", &not_set).await;
    let refused = engine.evaluations().await.unwrap_err().to_string();
    assert!(refused.contains("has no -remoteWrite.url"), "{refused}");
}

fn update(time: &str, at: &str) -> Update {
    Update {
        time: time.parse().unwrap(),
        at: at.parse().unwrap(),
    }
}

#[test]
fn evaluation_that_begins_late_changes_nothing_of_how_far_a_group_looks_back() {
    let delays = Delays::of(&Flags::of(VMALERT), &Flags::of(VICTORIA_METRICS)).unwrap();
    let interval = Duration::from_secs(2);
    let first = [
        update("2026-11-27T20:05:33.804Z", "2026-11-27T20:05:30Z"),
        update("2026-11-27T20:05:31.794Z", "2026-11-27T20:05:28Z"),
    ];
    let measured = delays.offset(&first, interval, None);
    assert_eq!(measured, Duration::from_millis(3_794));
    let late = [update("2026-11-27T20:05:37.910Z", "2026-11-27T20:05:32Z")];
    assert_eq!(delays.offset(&late, interval, Some(measured)), measured);
    let was_late = Some(Duration::from_millis(4_500));
    assert_eq!(delays.offset(&first, interval, was_late), measured);
    let none_yet = delays.offset(&[], interval, None);
    assert_eq!(none_yet, Duration::from_secs(2 + 2));
}

#[tokio::test]
async fn rules_that_are_loaded_anew_are_measured_anew() {
    let (vmalert, _samples, engine) = servers(NO_SAMPLES).await;
    let offset = async || {
        engine.evaluations().await.unwrap();
        engine.offsets.longest()
    };
    assert_eq!(offset().await, Duration::from_millis(3_795));
    let later = include_str!("recorded/history_availability.json").replace("33.804", "33.999");
    let later = later
        .replace("31.794", "31.999")
        .replace("29.796", "29.999");
    for (start, expected_ms) in [("1795809700", 3_795), ("1795809990", 3_999)] {
        vmalert.reset().await;
        let exposed = format!("{VMALERT}process_start_time_seconds {start}\n");
        answers(&vmalert, "/metrics", &exposed).await;
        answers(&vmalert, "/api/v1/rules", RULES).await;
        let history = match expected_ms {
            3_999 => later.as_str(),
            _ => include_str!("recorded/history_availability.json"),
        };
        answers(&vmalert, "/api/v1/rule", history).await;
        assert_eq!(offset().await, Duration::from_millis(expected_ms));
    }
}

#[test]
fn what_victoria_metrics_answers_of_an_instant_before_delays_what_an_evaluation_can_see() {
    let delays = |delay: &str| {
        let vmalert = VMALERT.replace(
            r#"name="rule.evalDelay", value="2s""#,
            &format!(r#"name="rule.evalDelay", value="{delay}""#),
        );
        Delays::of(&Flags::of(&vmalert), &Flags::of(VICTORIA_METRICS)).unwrap()
    };
    let scrape = Duration::from_secs(1);
    let seen_s = |delay: &str, offset_s| {
        let offset = Duration::from_secs(offset_s);
        delays(delay).seen_within(scrape, offset).as_secs()
    };
    assert_eq!(seen_s("30s", 31), 1);
    assert_eq!(seen_s("2s", 3), 1 + 4 - 3);
    assert_eq!(seen_s("0s", 1), 1 + 4 + 2 - 1);
}
