//! An alert that fires while much is free, where it is meant to tell that little is.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use super::of_rules::{alerts, place};
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Operator, argument, bare, call, conjuncts, constant, name_of, selector,
};

pub(in crate::checks) const OTHER_DIRECTION: Check = Check {
    id: "expression/other-direction",
    title: "an alert fires while much is free, and its name tells of little",
    run,
};

/// Metrics of what is free.
const FREE: [&str; 12] = [
    "node_filesystem_avail_bytes",
    "node_filesystem_free_bytes",
    "node_filesystem_files_free",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemFree_bytes",
    "node_memory_SwapFree_bytes",
    "node_filesystem_avail",
    "node_filesystem_free",
    "node_memory_MemAvailable",
    "node_memory_MemFree",
    "windows_logical_disk_free_bytes",
    "windows_os_physical_memory_free_bytes",
];
/// Words of alerts that tell of little.
const OF_LITTLE: [&str; 12] = [
    "high", "full", "usage", "exhaust", "pressure", "low", "almost", "critical", "fill", "running",
    "saturat", "outof",
];
/// Words of alerts that tell of much, and are right.
const OF_MUCH: [&str; 9] = [
    "idle",
    "unused",
    "underuse",
    "underutil",
    "waste",
    "scale",
    "oversize",
    "overprovision",
    "recover",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        for condition in conjuncts(expr) {
            let Some(compared) = Comparison::of(condition) else {
                continue;
            };
            let is_above = matches!(compared.operator, Operator::Above | Operator::AtLeast);
            let Some(free) =
                free_share(compared.subject).filter(|_| is_above && tells_of_little(rule))
            else {
                continue;
            };
            let said = Said::warning(
                format!(
                    "`{free}` tells how much is free, so `{}` fires while much is, and the alert's name \
                     may mean that little is",
                    compared.in_words()
                ),
                "compare with `<`, or take it from the whole: `1 - …`, `100 - …`",
            );
            findings.push(said.of_rule(OTHER_DIRECTION.id, rule, place(rule, compared.subject)));
            break;
        }
    }
    findings
}

fn tells_of_little(rule: &Rule) -> bool {
    let name = rule.name.text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has(&OF_LITTLE) && !has(&OF_MUCH)
}

/// The metric of which an expression is the free share of a whole: `free / size * 100`, or the rate
/// of a processor's idle time.
fn free_share(expr: &Expr) -> Option<&str> {
    match bare(expr) {
        Expr::Aggregate(aggregate) if aggregate.op.to_string() != "count" => {
            free_share(&aggregate.expr)
        }
        Expr::Binary(binary) => match Operator::of(binary) {
            Operator::Times if constant(&binary.rhs).is_some() => free_share(&binary.lhs),
            Operator::Times if constant(&binary.lhs).is_some() => free_share(&binary.rhs),
            Operator::DividedBy => free_amount(&binary.lhs),
            _ => None,
        },
        other => {
            let rate = call(other, &["rate", "irate"])?;
            let selector = selector(argument(rate)?)?;
            let mode = selector.matchers.find_matchers("mode");
            let is_idle = mode.iter().any(|it| it.to_string() == "mode=\"idle\"");
            (is_idle && name_of(selector)? == "node_cpu_seconds_total")
                .then_some("node_cpu_seconds_total")
        }
    }
}

fn free_amount(expr: &Expr) -> Option<&str> {
    match bare(expr) {
        Expr::Aggregate(aggregate) => free_amount(&aggregate.expr),
        Expr::Binary(binary)
            if Operator::of(binary) == Operator::Times && constant(&binary.rhs).is_some() =>
        {
            free_amount(&binary.lhs)
        }
        Expr::VectorSelector(selector) => {
            let name = name_of(selector)?;
            FREE.contains(&name).then_some(name)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/other-direction";

    fn project(name: &str, expression: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: {name}\n    expr: {expression}\n"
        )
    }

    #[test]
    fn alert_on_little_that_fires_on_much_is_found() {
        for (name, expression) in [
            (
                "HighCpuUsage",
                "avg by (instance) (rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100 > 80",
            ),
            (
                "HighMemoryUsage",
                "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "DiskAlmostFull",
                "(node_filesystem_avail_bytes * 100) / node_filesystem_size_bytes > 90",
            ),
        ] {
            assert_finds(ID, &project(name, expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn others_are_silent() {
        for (name, expression) in [
            (
                "HighCpuUsage",
                "100 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[5m])) * 100 > 80",
            ),
            (
                "HighMemoryUsage",
                "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "HighMemoryUsage",
                "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.1",
            ),
            (
                "HighMemoryUsage",
                "(node_memory_MemTotal_bytes - node_memory_MemFree_bytes) / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "HostUnderused",
                "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "MemoryIdleHigh",
                "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            ),
            (
                "CpuSteal",
                "rate(node_cpu_seconds_total{mode=\"steal\"}[5m]) > 0.1",
            ),
        ] {
            assert_silent(ID, &project(name, expression));
        }
    }
}
