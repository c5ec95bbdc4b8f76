//! A project in which nothing is wrong, with one defect put in at a time: each is found, in its file
//! and by the check that is meant for it; and what is only written otherwise stays unspoken.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

use std::fs;
use std::path::{Path, PathBuf};

use alertdrill_core::{Finding, FindingSeverity};
use alertdrill_doctor::{Checkout, Wishes, examine};

const COMPOSE: &str = "docker-compose.yml";
const PROMETHEUS: &str = "prometheus/prometheus.yml";
const DESK: &str = "prometheus/rules/desk.yml";
const SERVERS: &str = "prometheus/rules/servers.yml";
const ROUTES: &str = "alertmanager/alertmanager.yml";
const MAIN: &str = "app/main.py";
const BRIDGE: &str = "app/bridge.py";

/// A change of a file: what is written instead of what, once.
type Change = (&'static str, &'static str, &'static str);

struct Seed {
    what: &'static str,
    changes: &'static [Change],
    /// The file in which it is found.
    found_in: &'static str,
    /// The checks of which at least one finds it.
    by: &'static [&'static str],
}

const fn seed(
    what: &'static str,
    changes: &'static [Change],
    found_in: &'static str,
    by: &'static [&'static str],
) -> Seed {
    Seed {
        what,
        changes,
        found_in,
        by,
    }
}

#[rustfmt::skip]
const SEEDS: &[Seed] = &[
    // Loaded
    seed("rules folder is not mounted", &[(COMPOSE, "      - ./prometheus/rules:/etc/prometheus/rules:ro\n", "")],
        DESK, &["loaded/rules-not-mounted"]),
    seed("pattern matches no file", &[(PROMETHEUS, "/etc/prometheus/rules/*.yml", "/etc/prometheus/alerts/*.yml")],
        PROMETHEUS, &["loaded/pattern-matches-nothing"]),
    seed("pattern has another ending", &[(PROMETHEUS, "rules/*.yml", "rules/*.rules")],
        DESK, &["loaded/rules-not-matched"]),
    seed("one file is not matched", &[(PROMETHEUS, "rules/*.yml", "rules/desk.yml")],
        SERVERS, &["loaded/rules-not-matched"]),
    seed("rule_files is commented out", &[(PROMETHEUS, "rule_files:\n  - /etc/prometheus/rules/*.yml", "# rule_files:\n#   - /etc/prometheus/rules/*.yml")],
        PROMETHEUS, &["loaded/no-rule-files"]),
    seed("fragment without groups", &[(SERVERS, "groups:\n  - name: servers\n    rules:\n", "rules:\n")],
        SERVERS, &["loaded/not-rules"]),
    seed("expression is no PromQL", &[(DESK, "desk_tickets_open > 500", "sum(desk_tickets_open > 500")],
        DESK, &["loaded/broken-rule", "loaded/not-rules"]),
    seed("flag that Prometheus does not have", &[(COMPOSE, "--storage.tsdb.retention.time=7d", "--storage.tsdb.retension.time=7d")],
        COMPOSE, &["loaded/broken-command"]),
    seed("command that names no configuration", &[(COMPOSE, "      - --config.file=/etc/prometheus/prometheus.yml\n", "")],
        COMPOSE, &["loaded/broken-command"]),
    seed("flag that names another file than the mounted one", &[(COMPOSE, "--config.file=/etc/prometheus/prometheus.yml", "--config.file=/etc/prometheus/prometheus.yaml")],
        COMPOSE, &["loaded/configuration-not-mounted"]),
    seed("one letter of `groups` is missing", &[(SERVERS, "groups:\n  - name: servers", "group:\n  - name: servers")],
        SERVERS, &["loaded/not-rules"]),
    // Told
    seed("no Alertmanager", &[(PROMETHEUS, "alerting:\n  alertmanagers:\n    - static_configs:\n        - targets: [\"alertmanager:9093\"]\n", "")],
        PROMETHEUS, &["told/no-alertmanager"]),
    seed("Alertmanager without targets", &[(PROMETHEUS, "targets: [\"alertmanager:9093\"]", "targets: []")],
        PROMETHEUS, &["told/alertmanager-without-targets"]),
    seed("Alertmanager's targets are commented out", &[(PROMETHEUS, "        - targets: [\"alertmanager:9093\"]", "        - targets:\n          # - alertmanager:9093")],
        PROMETHEUS, &["told/alertmanager-without-targets"]),
    seed("Alertmanager has another name", &[(PROMETHEUS, "alertmanager:9093", "alert-manager:9093")],
        PROMETHEUS, &["told/alertmanager-unknown"]),
    seed("Alertmanager is sought on loopback", &[(PROMETHEUS, "alertmanager:9093", "localhost:9093")],
        PROMETHEUS, &["told/alertmanager-unknown"]),
    seed("Alertmanager is sought at another port", &[(PROMETHEUS, "alertmanager:9093", "alertmanager:9094")],
        PROMETHEUS, &["told/alertmanager-unknown"]),
    seed("receiver to which no route leads", &[(ROUTES, "    - matchers: ['severity=\"critical\"']\n      receiver: pager\n", "")],
        ROUTES, &["told/receiver-unused"]),
    seed("inhibition of other jobs' alerts", &[(ROUTES, "source_matchers: ['alertname=\"ApiDown\"']\n    target_matchers: ['alertname=\"SlowAnswers\"']\n    equal: [job]", "source_matchers: ['severity=\"critical\"']\n    target_matchers: ['severity=\"warning\"']"), (DESK, "desk_jobs_total{outcome=\"failed\"}", "desk_jobs_total{job=\"worker\", outcome=\"failed\"}")],
        ROUTES, &["told/inhibition-without-equal"]),
    seed("receiver on loopback", &[(ROUTES, "http://pager-bridge:8089/page", "http://localhost:8089/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver at 127.0.0.1", &[(ROUTES, "http://pager-bridge:8089/team", "http://127.0.0.1:8089/team")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver at a path that its service does not have", &[(BRIDGE, "        self.send_response(200)\n", "        self.send_response(200 if self.path == \"/team\" else 404)\n")],
        ROUTES, &["told/receiver-refuses"]),
    seed("receiver whose service takes no POST", &[(BRIDGE, "do_POST", "do_GET")],
        ROUTES, &["told/receiver-refuses"]),
    seed("receiver at an example's host", &[(ROUTES, "http://pager-bridge:8089/page", "https://hooks.example.com/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver on a machine whose name is not known", &[(ROUTES, "http://pager-bridge:8089/page", "http://host.docker.internal:8089/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("text by a template that is nowhere", &[(ROUTES, "    webhook_configs:\n      - url: http://pager-bridge:8089/page\n", "    slack_configs:\n      - api_url_file: /run/secrets/slack\n        text: '{{ template \"desk.text\" . }}'\n")],
        ROUTES, &["told/template-undefined"]),
    seed("password that nobody filled in", &[(ROUTES, "    webhook_configs:\n      - url: http://pager-bridge:8089/page\n", "    pagerduty_configs:\n      - routing_key: ${PAGER_KEY}\n")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("field that a notification does not have", &[(ROUTES, "    webhook_configs:\n      - url: http://pager-bridge:8089/page\n", "    slack_configs:\n      - api_url_file: /run/secrets/slack\n        text: '{{ .StartsAt }}'\n")],
        ROUTES, &["told/empty-template"]),
    seed("receiver at a service that is not there", &[(ROUTES, "http://pager-bridge:8089/page", "http://pager-brigde:8089/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver at a port on which its service does not listen", &[(ROUTES, "http://pager-bridge:8089/page", "http://pager-bridge:9999/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver without its port", &[(ROUTES, "http://pager-bridge:8089/page", "http://pager-bridge/page")],
        ROUTES, &["told/receiver-unreachable"]),
    seed("receiver is not defined", &[(ROUTES, "      receiver: pager\n", "      receiver: pagers\n")],
        ROUTES, &["told/receiver-undefined"]),
    seed("default receiver is empty", &[(ROUTES, "  - name: team\n    webhook_configs:\n      - url: http://pager-bridge:8089/team\n", "  - name: team\n")],
        ROUTES, &["told/empty-default-receiver"]),
    seed("route for a severity that no rule has", &[(ROUTES, "severity=\"critical\"", "severity=\"page\"")],
        ROUTES, &["told/route-never-matches"]),
    seed("route is hidden by the one before", &[(ROUTES, "    - matchers: ['severity=\"critical\"']\n      receiver: pager", "    - matchers: ['severity=~\"critical|warning\"']\n      receiver: pager")],
        ROUTES, &["told/route-never-matches"]),
    seed("route by a label that no alert has", &[(ROUTES, "severity=\"warning\"", "team=\"desk\"")],
        ROUTES, &["told/route-never-matches"]),
    seed("inhibition by an alert that is not there", &[(ROUTES, "alertname=\"ApiDown\"", "alertname=\"APIDown\"")],
        ROUTES, &["told/inhibition-never-matches"]),
    seed("inhibition of a severity that is not there", &[(ROUTES, "alertname=\"SlowAnswers\"", "severity=\"info\"")],
        ROUTES, &["told/inhibition-never-matches"]),
    seed("inhibition by a label that one side lacks", &[(ROUTES, "equal: [job]", "equal: [job, instance]")],
        ROUTES, &["told/inhibition-never-matches"]),
    seed("inhibition mutes itself", &[(ROUTES, "source_matchers: ['alertname=\"ApiDown\"']\n    target_matchers: ['alertname=\"SlowAnswers\"']\n    equal: [job]", "source_matchers: ['severity=\"critical\"']\n    target_matchers: ['severity=\"critical\"']\n    equal: [job]")],
        ROUTES, &["told/inhibition-mutes-itself"]),
    seed("severity that no route knows", &[(DESK, "desk_tickets_open > 500\n        for: 10m\n        labels:\n          severity: warning", "desk_tickets_open > 500\n        for: 10m\n        labels:\n          severity: minor")],
        DESK, &["told/severity-without-route"]),
    seed("Alertmanager by the bridge's address", &[(COMPOSE, "  alertmanager:\n    image: prom/alertmanager:v0.27.0\n", "  alertmanager:\n    image: prom/alertmanager:v0.27.0\n    ports: [\"9093:9093\"]\n"), (PROMETHEUS, "alertmanager:9093", "172.17.0.1:9093")],
        PROMETHEUS, &["told/fixed-address"]),
    seed("secret that is not mounted", &[(ROUTES, "    webhook_configs:\n      - url: http://pager-bridge:8089/page\n", "    slack_configs:\n      - api_url_file: /run/secrets/slack\n        channel: desk\n")],
        ROUTES, &["told/secret-not-there"]),
    // Scraped
    seed("target that no service is", &[(PROMETHEUS, "worker:9200", "workers:9200")],
        PROMETHEUS, &["scraped/target-unknown"]),
    seed("target on loopback", &[(PROMETHEUS, "redis-exporter:9121", "localhost:9121")],
        PROMETHEUS, &["scraped/target-unknown"]),
    seed("target at the published port", &[(PROMETHEUS, "api:8000\"]\n\n  - job_name: worker", "api:8080\"]\n\n  - job_name: worker")],
        PROMETHEUS, &["scraped/wrong-port"]),
    seed("exporter at another port", &[(PROMETHEUS, "node-exporter:9100", "node-exporter:9101")],
        PROMETHEUS, &["scraped/wrong-port"]),
    seed("server instead of its exporter", &[(PROMETHEUS, "redis-exporter:9121", "redis:6379")],
        PROMETHEUS, &["scraped/wrong-port", "scraped/wrong-path"]),
    seed("path that is not served", &[(PROMETHEUS, "  - job_name: api\n", "  - job_name: api\n    metrics_path: /actuator/prometheus\n")],
        PROMETHEUS, &["scraped/wrong-path"]),
    seed("job is commented out", &[(PROMETHEUS, "  - job_name: api\n    static_configs:\n      - targets: [\"api:8000\"]\n", "  # - job_name: api\n  #   static_configs:\n  #     - targets: [\"api:8000\"]\n")],
        DESK, &["scraped/no-such-job"]),
    seed("rule reads a job that is not there", &[(DESK, "up{job=\"api\"}", "up{job=\"desk-api\"}")],
        DESK, &["scraped/no-such-job"]),
    seed("target is an address that a restart changes", &[(PROMETHEUS, "worker:9200", "172.18.0.7:9200")],
        PROMETHEUS, &["scraped/fixed-address"]),
    seed("target of two jobs", &[(PROMETHEUS, "  - job_name: worker\n    static_configs:\n      - targets: [\"worker:9200\"]\n", "  - job_name: worker\n    static_configs:\n      - targets: [\"worker:9200\"]\n  - job_name: workers\n    static_configs:\n      - targets: [\"worker:9200\"]\n")],
        PROMETHEUS, &["scraped/twice"]),
    seed("exporter with another password than its database", &[(COMPOSE, "postgres:desk@", "postgres:dusk@")],
        COMPOSE, &["scraped/cannot-log-in"]),
    seed("target with a path", &[(PROMETHEUS, "\"worker:9200\"", "\"worker:9200/metrics\"")],
        PROMETHEUS, &["loaded/broken-configuration"]),
    seed("files with targets that are not mounted", &[(PROMETHEUS, "  - job_name: worker\n    static_configs:\n      - targets: [\"worker:9200\"]\n", "  - job_name: worker\n    file_sd_configs:\n      - files: [/etc/targets/*.yml]\n")],
        PROMETHEUS, &["scraped/finds-nothing"]),
    seed("target by a variable that nothing fills in", &[(PROMETHEUS, "worker:9200", "${WORKER}:9200")],
        PROMETHEUS, &["scraped/target-unknown"]),
    seed("Prometheus is in the machine's network", &[(COMPOSE, "    ports: [\"9090:9090\"]\n", "    network_mode: host\n")],
        PROMETHEUS, &["scraped/wrong-network"]),
    // The metric is there
    seed("up of an exporter for its server", &[(SERVERS, "redis_up == 0", "up{job=\"redis\"} == 0")],
        SERVERS, &["metric/up-of-exporter"]),
    seed("metric that no rule records", &[(DESK, "desk_tickets_open > 500", "desk:tickets_open:max > 500")],
        DESK, &["metric/not-exported"]),
    seed("network of the exporter's own container", &[(SERVERS, "redis_up == 0", "rate(node_network_receive_bytes_total[5m]) > 1e8")],
        SERVERS, &["metric/of-its-container"]),
    seed("metric with a typing error", &[(DESK, "desk_tickets_open > 500", "desk_ticket_open > 500")],
        DESK, &["metric/not-exported"]),
    seed("metric that was renamed in the source", &[(MAIN, "\"desk_tickets_open\"", "\"desk_open_tickets\"")],
        DESK, &["metric/not-exported"]),
    seed("metric of an exporter with a typing error", &[(SERVERS, "redis_up == 0", "redis_is_up == 0")],
        SERVERS, &["metric/not-exported"]),
    seed("metric of an exporter that is not scraped", &[(SERVERS, "redis_up == 0", "mysql_up == 0")],
        SERVERS, &["metric/not-exported"]),
    seed("old name of a metric", &[(SERVERS, "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "node_memory_MemAvailable / node_memory_MemTotal")],
        SERVERS, &["metric/renamed", "metric/not-exported"]),
    seed("base name of a histogram", &[(DESK, "desk_tickets_open > 500", "desk_http_request_duration_seconds > 2")],
        DESK, &["metric/base-name"]),
    seed("base name of a summary", &[(DESK, "desk_tickets_open > 500", "desk_export_seconds > 2")],
        DESK, &["metric/base-name", "metric/no-such-quantile"]),
    seed("quantile that the client does not give", &[(DESK, "desk_tickets_open > 500", "desk_export_seconds{quantile=\"0.99\"} > 2")],
        DESK, &["metric/no-such-quantile", "metric/base-name"]),
    seed("quantile without le", &[(DESK, "sum by (job, le) (", "sum by (job) (")],
        DESK, &["metric/no-such-quantile"]),
    seed("label that the metric does not have", &[(DESK, "rate(desk_jobs_total{outcome=\"failed\"}[5m]) > 0.1", "rate(desk_jobs_total{result=\"failed\"}[5m]) > 0.1")],
        DESK, &["metric/no-such-label"]),
    seed("value that the label never has", &[(DESK, "desk_http_requests_total{status=\"5xx\"}", "desk_http_requests_total{status=~\"500|502\"}")],
        DESK, &["metric/no-such-value"]),
    seed("value in other words", &[(DESK, "desk_jobs_total{outcome=\"failed\"}", "desk_jobs_total{outcome=\"failure\"}")],
        DESK, &["metric/no-such-value"]),
    seed("metric is dropped when it is scraped", &[(PROMETHEUS, "  - job_name: worker\n", "  - job_name: worker\n    metric_relabel_configs:\n      - {source_labels: [__name__], regex: 'desk_jobs_.*', action: drop}\n")],
        DESK, &["metric/dropped"]),
    seed("label is renamed when it is scraped", &[(PROMETHEUS, "  - job_name: worker\n", "  - job_name: worker\n    metric_relabel_configs:\n      - {regex: outcome, action: labeldrop}\n")],
        DESK, &["metric/dropped", "metric/no-such-label"]),
    seed("series that goes away instead of being zero", &[(SERVERS, "redis_up == 0", "redis_connected_clients == 0")],
        SERVERS, &["metric/only-while-well"]),
    seed("counter that is born with its first error", &[
        (MAIN, "for method in (\"GET\", \"POST\"):\n    for status in (\"2xx\", \"4xx\", \"5xx\"):\n        REQUESTS.labels(method=method, status=status)\n", ""),
        (DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: increase(desk_http_requests_total{status=\"5xx\"}[5m]) > 0")],
        DESK, &["metric/after-first-event"]),
    seed("gauge that nothing sets", &[(MAIN, "    OPEN.set(len(app.state.tickets))\n", "")],
        DESK, &["metric/never-set"]),
    seed("gauge that only a function sets which nobody calls", &[(MAIN, "    OPEN.set(len(app.state.tickets))\n", ""), (MAIN, "def fill_of_queue():", "def update_open(tickets):\n    OPEN.set(len(tickets))\n\n\ndef fill_of_queue():")],
        DESK, &["metric/never-set"]),
    // The expression can be true
    seed("alert that asks for the value of all being well", &[(SERVERS, "redis_up == 0", "redis_up == 1")],
        SERVERS, &["expression/inverted"]),
    seed("alert that reads something else than it is named after", &[(SERVERS, "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1", "rate(node_cpu_seconds_total{mode=\"idle\"}[5m]) < 0.1")],
        SERVERS, &["expression/other-than-named"]),
    seed("star of a shell", &[(DESK, "desk_http_requests_total{status=\"5xx\"}", "desk_http_requests_total{status=~\"5*\"}")],
        DESK, &["expression/pattern-misread"]),
    seed("prediction in hours", &[(SERVERS, "24 * 3600", "24")],
        SERVERS, &["expression/predicts-too-near"]),
    seed("filler behind a comparison", &[(DESK, "desk_tickets_open > 500", "desk_tickets_open > 500 or vector(0)")],
        DESK, &["expression/contradiction"]),
    seed("clock that is further off than it can be", &[(SERVERS, "redis_up == 0", "abs(node_timex_offset_seconds) > 60")],
        SERVERS, &["expression/threshold-outside-domain"]),
    seed("ratio that matches itself", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(", "sum by (job, status) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job, status) (rate(")],
        DESK, &["expression/always-one"]),
    seed("ratio of raw series", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "rate(desk_http_requests_total{status=\"5xx\"}[5m])\n            / rate(desk_http_requests_total[5m])")],
        DESK, &["expression/always-one"]),
    seed("sides that share no labels", &[(DESK, "/ sum by (job) (rate(desk_http_requests_total[5m]))", "/ sum by (method) (rate(desk_http_requests_total[5m]))")],
        DESK, &["expression/no-common-labels"]),
    seed("sum against series with labels", &[(DESK, "desk_tickets_open > 500", "desk_tickets_open / sum(desk_tickets_open) > 0.9")],
        DESK, &["expression/no-common-labels"]),
    seed("metrics of two jobs without on", &[(SERVERS, "redis_up == 0", "redis_up == 0 and node_load1 > 2")],
        SERVERS, &["expression/no-common-labels"]),
    seed("many to many", &[(DESK, "desk_tickets_open > 500", "rate(desk_http_requests_total[5m]) / on (job) rate(desk_http_request_duration_seconds_count[5m]) > 2")],
        DESK, &["expression/many-to-many"]),
    seed("range as long as a scrape", &[(DESK, "rate(desk_jobs_total{outcome=\"failed\"}[5m])", "rate(desk_jobs_total{outcome=\"failed\"}[15s])")],
        DESK, &["expression/range-too-short"]),
    seed("range shorter than two scrapes", &[(PROMETHEUS, "  - job_name: worker\n", "  - job_name: worker\n    scrape_interval: 5m\n")],
        DESK, &["expression/range-too-short"]),
    seed("rate of a gauge", &[(DESK, "desk_tickets_open > 500", "rate(desk_tickets_open[5m]) > 5")],
        DESK, &["expression/rate-of-gauge"]),
    seed("threshold on a counter", &[(DESK, "rate(desk_jobs_total{outcome=\"failed\"}[5m]) > 0.1", "desk_jobs_total{outcome=\"failed\"} > 100")],
        DESK, &["expression/threshold-on-counter"]),
    seed("absent of several jobs", &[(DESK, "up{job=\"api\"} == 0", "absent(up{job=~\"api|worker\"})")],
        DESK, &["expression/absent-names-too-much"]),
    seed("absent of all containers of the project", &[(COMPOSE, "  blackbox:\n", "  cadvisor:\n    image: gcr.io/cadvisor/cadvisor:v0.49.1\n    container_name: desk-cadvisor\n\n  blackbox:\n"), (COMPOSE, "  worker:\n    build: ./app\n", "  worker:\n    container_name: desk-worker\n    build: ./app\n"), (DESK, "up{job=\"api\"} == 0", "absent(container_last_seen{name=~\"desk-.*\"})")],
        DESK, &["expression/absent-names-too-much"]),
    seed("ratio above one", &[(DESK, "[5m])) > 0.05", "[5m])) > 5")],
        DESK, &["expression/threshold-outside-domain"]),
    seed("ratio below ten", &[(SERVERS, "node_memory_MemTotal_bytes < 0.1", "node_memory_MemTotal_bytes > 10")],
        SERVERS, &["expression/threshold-outside-domain"]),
    seed("gauge that is a ratio above one", &[(DESK, "desk_tickets_open > 500", "desk_queue_fill_ratio > 90")],
        DESK, &["expression/threshold-outside-domain"]),
    seed("seconds compared with milliseconds", &[(DESK, "[5m]))) > 1", "[5m]))) > 1000")],
        DESK, &["expression/threshold-outside-domain"]),
    seed("quantile above the last bucket of a library", &[(MAIN, "from prometheus_client import ", "from prometheus_fastapi_instrumentator import Instrumentator\nfrom prometheus_client import "), (MAIN, "app = FastAPI()\n", "app = FastAPI()\nInstrumentator().instrument(app)\n"), (DESK, "desk_tickets_open > 500", "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"api\"}[5m]))) > 1")],
        DESK, &["expression/threshold-outside-domain"]),
    seed("up above one", &[(DESK, "up{job=\"api\"} == 0", "up{job=\"api\"} > 1")],
        DESK, &["expression/threshold-outside-domain"]),
    seed("for longer than its range can hold", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: changes(process_start_time_seconds{job=\"api\"}[5m]) > 0\n        for: 10m")],
        DESK, &["expression/for-too-long"]),
    seed("conditions that exclude each other", &[(DESK, "desk_tickets_open > 500", "desk_tickets_open > 500 and desk_tickets_open < 100")],
        DESK, &["expression/contradiction"]),
    seed("comparison that gives a number always", &[(DESK, "desk_tickets_open > 500", "desk_tickets_open > bool 500")],
        DESK, &["expression/contradiction", "helpful/never-ends"]),
    seed("zero that fills a gap is divided alone", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "sum(rate(desk_http_requests_total{status=\"5xx\"}[5m])) or vector(0)\n            / sum(rate(desk_http_requests_total[5m]))")],
        DESK, &["expression/binds-otherwise"]),
    seed("age of a counter", &[(DESK, "desk_tickets_open > 500", "time() - max(desk_jobs_total) > 600")],
        DESK, &["expression/age-of-no-time"]),
    // It helps
    seed("no severity", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m\n        labels:\n          severity: warning\n", "expr: desk_tickets_open > 500\n        for: 10m\n")],
        DESK, &["helpful/no-severity"]),
    seed("no runbook", &[(DESK, "          runbook_url: docs/runbooks/TooManyOpenTickets.md\n", "")],
        DESK, &["helpful/no-runbook"]),
    seed("runbook that is not there", &[(DESK, "docs/runbooks/TooManyOpenTickets.md", "docs/runbooks/TooManyTickets.md")],
        DESK, &["helpful/runbook-missing"]),
    seed("runbook that has no such heading", &[(DESK, "docs/runbooks/TooManyOpenTickets.md", "docs/runbooks/TooManyOpenTickets.md#close-old-ones")],
        DESK, &["helpful/runbook-missing"]),
    seed("label that was summed away", &[(DESK, "{{ $labels.job }} fails", "{{ $labels.instance }} fails")],
        DESK, &["helpful/empty-template"]),
    seed("label that the metric does not have, in a text", &[(DESK, "{{ $value }} tickets are open", "{{ $value }} tickets of {{ $labels.team }} are open")],
        DESK, &["helpful/empty-template"]),
    seed("two rules that fire together", &[(DESK, "      - alert: TooManyOpenTickets\n", "      - alert: TicketsPileUp\n        expr: desk_tickets_open > 500\n        for: 10m\n        labels:\n          severity: warning\n        annotations:\n          summary: \"{{ $value }} tickets are open\"\n          runbook_url: docs/runbooks/TooManyOpenTickets.md\n\n      - alert: TooManyOpenTickets\n")],
        DESK, &["helpful/same-alert-twice"]),
    seed("rule within another", &[(SERVERS, "redis_up == 0", "up == 0")],
        DESK, &["helpful/within-another"]),
    seed("alert that nothing ends", &[(DESK, "rate(desk_jobs_total{outcome=\"failed\"}[5m]) > 0.1", "desk_jobs_total{outcome=\"failed\"} > 0")],
        DESK, &["helpful/never-ends", "expression/threshold-on-counter"]),
];

/// The same meant, written otherwise: nothing is found.
#[rustfmt::skip]
const INNOCENT: &[(&str, &[Change])] = &[
    ("nothing is changed", &[]),
    ("relative pattern", &[(PROMETHEUS, "/etc/prometheus/rules/*.yml", "rules/*.yml")]),
    ("command is one text", &[(COMPOSE, "    command:\n      - --config.file=/etc/prometheus/prometheus.yml\n      - --storage.tsdb.retention.time=7d\n", "    command: --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.retention.time=7d\n")]),
    ("whole folder is mounted", &[(COMPOSE, "      - ./prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro\n      - ./prometheus/rules:/etc/prometheus/rules:ro\n", "      - ./prometheus:/etc/prometheus:ro\n")]),
    ("instance of somebody who writes into Prometheus", &[(COMPOSE, "      - --storage.tsdb.retention.time=7d\n", "      - --storage.tsdb.retention.time=7d\n      - --web.enable-remote-write-receiver\n"), (DESK, "up{job=\"api\"} == 0", "up{job=\"api\", instance=\"far-away\"} == 0")]),
    ("folder in which compose is started", &[(COMPOSE, "      - ./prometheus/rules:", "      - $PWD/prometheus/rules:")]),
    ("receiver that looks at its path", &[(BRIDGE, "        self.send_response(200)\n", "        self.send_response(200 if self.path == \"/team\" or self.path == \"/page\" else 404)\n")]),
    ("receiver on a machine whose name is told", &[(ROUTES, "http://pager-bridge:8089/page", "http://host.docker.internal:8089/page"), (COMPOSE, "    image: prom/alertmanager:v0.27.0\n", "    image: prom/alertmanager:v0.27.0\n    extra_hosts: [\"host.docker.internal:host-gateway\"]\n")]),
    ("long form of a mount", &[(COMPOSE, "      - ./prometheus/rules:/etc/prometheus/rules:ro\n", "      - {type: bind, source: ./prometheus/rules, target: /etc/prometheus/rules, read_only: true}\n")]),
    ("old form of matchers", &[(ROUTES, "matchers: ['severity=\"critical\"']", "match: {severity: critical}")]),
    ("deliberately silent default receiver", &[(ROUTES, "receivers:\n", "receivers:\n  - name: \"null\"\n"), (ROUTES, "  receiver: team\n  group_by", "  receiver: \"null\"\n  group_by")]),
    ("inhibition of warnings by critical alerts", &[(ROUTES, "source_matchers: ['alertname=\"ApiDown\"']\n    target_matchers: ['alertname=\"SlowAnswers\"']\n    equal: [job]", "source_matchers: ['severity=\"critical\"']\n    target_matchers: ['severity=\"warning\"']\n    equal: [instance]")]),
    ("inhibition that is meant to mute one alert everywhere", &[(ROUTES, "    equal: [job]\n", "")]),
    ("receiver that is kept as a reference", &[(ROUTES, "receivers:\n", "receivers:\n  - name: chat\n")]),
    ("target by its container's name", &[(COMPOSE, "  worker:\n    build: ./app\n", "  worker:\n    container_name: desk-worker\n    build: ./app\n"), (PROMETHEUS, "worker:9200", "desk-worker:9200")]),
    ("target by an alias", &[(COMPOSE, "  worker:\n    build: ./app\n", "  worker:\n    networks: {default: {aliases: [jobs]}}\n    build: ./app\n"), (PROMETHEUS, "worker:9200", "jobs:9200")]),
    ("target outside of the project", &[(PROMETHEUS, "worker:9200\"]", "worker:9200\", \"desk.example.org:9200\"]")]),
    ("targets that are found by DNS", &[(PROMETHEUS, "    static_configs:\n      - targets: [\"worker:9200\"]\n", "    dns_sd_configs:\n      - {names: [tasks.worker], type: A, port: 9200}\n")]),
    ("receiver outside of the project", &[(ROUTES, "http://pager-bridge:8089/page", "https://hooks.example.org/services/desk")]),
    ("status as a pattern", &[(DESK, "{status=\"5xx\"}", "{status=~\"5..\"}")]),
    ("status that is not another", &[(DESK, "{status=\"5xx\"}", "{status!~\"2xx|4xx\"}")]),
    ("ratio in percent", &[(DESK, "/ sum by (job) (rate(desk_http_requests_total[5m])) > 0.05", "/ sum by (job) (rate(desk_http_requests_total[5m])) * 100 > 5"), (DESK, "{{ $value | humanizePercentage }}", "{{ $value | humanize }}%")]),
    ("ratio of sums without labels", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "sum(rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum(rate(desk_http_requests_total[5m]))"), (DESK, "{{ $labels.job }} fails", "the desk fails")]),
    ("ratio that ignores the label", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "sum without (status) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum without (status) (rate(desk_http_requests_total[5m]))")]),
    ("comparison turned round", &[(DESK, "desk_tickets_open > 500", "500 < desk_tickets_open")]),
    ("average over time instead of for", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: min_over_time(desk_tickets_open[10m]) > 500")]),
    ("metric that is recorded", &[(DESK, "    rules:\n      - alert: ApiDown", "    rules:\n      - record: job:desk_errors:rate5m\n        expr: sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n      - alert: ApiDown"), (DESK, "desk_tickets_open > 500", "job:desk_errors:rate5m > 5")]),
    ("gap that is filled with a zero", &[(DESK, "sum by (job) (rate(desk_http_requests_total{status=\"5xx\"}[5m]))\n            / sum by (job) (rate(desk_http_requests_total[5m]))", "(sum(rate(desk_http_requests_total{status=\"5xx\"}[5m])) or vector(0))\n            / sum(rate(desk_http_requests_total[5m]))"), (DESK, "{{ $labels.job }} fails", "the desk fails")]),
    ("gauge that a function sets which is called", &[(MAIN, "    OPEN.set(len(app.state.tickets))\n", "    update_open()\n"), (MAIN, "def fill_of_queue():", "def update_open():\n    OPEN.set(len(app.state.tickets))\n\n\ndef fill_of_queue():")]),
    ("lost target by absent", &[(DESK, "up{job=\"api\"} == 0", "up{job=\"api\"} == 0 or absent(up{job=\"api\"})")]),
    ("restarts of the last minutes", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: changes(process_start_time_seconds{job=\"api\"}[10m]) > 3")]),
    ("growth that goes on for long", &[(DESK, "expr: desk_tickets_open > 500\n        for: 10m", "expr: increase(desk_jobs_total{outcome=\"failed\"}[2m]) > 0\n        for: 10m")]),
    ("watchdog", &[(DESK, "    rules:\n      - alert: ApiDown", "    rules:\n      - alert: Watchdog\n        expr: vector(1)\n        labels: {severity: warning}\n        annotations: {summary: the way to the pager works, runbook_url: docs/runbooks/ApiDown.md}\n      - alert: ApiDown")]),
    ("critical beside warning of one alert", &[(DESK, "      - alert: TooManyOpenTickets\n", "      - alert: TooManyOpenTickets\n        expr: desk_tickets_open > 2000\n        for: 10m\n        labels:\n          severity: critical\n        annotations:\n          summary: \"{{ $value }} tickets are open\"\n          runbook_url: docs/runbooks/TooManyOpenTickets.md\n\n      - alert: TooManyOpenTickets\n")]),
    ("value of the external label", &[(PROMETHEUS, "  evaluation_interval: 15s\n", "  evaluation_interval: 15s\n  external_labels: {site: east}\n"), (ROUTES, "severity=\"warning\"", "severity=\"warning\"', 'site=\"east\"")]),
    ("extended service", &[(COMPOSE, "  worker:\n    build: ./app\n    command: python worker.py\n", "  worker:\n    extends: {service: base}\n    command: python worker.py\n\n  base:\n    build: ./app\n    profiles: [never]\n")]),
    ("default metrics of the client", &[(DESK, "desk_tickets_open > 500", "process_resident_memory_bytes{job=\"api\"} > 500e6")]),
    ("created timestamp of a counter", &[(DESK, "desk_tickets_open > 500", "time() - desk_jobs_created{outcome=\"done\"} > 1e6")]),
];

fn base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/base_project")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What is found in the project with these changes.
fn findings(changes: &[Change]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    copy(&base(), folder.path());
    for (file, old, new) in changes {
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.matches(old).count(),
            1,
            "{file} has {old:?} not just once"
        );
        fs::write(&path, text.replace(old, new)).unwrap();
    }
    examine(&Checkout::read(folder.path(), &Wishes::default()).unwrap())
}

fn shown(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let (file, line) = (finding.file.display(), finding.line);
        let severity = finding.severity.as_str();
        format!(
            "    {file}:{line} {severity} {}: {}\n",
            finding.id, finding.message
        )
    });
    lines.collect()
}

#[test]
fn each_defect_is_found_where_it_is_by_the_check_that_is_meant_for_it() {
    let missed = SEEDS.iter().filter_map(|seed| {
        let found = findings(seed.changes);
        let is_found = found.iter().any(|finding| {
            finding.file == Path::new(seed.found_in) && seed.by.contains(&finding.id)
        });
        (!is_found).then(|| format!("{} ({:?}):\n{}", seed.what, seed.by, shown(&found)))
    });
    let missed: Vec<_> = missed.collect();
    assert!(
        missed.is_empty(),
        "missed {} of {}:\n{}",
        missed.len(),
        SEEDS.len(),
        missed.join("\n")
    );
}

#[test]
fn what_is_right_and_written_otherwise_stays_unspoken() {
    let told = INNOCENT.iter().filter_map(|(what, changes)| {
        let found = findings(changes);
        (!found.is_empty()).then(|| format!("{what}:\n{}", shown(&found)))
    });
    let told: Vec<_> = told.collect();
    let (count, all) = (told.len(), INNOCENT.len());
    assert!(
        told.is_empty(),
        "told of {count} of {all}:\n{}",
        told.join("\n")
    );
}

/// A defect brings no flood: what else is said of it is no more than a few lines.
#[test]
fn one_defect_is_not_told_as_many_errors() {
    for seed in SEEDS {
        let found = findings(seed.changes);
        let errors = found
            .iter()
            .filter(|it| it.severity == FindingSeverity::Error);
        let errors = errors.count();
        assert!(
            errors <= 12,
            "{}: {errors} errors\n{}",
            seed.what,
            shown(&found)
        );
    }
}
