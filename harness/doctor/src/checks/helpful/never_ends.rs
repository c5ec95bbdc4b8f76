//! An alert that nothing brings to an end.

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, token};

use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const NEVER_ENDS: Check = Check {
    id: "helpful/never-ends",
    title: "nothing brings an alert to an end",
    run,
};

/// Metrics that say when something began: the time since then only grows.
const BEGINNINGS: [&str; 8] = [
    "process_start_time_seconds",
    "node_boot_time_seconds",
    "container_start_time_seconds",
    "process_start_time_milliseconds",
    "kube_pod_created",
    "kube_pod_start_time",
    "kube_job_created",
    "pg_postmaster_start_time_seconds",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let findings = case.checkout.alerts().filter_map(|rule| {
        let expression = rule.expression.parsed.as_ref().ok()?;
        let (said, word) = keeps_itself(rule, expression).or_else(|| grows(expression))?;
        Some(said.of_rule(NEVER_ENDS.id, rule, rule.place_of(&word)))
    });
    findings.collect()
}

/// That its own firing is a condition of its own.
fn keeps_itself(rule: &Rule, expression: &Expr) -> Option<(Said, String)> {
    match expression {
        Expr::Paren(inner) => keeps_itself(rule, &inner.expr),
        Expr::Binary(binary) if binary.op.id() == token::T_LOR => {
            keeps_itself(rule, &binary.lhs).or_else(|| keeps_itself(rule, &binary.rhs))
        }
        Expr::VectorSelector(selector) if selector.name.as_deref() == Some("ALERTS") => {
            let mut matchers = selector.matchers.matchers.iter();
            let is_own = matchers
                .any(|matcher| matcher.name == "alertname" && matcher.value == rule.name.text);
            is_own.then(|| {
                (
                    Said::error(
                        "once it fires, `ALERTS` of itself keeps it firing for ever",
                        "join `ALERTS` with a condition by `and`, as `x > 80 and ALERTS{…}`",
                    ),
                    "ALERTS".to_owned(),
                )
            })
        }
        _ => None,
    }
}

/// That a time since a beginning is compared with a limit that it stays above.
fn grows(expression: &Expr) -> Option<(Said, String)> {
    let binary = match expression {
        Expr::Paren(inner) => return grows(&inner.expr),
        Expr::Binary(binary) => binary,
        _ => return None,
    };
    let operation = binary.op.id();
    let (growing, limit) = if [token::T_GTR, token::T_GTE].contains(&operation) {
        (&binary.lhs, &binary.rhs)
    } else if [token::T_LSS, token::T_LTE].contains(&operation) {
        (&binary.rhs, &binary.lhs)
    } else {
        return None;
    };
    if !is_a_number(limit) || binary.return_bool() {
        return None;
    }
    let metric = time_since(growing)?;
    let message = format!(
        "`time() - {metric}` only grows, so the alert fires until that is started anew and nothing \
         else ends it"
    );
    let help = "alert on what is wrong when it runs for so long, or on a limit that it stays below";
    Some((Said::warning(message, help), metric))
}

/// The metric of `time() - metric`, scaled or aggregated, that says when something began.
fn time_since(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Paren(inner) => time_since(&inner.expr),
        Expr::Aggregate(aggregate) => time_since(&aggregate.expr),
        Expr::Binary(binary) if binary.op.id() == token::T_SUB => is_now(&binary.lhs)
            .then(|| beginning(&binary.rhs))
            .flatten(),
        Expr::Binary(binary) if is_scaled(binary) => time_since(&binary.lhs),
        _ => None,
    }
}

fn is_scaled(binary: &BinaryExpr) -> bool {
    [token::T_MUL, token::T_DIV].contains(&binary.op.id()) && is_a_number(&binary.rhs)
}

fn is_now(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(inner) => is_now(&inner.expr),
        Expr::Call(call) => call.func.name == "time",
        _ => false,
    }
}

fn beginning(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Paren(inner) => beginning(&inner.expr),
        Expr::Aggregate(aggregate) => beginning(&aggregate.expr),
        Expr::VectorSelector(selector) => {
            let name = selector.name.as_deref()?;
            let began = BEGINNINGS.contains(&name) || name.ends_with("_start_time_seconds");
            began.then(|| name.to_owned())
        }
        _ => None,
    }
}

fn is_a_number(expression: &Expr) -> bool {
    match expression {
        Expr::NumberLiteral(_) => true,
        Expr::Paren(inner) => is_a_number(&inner.expr),
        Expr::Binary(binary) => is_a_number(&binary.lhs) && is_a_number(&binary.rhs),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/never-ends";

    fn rules(expression: &str) -> String {
        format!(
            "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: \
             {expression}\n"
        )
    }

    #[test]
    fn alert_that_keeps_itself_is_found() {
        assert_finds(
            ID,
            &rules("x > 3 or ALERTS{alertname=\"A\"}"),
            &["rules.yml:5:24 error: once it fires, `ALERTS` of itself keeps it firing for ever"],
        );
    }

    #[test]
    fn time_that_only_grows_is_found() {
        assert_finds(
            ID,
            &rules("(time() - process_start_time_seconds{job=\"a\"}) / 3600 > 24"),
            &["rules.yml:5:25 warning: `time() - process_start_time_seconds` only grows"],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for expression in [
            "time() - process_start_time_seconds < 300",
            "time() - last_success_timestamp_seconds > 300",
            "x > 3 or (x > 2 and ALERTS{alertname=\"A\"})",
            "x > 3 or ALERTS{alertname=\"B\"}",
            "ALERTS{alertname=\"A\"} unless x",
            "changes(process_start_time_seconds[1h]) > 3",
            "time() - process_start_time_seconds > 300 and x > 3",
        ] {
            assert_silent(ID, &rules(expression));
        }
    }
}
