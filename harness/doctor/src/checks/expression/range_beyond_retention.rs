//! A range that looks back further than Prometheus keeps anything.

use std::time::Duration;

use alertdrill_core::{Finding, prometheus_duration};
use promql_parser::parser::{Expr, Offset};
use promql_parser::util::display_duration;

use super::of_rules::{place, rules, told};
use crate::checkout::{Checkout, Prometheus};
use crate::checks::check::{Case, Check, Said};
use crate::expression::parts;
use crate::network::{flag, is_for_a_shell};

pub(in crate::checks) const RANGE_BEYOND_RETENTION: Check = Check {
    id: "expression/range-beyond-retention",
    title: "a range that looks back further than Prometheus keeps",
    run,
};

/// What Prometheus keeps unless it is told otherwise.
const BY_DEFAULT: Duration = Duration::from_hours(15 * 24);

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let kept = checkout.prometheus.as_ref();
    let Some(kept) = kept.and_then(|prometheus| kept_for(checkout, prometheus)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (rule, expr) in rules(checkout) {
        let mut all = parts(expr).into_iter();
        let Some((part, back)) = all.find_map(|part| {
            let back = looks_back(part)?;
            (back > kept).then_some((part, back))
        }) else {
            continue;
        };
        let (back, kept) = (display_duration(&back), display_duration(&kept));
        let said = Said::warning(
            format!(
                "`{}` looks back {back}, and Prometheus keeps {kept}: what it says is of those only",
                told(part)
            ),
            format!("keep more, `--storage.tsdb.retention.time={back}`, or ask for less"),
        );
        findings.push(said.of_rule(RANGE_BEYOND_RETENTION.id, rule, place(rule, part)));
    }
    findings
}

/// How far a selector or a subquery looks back, at most.
fn looks_back(part: &Expr) -> Option<Duration> {
    let (range, offset) = match part {
        Expr::MatrixSelector(matrix) => (matrix.range, &matrix.vs.offset),
        Expr::VectorSelector(selector) => (Duration::ZERO, &selector.offset),
        Expr::Subquery(subquery) => (subquery.range, &subquery.offset),
        _ => return None,
    };
    let offset = match offset {
        Some(Offset::Pos(back)) => *back,
        Some(Offset::Neg(_)) | None => Duration::ZERO,
    };
    Some(range + offset)
}

/// For how long a Prometheus of the compose project keeps its samples; `None` if that is not known,
/// or if it is a matter of their size, or if it reads older ones elsewhere.
fn kept_for(checkout: &Checkout, prometheus: &Prometheus) -> Option<Duration> {
    let compose = checkout.compose.as_ref()?;
    let service = compose.services.get(prometheus.service.as_ref()?)?;
    let of_file = prometheus.node.at(&["storage", "tsdb", "retention"]);
    let reads_elsewhere = prometheus.node.get("remote_read").is_some();
    let is_agent = flag(service, "enable-feature").is_some_and(|it| it.contains("agent"));
    if is_for_a_shell(service)
        || service.build.is_some()
        || reads_elsewhere
        || is_agent
        || of_file.is_some()
    {
        return None;
    }
    let told = flag(service, "storage.tsdb.retention.time")
        .or_else(|| flag(service, "storage.tsdb.retention"));
    match told {
        Some(told) => {
            let kept = prometheus_duration(told).ok()?;
            (!kept.is_zero()).then_some(kept)
        }
        None if flag(service, "storage.tsdb.retention.size").is_some() => None,
        None => Some(BY_DEFAULT),
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/range-beyond-retention";

    fn project(command: &str, expression: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    command: [{command}]
    volumes: ['.:/etc/prometheus']
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs: []
--- rules.yml
groups:
- name: g
  rules:
  - alert: A
    expr: {expression}
"
        )
    }

    const FILE: &str = "'--config.file=/etc/prometheus/prometheus.yml'";

    #[test]
    fn range_that_is_longer_is_found() {
        let expected =
            "rules.yml:5:20 warning: `x_total[30d]` looks back 30d, and Prometheus keeps";
        let month = "sum(increase(x_total[30d])) > 5";
        // `display_duration` writes weeks where it can.
        for command in [
            FILE.to_owned(),
            format!("{FILE}, '--storage.tsdb.retention.time=7d'"),
        ] {
            let found = crate::test_projects::findings(&project(&command, month));
            assert!(
                found.iter().any(|line| line.contains(ID)),
                "{expected} {found:#?}"
            );
        }
        for expression in [
            "x offset 20d > 5",
            "max_over_time(x[16d:1h]) > 5",
            "delta(x[1d] offset 15d) > 5",
        ] {
            assert_finds(ID, &project(FILE, expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn range_that_is_kept_or_may_be_is_silent() {
        assert_silent(ID, &project(FILE, "increase(x_total[15d]) > 5"));
        let month = "increase(x_total[30d]) > 5";
        for more in [
            "'--storage.tsdb.retention.time=30d'",
            "'--storage.tsdb.retention.time=1y'",
            "'--storage.tsdb.retention.time=${KEEP}'",
            "'--storage.tsdb.retention.size=10GB'",
        ] {
            assert_silent(ID, &project(&format!("{FILE}, {more}"), month));
        }
        let without_compose = "--- prometheus.yml\nrule_files: [rules.yml]\n--- rules.yml\ngroups: \
                               [{name: g, rules: [{alert: A, expr: 'increase(x_total[30d]) > 5'}]}]\n";
        assert_silent(ID, without_compose);
    }
}
