//! Metrics that rules and panels read and that nothing exports: mostly misspelt, or renamed by
//! their exporter.

use std::collections::{BTreeMap, BTreeSet};

use crate::nearest;

/// Prometheus makes these itself, once an alert is pending: see "Inspecting alerts during runtime"
/// in <https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/>.
const OF_PROMETHEUS: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// A metric that is read and that nothing exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric {
    /// Its name.
    pub metric: String,
    /// The rules and panels that read it.
    pub read_by: BTreeSet<String>,
    /// The name that is most like it among those that there are.
    pub nearest: Option<String>,
}

/// Those of the metrics `read`, each with the rules and panels that read it, that are not among the
/// `exported`.
#[must_use]
pub fn unknown_metrics(
    read: &BTreeMap<String, BTreeSet<String>>,
    exported: &BTreeSet<String>,
) -> Vec<UnknownMetric> {
    let unknown = read.iter().filter(|(metric, _)| {
        !exported.contains(*metric) && !OF_PROMETHEUS.contains(&metric.as_str())
    });
    unknown
        .map(|(metric, read_by)| UnknownMetric {
            metric: metric.clone(),
            read_by: read_by.clone(),
            nearest: nearest(metric, exported.iter().map(String::as_str)).map(str::to_owned),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    #[test]
    fn metric_that_nothing_exports_is_named_with_who_reads_it_and_the_nearest_that_there_is() {
        let read = [
            ("container_restarts", "ServiceOOMKill"),
            ("up", "TargetLost"),
            ("ALERTS", "Feed"),
        ];
        let read = read
            .map(|(metric, by)| (metric.to_owned(), names([by])))
            .into();
        let exported = names([
            "up",
            "container_restart_count",
            "container_memory_usage_bytes",
        ]);
        let unknown = UnknownMetric {
            metric: "container_restarts".into(),
            read_by: names(["ServiceOOMKill"]),
            nearest: Some("container_restart_count".into()),
        };
        assert_eq!(unknown_metrics(&read, &exported), [unknown]);
    }
}
