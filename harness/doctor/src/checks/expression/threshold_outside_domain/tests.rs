use crate::checks::expression::of_rules::tests::{
    alerts_on, alerts_with, assert_fine, assert_found, assert_found_in,
};
use crate::test_projects::assert_silent;

const ID: &str = "expression/threshold-outside-domain";

#[test]
fn threshold_that_is_never_reached_is_an_error() {
    for expr in [
        "sum(rate(x_total{status=~\"5..\"}[5m])) / sum(rate(x_total[5m])) > 5",
        "node_filesystem_avail_bytes / node_filesystem_size_bytes > 10",
        "1 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) > 80",
        "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) \
         / node_memory_MemTotal_bytes > 90",
        "up > 1",
        "avg by (instance) (rate(node_cpu_seconds_total{mode!=\"idle\"}[5m])) > 0.8",
        "100 * avg(irate(node_cpu_seconds_total{mode!=\"idle\"}[5m])) by (instance) > 80",
        "up == 2",
        "probe_success < 0",
        "errors_total < 0",
        "count(up{job=\"a\"} == 1) < 1",
        "count by (job) (up) == 0",
        "hits_total / (hits_total + misses_total) > 50",
        "hour() > 23 and up == 0",
        "process_start_time_seconds < 3600",
        "max by (job) (backup_last_success_timestamp_seconds) > 86400",
    ] {
        assert_found(ID, "error", &[expr]);
    }
}

#[test]
fn threshold_that_is_likely_of_another_unit_is_a_warning() {
    for expr in [
        "rate(http_errors_total[5m]) / rate(http_requests_total[5m]) > 5",
        "cache_hit_ratio > 90",
        "container_memory_usage_bytes / container_spec_memory_limit_bytes > 80",
        "100 - avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100 > 0.8",
        "rate(process_cpu_seconds_total[5m]) > 80",
        "container_memory_usage_bytes > 80",
        "histogram_quantile(0.95, sum by (le) \
         (rate(http_request_duration_seconds_bucket[5m]))) > 500",
        "rate(x_total[5m]) >= 0",
        "rate(http_request_duration_seconds_sum[5m]) \
         / rate(http_request_duration_seconds_count[5m]) > 200",
        "histogram_quantile(0.95, rate(request_duration_ms_bucket[5m])) > 0.5",
    ] {
        assert_found(ID, "warning", &[expr]);
    }
}

#[test]
fn share_that_only_the_words_speak_of_is_a_warning() {
    let project = |expr: &str, summary: &str| {
        alerts_with(expr, &format!("annotations: {{summary: '{summary}'}}"))
    };
    let errors = "sum(rate(http_errors_total[5m])) > 0.05";
    assert_found_in(
        ID,
        "warning",
        &project(errors, "more than 5% of requests fail"),
    );
    assert_found_in(ID, "warning", &project(errors, "more than 5 percent fail"));
    assert_silent(ID, &project(errors, "more than 0.05 errors a second"));
    assert_silent(ID, &project(errors, "more than 15% of requests fail"));
    let share = "sum(rate(http_errors_total[5m])) / sum(rate(http_requests_total[5m])) > 0.05";
    assert_silent(ID, &project(share, "more than 5% of requests fail"));
    let cpu = "rate(process_cpu_seconds_total[5m]) > 0.8";
    assert_silent(ID, &project(cpu, "more than 80% of a core"));
    let took = |series: &str| format!("rate(http_request_seconds_{series}[5m]) > 0.05");
    let words = "more than 5% of requests fail";
    assert_found_in(ID, "warning", &project(&took("count"), words));
    assert_silent(ID, &project(&took("sum"), words));
}

#[test]
fn units_that_only_the_words_speak_of_are_a_warning() {
    let project = |expr: &str, summary: &str| {
        alerts_with(expr, &format!("annotations: {{summary: '{summary}'}}"))
    };
    let share =
        "sum(rate(http_errors_total[5m])) / sum(rate(http_requests_total[5m])) * 100 > 0.05";
    assert_found_in(
        ID,
        "warning",
        &project(share, "more than 5% of requests fail"),
    );
    assert_silent(ID, &project(share, "more than 0.05% of requests fail"));
    let bytes = "process_resident_memory_bytes > 512";
    assert_found_in(ID, "warning", &project(bytes, "more than 512MB are in use"));
    let right = "process_resident_memory_bytes > 512 * 1024 * 1024";
    assert_silent(ID, &project(right, "more than 512MB are in use"));
}

#[test]
fn events_a_minute_that_only_the_words_speak_of_are_a_warning() {
    let project = |expr: &str, summary: &str| {
        alerts_with(expr, &format!("annotations: {{summary: '{summary}'}}"))
    };
    let blocks = "rate(blocks_total[5m]) > 100";
    for words in [
        "more than 100 executions per minute are blocked",
        "100/min",
        "100 logins an hour",
        "more than 100 logins in the last 5 minutes",
    ] {
        assert_found_in(ID, "warning", &project(blocks, words));
    }
    for words in [
        "more than 100 executions a second",
        "more than 1100 executions per minute",
        "more than 100 executions. One per minute is usual",
        "more than 100, not 5 per minute",
        "a rate of more than 100 in the last 5 minutes",
        "more than 100% in the last 5 minutes",
        "above 100 for the last 5 minutes",
        "more than 100 req/s in the last 5 minutes",
    ] {
        assert_silent(ID, &project(blocks, words));
    }
    let scaled = "rate(blocks_total[5m]) * 60 > 100";
    assert_silent(ID, &project(scaled, "more than 100 executions per minute"));
}

#[test]
fn quantile_above_the_last_bucket_is_an_error() {
    let project = |buckets: &str, number: &str| {
        format!(
            "--- prometheus.yml\nscrape_configs:\n- job_name: app\n  static_configs: \
             [{{targets: ['localhost:8000']}}]\n--- app.py\nfrom prometheus_client import \
             Histogram, start_http_server\nTIME = Histogram('work_seconds', 'x'{buckets})\n\
             TIME.observe(1)\nstart_http_server(8000)\n--- rules.yml\ngroups:\n- name: g\n  \
             rules:\n  - alert: A\n    expr: histogram_quantile(0.9, \
             rate(work_seconds_bucket[5m])) > {number}\n"
        )
    };
    for (buckets, number) in [("", "10"), (", buckets=[1, 5]", "6")] {
        assert_found_in(ID, "error", &project(buckets, number));
    }
    for (buckets, number) in [
        ("", "9"),
        (", buckets=[1, 60]", "30"),
        (", buckets=ALL", "90"),
    ] {
        assert_silent(ID, &project(buckets, number));
    }
}

#[test]
fn quantile_above_the_last_bucket_of_a_library_is_an_error() {
    let project = |arguments: &str, number: &str| {
        format!(
            "--- prometheus.yml\nscrape_configs:\n- job_name: app\n  static_configs: \
             [{{targets: ['localhost:8000']}}]\n--- app.py\nfrom fastapi import FastAPI\nfrom \
             prometheus_fastapi_instrumentator import Instrumentator\napp = FastAPI()\n\
             Instrumentator().instrument(app{arguments}).expose(app)\n--- rules.yml\ngroups:\n\
             - name: g\n  rules:\n  - alert: A\n    expr: histogram_quantile(0.9, sum by (le) \
             (rate(http_request_duration_seconds_bucket[5m]))) > {number}\n"
        )
    };
    assert_found_in(ID, "error", &project("", "1"));
    assert_silent(ID, &project("", "0.5"));
    let own = ", latency_lowr_buckets=(0.1, 1, 5)";
    assert_silent(ID, &project(own, "1"));
}

#[test]
fn more_changes_than_samples_are_never_reached() {
    let project = |expr: &str| {
        format!(
            "{}--- prometheus.yml
global: {{scrape_interval: 15s}}
scrape_configs: [{{job_name: api}}]
",
            alerts_on(expr)
        )
    };
    assert_found_in(ID, "error", &project("changes(up{job=\"api\"}[1m]) > 5"));
    assert_found_in(ID, "error", &project("count_over_time(x[1m]) > 60"));
    assert_silent(ID, &project("changes(up{job=\"api\"}[5m]) > 5"));
    assert_silent(ID, &project("count_over_time(x[1m]) < 3"));
}

#[test]
fn more_targets_than_there_are_is_found() {
    let project = |expr: &str| {
        format!(
            "{}--- prometheus.yml
scrape_configs: [{{job_name: api, static_configs: [{{targets: ['a:1', 'b:1']}}]}}]
",
            alerts_on(expr)
        )
    };
    for expr in ["count(up{job=\"api\"} == 0) > 2", "sum(up) >= 3"] {
        assert_found_in(ID, "error", &project(expr));
    }
    assert_found_in(ID, "warning", &project("sum(up{job=\"api\"}) < 3"));
    for expr in [
        "sum(up{job=\"api\"}) < 2",
        "count(up{job=\"api\"} == 0) > 1",
        "sum by (job) (up) > 2",
        "count(up{team=\"a\"}) > 2",
    ] {
        assert_silent(ID, &project(expr));
    }
}

#[test]
fn metrics_that_a_kernel_bounds_are_an_error() {
    let project = |expr: &str| {
        format!(
            "{}--- prometheus.yml
scrape_configs: [{{job_name: node, static_configs: [{{targets: ['node-exporter:9100']}}]}}]
",
            alerts_on(expr)
        )
    };
    for expr in [
        "abs(node_timex_offset_seconds) > 3 * 60",
        "rate(node_disk_io_time_seconds_total[5m]) > 80",
        "rate(node_pressure_io_waiting_seconds_total[5m]) > 10",
    ] {
        assert_found_in(ID, "error", &project(expr));
    }
    for expr in [
        "abs(node_timex_offset_seconds) > 0.05",
        "rate(node_disk_io_time_seconds_total[5m]) * 100 > 80",
    ] {
        assert_silent(ID, &project(expr));
    }
}

#[test]
fn thresholds_within_are_fine() {
    assert_fine(
        ID,
        &[
            "100 * sum(rate(x_total{status=~\"5..\"}[5m])) / sum(rate(x_total[5m])) > 5",
            "sum(rate(x_total{status=~\"5..\"}[5m])) / sum(rate(x_total[5m])) * 100 > 0.5",
            "node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 10",
            "100 - (node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes * 100) > 90",
            "(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100 > 85",
            "100 - (avg by (instance) (irate(node_cpu_seconds_total{mode=\"idle\"}[5m])) \
             * 100) > 80",
            "avg(rate(node_cpu_seconds_total{mode=\"user\"}[2m])) > 0.85",
            "sum without (mode) (avg without (cpu) \
             (rate(node_cpu_seconds_total{mode!=\"idle\"}[2m]))) * 100 > 90",
            "rate(process_cpu_seconds_total[5m]) * 100 > 80",
            "up == 0",
            "up < 1",
            "up != 1",
            "sum(up) == 0",
            "count(up == 0) > 0",
            "(count(up == 0) or vector(0)) == 0",
            "absent(up) == 1",
            "predict_linear(node_filesystem_avail_bytes[6h], 3600) < 0",
            "delta(queue_length[5m]) < 0",
            "probe_ssl_earliest_cert_expiry - time() < 86400 * 7",
            "time() - process_start_time_seconds < 300",
            "backup_last_success_timestamp_seconds == 0",
            "job_duration_seconds > 3600",
            "container_memory_usage_bytes > 1e9",
            "node_memory_HardwareCorrupted_bytes > 0",
            "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m])) > 2",
            "rate(a_bytes_total[5m]) / rate(b_total[5m]) > 1000",
            "compression_factor > 3",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.8",
            "node_load1 / count without (cpu, mode) (node_cpu_seconds_total{mode=\"idle\"}) \
             > 2",
            "kube_pod_info >= 0",
            "rate(http_retries_total[5m]) / rate(http_requests_total[5m]) > 2",
        ],
    );
}
