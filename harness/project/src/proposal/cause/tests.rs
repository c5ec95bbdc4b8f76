//! Rules as they are common, and what brings their alerts.

use super::*;
use proptest::prelude::*;

fn cause(query: &str) -> String {
    let rule = LoadedRule {
        query: query.to_owned(),
        ..LoadedRule::example("A")
    };
    match cause_of(&rule) {
        Cause::Always => "always".to_owned(),
        Cause::BeyondReach(why) => why.to_owned(),
        Cause::ContainerGone(name) => format!("container {name} gone"),
        Cause::TargetDown(down) if down.is_of_each => "target down".to_owned(),
        Cause::TargetDown(_) => "targets down".to_owned(),
        Cause::Fewer(_) => "fewer".to_owned(),
        Cause::WatchedDown(_) => "watched down".to_owned(),
        Cause::ProbeFails(_) => "probe fails".to_owned(),
        Cause::Restarted(_) => "restarted".to_owned(),
        Cause::OomKilled(_) => "oom killed".to_owned(),
        Cause::QueueGrows(_) => "queue grows".to_owned(),
        Cause::Errors(_) => "errors".to_owned(),
        Cause::Slow(_) => "slow".to_owned(),
        Cause::TargetAbsent(_) => "target absent".to_owned(),
        Cause::Gone(_) => "gone".to_owned(),
        Cause::Stalled(stalled) => format!("stalled for {:?}", stalled.for_seconds),
    }
}

#[test]
fn each_pattern_of_what_is_down_has_its_cause() {
    for (query, expected) in [
        ("vector(1)", "always"),
        ("up == 0", "target down"),
        ("up{job=\"api\"} < 1", "target down"),
        ("0 == up", "target down"),
        ("up != 1", "target down"),
        ("sum(up{job=\"api\"}) < 2", "targets down"),
        ("count(up{job=\"api\"} == 0) > 1", "targets down"),
        (
            "count by (job) (up == 0) / count by (job) (up) > 0.5",
            "targets down",
        ),
        ("avg_over_time(up{job=\"api\"}[5m]) < 0.9", "target down"),
        ("absent(up{job=\"api\"})", "target absent"),
        (
            "absent(up{job=\"api\"}) or up{job=\"api\"} == 0",
            "target down",
        ),
        ("pg_up == 0", "watched down"),
        ("redis_up{job=\"redis\"} < 1", "watched down"),
        ("mysql_up != 1", "watched down"),
        ("kafka_brokers < 3", "fewer"),
        (
            "sum(up{job=\"a\"}) / count(up{job=\"a\"}) < 0.5",
            "targets down",
        ),
        ("feed_connected == 0", "watched down"),
        ("pg_up == 1", reasons::NOT_UNDERSTOOD),
    ] {
        assert_eq!(cause(query), expected, "{query}");
    }
}

#[test]
fn each_pattern_of_what_works_badly_or_is_out_of_reach_has_its_cause() {
    for (query, expected) in [
        ("probe_success == 0", "probe fails"),
        ("probe_http_status_code >= 400", "probe fails"),
        ("avg_over_time(probe_duration_seconds[1m]) > 1", "slow"),
        (
            "probe_ssl_earliest_cert_expiry - time() < 86400 * 30",
            reasons::CERTIFICATE,
        ),
        ("changes(process_start_time_seconds[15m]) > 2", "restarted"),
        ("time() - process_start_time_seconds < 60", "restarted"),
        ("increase(container_restart_count[10m]) > 0", "restarted"),
        (
            "changes(container_start_time_seconds{name!=\"\"}[1h]) > 3",
            "restarted",
        ),
        ("mysql_global_status_uptime < 60", "restarted"),
        ("increase(container_oom_events_total[5m]) > 0", "oom killed"),
        (
            "histogram_quantile(0.9, sum by (le) (rate(event_lag_seconds_bucket[5m]))) > 5",
            "slow",
        ),
        ("rabbitmq_queue_messages_ready > 1000", "queue grows"),
        (
            "sum by (group) (kafka_consumergroup_lag) > 100",
            "queue grows",
        ),
        ("celery_tasks_pending > 5", "queue grows"),
        (
            "rate(http_requests_total{status=~\"5..\"}[5m]) > 0.1",
            "errors",
        ),
        (
            "sum(rate(http_requests_total{code=\"500\"}[5m])) / sum(rate(http_requests_total[5m])) > 0.05",
            "errors",
        ),
        ("rate(app_errors_total[5m]) > 1", "errors"),
        ("increase(jobs_failed_total[1h]) > 0", "errors"),
        (
            "http_server_requests_seconds_count{outcome=\"SERVER_ERROR\"} > 0",
            "errors",
        ),
        (
            "histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket[5m])) by (le)) > 0.5",
            "slow",
        ),
        (
            "rate(request_latency_sum[5m]) / rate(request_latency_count[5m]) > 1",
            "slow",
        ),
        ("absent(my_metric{job=\"x\"})", "gone"),
        (
            "time() - backup_last_success_timestamp > 3600",
            "stalled for Some(3600.0)",
        ),
        ("rate(orders_total[5m]) == 0", "stalled for None"),
        ("increase(jobs_done_total[10m]) < 1", "stalled for None"),
        (
            "absent(container_memory_usage_bytes{name=\"jenkins\"})",
            "container jenkins gone",
        ),
        (
            "time() - container_last_seen{name=\"db\"} > 60",
            "container db gone",
        ),
        ("node_load1 > 1.5", reasons::HOST),
        (
            "node_filesystem_free_bytes / node_filesystem_size_bytes < 0.1",
            reasons::DISK,
        ),
        (
            "rate(container_cpu_usage_seconds_total[1m]) > 0.9",
            reasons::LOAD,
        ),
        ("process_resident_memory_bytes > 1e9", reasons::LOAD),
        ("jvm_memory_used_bytes{area=\"heap\"} > 1", reasons::LOAD),
        (
            "prometheus_config_last_reload_successful == 0",
            reasons::OBSERVER,
        ),
        ("hour() > 8", reasons::CALENDAR),
        ("pg_stat_activity_count > 80", reasons::NOT_UNDERSTOOD),
        ("sum by (", reasons::NO_PROMQL),
        ("rate(errors_total[5m]) > 0 and on (job) up == 1", "errors"),
        ("my_gauge > 5 unless up == 0", reasons::NOT_UNDERSTOOD),
    ] {
        assert_eq!(cause(query), expected, "{query}");
    }
}

proptest! {
    #[test]
    fn no_expression_panics(query in "\\PC{0,60}") {
        let _ = cause(&query);
    }

    #[test]
    fn no_expression_of_known_parts_panics(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("up"), Just("{job=\"x\"}"), Just("[5m]"), Just("=="), Just("0"),
                Just("absent("), Just(")"), Just("rate("), Just("sum by (a) ("), Just(" and "),
                Just(" unless "), Just("time() - "), Just(" > "), Just("x_errors_total"),
                Just("(("), Just("-"), Just(" or "), Just("[1h:5m]"), Just(" offset 1m"),
            ],
            0..14,
        ),
    ) {
        let _ = cause(&parts.concat());
    }
}
