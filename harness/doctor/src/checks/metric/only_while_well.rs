//! `== 0` of a series that goes away when things are not well.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector};

use super::selectors::all_parts;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const ONLY_WHILE_WELL: Check = Check {
    id: "metric/only-while-well",
    title: "the series goes away when it should become zero",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let parts = all_parts(expression);
        // Who asks for its absence too knows that it goes away.
        let asks_for_absence = parts
            .iter()
            .any(|it| matches!(it, Expr::Call(call) if call.func.name.starts_with("absent")));
        if asks_for_absence {
            continue;
        }
        for part in parts {
            let Expr::Binary(comparison) = part else {
                continue;
            };
            let Some(selector) = becomes_zero(comparison) else {
                continue;
            };
            let Some(name) = selector.name.as_deref() else {
                continue;
            };
            let Some(family) = case.knowledge.there_while_well(selector) else {
                continue;
            };
            if !said.insert((std::ptr::from_ref(rule), name)) {
                continue;
            }
            let what = format!(
                "`{name}` is there only while what {} asks answers; it may go away instead of \
                 becoming 0",
                family.origin
            );
            let help =
                "ask for the exporter's own word that it reaches it (`…_up == 0`), or `absent(…)`";
            let place = rule.place_of(name);
            findings.push(Said::warning(what, help).of_rule(ONLY_WHILE_WELL.id, rule, place));
        }
    }
    findings
}

/// The selector that a comparison wants to be nothing: `x == 0`, `x < 1`.
fn becomes_zero(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let Expr::NumberLiteral(limit) = &*comparison.rhs else {
        return None;
    };
    let is_zero = match comparison.op.to_string().as_str() {
        "==" | "<=" => limit.val.abs() < f64::EPSILON,
        "<" => limit.val > 0.0 && limit.val <= 1.0,
        _ => false,
    };
    is_zero.then(|| level(&comparison.lhs)).flatten()
}

fn level(it: &Expr) -> Option<&VectorSelector> {
    match it {
        Expr::Paren(it) => level(&it.expr),
        Expr::VectorSelector(selector) => Some(selector),
        Expr::Aggregate(it)
            if ["sum", "max", "min", "avg"].contains(&it.op.to_string().as_str()) =>
        {
            level(&it.expr)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/only-while-well";

    fn project(expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: redis\n    static_configs:\n      - targets: ['redis-exporter:9121']\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn zero_of_what_goes_away_is_found() {
        for expression in [
            "redis_connected_clients == 0",
            "sum(redis_connected_clients) < 1",
        ] {
            assert_finds(ID, &project(expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn zero_of_what_stays_and_other_limits_are_silent() {
        for expression in [
            "redis_up == 0",
            "up == 0",
            "redis_connected_clients > 100",
            "redis_connected_slaves < 2",
            "redis_connected_clients == 0 or absent(redis_connected_clients)",
            "unknown == 0",
        ] {
            assert_silent(ID, &project(expression));
        }
    }
}
