//! Ranges that do not hold the samples that their function needs.

use std::time::Duration;

use alertdrill_core::{Finding, prometheus_duration};
use alertdrill_project::yaml_tree::Place;
use promql_parser::parser::{Call, Expr};
use promql_parser::util::display_duration;

use super::of_rules::rules;
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{Reading, Samples, argument, bare, parts};

pub(in crate::checks) const RANGE_TOO_SHORT: Check = Check {
    id: "expression/range-too-short",
    title: "a range that is not longer than two scrapes",
    run,
};

/// Functions that have no result, or always the same, from a single sample.
const NEED_TWO: &[&str] = &[
    "changes",
    "delta",
    "deriv",
    "idelta",
    "increase",
    "irate",
    "predict_linear",
    "rate",
    "resets",
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
            let Some(samples) = reading.samples(&matrix.vs) else {
                continue;
            };
            if let Some(said) = said(call, matrix.range, &samples) {
                let place = place_of(rule, matrix.range);
                findings.push(said.of_rule(RANGE_TOO_SHORT.id, rule, place));
            }
        }
    }
    findings
}

/// Where a range stands, however it is written.
fn place_of(rule: &Rule, range: Duration) -> Place {
    let text = &rule.expression.text;
    let mut brackets = text.match_indices('[').map(|(at, _)| at);
    let found = brackets.find(|at| {
        let written = text.get(at + 1..).and_then(|rest| rest.split(']').next());
        let written = written.and_then(|written| prometheus_duration(written.trim()).ok());
        written == Some(range)
    });
    found.map_or(rule.expression.node.place, |at| rule.place_at(at))
}

fn said(call: &Call, range: Duration, samples: &Samples) -> Option<Said> {
    let (function, by, every) = (call.func.name, &samples.by, samples.every);
    let interval = display_duration(&every);
    let written = display_duration(&range);
    let enough = display_duration(&(every * 4));
    let help = format!("take a range of four intervals or more: `[{enough}]`");
    let begins = format!("`[{written}]` of `{function}`");
    if !NEED_TWO.contains(&function) {
        let holds_none = function.ends_with("_over_time")
            && !matches!(function, "absent_over_time" | "present_over_time")
            && range < every;
        return holds_none.then(|| {
            let message =
                format!("{begins} is shorter than the {interval} at which {by}: it is often empty");
            Said::error(message, help.clone())
        });
    }
    if range <= every {
        let message =
            format!("{begins} holds one sample at most, and it needs two: {by} every {interval}");
        Some(Said::error(message, help))
    } else if range < every * 2 {
        let message = format!(
            "{begins} often holds one sample only, and it needs two: {by} every {interval}"
        );
        Some(Said::error(message, help))
    } else if range == every * 2 {
        let message = format!(
            "{begins} is just two scrapes of {interval} long: it may have no result after one that \
             is late or fails"
        );
        Some(Said::warning(message, help))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_found_in};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/range-too-short";

    fn project(expr: &str, interval: &str) -> String {
        format!(
            "{}--- prometheus.yml
global: {{scrape_interval: 15s}}
scrape_configs: [{{job_name: api, scrape_interval: {interval}}}]
",
            alerts_on(expr)
        )
    }

    #[test]
    fn range_that_holds_too_few_samples_is_found() {
        for (expr, interval, severity) in [
            ("rate(x_total[1m]) > 1", "1m", "error"),
            ("rate(x_total[1m]) > 1", "45s", "error"),
            ("irate(x_total{job=\"api\"}[30s]) > 1", "15s", "warning"),
            ("changes(x[15s]) > 1", "15s", "error"),
            ("avg_over_time(x[10s]) > 1", "15s", "error"),
        ] {
            assert_found_in(ID, severity, &project(expr, interval));
        }
    }

    #[test]
    fn range_that_holds_enough_is_fine() {
        for (expr, interval) in [
            ("rate(x_total[1m]) > 1", "15s"),
            ("avg_over_time(x[15s]) > 1", "15s"),
            ("max_over_time(rate(x_total[5m])[10m:1m]) > 1", "15s"),
            ("rate(x_total{job=\"other\"}[5m]) > 1", "15s"),
            ("absent_over_time(x[10s])", "15s"),
        ] {
            assert_silent(ID, &project(expr, interval));
        }
    }

    #[test]
    fn where_jobs_differ_the_fastest_counts_unless_the_job_is_named() {
        let project = |expr: &str| {
            format!(
                "{}--- prometheus.yml
scrape_configs:
- {{job_name: fast, scrape_interval: 10s}}
- {{job_name: slow, scrape_interval: 2m}}
",
                alerts_on(expr)
            )
        };
        assert_silent(ID, &project("rate(x_total[1m]) > 1"));
        assert_finds(
            ID,
            &project("rate(x_total{job=\"slow\"}[1m]) > 1"),
            &["rules.yml:5:"],
        );
    }

    #[test]
    fn without_a_prometheus_nothing_is_said() {
        assert_silent(ID, &alerts_on("rate(x_total[1s]) > 1"));
    }

    #[test]
    fn recorded_metric_has_a_sample_at_each_evaluation() {
        let project = |range: &str| {
            format!(
                "--- rules.yml
groups:
- name: g
  interval: 1m
  rules:
  - {{record: 'x:sum', expr: 'sum(x)'}}
  - {{alert: A, expr: 'deriv(x:sum[{range}]) > 1'}}
--- prometheus.yml
global: {{scrape_interval: 5s, evaluation_interval: 5s}}
scrape_configs: [{{job_name: x}}]
"
            )
        };
        assert_finds(ID, &project("30s"), &["rules.yml:6:34 error"]);
        assert_finds(ID, &project("0m30s"), &["rules.yml:6:34 error"]);
        assert_silent(ID, &project("10m"));
    }
}
