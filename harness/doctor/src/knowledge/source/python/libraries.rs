//! Python libraries that instrument web frameworks by `prometheus_client`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Call, add_metric};
use crate::knowledge::MetricKind;
use crate::knowledge::source::text::{Constants, Language, Pattern, all, any, arguments, pair};
use crate::knowledge::source::{Code, Defined, Scan};

const PYTHON: Language = Language::Python;

static FLASK_METRIC: Pattern =
    LazyLock::new(|| Regex::new(r"\b\w*metrics\.(counter|gauge|histogram|summary|info)\s*\(").ok());
static INSTRUMENTATOR: Pattern = LazyLock::new(|| Regex::new(r"\bInstrumentator\s*\(").ok());
static CUSTOMISED: Pattern = LazyLock::new(|| {
    Regex::new(r"\.add\s*\(|metric_namespace|metric_subsystem|custom_labels|metric_name").ok()
});

/// Libraries that instrument a framework, by their calls.
pub(super) fn libraries_of(
    code: &Code<'_>,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    scan: &mut Scan,
) {
    let text = &code.text;
    let place = || code.place(0);
    if text.contains("prometheus_fastapi_instrumentator") && any(&INSTRUMENTATOR, text) {
        scan.libraries.insert("client-python-fastapi");
        if any(&CUSTOMISED, text) {
            let why = "prometheus-fastapi-instrumentator is given its own metrics";
            scan.unreadable.insert(format!("{}: {why}", place()));
        }
        if text.contains("lowr_buckets") || any(&CUSTOMISED, text) {
            scan.own_buckets.insert("client-python-fastapi");
        }
        if text.contains("should_group_status_codes") {
            scan.unreadable
                .insert(format!("{}: status codes are grouped or not", place()));
        }
    }
    for (import, library) in [
        ("starlette_exporter", "client-python-starlette-exporter"),
        ("starlette_prometheus", "client-python-starlette-prometheus"),
        ("django_prometheus", "client-python-django"),
    ] {
        if text.contains(import) {
            scan.libraries.insert(library);
            if text.to_lowercase().contains("buckets") {
                scan.own_buckets.insert(library);
            }
            if text.contains("prefix=") || text.contains("labels=") {
                scan.unreadable
                    .insert(format!("{}: {import} is given names", place()));
            }
        }
    }
    if text.contains("prometheus_flask_exporter") {
        scan.libraries.insert("client-python-flask");
        if text.contains("buckets") {
            scan.own_buckets.insert("client-python-flask");
        }
        if text.contains("defaults_prefix") || text.contains("group_by") {
            scan.unreadable
                .insert(format!("{}: names are given a prefix", place()));
        }
        flask_metrics(code, constants, defined, scan);
    }
}

fn flask_metrics(
    code: &Code<'_>,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    scan: &mut Scan,
) {
    for found in all(&FLASK_METRIC, &code.text) {
        let (Some(whole), Some(kind)) = (found.get(0), found.get(1)) else {
            continue;
        };
        let Some((parts, _)) = arguments(&code.text, whole.end() - 1, PYTHON) else {
            continue;
        };
        let call = Call::of(&parts);
        let place = code.place(whole.start());
        let Some(name) = call.name(constants) else {
            scan.unreadable
                .insert(format!("{place}: a metric's name is made at run time"));
            continue;
        };
        let labels = match call.named.get("labels") {
            None => Some(Vec::new()),
            Some(written) => keys_of(written),
        };
        let (class, kind, name) = match kind.as_str() {
            "counter" => ("Counter", MetricKind::Counter, name),
            "histogram" => ("Histogram", MetricKind::Histogram, name),
            "summary" => ("Summary", MetricKind::Summary, name),
            // `metrics.info` is a gauge, too: it is 1, under its very name.
            _ => ("Gauge", MetricKind::Gauge, name),
        };
        let labels = if parts.len() > 2 && class == "Gauge" {
            None
        } else {
            labels
        };
        add_metric(&name, class, kind, labels, None, &place, defined);
    }
}

fn keys_of(written: &str) -> Option<Vec<String>> {
    let open = written.find('{')?;
    let (parts, _) = arguments(written, open, PYTHON)?;
    parts
        .iter()
        .map(|part| Some(pair(part)?.0.to_owned()))
        .collect()
}
