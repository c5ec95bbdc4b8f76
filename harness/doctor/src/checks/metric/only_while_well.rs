//! `== 0` of a series that goes away when things are not well.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector};

use crate::checks::check::{Case, Check, Said};
use crate::expression::{bare, parts};

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
        let parts = parts(expression);
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
            if let Some(selector) = grows_old(comparison) {
                let place = selector.name.as_deref().map(|name| rule.place_of(name));
                let finding = gone_before_it_is_old(comparison);
                findings.extend(place.map(|at| finding.of_rule(ONLY_WHILE_WELL.id, rule, at)));
                continue;
            }
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

/// The selector of what was seen last, in a comparison that wants that to be long ago:
/// `time() - container_last_seen > 60`.
fn grows_old(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let is_above = [">", ">="].contains(&comparison.op.to_string().as_str());
    let Expr::Binary(age) = bare(&comparison.lhs) else {
        return None;
    };
    let is_now = matches!(bare(&age.lhs), Expr::Call(call) if call.func.name == "time");
    let is_an_age = is_above && is_now && age.op.to_string() == "-";
    let seen = is_an_age.then(|| level(bare(&age.rhs))).flatten()?;
    (seen.name.as_deref() == Some("container_last_seen")).then_some(seen)
}

fn gone_before_it_is_old(comparison: &BinaryExpr) -> Said {
    Said::warning(
        format!(
            "`container_last_seen` goes away soon after its container, so it may never be `{} {}` \
             seconds old",
            comparison.op, comparison.rhs
        ),
        "ask for its absence: `absent(container_last_seen{name=\"…\"})`",
    )
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
    fn container_that_was_not_seen_for_long_is_gone_before_that() {
        let expected = "rules.yml:5:25 warning: `container_last_seen` goes away soon after its \
                        container, so it may never be `> 60` seconds old";
        assert_finds(
            ID,
            &project("(time() - container_last_seen) > 60"),
            &[expected],
        );
        for expression in [
            "time() - container_last_seen < 60",
            "time() - container_start_time_seconds > 60",
            "absent(container_last_seen) or time() - container_last_seen > 60",
        ] {
            assert_silent(ID, &project(expression));
        }
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
