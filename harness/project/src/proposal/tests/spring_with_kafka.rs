//! Services of Spring over Kafka, probed from outside, with targets in files.

use insta::assert_snapshot;

use super::Project;

#[test]
#[allow(clippy::too_many_lines, reason = "the files of a whole project")]
fn services_over_kafka_that_are_probed_get_their_drills_and_proposals() {
    let project = Project::new(
        "
  orders-service:
    image: shop/orders
    environment: {SPRING_KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092', SPRING_DATASOURCE_URL: 'jdbc:mysql://mysql:3306/orders'}
    depends_on: {kafka: {condition: service_started}, mysql: {condition: service_healthy}}
  billing-consumer:
    image: shop/billing
    environment: {SPRING_KAFKA_BOOTSTRAP_SERVERS: 'kafka:9092'}
    depends_on: {kafka: {condition: service_started}}
  kafka: {image: 'confluentinc/cp-kafka:7.5.0'}
  mysql: {image: 'mysql:8'}
  mysqld-exporter:
    image: prom/mysqld-exporter
    environment: {DATA_SOURCE_NAME: 'exporter:secret@(mysql:3306)/'}
  kafka-exporter: {image: danielqsj/kafka-exporter, command: ['--kafka.server=kafka:9092']}
  blackbox: {image: 'prom/blackbox-exporter:v0.24.0'}
  gateway: {image: nginx, depends_on: {orders-service: {condition: service_started}}}
  prometheus:
    image: prom/prometheus:v2.45.0
    volumes: [{type: bind, source: ROOT/prometheus, target: /etc/prometheus}]
  alertmanager: {image: prom/alertmanager}
",
    )
    .file(
        "prometheus/prometheus.yml",
        "
global: {scrape_interval: 10s, evaluation_interval: 10s, scrape_timeout: 5s}
rule_files: ['rules/*.yml']
alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}
scrape_configs:
  - {job_name: spring, metrics_path: /actuator/prometheus, file_sd_configs: [{files: [targets/*.json]}]}
  - {job_name: kafka, static_configs: [{targets: ['kafka-exporter:9308']}]}
  - {job_name: mysql, static_configs: [{targets: ['mysqld-exporter:9104']}]}
  - job_name: blackbox
    metrics_path: /probe
    static_configs: [{targets: ['http://gateway/health', 'https://example.org']}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: 'blackbox:9115'}
",
    )
    .file(
        "prometheus/targets/spring.json",
        r#"[{"targets": ["orders-service:8080", "billing-consumer:8081"], "labels": {"env": "dev"}}]"#,
    )
    .file(
        "prometheus/rules/shop.yml",
        r#"
groups:
  - name: shop
    rules:
      - {alert: SpringDown, expr: 'up{job="spring"} == 0', for: 30s, labels: {severity: critical}}
      - alert: HalfOfSpringDown
        expr: 'sum(up{job="spring"}) / count(up{job="spring"}) < 0.6'
        labels: {severity: warning}
      - {alert: SpringAbsent, expr: 'absent(up{job="spring"})', labels: {severity: critical}}
      - {alert: EndpointDown, expr: probe_success == 0, for: 20s, labels: {severity: critical}}
      - {alert: CertificateOld, expr: probe_ssl_earliest_cert_expiry - time() < 86400}
      - {alert: MysqlDown, expr: mysql_up == 0, labels: {severity: critical}}
      - {alert: MysqlRestarted, expr: mysql_global_status_uptime < 60, labels: {severity: info}}
      - alert: ConsumerLag
        expr: sum by (consumergroup) (kafka_consumergroup_lag{consumergroup="billing"}) > 1000
        for: 1m
        labels: {severity: warning}
      - alert: ServerErrors
        expr: sum by (uri) (rate(http_server_requests_seconds_count{outcome="SERVER_ERROR"}[1m])) > 0
        labels: {severity: warning}
      - {alert: KafkaBrokers, expr: kafka_brokers < 1, labels: {severity: critical}}
      - {alert: HeapFull, expr: 'jvm_memory_used_bytes{area="heap"} / jvm_memory_max_bytes > 0.9'}
"#,
    );
    assert_snapshot!(project.proposed_file(), @r#"
        # yaml-language-server: $schema=https://raw.githubusercontent.com/alertdrill/alertdrill/main/docs/alertdrill.schema.json
        #
        # Found: Prometheus is `prometheus`, port 9090; it starts with prometheus/prometheus.yml.
        # Found: 11 alerts in prometheus/rules/shop.yml.
        # Found: Alertmanager is `alertmanager`, port 9093.
        # Note: alertmanager takes the configuration that is in its image,
        # /etc/alertmanager/alertmanager.yml.
        #
        # Drills: 4 certain, 4 proposed. A proposal is marked: its fault is the nearest that was found.
        # Next: `alertdrill plan` says what a run would do, and breaks nothing; `alertdrill run` does it.

        drills:
          # orders-service answers the scrapes of the job spring.
          - name: orders_service_stopped
            break: {stop: orders-service}
            fires:
              - {alert: SpringDown, labels: {instance: "orders-service:8080", job: spring}, severity: critical, within: 1m10s}
            tolerate:
              - {alert: HalfOfSpringDown, reason: "it does not answer its scrapes either"}
              - {alert: EndpointDown, reason: "what is probed needs it"}
              - {alert: ServerErrors, reason: "it is about orders-service itself"}

          # billing-consumer answers the scrapes of the job spring.
          - name: billing_consumer_stopped
            break: {stop: billing-consumer}
            fires:
              - {alert: SpringDown, labels: {instance: "billing-consumer:8081", job: spring}, severity: critical, within: 1m10s}
            tolerate:
              - {alert: HalfOfSpringDown, reason: "it does not answer its scrapes either"}
              - {alert: ConsumerLag, reason: "it takes what waits"}
              - {alert: ServerErrors, reason: "it is about billing-consumer itself"}

          # gateway answers the probe of http://gateway/health.
          - name: gateway_stopped
            break: {stop: gateway}
            fires:
              - {alert: EndpointDown, labels: {instance: "http://gateway/health", job: blackbox}, severity: critical, within: 1m}

          # mysqld-exporter watches mysql, and mysql_up says whether it reaches it.
          - name: mysql_stopped
            break: {stop: mysql}
            fires:
              - {alert: MysqlDown, severity: critical, within: 40s}
            tolerate:
              - {alert: EndpointDown, reason: "what is probed needs it"}
              - {alert: MysqlRestarted, reason: "its process starts anew afterwards"}
              - {alert: ServerErrors, reason: "orders-service needs it"}

          # Proposal, please check: orders-service answers the scrapes of the job spring.
          - name: orders_service_stopped_felt_by_others
            break: {stop: orders-service}
            fires:
              - {alert: HalfOfSpringDown, severity: warning, within: 40s}
            tolerate:
              - {alert: SpringDown, reason: "it does not answer its scrapes either"}
              - {alert: EndpointDown, reason: "what is probed needs it"}
              - {alert: ServerErrors, reason: "it is about orders-service itself"}

          # Proposal, please check: mysql_global_status_uptime tells of restarts, of mysql for one.
          - name: mysql_restarted
            break: {restart: mysql}
            fires:
              - {alert: MysqlRestarted, severity: info, within: 1m10s, onset: {earliest: 0s, latest: 30s}}
            tolerate:
              - {alert: EndpointDown, reason: "what is probed needs it"}
              - {alert: MysqlDown, reason: "mysql_up tells of it"}
              - {alert: ServerErrors, reason: "orders-service needs it"}

          # Proposal, please check: billing-consumer is the nearest that may take what waits.
          - name: billing_consumer_paused
            break: {pause: billing-consumer}
            fires:
              - {alert: ConsumerLag, severity: warning, within: 4m, onset: {earliest: 0s, latest: 2m}}
            tolerate:
              - {alert: SpringDown, reason: "it does not answer its scrapes either"}
              - {alert: HalfOfSpringDown, reason: "it does not answer its scrapes either"}
              - {alert: ServerErrors, reason: "it is about billing-consumer itself"}

          # Proposal, please check: orders-service depends on kafka, and fails without it. kafka-exporter
          # watches kafka; kafka_brokers may be less without it.
          - name: kafka_stopped
            break: {stop: kafka}
            fires:
              - {alert: ServerErrors, severity: warning, within: 1m40s, onset: {earliest: 0s, latest: 1m}, recovers_within: 1m}
              - {alert: KafkaBrokers, severity: critical, within: 40s}
            tolerate:
              - {alert: EndpointDown, reason: "what is probed needs it"}
              - {alert: ConsumerLag, reason: "billing-consumer, which takes what waits, needs it"}

        # Not proposed. Write a drill by hand, or take the marks away and say in the waiver why there is
        # none:
        # waivers:
        #   - {rule: SpringAbsent, reason: "a target that is configured has an `up` of 0 when it is down, and is never absent"}
        #   - {rule: CertificateOld, reason: "a certificate that expires is not among the faults"}
        #   - {rule: HeapFull, reason: "load is not among the faults; a command in a container may bring it (`run`)"}
        "#);
}
