//! A stack that watches containers and their host, as it is copied everywhere.

use insta::assert_snapshot;

use super::Project;

#[test]
#[allow(clippy::too_many_lines, reason = "the files of a whole project")]
fn stack_that_watches_containers_and_hosts_gets_the_drills_that_it_can_have() {
    let project = Project::new(
        "
  prometheus:
    image: prom/prometheus:v2.50.0
    command: [--config.file=/etc/prometheus/prometheus.yml, --storage.tsdb.path=/prometheus]
    volumes: [{type: bind, source: ROOT/prometheus, target: /etc/prometheus}]
  alertmanager:
    image: prom/alertmanager:v0.27.0
    command: [--config.file=/etc/alertmanager/config.yml]
    volumes: [{type: bind, source: ROOT/alertmanager, target: /etc/alertmanager}]
  nodeexporter: {image: 'prom/node-exporter:v1.7.0', container_name: nodeexporter}
  cadvisor: {image: 'registry.example/cadvisor/cadvisor:v0.49.0'}
  pushgateway: {image: 'prom/pushgateway:v1.7.0'}
  caddy: {image: 'caddy:2.7', container_name: web}
  grafana: {image: 'grafana/grafana:10.3.0'}
",
    )
    .file(
        "prometheus/prometheus.yml",
        "
global: {scrape_interval: 15s, evaluation_interval: 15s}
rule_files: [alert.rules]
scrape_configs:
  - {job_name: nodeexporter, scrape_interval: 5s, static_configs: [{targets: ['nodeexporter:9100']}]}
  - {job_name: cadvisor, scrape_interval: 5s, static_configs: [{targets: ['cadvisor:8080']}]}
  - {job_name: prometheus, static_configs: [{targets: ['localhost:9090']}]}
  - {job_name: pushgateway, honor_labels: true, static_configs: [{targets: ['pushgateway:9091']}]}
alerting:
  alertmanagers: [{scheme: http, static_configs: [{targets: ['alertmanager:9093']}]}]
",
    )
    .file(
        "prometheus/alert.rules",
        "
groups:
  - name: targets
    rules:
      - {alert: ServiceDown, expr: up == 0, for: 30s, labels: {severity: critical}}
  - name: host
    rules:
      - {alert: HighLoad, expr: node_load1 > 1.5, for: 30s, labels: {severity: warning}}
      - alert: DiskFull
        expr: node_filesystem_free_bytes / node_filesystem_size_bytes < 0.1
        labels: {severity: warning}
  - name: containers
    rules:
      - alert: WebDown
        expr: absent(container_memory_usage_bytes{name=\"web\"})
        for: 30s
        labels: {severity: critical}
      - alert: JenkinsDown
        expr: absent(container_memory_usage_bytes{name=\"jenkins\"})
        labels: {severity: critical}
      - alert: WebHungry
        expr: sum(rate(container_cpu_usage_seconds_total{name=\"web\"}[1m])) > 0.5
        labels: {severity: warning}
      - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
",
    )
    .file("alertmanager/config.yml", "route: {receiver: x}\nreceivers: [{name: x}]\n");
    assert_snapshot!(project.proposed_file(), @r#"
        # yaml-language-server: $schema=https://raw.githubusercontent.com/alertdrill/alertdrill/main/docs/alertdrill.schema.json
        #
        # Found: Prometheus is `prometheus`, port 9090; it starts with prometheus/prometheus.yml.
        # Found: 7 alerts in prometheus/alert.rules.
        # Found: Alertmanager is `alertmanager`, port 9093; it starts with alertmanager/config.yml.
        # Found: Grafana is `grafana`, port 3000.
        #
        # Drills: 4 certain, 0 proposed. A proposal is marked: its fault is the nearest that was found.
        # Next: `alertdrill plan` says what a run would do, and breaks nothing; `alertdrill run` does it.

        # These always fire, to show that the way to the receiver works.
        watchdogs: [Watchdog]

        drills:
          # nodeexporter answers the scrapes of the job nodeexporter.
          - name: nodeexporter_stopped
            break: {stop: nodeexporter}
            fires:
              - {alert: ServiceDown, labels: {job: nodeexporter}, severity: critical, within: 1m20s}

          # cadvisor answers the scrapes of the job cadvisor.
          - name: cadvisor_stopped
            break: {stop: cadvisor}
            fires:
              - {alert: ServiceDown, labels: {job: cadvisor}, severity: critical, within: 1m20s}

          # pushgateway answers the scrapes of the job pushgateway.
          - name: pushgateway_stopped
            break: {stop: pushgateway}
            fires:
              - {alert: ServiceDown, labels: {job: pushgateway}, severity: critical, within: 1m20s}

          # The rule asks for the container of caddy.
          - name: caddy_stopped
            break: {stop: caddy}
            fires:
              - {alert: WebDown, severity: critical, within: 2m30s, onset: {earliest: 0s, latest: 1m}}

        # Not proposed. Write a drill by hand, or take the marks away and say in the waiver why there is
        # none:
        # waivers:
        #   - {rule: HighLoad, reason: "it is about the host, which no drill breaks"}
        #   - {rule: DiskFull, reason: "a full disk is not among the faults"}
        #   - {rule: JenkinsDown, reason: "no service or container of the project is called jenkins"}
        #   - {rule: WebHungry, reason: "load is not among the faults; a command in a container may bring it (`run`)"}
        "#);
}
