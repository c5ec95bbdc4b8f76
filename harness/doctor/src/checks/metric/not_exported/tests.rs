use crate::test_projects::{assert_finds, assert_silent};

const ID: &str = "metric/not-exported";

/// An application in Python, and a rule.
fn project(source: &str, expression: &str) -> String {
    format!(
        "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n  \
         - job_name: node\n    static_configs:\n      - targets: ['node-exporter:9100']\n\
         --- shop.py\nfrom prometheus_client import Counter, Gauge, Histogram, start_http_server\n{source}\n\
         --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
    )
}

#[test]
fn metric_that_no_rule_records_is_found() {
    let project = |expr: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus: {{image: prom/prometheus, volumes: \
             ['.:/etc/prometheus']}}\n  api: {{image: me/api}}\n--- prometheus.yml\nrule_files: \
             [rules.yml]\nscrape_configs:\n- job_name: a\n  static_configs: [{{targets: \
             ['api:8080']}}]\n--- rules.yml\ngroups:\n- name: g\n  rules:\n  - {{record: \
             'job:errors:rate5m', expr: 'sum by (job) (rate(errors_total[5m]))'}}\n  - {{alert: A, \
             expr: '{expr} > 1'}}\n"
        )
    };
    let expected = "rules.yml:5:23 error: no rule records `job:failures:rate1h`, and nothing \
                    exports it";
    assert_finds(ID, &project("job:failures:rate1h"), &[expected]);
    assert_silent(ID, &project("job:errors:rate5m"));
    let federated = project("job:failures:rate1h").replace(
        "- job_name: a\n",
        "- job_name: a\n  metrics_path: /federate\n",
    );
    assert_silent(ID, &federated);
}

const ORDERS: &str = "ORDERS = Counter('shop_orders', 'Orders', ['state'])";

#[test]
fn buckets_of_a_timer_that_nothing_asks_for_may_not_be_there() {
    let spring = |settings: &str| {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n  \
             static_configs: [{{targets: ['shop.internal:8080']}}]\n--- shop/pom.xml\n\
             <artifactId>micrometer-registry-prometheus</artifactId>\n\
             --- shop/src/main/resources/application.properties\n{settings}\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    \
             expr: rate(http_server_requests_seconds_bucket[5m]) > 1\n"
        )
    };
    let expected = "rules.yml:5:16 warning: `http_server_requests_seconds_bucket` may not be \
                    there: the program of shop/pom.xml gives a timer's buckets only";
    assert_finds(ID, &spring("server.port=8080"), &[expected]);
    let set = "management.metrics.distribution.percentiles-histogram.http.server.requests=true";
    assert_silent(ID, &spring(set));
}

#[test]
fn buckets_of_a_meter_that_publishes_quantiles_alone_may_not_be_there() {
    let shop = |more: &str, settings: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  shop: {{build: shop}}\n--- prometheus.yml\n\
             rule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n  \
             metrics_path: /actuator/prometheus\n  static_configs: [{{targets: ['shop:8080']}}]\n\
             --- shop/pom.xml\n<artifactId>spring-boot-starter-actuator</artifactId>\n\
             <artifactId>micrometer-registry-prometheus</artifactId>\n\
             --- shop/src/main/resources/application.properties\n{settings}\n\
             --- shop/src/main/java/Sorting.java\nimport io.micrometer.core.instrument.Timer;\n\
             class Sorting {{ Timer t = Timer.builder(\"sorting.duration\")\
             .publishPercentiles(0.5, 0.99){more}.register(registry); }}\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    \
             expr: rate(sorting_duration_seconds_bucket[5m]) > 1\n"
        )
    };
    let expected = "rules.yml:5:16 warning: `sorting_duration_seconds_bucket` may not be there: \
                    shop/src/main/java/Sorting.java:2 gives it with `percentiles-histogram` only";
    assert_finds(ID, &shop("", "server.port=8080"), &[expected]);
    assert_silent(ID, &shop(".publishPercentileHistogram()", ""));
    let set = "management.metrics.distribution.percentiles-histogram.sorting.duration=true";
    assert_silent(ID, &shop("", set));
}

#[test]
fn service_whose_dockerfile_copies_one_of_several_programs_runs_that_one() {
    let project = |copied: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  orders:\n    build: {{context: ., dockerfile: \
             services/orders/Dockerfile}}\n--- prometheus.yml\nrule_files: [rules.yml]\n\
             scrape_configs:\n- job_name: a\n  static_configs: [{{targets: ['orders:8000']}}]\n\
             --- services/orders/Dockerfile\nFROM python:3.12\n{copied}\n\
             CMD [\"uvicorn\", \"main:app\"]\n--- services/orders/main.py\n\
             from prometheus_client import Counter, generate_latest\n\
             FAILED = Counter('orders_failed_total', 'x')\n\
             --- services/alert/main.py\nfrom prometheus_client import Counter, generate_latest\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    \
             expr: rate(orders_failed_total[5m]) > 1\n"
        )
    };
    assert_silent(ID, &project("COPY services/orders/main.py /app/main.py"));
    let expected = "rules.yml:5:16";
    assert_finds(
        ID,
        &project("COPY services/alert/main.py /app/main.py"),
        &[expected],
    );
}

#[test]
fn program_is_read_also_if_its_service_is_called_exporter() {
    let project = |asked: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  exporter: {{build: .}}\n--- prometheus.yml\n\
             rule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n  \
             static_configs: [{{targets: ['exporter:8000']}}]\n--- Dockerfile\n\
             FROM python:3.12\nCOPY shop ./shop\nCMD [\"python\", \"-m\", \"shop.server\"]\n\
             --- shop/server.py\nfrom prometheus_client import Counter, generate_latest\n\
             ORDERS = Counter('shop_orders_total', 'x')\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    \
             expr: rate({asked}[5m]) > 1\n"
        )
    };
    assert_silent(ID, &project("shop_orders_total"));
    assert_finds(ID, &project("shop_order_total"), &["rules.yml:5:16"]);
}

#[test]
fn near_miss_of_a_programs_metric_is_found_with_the_nearest() {
    assert_finds(
        ID,
        &project(ORDERS, "rate(shop_order_total[5m]) > 1"),
        &[
            "rules.yml:5:20 warning: it may be that nothing exports `shop_order_total`; \
           the nearest is `shop_orders_total` (shop.py:2)",
        ],
    );
}

#[test]
fn exporters_misspelt_metric_is_found_for_sure() {
    assert_finds(
        ID,
        &project(ORDERS, "node_memory_MemAvailable_byte < 1"),
        &[
            "rules.yml:5:15 error: node_exporter exports no `node_memory_MemAvailable_byte`; \
           the nearest is `node_memory_MemAvailable_bytes` (node_exporter)",
        ],
    );
}

#[test]
fn metric_of_an_exporter_that_is_not_scraped_is_found() {
    assert_finds(
        ID,
        &project(ORDERS, "redis_connected_clients > 100"),
        &["rules.yml:5:15 warning: it may be that nothing exports \
           `redis_connected_clients`: no redis_exporter is scraped"],
    );
}

#[test]
fn what_is_exported_recorded_or_made_by_prometheus_is_silent() {
    for expression in [
        "rate(shop_orders_total[5m]) > 1",
        "shop_orders_created > 1",
        "up{job='shop'} == 0",
        "scrape_duration_seconds > 1",
        "ALERTS{alertname='B'} == 1",
        "node_load1 > 4",
        "process_resident_memory_bytes > 1e9",
        "python_info == 1",
        "node_netstat_TcpExt_ListenDrops > 1",
    ] {
        assert_silent(ID, &project(ORDERS, expression));
    }
}

#[test]
fn name_that_is_made_at_run_time_makes_others_unsure() {
    let source = "for name in NAMES:\n    Gauge(f'shop_{name}', 'x')";
    assert_silent(ID, &project(source, "shop_stock_level > 1"));
}

#[test]
fn rules_without_a_configuration_are_silent() {
    let rules = "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: anything > 1\n";
    assert_silent(ID, rules);
}

#[test]
fn metric_that_needs_a_flag_is_found_unless_it_is_set() {
    let project = |command: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['.:/etc/prometheus']\n  \
             node:\n    image: prom/node-exporter\n    command: ['{command}']\n\
             --- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node:9100']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_systemd_unit_state == 1\n"
        )
    };
    assert_finds(
        ID,
        &project("--path.rootfs=/host"),
        &[
            "rules.yml:5:15 warning: `node_systemd_unit_state` may not be there: \
           node_exporter gives it with `--collector.systemd` only",
        ],
    );
    assert_silent(ID, &project("--collector.systemd"));
}

#[test]
fn slip_in_rules_that_are_not_loaded_is_found_too() {
    let project = "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']\n  \
         node:\n    image: prom/node-exporter\n\
         --- prometheus.yml\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ['node:9100']\n\
         --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_load_1 > 1\n";
    assert_finds(
        ID,
        project,
        &["rules.yml:5:15 error: node_exporter exports no `node_load_1`"],
    );
}

#[test]
fn either_of_two_names_may_be_absent() {
    assert_silent(
        ID,
        &project(ORDERS, "(shop_order_total or shop_orders_total) > 1"),
    );
}

#[test]
fn target_that_nobody_knows_may_export_anything() {
    let project = "--- prometheus.yml\nscrape_configs:\n  - job_name: x\n    static_configs:\n      - targets: ['10.0.0.7:7777']\n\
         --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: node_load1 > 1\n";
    assert_silent(ID, project);
}

/// A service that is built from `files`, and a rule.
fn built(service: &str, files: &str, expression: &str) -> String {
    format!(
        "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    volumes: ['.:/etc/prometheus']\n{service}\n\
         --- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: it\n    static_configs:\n      - targets: ['it:8000']\n\
         {files}\n--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
    )
}

const BUILT: &str = "  it: {build: app}";

#[test]
fn name_that_no_source_mentions_is_found_in_a_program_that_is_not_read_whole() {
    for source in [
        "--- app/main.py\nfrom prometheus_client import Counter\nfor it in KINDS:\n    Counter(f'orders_{it}', 'x')",
        "--- app/main.rs\nuse prometheus::IntCounter;\nlet c = register_int_counter!(\"orders_failed\");",
        "--- app/App.java\nimport io.micrometer.core.instrument.Counter;\nclass A { Counter c = Counter.builder(\"orders.failed\"); }\n--- app/pom.xml\nmicrometer",
    ] {
        assert_finds(
            ID,
            &built(BUILT, source, "data_quality_score < 0.9"),
            &["rules.yml:5:15 warning: it may be that nothing exports `data_quality_score`"],
        );
    }
}

#[test]
fn name_that_a_source_may_make_is_silent() {
    for source in [
        "--- app/main.py\nfrom prometheus_client import Counter\nfor it in KINDS:\n    Counter(f'orders_{it}', 'x')\nKINDS = ['failed']",
        "--- app/main.rs\nuse prometheus::IntCounter;\nlet c = register_int_counter!(\"orders_failed\");",
        "--- app/main.py\nimport statsd_metrics\nclient.incr('orders.failed')",
        "--- app/main.py\nfrom prometheus_client import Counter\nCounter(NAMES[0], 'x')\nNAMES = {'ordersFailed': 1}",
        "--- app/main.go\nimport \"github.com/VictoriaMetrics/metrics\"\nvar c = metrics.NewCounter(`orders_failed_total{a=\"b\"}`)",
        "--- app/main.cs\nusing Prometheus;\nvar c = Metrics.CreateCounter(\"orders_failed_total\", \"\");",
    ] {
        assert_silent(
            ID,
            &built(BUILT, source, "rate(orders_failed_total[5m]) > 1"),
        );
    }
}

#[test]
fn names_of_libraries_that_are_not_known_are_silent() {
    for source in [
        "--- app/main.rs\nuse axum_prometheus::PrometheusMetricLayer;",
        "--- app/app.py\nimport aioprometheus_metrics\n",
        "--- app/Program.cs\nusing Prometheus;\napp.UseHttpMetrics();",
        "--- app/app.rb\nrequire 'prometheus_exporter/middleware'\n",
    ] {
        assert_silent(
            ID,
            &built(BUILT, source, "rate(http_requests_total[5m]) > 1"),
        );
    }
}

#[test]
fn metric_of_what_serves_none_is_found() {
    let of_app = "--- app/main.py\nfrom fastapi import FastAPI\napp = FastAPI()\n";
    assert_finds(
        ID,
        &built(BUILT, of_app, "rate(http_requests_total[5m]) > 1"),
        &["rules.yml:5:20 error: nothing exports `http_requests_total`"],
    );
    for image in ["redis:7", "postgres:16", "apache/airflow:2.8.0", "mysql"] {
        let service = format!("  it: {{image: '{image}'}}");
        assert_finds(
            ID,
            &built(&service, "", "redis_up == 0"),
            &["rules.yml:5:15 error: nothing exports `redis_up`: no redis_exporter is scraped"],
        );
    }
}

#[test]
fn function_that_makes_a_metric_of_a_given_name_is_followed() {
    let source = "--- app/main.py\nfrom prometheus_client import Counter\n\
         def counter(name: str, text: str, labels=None):\n    \
         return Counter(f'shop_{name}', text, labels or [])\n\
         ORDERS = counter('orders_total', 'x', ['state'])\n";
    assert_silent(ID, &built(BUILT, source, "rate(shop_orders_total[5m]) > 1"));
    assert_finds(
        ID,
        &built(BUILT, source, "rate(shop_orders_failed_total[5m]) > 1"),
        &["rules.yml:5:20 error: nothing exports `shop_orders_failed_total`"],
    );
}

#[test]
fn services_that_the_engine_tells_of_are_those_of_the_project() {
    let engine = |expression: &str| {
        let project = built(BUILT, "--- app/main.py\nprint('metrics')", expression);
        project.replace(
            "static_configs:\n      - targets: ['it:8000']",
            "docker_sd_configs: [{host: unix:///var/run/docker.sock}]",
        )
    };
    assert_finds(
        ID,
        &engine("orders_failed_total > 1"),
        &["rules.yml:5:15 warning: it may be that nothing exports `orders_failed_total`"],
    );
    assert_silent(ID, &engine("prometheus_tsdb_reloads_total > 1"));
}

#[test]
fn library_of_the_jvm_has_no_names_of_another_language() {
    let source = "--- app/App.java\nimport io.micrometer.core.instrument.Counter;\n\
                  class A { Counter c = Counter.builder(\"orders.failed\"); }\n\
                  --- app/pom.xml\nmicrometer";
    let names_of_another = built(BUILT, source, "flask_exporter_info > 0");
    assert_finds(ID, &names_of_another, &["rules.yml:5:15 warning"]);
    assert_silent(
        ID,
        &built(BUILT, source, "resilience4j_circuitbreaker_state > 0"),
    );
}

#[test]
fn name_that_another_job_exports_is_no_slip_of_the_one_that_writes_it() {
    let project = |written: &str| {
        let source = format!(
            "--- app/main.ts\nconst TYPE = 'text/plain; version=0.0.4';\n\
             pushMetricLine(lines, '{written}', rss);"
        );
        let expression = "process_resident_memory_bytes{job='it'} > 1e9";
        let other = "  - {job_name: prometheus, static_configs: [{targets: ['localhost:9090']}]}";
        let files = format!("{other}\n{source}");
        built(BUILT, &files, expression)
    };
    assert_silent(ID, &project("process_resident_memory_bytes"));
    assert_finds(ID, &project("queue_length"), &["rules.yml:5:15 warning"]);
}

#[test]
fn metrics_that_a_command_of_node_writes_by_hand_are_there() {
    let project = |command: &str, name: &str| {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml', \
             './rules.yml:/etc/prometheus/rules.yml']\n  shop:\n    build: .\n    \
             command: [{command}]\n--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n\
             - job_name: shop\n  static_configs: [{{targets: ['shop:3000']}}]\n\
             --- src/services/shop/server.js\nimport {{ render }} from '../../shared/metrics.js';\n\
             createServer((req, res) => {{ if (req.url === '/metrics') res.end(render()); \
             }}).listen(3000);\n\
             --- src/shared/metrics.js\nexport const render = () => [\n\
             '# TYPE http_requests_total counter',\n\
             `http_requests_total{{status=\"${{status}}\"}} ${{count}}`].join('\\n');\n\
             --- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    \
             expr: rate({name}[5m]) > 1\n"
        )
    };
    for command in [
        "node, src/services/shop/server.js",
        "node, src/services/gone/server.js",
    ] {
        assert_silent(ID, &project(command, "http_requests_total"));
        assert_finds(
            ID,
            &project(command, "http_answers_total"),
            &["rules.yml:5:16 error: nothing exports `http_answers_total`"],
        );
    }
}
