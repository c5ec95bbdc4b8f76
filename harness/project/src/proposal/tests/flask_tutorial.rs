//! An application with a database, a cache and a worker, as tutorials have it.

use insta::assert_snapshot;

use super::Project;

#[test]
#[allow(clippy::too_many_lines, reason = "the files of a whole project")]
fn application_with_a_database_a_cache_and_a_worker_gets_its_drills_and_proposals() {
    let project = Project::new(
        "
  web:
    build: {context: ROOT/web}
    environment: {DATABASE_URL: 'postgresql://app:app@postgres:5432/app', REDIS_HOST: redis}
    depends_on: {postgres: {condition: service_healthy}, redis: {condition: service_started}}
  celery_worker:
    build: {context: ROOT/web}
    command: [celery, -A, app, worker]
    environment: {DATABASE_URL: 'postgresql://app:app@postgres:5432/app', BROKER: 'redis://redis:6379/0'}
    deploy: {resources: {limits: {memory: '268435456'}}}
    restart: unless-stopped
  postgres: {image: 'postgres:15'}
  redis: {image: 'redis:7-alpine'}
  postgres-exporter:
    image: registry.example/prometheuscommunity/postgres-exporter
    environment: {DATA_SOURCE_NAME: 'postgresql://postgres:secret@postgres:5432/app?sslmode=disable'}
  redis_exporter:
    image: oliver006/redis_exporter
    command: [--redis.addr=redis://redis:6379]
  prometheus:
    image: prom/prometheus
    volumes:
      - {type: bind, source: ROOT/monitoring/prometheus.yml, target: /etc/prometheus/prometheus.yml}
      - {type: bind, source: ROOT/monitoring/alerts.yml, target: /etc/prometheus/alerts.yml}
",
    )
    .file(
        "monitoring/prometheus.yml",
        "
scrape_configs:
  - {job_name: flask, static_configs: [{targets: ['web:5000']}]}
  - {job_name: postgres, static_configs: [{targets: ['postgres-exporter:9187']}]}
  - {job_name: redis, static_configs: [{targets: ['redis_exporter:9121']}]}
rule_files: [alerts.yml]
",
    )
    .file(
        "monitoring/alerts.yml",
        r#"
groups:
  - name: app
    rules:
      - {alert: AppDown, expr: 'up{job="flask"} == 0', for: 1m, labels: {severity: critical}}
      - {alert: InstanceDown, expr: 'up == 0', for: 2m, labels: {severity: page}}
      - {alert: PostgresDown, expr: pg_up == 0, for: 1m, labels: {severity: critical}}
      - {alert: RedisDown, expr: redis_up == 0, labels: {severity: critical}}
      - alert: HighErrorRate
        expr: sum(rate(flask_http_request_total{status=~"5.."}[5m])) by (path) > 0.1
        for: 5m
        labels: {severity: warning}
      - alert: Slow
        expr: histogram_quantile(0.95, sum by (le) (rate(flask_http_request_duration_seconds_bucket[5m]))) > 1
        labels: {severity: warning}
      - {alert: Backlog, expr: celery_queue_length > 100, for: 5m, labels: {severity: warning}}
      - {alert: Restarted, expr: 'changes(process_start_time_seconds{job="flask"}[10m]) > 0'}
      - {alert: RestartsOften, expr: 'changes(process_start_time_seconds[1h]) > 3'}
      - {alert: OutOfMemory, expr: 'increase(container_oom_events_total[5m]) > 0'}
      - {alert: TooManyConnections, expr: pg_stat_activity_count > 80, labels: {severity: warning}}
      - {alert: NoOrders, expr: 'rate(flask_orders_total[10m]) == 0', labels: {severity: warning}}
      - {alert: BackupOld, expr: time() - flask_backup_timestamp > 86400}
"#,
    );
    assert_snapshot!(project.proposed_file(), @r#"
        # yaml-language-server: $schema=https://raw.githubusercontent.com/alertdrill/alertdrill/main/docs/alertdrill.schema.json
        #
        # Found: Prometheus is `prometheus`, port 9090; it starts with monitoring/prometheus.yml.
        # Found: 13 alerts in monitoring/alerts.yml.
        # Found: no Alertmanager, so only firing is judged, and no delivery.
        #
        # Drills: 5 certain, 5 proposed. A proposal is marked: its fault is the nearest that was found.
        # Next: `alertdrill plan` says what a run would do, and breaks nothing; `alertdrill run` does it.

        drills:
          # web answers the scrapes of the job flask.
          - name: web_stopped
            break: {stop: web}
            fires:
              - {alert: AppDown, labels: {job: flask}, severity: critical, within: 3m30s}
              - {alert: InstanceDown, labels: {job: flask}, severity: page, within: 4m30s}
            tolerate:
              - {alert: HighErrorRate, reason: "it is about web itself"}
              - {alert: Slow, reason: "it is about web itself"}
              - {alert: Restarted, reason: "its process starts anew afterwards"}
              - {alert: NoOrders, reason: "it is about web itself"}

          # postgres-exporter answers the scrapes of the job postgres.
          - name: postgres_exporter_stopped
            break: {stop: postgres-exporter}
            fires:
              - {alert: InstanceDown, labels: {job: postgres}, severity: page, within: 4m30s}

          # redis_exporter answers the scrapes of the job redis.
          - name: redis_exporter_stopped
            break: {stop: redis_exporter}
            fires:
              - {alert: InstanceDown, labels: {job: redis}, severity: page, within: 4m30s}

          # postgres-exporter watches postgres, and pg_up says whether it reaches it.
          - name: postgres_stopped
            break: {stop: postgres}
            fires:
              - {alert: PostgresDown, severity: critical, within: 3m30s}
            tolerate:
              - {alert: HighErrorRate, reason: "web needs it"}
              - {alert: Slow, reason: "web needs it"}
              - {alert: Backlog, reason: "celery_worker, which takes what waits, needs it"}
              - {alert: NoOrders, reason: "web needs it"}

          # redis_exporter watches redis, and redis_up says whether it reaches it.
          - name: redis_stopped
            break: {stop: redis}
            fires:
              - {alert: RedisDown, severity: critical, within: 2m30s}
            tolerate:
              - {alert: HighErrorRate, reason: "web needs it"}
              - {alert: Slow, reason: "web needs it"}
              - {alert: Backlog, reason: "celery_worker, which takes what waits, needs it"}
              - {alert: NoOrders, reason: "web needs it"}

          # Proposal, please check: web depends on postgres, and fails without it. web depends on postgres,
          # and stands still without it.
          - name: postgres_stopped_felt_by_others
            break: {stop: postgres}
            fires:
              - {alert: HighErrorRate, severity: warning, within: 13m, onset: {earliest: 0s, latest: 5m}, recovers_within: 5m}
              - {alert: NoOrders, severity: warning, within: 13m, onset: {earliest: 0s, latest: 10m}, recovers_within: 10m}
            tolerate:
              - {alert: PostgresDown, reason: "pg_up tells of it"}
              - {alert: Slow, reason: "web needs it"}
              - {alert: Backlog, reason: "celery_worker, which takes what waits, needs it"}

          # Proposal, please check: web depends on postgres, and takes long without it.
          - name: postgres_paused
            break: {pause: postgres}
            fires:
              - {alert: Slow, severity: warning, within: 7m30s, onset: {earliest: 0s, latest: 5m}, recovers_within: 5m}
            tolerate:
              - {alert: PostgresDown, reason: "pg_up tells of it"}
              - {alert: HighErrorRate, reason: "web needs it"}
              - {alert: Backlog, reason: "celery_worker, which takes what waits, needs it"}
              - {alert: NoOrders, reason: "web needs it"}

          # Proposal, please check: celery_worker is the nearest that may take what waits.
          - name: celery_worker_paused
            break: {pause: celery_worker}
            fires:
              - {alert: Backlog, severity: warning, within: 9m30s, onset: {earliest: 0s, latest: 2m}}
            tolerate:
              - {alert: OutOfMemory, reason: "it may be killed for its memory"}

          # Proposal, please check: process_start_time_seconds tells of restarts, of web for one.
          - name: web_restarted
            break: {restart: web}
            fires:
              - {alert: Restarted, within: 3m, onset: {earliest: 0s, latest: 30s}, recovers_within: 10m}
            tolerate:
              - {alert: AppDown, reason: "it does not answer its scrapes either"}
              - {alert: InstanceDown, reason: "it does not answer its scrapes either"}
              - {alert: HighErrorRate, reason: "it is about web itself"}
              - {alert: Slow, reason: "it is about web itself"}
              - {alert: NoOrders, reason: "it is about web itself"}

          # Proposal, please check: celery_worker has a memory limit, at which the kernel kills it.
          - name: celery_worker_oom_killed
            break: {oom_kill: celery_worker}
            fires:
              - {alert: OutOfMemory, within: 3m, onset: {earliest: 0s, latest: 30s}, recovers_within: 5m}
            tolerate:
              - {alert: Backlog, reason: "it takes what waits"}

        # Not proposed. Write a drill by hand, or take the marks away and say in the waiver why there is
        # none:
        # waivers:
        #   - {rule: RestartsOften, reason: "it takes more than 3 restarts, and a drill makes one"}
        #   - {rule: TooManyConnections, reason: "no fault is known that brings it; a command in a container may (`run`)"}
        #   - {rule: BackupOld, reason: "it may take 24h5m to fire, and no drill waits that long"}
        "#);
}
