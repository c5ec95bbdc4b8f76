//! What a file speaks of, as far as its words tell.

use std::path::Path;

use super::has_ending;
use crate::checkout::SourceFile;

const PROGRAMS: [&str; 18] = [
    "py", "js", "ts", "mjs", "cjs", "jsx", "tsx", "go", "java", "kt", "scala", "rs", "rb", "cs",
    "php", "ex", "exs", "cpp",
];

/// Words of what is scraped.
const OF_METRICS: [&str; 22] = [
    "prometheus",
    "prom-client",
    "prom_client",
    "openmetrics",
    "/metrics",
    "\"metrics\"",
    "'metrics'",
    "micrometer",
    "actuator",
    "opentelemetry",
    "text/plain; version=",
    "victoriametrics",
    "exporter",
    "telemetry",
    "swagger-stats",
    "prom_ex",
    "promex",
    "yabeda",
    "bentoml",
    "streamlit",
    "statsviz",
    "# type ",
];

/// Words of what makes metrics, of whatever client.
const OF_CLIENTS: [&str; 11] = [
    "prom",
    "statsd",
    "micrometer",
    "opentelemetry",
    "gauge",
    "counter(",
    "histogram",
    "metric",
    "meter",
    "# type ",
    "expvar",
];

/// Whether it is a program's source.
pub(in crate::knowledge) fn is_program(path: &Path) -> bool {
    has_ending(path, &PROGRAMS)
}

/// Whether a text speaks of metrics that are scraped.
pub(super) fn of_metrics(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    OF_METRICS.iter().any(|word| text.contains(word))
}

/// Whether a text has to do with a library that makes metrics.
pub(in crate::knowledge) fn speaks_of_a_client(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    OF_CLIENTS.iter().any(|word| text.contains(word))
}

/// Whether it is a file of rules, whose names are those that are sought.
pub(in crate::knowledge) fn is_rules_file(file: &SourceFile) -> bool {
    has_ending(&file.path, &["yml", "yaml"])
        && file.text.contains("groups:")
        && file.text.contains("expr:")
}
