//! The age of something that is no time: `time() - x_total`.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use super::of_rules::{alerts, place};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{Operator, Reading, bare, call, is_time_since_1970, name_of, parts};
use crate::knowledge::MetricKind;

pub(in crate::checks) const AGE_OF_NO_TIME: Check = Check {
    id: "expression/age-of-no-time",
    title: "the age of a metric that is no time",
    run,
};

/// Words in the names of times.
const TIMES: [&str; 12] = [
    "timestamp",
    "time",
    "created",
    "last",
    "expiry",
    "expires",
    "at",
    "unixtime",
    "epoch",
    "date",
    "start",
    "updated",
];
/// Last words, before a unit, of the names of how long something takes or lasts.
const DURATIONS: [&str; 7] = [
    "uptime", "duration", "latency", "age", "lag", "elapsed", "delay",
];
const UNITS: [&str; 3] = ["seconds", "ms", "milliseconds"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        for part in parts(expr) {
            let Expr::Binary(binary) = part else {
                continue;
            };
            let is_age =
                Operator::of(binary) == Operator::Minus && call(&binary.lhs, &["time"]).is_some();
            let Some(said) = is_age.then(|| said(&reading, &binary.rhs)).flatten() else {
                continue;
            };
            findings.push(said.of_rule(AGE_OF_NO_TIME.id, rule, place(rule, part)));
        }
    }
    findings
}

fn said(reading: &Reading<'_>, of: &Expr) -> Option<Said> {
    let mut core = bare(of);
    while let Expr::Aggregate(aggregate) = core {
        core = bare(&aggregate.expr);
    }
    let Expr::VectorSelector(selector) = core else {
        return None;
    };
    let name = name_of(selector)?;
    let words: Vec<_> = name.split('_').collect();
    let is_named_a_time = words.iter().any(|word| TIMES.contains(word));
    if is_time_since_1970(reading, name) || reading.is_recorded(name) {
        return None;
    }
    let help = "ask for a metric that holds the time of the last success, or for \
                `increase(…) == 0`";
    match reading.kind(name) {
        Some((MetricKind::Counter, true)) if !is_named_a_time => Some(Said::error(
            format!(
                "`{name}` is a counter and no time, so `time() - {name}` is always about \
                 1.7 billion"
            ),
            help,
        )),
        Some((MetricKind::Counter, false)) if !is_named_a_time => Some(Said::warning(
            format!(
                "`{name}` may be a counter and no time: then `time() - {name}` is always about \
                 1.7 billion"
            ),
            help,
        )),
        _ => {
            let last = words.iter().rev().find(|word| !UNITS.contains(word))?;
            (DURATIONS.contains(last) && !is_named_a_time).then(|| {
                Said::warning(
                    format!(
                        "`{name}` may be how long something takes, and no time: then `time() - \
                         {name}` is always about 1.7 billion"
                    ),
                    "compare it as it is",
                )
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{assert_fine, assert_found, assert_found_in};

    const ID: &str = "expression/age-of-no-time";

    #[test]
    fn age_of_a_count_and_of_a_duration_is_found() {
        assert_found(
            ID,
            "warning",
            &[
                "time() - jobs_done_total > 3600",
                "time() - max(job_duration_seconds) > 3600",
                "(time() - app_uptime_seconds) / 60 > 5",
            ],
        );
        let project = "--- prometheus.yml\nscrape_configs:\n- job_name: app\n  static_configs: \
                       [{targets: ['localhost:8000']}]\n--- app.py\nfrom prometheus_client import \
                       Counter, start_http_server\nBEATS = Counter('beats', 'x')\nBEATS.inc()\n\
                       start_http_server(8000)\n--- rules.yml\ngroups:\n- name: g\n  rules:\n  - \
                       alert: A\n    expr: time() - beats_total > 60\n";
        assert_found_in(ID, "error", project);
    }

    #[test]
    fn age_of_a_time_is_fine() {
        assert_fine(
            ID,
            &[
                "time() - last_success_timestamp_seconds > 3600",
                "time() - backup_last_success_time > 3600",
                "time() - jobs_created > 3600",
                "time() - heartbeat > 60",
                "time() - job:last:max > 60",
                "time() - process_start_time_seconds < 300",
                "app_uptime_seconds < 300",
            ],
        );
    }
}
