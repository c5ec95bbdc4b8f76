//! Two rules that fire together.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, token};

use crate::checkout::{Rule, RuleKind};
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const SAME_ALERT_TWICE: Check = Check {
    id: "helpful/same-alert-twice",
    title: "two rules fire together",
    run,
};

const HELP: &str = "keep one of them, or let them differ in their limit, their `for` or whom they \
                    are for";

/// What a rule fires for.
struct Condition<'a> {
    rule: &'a Rule,
    /// The number that its value is compared with.
    limit: f64,
    held_for: Duration,
}

fn run(case: &Case<'_>) -> Vec<Finding> {
    // By what is compared, in which direction, and by the labels besides the severity.
    let mut alike: BTreeMap<(String, bool, String), Vec<Condition<'_>>> = BTreeMap::new();
    for rule in case
        .checkout
        .alerts()
        .filter(|it| it.kind == RuleKind::Alert)
    {
        let Ok(expression) = &rule.expression.parsed else {
            continue;
        };
        let (compared, is_above, limit) = compared(expression);
        let condition = Condition {
            rule,
            limit: if is_above { limit } else { -limit },
            held_for: rule
                .held_for
                .map_or(Duration::ZERO, |(held_for, _)| held_for),
        };
        let key = (compared, is_above, other_labels(rule));
        alike.entry(key).or_default().push(condition);
    }
    let mut findings = Vec::new();
    for conditions in alike.values() {
        for (number, later) in conditions.iter().enumerate() {
            let mut earlier = conditions.iter().take(number);
            findings.extend(earlier.find_map(|earlier| said(earlier, later)));
        }
    }
    findings
}

fn said(earlier: &Condition<'_>, later: &Condition<'_>) -> Option<Finding> {
    let severity = |it: &Condition<'_>| it.rule.label("severity").map(|text| text.text.clone());
    let is_same_severity = severity(earlier) == severity(later);
    let place = |rule: &Rule| format!("{}:{}", rule.path().display(), rule.name.place.line);
    let finding = |message: String| {
        let rule = later.rule;
        let said = Said::warning(message, HELP);
        Some(said.of_rule(SAME_ALERT_TWICE.id, rule, rule.name.place))
    };
    let name = &earlier.rule.name.text;
    let (limits, times) = (
        earlier.limit.total_cmp(&later.limit),
        earlier.held_for.cmp(&later.held_for),
    );
    if limits.is_eq() && times.is_eq() {
        let there = place(earlier.rule);
        let is_same_name = *name == later.rule.name.text;
        return match (is_same_severity, is_same_name) {
            (true, true) => finding(format!("the alert is there twice, also in {there}")),
            (true, false) => finding(format!("it fires whenever `{name}` does ({there})")),
            (false, _) => finding(format!(
                "it fires whenever `{name}` does ({there}), and only the severity differs"
            )),
        };
    }
    if !is_same_severity {
        return None;
    }
    // Who needs more and holds out longer fires only while the other one does.
    let (narrow, wide) = if limits.is_ge() && times.is_ge() {
        (earlier, later)
    } else if limits.is_le() && times.is_le() {
        (later, earlier)
    } else {
        return None;
    };
    if limits.is_eq() {
        return None;
    }
    finding(format!(
        "whenever `{}` fires ({}), `{}` with the same severity fires too",
        narrow.rule.name.text,
        place(narrow.rule),
        wide.rule.name.text
    ))
}

/// What is compared with a number, whether it has to be above it, and the number; of another
/// condition all of it.
fn compared(expression: &Expr) -> (String, bool, f64) {
    match expression {
        Expr::Paren(inner) => compared(&inner.expr),
        Expr::Binary(binary) => {
            limit(binary).unwrap_or_else(|| (expression.to_string(), true, 0.0))
        }
        _ => (expression.to_string(), true, 0.0),
    }
}

fn limit(binary: &BinaryExpr) -> Option<(String, bool, f64)> {
    if binary.return_bool() {
        return None;
    }
    let operation = binary.op.id();
    let is_above = [token::T_GTR, token::T_GTE].contains(&operation);
    let is_below = [token::T_LSS, token::T_LTE].contains(&operation);
    if !is_above && !is_below {
        return None;
    }
    let includes = [token::T_GTE, token::T_LTE].contains(&operation);
    let (value, limit, is_above) = match (number(&binary.lhs), number(&binary.rhs)) {
        (None, Some(limit)) => (&binary.lhs, limit, is_above),
        (Some(limit), None) => (&binary.rhs, limit, is_below),
        _ => return None,
    };
    // `>` and `>=` are told apart: they differ where values are whole numbers.
    Some((format!("{includes} {value}"), is_above, limit))
}

fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(inner) => number(&inner.expr),
        Expr::Unary(inner) => number(&inner.expr).map(|number| -number),
        _ => None,
    }
}

/// The labels besides the severity: rules for different people are no double.
fn other_labels(rule: &Rule) -> String {
    let labels = rule
        .labels
        .iter()
        .filter(|(name, _)| name.text != "severity");
    let mut labels: Vec<_> = labels
        .map(|(name, value)| format!("{}={}", name.text, value.text))
        .collect();
    labels.sort();
    labels.join("\n")
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/same-alert-twice";

    fn rules(alerts: &[&str]) -> String {
        let alerts = alerts.iter().map(|it| format!("      - {{{it}}}\n"));
        let alerts = alerts.collect::<String>();
        format!("--- rules.yml\ngroups:\n  - name: g\n    rules:\n{alerts}")
    }

    #[test]
    fn rules_with_the_same_condition_are_found() {
        assert_finds(
            ID,
            &rules(&["alert: A, expr: up == 0", "alert: B, expr: (up==0)"]),
            &["rules.yml:5:17 warning: it fires whenever `A` does (rules.yml:4)"],
        );
        assert_finds(
            ID,
            &rules(&["alert: A, expr: up == 0", "alert: A, expr: up == 0"]),
            &["rules.yml:5:17 warning: the alert is there twice, also in rules.yml:4"],
        );
        assert_finds(
            ID,
            &rules(&[
                "alert: A, expr: up == 0, labels: {severity: a}",
                "alert: B, expr: up == 0, labels: {severity: b}",
            ]),
            &[
                "rules.yml:5:17 warning: it fires whenever `A` does (rules.yml:4), and only the \
                 severity differs",
            ],
        );
    }

    #[test]
    fn wider_limit_of_the_same_severity_is_found() {
        assert_finds(
            ID,
            &rules(&[
                "alert: A, expr: x > 80, for: 1m",
                "alert: B, expr: 90 < x, for: 1m",
            ]),
            &[
                "rules.yml:5:17 warning: whenever `B` fires (rules.yml:5), `A` with the same \
                 severity fires too",
            ],
        );
    }

    #[test]
    fn look_alikes_are_silent() {
        for alerts in [
            // Warning and critical by limits, and by time.
            [
                "expr: x > 80, labels: {severity: a}",
                "expr: x > 90, labels: {severity: b}",
            ],
            [
                "expr: x > 1, for: 1m, labels: {severity: a}",
                "expr: x > 1, for: 9m, labels: {severity: b}",
            ],
            // More for a shorter time.
            ["expr: x > 80, for: 9m", "expr: x > 90, for: 1m"],
            ["expr: x > 80", "expr: x < 10"],
            [
                "expr: x > 80, labels: {team: a}",
                "expr: x > 80, labels: {team: b}",
            ],
            ["expr: 'x{a=\"b\"} > 80'", "expr: 'x{a=\"c\"} > 80'"],
            ["expr: 'rate(x[5m]) > 1'", "expr: 'rate(x[9m]) > 1'"],
        ] {
            let [a, b] = alerts;
            assert_silent(
                ID,
                &rules(&[&format!("alert: A, {a}"), &format!("alert: B, {b}")]),
            );
        }
    }
}
