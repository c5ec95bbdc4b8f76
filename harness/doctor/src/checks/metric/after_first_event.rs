//! A series that is there only after its first event, and a rule that wants to see that event.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector};

use crate::checks::check::{Case, Check, Said};
use crate::expression::{argument, bare, constant, parts, range_of};
use crate::knowledge::MetricKind;

pub(in crate::checks) const AFTER_FIRST_EVENT: Check = Check {
    id: "metric/after-first-event",
    title: "the series is born with the very event that the rule waits for",
    run,
};

const HELP: &str = "make the series at the start, with the value 0 (`labels(…)` without an event)";

const HELP_FOR_SILENCE: &str = "make the series at the start (`labels(…)` without an event), or add \
                                `or absent(…)`";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for rule in case.checkout.alerts() {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let parts = parts(expression);
        // Who fills the gap, or asks for it, knows of it.
        let knows = parts.iter().any(|it| {
            matches!(it, Expr::Call(call) if call.func.name.starts_with("absent") || call.func.name == "vector")
        });
        for part in parts {
            let Expr::Binary(comparison) = part else {
                continue;
            };
            let silence = silence(comparison).filter(|it| !knows && is_narrow(it));
            let waits_for_one = first_event(comparison);
            let few = waits_for_one.is_none().then(|| few_events(comparison));
            let few = few.flatten().filter(|_| !knows);
            let Some(selector) = waits_for_one.or(few).or(silence) else {
                continue;
            };
            let Some(name) = selector.name.as_deref() else {
                continue;
            };
            let Some(family) = case.knowledge.born_with_an_event(selector) else {
                continue;
            };
            let counts = family.kind == MetricKind::Counter
                || (family.kind == MetricKind::Histogram && silence.is_some());
            if !counts || !said.insert((std::ptr::from_ref(rule), name)) {
                continue;
            }
            let place = rule.place_of(name);
            if silence.is_some() {
                let what = format!(
                    "that nothing happens at all may go unseen: `{name}` has no series with these \
                     labels before the first event after a start ({})",
                    family.origin
                );
                let said = Said::warning(what, HELP_FOR_SILENCE);
                findings.push(said.of_rule(AFTER_FIRST_EVENT.id, rule, place));
                continue;
            }
            if few.is_some() {
                let what = format!(
                    "the first burst may go unseen: `{name}` has no series with these labels before \
                     its first event ({}), and what a series begins with is no growth",
                    family.origin
                );
                let said = Said::warning(what, HELP);
                findings.push(said.of_rule(AFTER_FIRST_EVENT.id, rule, place));
                continue;
            }
            let what = format!(
                "the first event may go unseen: `{name}` has no series with these labels before it \
                 ({}), and a growth from nothing is no growth",
                family.origin
            );
            findings.push(Said::warning(what, HELP).of_rule(AFTER_FIRST_EVENT.id, rule, place));
        }
    }
    findings
}

/// The counter whose very first event makes this comparison true: `increase(x[5m]) > 0`.
fn first_event(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let Expr::NumberLiteral(limit) = &*comparison.rhs else {
        return None;
    };
    let is_reached_by_one = match comparison.op.to_string().as_str() {
        ">" => limit.val.abs() < f64::EPSILON,
        ">=" => limit.val > 0.0 && limit.val <= 1.0,
        _ => false,
    };
    is_reached_by_one
        .then(|| growing(&comparison.lhs))
        .flatten()
}

/// So many events or fewer are a burst that may lie between two scrapes.
const A_BURST: f64 = 10.0;

/// The counter of which this comparison wants to see a few events within its range:
/// `rate(x[1m]) * 60 > 5`.
fn few_events(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let limit = constant(&comparison.rhs)?;
    let (scale, growth) = scaled(&comparison.lhs)?;
    let (selector, seconds) = growing_over(growth)?;
    let events = limit / scale * seconds;
    let is_above = [">", ">="].contains(&comparison.op.to_string().as_str());
    (is_above && events > 0.0 && events <= A_BURST).then_some(selector)
}

/// What is multiplied by a number, and the number.
fn scaled(it: &Expr) -> Option<(f64, &Expr)> {
    let Expr::Binary(binary) = bare(it) else {
        return Some((1.0, it));
    };
    let (left, right) = (constant(&binary.lhs), constant(&binary.rhs));
    match (binary.op.to_string().as_str(), left, right) {
        ("*", Some(scale), None) => Some((scale, &binary.rhs)),
        ("*", None, Some(scale)) => Some((scale, &binary.lhs)),
        _ => None,
    }
}

/// The counter whose growth this is, and over how many seconds that is counted as one event.
fn growing_over(it: &Expr) -> Option<(&VectorSelector, f64)> {
    let selector = growing(it)?;
    let growth = parts(it).into_iter().find_map(|part| match part {
        Expr::Call(call) => Some(call),
        _ => None,
    })?;
    let seconds = match growth.func.name {
        "increase" => 1.0,
        _ => range_of(argument(growth)?)?.as_secs_f64(),
    };
    Some((selector, seconds))
}

/// Whether a selector asks for some series of a metric, or for one that being scraped does not make:
/// that is a request, too.
fn is_narrow(selector: &VectorSelector) -> bool {
    let mut matchers = selector.matchers.matchers.iter();
    let narrows = matchers.any(|it| !["job", "instance"].contains(&it.name.as_str()));
    let name = selector.name.as_deref().unwrap_or_default();
    let counts_requests = name
        .split('_')
        .any(|word| ["http", "request", "requests", "responses"].contains(&word));
    narrows || !counts_requests
}

/// The counter of which this comparison wants that it hardly grows: `rate(x[1h]) < 0.01`.
fn silence(comparison: &BinaryExpr) -> Option<&VectorSelector> {
    let Expr::NumberLiteral(limit) = &*comparison.rhs else {
        return None;
    };
    let is_low = match comparison.op.to_string().as_str() {
        "<" => limit.val > 0.0,
        "==" | "<=" => limit.val.abs() < f64::EPSILON,
        _ => false,
    };
    (is_low && !comparison.return_bool())
        .then(|| growing(&comparison.lhs))
        .flatten()
}

fn growing(it: &Expr) -> Option<&VectorSelector> {
    match it {
        Expr::Paren(it) => growing(&it.expr),
        Expr::Aggregate(it) if ["sum", "max"].contains(&it.op.to_string().as_str()) => {
            growing(&it.expr)
        }
        Expr::Call(call) if ["rate", "increase", "irate", "changes"].contains(&call.func.name) => {
            match call.args.args.first().map(|it| &**it) {
                Some(Expr::MatrixSelector(matrix)) => Some(&matrix.vs),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/after-first-event";

    fn project(source: &str, expression: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n\
             --- shop.py\nfrom prometheus_client import Counter\n\
             LOST = Counter('lost', 'x', ['why'])\nALL = Counter('seen', 'x')\n\
             def lose(why):\n    LOST.labels(why).inc()\n{source}\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: {expression}\n"
        )
    }

    #[test]
    fn rule_that_waits_for_the_first_event_is_found() {
        for expression in [
            "increase(lost_total{why='disk'}[5m]) > 0",
            "sum(rate(lost_total[5m])) > 0",
            "increase(lost_total[5m]) >= 1",
            "changes(lost_total{why='disk'}[5m]) > 0",
        ] {
            assert_finds(ID, &project("", expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn rule_that_waits_for_a_small_burst_is_found() {
        for expression in [
            "increase(lost_total[5m]) > 3",
            "sum(rate(lost_total[1m])) * 60 > 5",
            "rate(lost_total[5m]) > 0.01",
        ] {
            assert_finds(ID, &project("", expression), &["rules.yml:5:"]);
        }
    }

    #[test]
    fn counter_that_its_first_event_makes_is_found() {
        let project = |made: &str| {
            format!(
                "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      \
                 - targets: ['localhost:8000']\n--- pom.xml\n<artifactId>micrometer</artifactId>\n\
                 --- src/Shop.java\nimport io.micrometer.core.instrument.MeterRegistry;\n{made}\n\
                 --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: \
                 increase(shop_lost_total[5m]) > 0\n"
            )
        };
        assert_finds(
            ID,
            &project("void lose() { registry.counter(\"shop.lost\").increment(); }"),
            &["rules.yml:5:24 warning: the first event may go unseen"],
        );
        for made in [
            "Counter lost = registry.counter(\"shop.lost\");\nvoid lose() { lost.increment(); }",
            "Shop() { registry.counter(\"shop.lost\").increment(0); }",
        ] {
            assert_silent(ID, &project(made));
        }
    }

    #[test]
    fn rule_that_waits_for_silence_is_found_where_the_series_may_not_be_there() {
        for expression in [
            "increase(lost_total{why='disk'}[5m]) == 0",
            "sum(rate(lost_total[5m])) < 0.1",
        ] {
            let expected = "rules.yml:5:";
            assert_finds(ID, &project("", expression), &[expected]);
        }
        for expression in [
            "increase(seen_total[5m]) == 0",
            "increase(lost_total[5m]) == 0 or absent(lost_total)",
            "(sum(rate(lost_total[5m])) or vector(0)) < 0.1",
            "rate(lost_total[5m]) < 0",
        ] {
            assert_silent(ID, &project("", expression));
        }
    }

    #[test]
    fn series_that_are_made_at_the_start_and_rules_that_want_more_are_silent() {
        assert_silent(
            ID,
            &project(
                "for why in WHYS:\n    LOST.labels(why)\n",
                "increase(lost_total[5m]) > 0",
            ),
        );
        for expression in [
            "increase(lost_total[5m]) > 30",
            "rate(lost_total[5m]) > 1",
            "increase(seen_total[5m]) > 0",
            "rate(lost_total[5m]) / rate(seen_total[5m]) > 0.1",
            "lost_total > 0",
            "increase(other_total[5m]) > 0",
        ] {
            assert_silent(ID, &project("", expression));
        }
    }
}
