//! Answers as Prometheus gives them, and answers that are none: the latter must never read as "no
//! alert".

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use alertdrill_core::{AlertState, Span, UtcInstant};

use super::*;
use crate::rule_engine::{AlertSeries, Evaluations, RuleEngine as _, condition_spans};

async fn answering(body: &str, status: u16) -> (MockServer, Prometheus) {
    let server = MockServer::start().await;
    let template =
        ResponseTemplate::new(status).set_body_raw(body.as_bytes().to_vec(), "application/json");
    Mock::given(method("POST"))
        .and(path("/api/v1/query"))
        .respond_with(template)
        .mount(&server)
        .await;
    let prometheus = Prometheus::new(&server.address().to_string());
    (server, prometheus)
}

/// The server answers each of these questions with its data.
async fn answers<const COUNT: usize>(
    server: &MockServer,
    answers: [(&str, serde_json::Value); COUNT],
) {
    for (asked, data) in answers {
        let answer = json!({"status": "success", "data": data});
        Mock::given(path(format!("/api/v1/{asked}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(server)
            .await;
    }
}

async fn alerts(prometheus: &Prometheus) -> Result<Vec<AlertSeries>> {
    prometheus.alert_samples(Duration::from_secs(60)).await
}

/// Asserts that an answer is none, and that the error says `words`.
async fn refused(body: &str, status: u16, words: &str) {
    let (_server, prometheus) = answering(body, status).await;
    let error = alerts(&prometheus).await.unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[tokio::test]
async fn samples_of_alerts_carry_the_timestamp_of_their_evaluation() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"ALERTS","alertname":"A","alertstate":"firing","exchange":"binance"},
        "values":[[1763876543.219,"1"],[1763876558.219,"1"]]}]}}"#;
    let (_server, prometheus) = answering(body, 200).await;
    let labels = [("alertname", "A"), ("exchange", "binance")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let at = [1_763_876_543.219, 1_763_876_558.219];
    let expected = AlertSeries {
        labels: labels.into(),
        state: AlertState::Firing,
        at: at.map(|at| UtcInstant::from_epoch_s(at).unwrap()).to_vec(),
    };
    assert_eq!(alerts(&prometheus).await.unwrap(), [expected]);
}

#[tokio::test]
async fn empty_matrix_is_no_alert() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let (_server, prometheus) = answering(body, 200).await;
    assert_eq!(alerts(&prometheus).await.unwrap(), []);
}

#[tokio::test]
async fn server_error_is_no_answer() {
    let words = "it answered 503 Service Unavailable: query timed out";
    refused("query timed out", 503, words).await;
}

#[tokio::test]
async fn truncated_json_is_no_answer() {
    let body = r#"{"status":"success","data":{"resultTy"#;
    refused(body, 200, "the answer makes no sense").await;
}

#[tokio::test]
async fn answer_with_warnings_may_be_incomplete_and_is_no_answer() {
    let body = r#"{"status":"success","warnings":["1 of 2 stores did not answer"],
        "data":{"resultType":"matrix","result":[]}}"#;
    let words = "it may be incomplete: 1 of 2 stores did not answer";
    refused(body, 200, words).await;
}

#[tokio::test]
async fn error_status_in_a_good_answer_is_no_answer() {
    let body = r#"{"status":"error","errorType":"execution","error":"boom"}"#;
    refused(body, 200, "status error: boom").await;
}

#[tokio::test]
async fn vector_where_a_matrix_was_asked_for_is_no_answer() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    refused(body, 200, "it is no matrix").await;
}

#[tokio::test]
async fn nobody_at_the_address_is_no_answer() {
    let prometheus = Prometheus::new("127.0.0.1:1");
    let error = alerts(&prometheus).await.unwrap_err().to_string();
    let words = "failed to ask Prometheus for /api/v1/query";
    assert!(error.starts_with(words), "{error}");
}

#[test]
fn durations_are_read_as_prometheus_writes_them() {
    let ms = |text| prometheus_duration(text).unwrap().as_millis();
    assert_eq!(
        [ms("15s"), ms("1m"), ms("1h30m"), ms("500ms"), ms("0s")],
        [15_000, 60_000, 5_400_000, 500, 0]
    );
}

#[test]
fn text_that_is_no_duration_is_an_error() {
    for text in ["15", "s", "1x", "-1s", "99999999999999999999s"] {
        assert!(prometheus_duration(text).is_err(), "{text}");
    }
}

#[tokio::test]
async fn conditions_are_asked_in_one_query_and_told_apart_by_their_number() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"alertdrill_condition":"1"},"value":[1763876543.2,"6"]},
        {"metric":{"alertdrill_condition":"clock"},"value":[1763876543.2,"1763876543.2"]}]}}"#;
    let (server, prometheus) = answering(body, 200).await;
    let conditions = ["up == 0".to_owned(), "lag > 1000".to_owned()];
    let (are_true, _) = prometheus.are_true(&conditions).await.unwrap();
    assert_eq!(are_true, [false, true]);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let asked = String::from_utf8(requests[0].body.clone()).unwrap();
    assert!(
        asked.contains("count%28up+%3D%3D+0%29") && asked.contains("+or+label_replace"),
        "{asked}"
    );
}

#[tokio::test]
async fn condition_that_could_not_be_asked_is_not_false() {
    let (_server, prometheus) = answering("busy", 503).await;
    assert!(prometheus.are_true(&["up == 0".to_owned()]).await.is_err());
}

#[tokio::test]
async fn server_that_does_not_say_what_time_it_is_gives_no_answer() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let (_server, prometheus) = answering(body, 200).await;
    let error = prometheus.are_true(&[]).await.unwrap_err().to_string();
    assert!(error.contains("it does not say what time it is"), "{error}");
}

#[tokio::test]
async fn spans_of_a_condition_end_where_a_second_is_missing() {
    let server = MockServer::start().await;
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{},"values":[[100,"1"],[101,"2"],[102,"1"],[110,"1"]]}]}}"#;
    let template =
        ResponseTemplate::new(200).set_body_raw(body.as_bytes().to_vec(), "application/json");
    Mock::given(method("POST"))
        .and(path("/api/v1/query_range"))
        .respond_with(template)
        .mount(&server)
        .await;
    let at = |second| UtcInstant::from_epoch_s(second).unwrap();
    let span = |(from, until)| Span {
        from: at(from),
        until: at(until),
    };
    let prometheus = Prometheus::new(&server.address().to_string());
    let spans = condition_spans(&prometheus, "up == 0", at(90.0), at(120.0)).await;
    let expected = [(100.0, 102.0), (110.0, 110.0)].map(span);
    assert_eq!(spans.unwrap(), expected);
}

#[tokio::test]
async fn samples_of_a_rule_with_an_offset_carry_the_instant_of_their_evaluation() {
    let server = MockServer::start().await;
    let rule = |name: &str, cause: &str| {
        json!({"type": "alerting", "name": name, "query": "x > 0", "labels": {"cause": cause, "team": "{{ $value }}"},
            "health": "ok"})
    };
    let group = |name: &str, cause: &str| {
        json!({"name": name, "interval": 5, "lastEvaluation": "2026-01-01T00:00:00Z",
            "rules": [rule("Down", cause)]})
    };
    let groups = [group("late", "gone"), group("now", "silent")];
    let series = |cause: &str| {
        let labels = json!({"alertname": "Down", "alertstate": "firing", "cause": cause,
            "team": "7"});
        json!({"metric": labels, "values": [[100, "1"], [105, "1"]]})
    };
    let matrix = json!({"resultType": "matrix", "result": [series("gone"), series("silent")]});
    let rules = json!({"groups": groups});
    answers(&server, [("rules", rules), ("query", matrix)]).await;
    let offsets = [("late".to_owned(), Duration::from_secs(30))].into();
    let written: WrittenOffsets = Arc::new(move || Ok(BTreeMap::clone(&offsets)));
    let prometheus = Prometheus::new(&server.address().to_string()).with_query_offsets(written);
    prometheus.evaluations().await.unwrap();
    let told = alerts(&prometheus).await.unwrap();
    let at_s: Vec<_> = told.iter().map(|series| series.at[0].epoch_s()).collect();
    assert_eq!(at_s, [130.0, 100.0]);
    let requests = server.received_requests().await.unwrap();
    let asked = String::from_utf8(requests[1].body.clone()).unwrap();
    assert!(asked.contains("ALERTS%5B90s%5D"), "{asked}");
}

#[tokio::test]
async fn alert_that_reads_what_is_recorded_is_as_late_and_as_sick_as_that() {
    let server = MockServer::start().await;
    let rule = |kind: &str, name: &str, query: &str, health: &str| {
        json!({"type": kind, "name": name, "query": query, "health": health,
            "lastError": "many-to-many"})
    };
    let alert = |name: &str, query: &str| rule("alerting", name, query, "ok");
    let alerts = [alert("Slow", "a:b > 0"), alert("Down", "up == 0")];
    let recording = [rule("recording", "a:b", "up / b", "err")];
    let of_kind = [
        (
            "rules",
            "alert",
            json!({"groups": [in_a_group(&alerts, 5)]}),
        ),
        (
            "rules",
            "record",
            json!({"groups": [in_a_group(&recording, 60)]}),
        ),
    ];
    for (asked, kind, data) in of_kind {
        let answer = json!({"status": "success", "data": data});
        Mock::given(path(format!("/api/v1/{asked}")))
            .and(query_param("type", kind))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
    }
    let target = json!({"scrapeInterval": "15s", "scrapeTimeout": "5s"});
    answers(
        &server,
        [
            ("targets", json!({"activeTargets": [target]})),
            ("query", json!({"resultType": "vector", "result": []})),
        ],
    )
    .await;
    let prometheus = Prometheus::new(&server.address().to_string());
    let rules = prometheus.alerting_rules(Duration::ZERO).await.unwrap();
    let waits_s = rules
        .iter()
        .map(|rule| [rule.recorded_within, rule.scrape_duration]);
    let waits_s: Vec<_> = waits_s
        .map(|waits| waits.map(|wait| wait.as_secs()))
        .collect();
    assert_eq!(waits_s, [[60, 5], [0, 5]]);
    let sick: Vec<_> = rules.iter().map(|rule| rule.sick.as_deref()).collect();
    let said = "a:b, which it reads, is not recorded: many-to-many";
    assert_eq!(sick, [Some(said), None]);
}

fn in_a_group(rules: &[serde_json::Value], interval_s: u64) -> serde_json::Value {
    json!({"name": "g", "interval": interval_s, "lastEvaluation": "2026-01-01T00:00:00Z",
        "rules": rules})
}

#[tokio::test]
async fn rule_that_cannot_be_evaluated_is_told_in_prometheus_own_words_and_hides_no_other() {
    let server = MockServer::start().await;
    let error = "exceeded limit of 1 with 2 alerts";
    let rule = |name: &str, cause: &str, error: &str| {
        let health = if error.is_empty() { "ok" } else { "err" };
        json!({"type": "alerting", "name": name, "query": "x > 0", "labels": {"cause": cause}, "health": health,
            "lastError": error, "lastEvaluation": "2026-01-01T00:00:01Z"})
    };
    let rules = [
        rule("Down", "gone", ""),
        rule("Down", "silent", error),
        rule("Lag", "", error),
        rule("Slow", "", ""),
    ];
    let group = json!({"name": "g", "interval": 5, "lastEvaluation": "2026-01-01T00:00:00Z",
        "rules": rules});
    answers(
        &server,
        [
            ("rules", json!({"groups": [group]})),
            ("targets", json!({"activeTargets": []})),
            ("query", json!({"resultType": "vector", "result": []})),
        ],
    )
    .await;
    let prometheus = Prometheus::new(&server.address().to_string());
    let Evaluations { until, sick } = prometheus.evaluations().await.unwrap();
    // The healthy rule of the name alone tells how far that is evaluated.
    assert_eq!(until.keys().collect::<Vec<_>>(), ["Down", "Slow"]);
    let told: Vec<_> = sick
        .iter()
        .map(|sick| (sick.alert.as_str(), sick.error.as_str()))
        .collect();
    assert_eq!(told, [("Down", error), ("Lag", error)]);
    let rules = prometheus.alerting_rules(Duration::ZERO).await.unwrap();
    assert!(sick[0].is_of(&rules[1]) && !sick[0].is_of(&rules[0]));
    let sick: Vec<_> = rules.iter().map(|rule| rule.sick.as_deref()).collect();
    assert_eq!(sick, [None, Some(error), Some(error), None]);
}

#[tokio::test]
async fn target_whose_scrape_failed_is_told_with_its_labels_and_why() {
    let server = MockServer::start().await;
    let body = r#"{"status":"success","data":{"activeTargets":[
        {"scrapeInterval":"15s","scrapeTimeout":"5s","health":"up","labels":{"job":"kafka"},
        "lastError":""},
        {"scrapeInterval":"15s","scrapeTimeout":"5s","health":"down","labels":{"job":"feed"},
        "lastError":"connection refused"}]}}"#;
    let template = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(path("/api/v1/targets"))
        .respond_with(template)
        .mount(&server)
        .await;
    let prometheus = Prometheus::new(&server.address().to_string());
    let lost = prometheus.lost_targets().await.unwrap();
    assert_eq!(lost, ["up{job=\"feed\"}: connection refused"]);
}

#[tokio::test]
async fn version_is_that_which_the_server_was_built_from() {
    let server = MockServer::start().await;
    let body = r#"{"status":"success","data":{"version":"3.5.0","revision":"8be3a938"}}"#;
    let template = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    Mock::given(path("/api/v1/status/buildinfo"))
        .respond_with(template)
        .mount(&server)
        .await;
    let prometheus = Prometheus::new(&server.address().to_string());
    assert_eq!(prometheus.version().await.unwrap(), "3.5.0");
}
