//! Functions for counters that are asked about gauges, and the other way round.

use alertdrill_core::Finding;
use promql_parser::parser::{Expr, VectorSelector};

use super::of_rules::rules;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{Reading, argument, bare, is_time_since_1970, name_of, parts};
use crate::knowledge::{MetricKind, gauge_of};

pub(in crate::checks) const RATE_OF_GAUGE: Check = Check {
    id: "expression/rate-of-gauge",
    title: "a function for counters over a gauge, or the other way round",
    run,
};

const FOR_COUNTERS: &[&str] = &["rate", "irate", "increase"];
const FOR_GAUGES: &[&str] = &["delta", "idelta", "deriv", "predict_linear"];

/// Beginnings and ends of names that only gauges have.
const GAUGES: &[(&str, &str)] = &[
    ("container_memory_", "_bytes"),
    ("container_spec_", ""),
    ("go_goroutines", ""),
    ("go_memstats_heap_", "_bytes"),
    ("jvm_memory_", "_bytes"),
    ("node_filesystem_", "_bytes"),
    ("node_load", ""),
    ("node_memory_", "_bytes"),
    ("process_open_fds", ""),
    ("process_resident_memory_bytes", ""),
    ("process_virtual_memory_bytes", ""),
    ("redis_memory_used_bytes", ""),
    ("", "_celsius"),
    ("", "_percent"),
    ("", "_percentage"),
    ("", "_ratio"),
    ("", "_temperature"),
    ("", "_utilization"),
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in rules(case.checkout) {
        for part in parts(expr) {
            let Expr::Call(call) = part else {
                continue;
            };
            let Some(Expr::MatrixSelector(matrix)) = argument(call).map(bare) else {
                continue;
            };
            if let Some((said, name)) = said(&reading, call.func.name, &matrix.vs) {
                let place = rule.place_of(name);
                findings.push(said.of_rule(RATE_OF_GAUGE.id, rule, place));
            }
        }
    }
    findings
}

fn said<'a>(
    reading: &Reading<'_>,
    function: &str,
    selector: &'a VectorSelector,
) -> Option<(Said, &'a str)> {
    let name = name_of(selector)?;
    if is_time_since_1970(reading, name) || reading.is_recorded(name) {
        return None;
    }
    let kind = reading.kind(name);
    if FOR_COUNTERS.contains(&function) {
        let help = format!(
            "take `deriv({name}[…])` for how fast it changes, `delta` for how much, or compare \
             the gauge itself"
        );
        return match kind {
            Some((MetricKind::Gauge, true)) => {
                let message = format!(
                    "`{name}` is a gauge, and `{function}` takes each fall of it for a restart"
                );
                Some((Said::error(message, help), name))
            }
            Some((MetricKind::Gauge, false)) => {
                let message = format!(
                    "`{name}` may be a gauge, as a program of the checkout writes it, and \
                     `{function}` takes each fall of a gauge for a restart"
                );
                Some((Said::warning(message, help), name))
            }
            None if let Some(exporter) = gauge_of(name) => {
                let message = format!(
                    "`{name}` may be the gauge of {exporter}, and `{function}` takes each fall of a \
                     gauge for a restart"
                );
                Some((Said::warning(message, help), name))
            }
            None if is_named_as_gauge(name) => {
                let message = format!(
                    "`{name}` may be a gauge by its name, and `{function}` takes each fall of a \
                     gauge for a restart"
                );
                Some((Said::warning(message, help), name))
            }
            _ => None,
        };
    }
    if FOR_GAUGES.contains(&function) && matches!(kind, Some((MetricKind::Counter, _))) {
        let message = format!(
            "`{name}` is a counter, and `{function}` does not know that it begins again at 0 with \
             each restart"
        );
        let instead = if function == "delta" || function == "idelta" {
            "increase"
        } else {
            "rate"
        };
        let help = format!("take `{instead}({name}[…])`");
        return Some((Said::warning(message, help), name));
    }
    None
}

fn is_named_as_gauge(name: &str) -> bool {
    let counts = ["_total", "_count", "_sum", "_bucket"];
    !counts.iter().any(|end| name.ends_with(end))
        && (GAUGES.iter()).any(|(start, end)| name.starts_with(start) && name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{assert_fine, assert_found};

    const ID: &str = "expression/rate-of-gauge";

    #[test]
    fn function_for_the_other_kind_is_found() {
        assert_found(
            ID,
            "warning",
            &[
                "rate(node_memory_MemAvailable_bytes[5m]) < 0",
                "increase(cpu_temperature_celsius[5m]) > 5",
                "irate(container_memory_usage_bytes[5m]) > 5",
                "delta(http_requests_total[5m]) > 5",
                "deriv(http_requests_total[5m]) > 5",
            ],
        );
    }

    #[test]
    fn gauge_of_an_exporter_that_is_not_scraped_is_found() {
        assert_found(ID, "warning", &["rate(pg_database_size_bytes[1h]) > 5"]);
        assert_fine(ID, &["rate(pg_stat_database_xact_commit[1h]) > 5"]);
    }

    #[test]
    fn functions_for_their_kind_are_fine() {
        assert_fine(
            ID,
            &[
                "rate(http_requests_total[5m]) > 5",
                "rate(x_seconds_sum[5m]) / rate(x_seconds_count[5m]) > 5",
                "deriv(node_memory_MemAvailable_bytes[5m]) < 0",
                "delta(cpu_temperature_celsius[5m]) > 5",
                "rate(node_network_receive_bytes[5m]) > 5",
                "rate(container_network_receive_bytes_total[5m]) > 5",
                "increase(process_start_time_seconds[1h]) > 0",
                "rate(node_disk_io_time_seconds_total[5m]) > 0.9",
                "rate(mystery[5m]) > 5",
                "predict_linear(node_filesystem_avail_bytes[6h], 3600) < 0",
            ],
        );
    }
}
