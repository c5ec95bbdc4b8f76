//! What is read of programs in each language.

use super::*;
use crate::knowledge::MetricKind;

fn scan(files: &[(&str, &str)]) -> Scan {
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| SourceFile::new(*path, *text))
        .collect();
    Scan::of(&files.iter().collect::<Vec<_>>())
}

/// `name kind label{value,value} label`, in the order of names.
fn lines(scan: &Scan) -> Vec<String> {
    let mut lines: Vec<_> = scan
        .families
        .iter()
        .filter(|family| !family.name.ends_with("_created"))
        .map(|family| {
            let labels = family.labels.as_ref().map(|labels| {
                let labels = labels.iter().map(|(label, values)| match values {
                    Some(values) => {
                        let values: Vec<_> = values.iter().map(String::as_str).collect();
                        format!(" {label}{{{}}}", values.join(","))
                    }
                    None => format!(" {label}"),
                });
                labels.collect::<String>()
            });
            let labels = labels.unwrap_or_else(|| " ?".to_owned());
            format!("{} {:?}{labels}", family.name, family.kind)
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn python_names_are_put_together_as_its_client_does() {
    let read = scan(&[(
        "app.py",
        "from prometheus_client import Counter as C, Gauge, Histogram, Summary, Info\n\
         import prometheus_client as prom\n\
         NS = 'shop'\n\
         LABELS = ['state', 'kind']\n\
         a = C('orders', 'x', LABELS, namespace=NS)\n\
         b = C(name=f'{NS}_visits_total', documentation='x')\n\
         c = Gauge('queue', 'x', labelnames=('name',), subsystem='worker')\n\
         d = prom.Histogram('took', 'x', unit='seconds')\n\
         i = Info('build', 'x')\n\
         # e = C('commented', 'x')\n\
         a.labels('paid', kind).inc()\na.labels('failed', 'x').inc()\n",
    )]);
    assert_eq!(
        lines(&read),
        [
            "build_info Gauge ?",
            "shop_orders_total Counter kind state{failed,paid}",
            "shop_visits_total Counter",
            "took_seconds Histogram",
            "worker_queue Gauge name",
        ]
    );
    assert!(read.is_whole(), "{:?}", read.unreadable);
}

#[test]
fn pythons_other_counter_is_none() {
    let read = scan(&[(
        "app.py",
        "from collections import Counter\nCounter('abc')\n",
    )]);
    assert!(!read.has_any());
}

#[test]
fn python_name_that_is_made_at_run_time_or_comes_from_elsewhere_is_unreadable() {
    for source in [
        "from prometheus_client import Gauge\nGauge(name, 'x')\n",
        "from prometheus_client import Gauge\nGauge('a', 'x')\nimport shop_metrics_lib\n",
        "from prometheus_client import Gauge\nGauge('a_' + suffix, 'x')\n",
    ] {
        assert!(!scan(&[("app.py", source)]).is_whole(), "{source}");
    }
}

#[test]
fn javascript_names_and_labels_are_read() {
    let read = scan(&[(
        "src/metrics.ts",
        "import * as client from 'prom-client';\n\
         const PREFIX = 'shop_';\n\
         export const orders = new client.Counter<'state'>({ name: `${PREFIX}orders_total`, help: 'x', labelNames: ['state'] as const });\n\
         const seconds = new Histogram({\n  name: 'took_seconds', // how long\n  help: 'a, b',\n  buckets: [0.1, 1],\n});\n\
         client.collectDefaultMetrics({ register });\n\
         orders.inc({ state: 'paid' });\norders.labels('failed').inc();\n",
    )]);
    assert_eq!(
        lines(&read),
        [
            "shop_orders_total Counter state{failed,paid}",
            "took_seconds Histogram",
        ]
    );
    assert!(read.is_whole(), "{:?}", read.unreadable);
    assert!(read.libraries.contains("client-node"));
}

#[test]
fn functions_of_javascript_that_make_metrics_are_followed() {
    let read = scan(&[(
        "src/metrics.ts",
        "import { Counter, Gauge, Histogram, collectDefaultMetrics, Registry } from 'prom-client';\n\
         const PREFIX = 'shop_';\n\
         collectDefaultMetrics({ register: registry, prefix: PREFIX });\n\
         function counter(name: string, help: string, labelNames: string[] = []): Counter {\n\
         \x20 return new Counter({ name, help, labelNames, registers: [registry] });\n}\n\
         const gauge = (name, help) => new Gauge({ name: `${PREFIX}${name}`, help });\n\
         const timer = ({ name, labels }: Options) => {\n\
         \x20 return new Histogram({ name, help: name, labelNames: labels ?? [] });\n};\n\
         class Made {\n  summary(options: Options) {\n\
         \x20   return new client.Summary({ name: options.name, help: 'x', labelNames: options.labels });\n  }\n}\n\
         export const orders = counter('orders_total', 'Orders', ['state']);\n\
         export const visits = counter('visits_total', 'Visits');\n\
         export const open = gauge('open', 'Open');\n\
         export const took = timer({ name: 'took_seconds', labels: ['path'] });\n\
         export const sizes = made.summary({ name: 'sizes_bytes', labels: ['kind'] });\n\
         orders.inc({ state: 'paid' });\n",
    )]);
    let all = lines(&read);
    let own: Vec<_> = all
        .iter()
        .filter(|line| !line.contains("nodejs_") && !line.contains("process_"))
        .collect();
    assert_eq!(
        own,
        [
            "orders_total Counter state{paid}",
            "shop_open Gauge",
            "sizes_bytes Summary kind",
            "took_seconds Histogram path",
            "visits_total Counter",
        ]
    );
    let has = |name: &str| all.iter().any(|line| line.starts_with(name));
    assert!(has("shop_process_resident_memory_bytes Gauge"));
    assert!(!read.libraries.contains("client-node"));
    assert!(read.is_whole(), "{:?}", read.unreadable);
}

#[test]
fn go_names_are_put_together_of_their_parts() {
    let read = scan(&[
        ("go.mod", "module example.org/shop\n"),
        (
            "main.go",
            "package main\n\nimport (\n\t\"github.com/prometheus/client_golang/prometheus\"\n\
             \t\"github.com/prometheus/client_golang/prometheus/promauto\"\n\t\"example.org/shop/metrics\"\n)\n\
             const namespace = \"shop\"\n\
             var (\n\torders = promauto.NewCounterVec(prometheus.CounterOpts{\n\t\tNamespace: namespace,\n\t\tName: \"orders_total\",\n\t}, []string{\"state\"})\n\
             \ttook = prometheus.NewSummary(prometheus.SummaryOpts{Name: \"took_seconds\"})\n\
             \tup = prometheus.NewDesc(prometheus.BuildFQName(namespace, \"db\", \"up\"), \"x\", nil, nil)\n)\n\
             func f() { orders.WithLabelValues(\"paid\").Inc() }\n",
        ),
    ]);
    let own: Vec<_> = lines(&read)
        .into_iter()
        .filter(|line| !line.contains('*'))
        .collect();
    assert_eq!(
        own,
        [
            "shop_db_up Untyped",
            "shop_orders_total Counter state{paid}",
            "took_seconds Summary",
        ]
    );
    assert!(read.is_whole(), "{:?}", read.unreadable);
    let summary = read
        .families
        .iter()
        .find(|it| it.kind == MetricKind::Summary);
    assert!(!summary.unwrap().has_quantiles);
}

#[test]
fn micrometers_names_become_prometheus_names_and_are_never_all() {
    let read = scan(&[
        (
            "pom.xml",
            "<artifactId>spring-boot-starter-actuator</artifactId>",
        ),
        (
            "src/main/java/Shop.java",
            "import io.micrometer.core.instrument.Counter;\n\
             class Shop { Counter c = Counter.builder(\"orders.created\").tag(\"a\", \"b\").register(registry);\n\
             Timer t = meterRegistry.timer(\"orders.took\"); }\n",
        ),
    ]);
    let names: Vec<_> = read.families.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"orders_created_total"), "{names:?}");
    assert!(names.contains(&"orders_took_seconds"), "{names:?}");
    assert!(read.libraries.contains("client-java-spring-boot"));
    assert!(!read.is_whole());
}

#[test]
fn tags_of_micrometers_meters_are_labels_where_they_are_written() {
    let of = |code: &str| {
        let head = "import io.micrometer.core.instrument.Counter;\n";
        let read = scan(&[
            ("pom.xml", "micrometer"),
            ("A.java", &format!("{head}{code}")),
        ]);
        let lines = lines(&read);
        lines.into_iter().find(|line| line.starts_with("orders_"))
    };
    for (code, labels) in [
        (
            "Counter.builder(\"orders\").description(\"x\")\n  .tag(\"order.kind\", kind)\n  \
             .tags(\"state\", \"paid\").register(registry);",
            " order_kind state{paid}",
        ),
        ("Counter.builder(\"orders\").register(registry);", ""),
        (
            "registry.counter(\"orders\", \"state\", state).increment();",
            " state",
        ),
        (
            "Counter.builder(\"orders\").tags(tags).register(registry);",
            " ?",
        ),
        ("Counter.builder(\"orders\").withRegistry(registry);", " ?"),
        ("builder = Counter.builder(\"orders\");", " ?"),
        ("registry.counter(\"orders\", tags).increment();", " ?"),
        (
            "registry.counter(\"orders\").increment(); config.commonTags(tags);",
            " ?",
        ),
        (
            "registry.counter(\"orders\").increment(); MeterFilter f = new Mine();",
            " ?",
        ),
    ] {
        let expected = format!("orders_total Counter{labels}");
        assert_eq!(of(code), Some(expected), "{code}");
    }
}

#[test]
fn text_that_is_written_by_hand_is_read() {
    let read = scan(&[(
        "app.py",
        "def metrics():\n    return f'# TYPE jobs_done counter\\njobs_done {n}\\n'\n",
    )]);
    assert_eq!(lines(&read), ["jobs_done Counter ?"]);
}

#[test]
fn tests_of_a_program_export_nothing() {
    let source = "from prometheus_client import Gauge\nGauge('a', 'x')\n";
    assert!(!scan(&[("tests/test_app.py", source)]).has_any());
}
