//! All exporters whose data are here.

use std::sync::LazyLock;

use super::exporter::Exporter;
use super::{Family, MetricKind};

/// A data file: its name without the ending, and its text.
macro_rules! data {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../exporters/", $name, ".txt")))),*]
    };
}

const FILES: &[(&str, &str)] = data![
    "alertmanager",
    "alloy",
    "apache_exporter",
    "blackbox_exporter",
    "blackbox_exporter_probe",
    "caddy",
    "cadvisor",
    "cassandra",
    "celery-exporter",
    "clickhouse",
    "client-dotnet",
    "client-go",
    "client-java",
    "client-java-micrometer",
    "client-java-spring-boot",
    "client-node",
    "client-node-express-prom-bundle",
    "client-node-express-prometheus-middleware",
    "client-opentelemetry",
    "client-python",
    "client-python-django",
    "client-python-fastapi",
    "client-python-flask",
    "client-python-starlette-exporter",
    "client-python-starlette-prometheus",
    "consul",
    "consul_exporter",
    "coredns",
    "dcgm-exporter",
    "docker-engine",
    "elasticsearch_exporter",
    "elasticsearch_exporter_probe",
    "envoy",
    "etcd",
    "every-scrape",
    "gitlab",
    "grafana",
    "haproxy",
    "haproxy_exporter",
    "jaeger",
    "jenkins",
    "jmx_exporter",
    "kafka-jmx",
    "kafka_exporter",
    "keycloak",
    "kube-state-metrics",
    "kubelet",
    "loki",
    "memcached_exporter",
    "memcached_exporter_scrape",
    "minio",
    "minio-bucket",
    "minio-node",
    "minio-resource",
    "mongodb_exporter",
    "mongodb_exporter_scrape",
    "mysqld_exporter",
    "mysqld_exporter_probe",
    "n8n",
    "nginx-prometheus-exporter",
    "nginx-vts",
    "node_exporter",
    "otel-collector",
    "php-fpm_exporter",
    "postgres_exporter",
    "postgres_exporter_probe",
    "process-exporter",
    "prometheus",
    "promtail",
    "pushgateway",
    "rabbitmq",
    "rabbitmq-detailed",
    "rabbitmq-per-object",
    "rabbitmq_exporter",
    "redis_exporter",
    "redis_exporter_scrape",
    "snmp_exporter",
    "snmp_exporter_walk",
    "ssl_exporter",
    "ssl_exporter_probe",
    "statsd_exporter",
    "tempo",
    "temporal",
    "thanos",
    "traefik",
    "vault",
    "victoria-metrics",
    "vmagent",
    "vmalert",
    "windows_exporter",
    "zookeeper",
];

static EXPORTERS: LazyLock<Vec<Exporter>> = LazyLock::new(|| {
    let read = FILES.iter().map(|(name, text)| Exporter::read(name, text));
    read.collect()
});

/// What Prometheus adds to every scrape.
pub(crate) const EVERY_SCRAPE: &str = "every-scrape";
/// What a prober exports of each of its targets.
pub(crate) const PROBE: &str = "blackbox_exporter_probe";

/// Every exporter.
pub(crate) fn exporters() -> &'static [Exporter] {
    &EXPORTERS
}

/// The exporter with this name.
pub(crate) fn exporter(name: &str) -> Option<&'static Exporter> {
    EXPORTERS.iter().find(|exporter| exporter.name == name)
}

/// The exporter, no library, that has all names like `name`: `node_exporter` of `node_x`.
pub(crate) fn who_knows_all_like(name: &str) -> Option<&'static Exporter> {
    EXPORTERS
        .iter()
        .find(|exporter| !exporter.is_library() && exporter.knows_all_like(name))
}

/// The exporter, no library, of which `name` is a gauge; `None` if another one has it otherwise.
pub(crate) fn gauge_of(name: &str) -> Option<&'static str> {
    let is_it = |it: &&Family| it.name == name && it.renamed_to.is_none();
    let known = EXPORTERS
        .iter()
        .filter(|exporter| !exporter.is_library() && exporter.name != EVERY_SCRAPE);
    let mut families = known.flat_map(|exporter| {
        let named = exporter.families.iter().filter(is_it);
        named.map(|family| (exporter.name.as_str(), family.kind))
    });
    let (first, kind) = families.next()?;
    let is_a_gauge = |kind: MetricKind| kind == MetricKind::Gauge;
    // What an exporter gives of the targets that it is asked about is listed apart.
    let parts = ["_probe", "_scrape", "_walk"];
    let own = parts.iter().find_map(|part| first.strip_suffix(part));
    (is_a_gauge(kind) && families.all(|(_, kind)| is_a_gauge(kind))).then_some(own.unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_data_file_is_listed_and_names_metrics() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/exporters");
        let mut there: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "images.txt")
            .collect();
        there.sort();
        let mut listed: Vec<_> = FILES
            .iter()
            .map(|(name, _)| format!("{name}.txt"))
            .collect();
        listed.sort();
        assert_eq!(listed, there);
        for exporter in exporters() {
            assert!(!exporter.families.is_empty(), "{} is empty", exporter.name);
        }
    }
}
