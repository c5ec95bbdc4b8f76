//! What the checks of expressions have in common: rules whose expressions can be read.

use alertdrill_project::yaml_tree::Place;
use promql_parser::parser::Expr;

use crate::checkout::{Checkout, Rule, RuleKind};
use crate::expression::{first_name, parts};

/// The most parts of an expression that is read: nobody writes longer ones, and generated ones of
/// thousands would take long.
const MOST_PARTS: usize = 1000;

/// Each rule whose expression is `PromQL`, and what it says.
pub(super) fn rules(checkout: &Checkout) -> impl Iterator<Item = (&Rule, &Expr)> {
    let rules = checkout.rules();
    let read = rules.filter_map(|rule| Some((rule, rule.expression.parsed.as_ref().ok()?)));
    read.filter(|(_, expr)| parts(expr).len() <= MOST_PARTS)
}

/// As [`rules`], of those that alert.
pub(super) fn alerts(checkout: &Checkout) -> impl Iterator<Item = (&Rule, &Expr)> {
    rules(checkout).filter(|(rule, _)| rule.kind == RuleKind::Alert)
}

/// Where a part of a rule's expression stands: its first metric.
pub(super) fn place(rule: &Rule, part: &Expr) -> Place {
    first_name(part).map_or(rule.expression.node.place, |name| rule.place_of(name))
}

/// A part of an expression as it is told: on one line, and not too long.
pub(super) fn told(part: &Expr) -> String {
    const LONGEST: usize = 80;
    let text = part.to_string();
    let mut told: String = text.chars().take(LONGEST).collect();
    if told.len() < text.len() {
        told.push('…');
    }
    told
}

#[cfg(test)]
pub(in crate::checks) mod tests {
    use crate::test_projects::{assert_silent, findings};

    /// The check finds one thing of this severity in the project.
    #[track_caller]
    pub(in crate::checks) fn assert_found_in(id: &str, severity: &str, project: &str) {
        let found = findings(project);
        let marked = format!(" {id}: ");
        let found: Vec<_> = found.iter().filter(|line| line.contains(&marked)).collect();
        let [line] = found.as_slice() else {
            panic!("expected one finding in {project}, found {found:#?}");
        };
        assert!(line.contains(&format!(" {severity} {id}: ")), "{line}");
        assert!(severity != "error" || !line.contains(" may "), "{line}");
    }

    /// The check finds one thing of this severity in each alert.
    #[track_caller]
    pub(in crate::checks) fn assert_found(id: &str, severity: &str, expressions: &[&str]) {
        for expr in expressions {
            assert_found_in(id, severity, &alerts_on(expr));
        }
    }

    /// The check finds nothing in any of the alerts.
    #[track_caller]
    pub(in crate::checks) fn assert_fine(id: &str, expressions: &[&str]) {
        for expr in expressions {
            assert_silent(id, &alerts_on(expr));
        }
    }

    /// A project with one alert, whose expression stands on line 5.
    pub(in crate::checks) fn alerts_on(expr: &str) -> String {
        alerts_with(expr, "")
    }

    /// As [`alerts_on`], with more lines of the alert.
    pub(in crate::checks) fn alerts_with(expr: &str, more: &str) -> String {
        let expr = expr.replace('\'', "''");
        let lines = more.lines().map(|line| format!("    {line}\n"));
        let more: String = lines.collect();
        format!(
            "--- rules.yml\ngroups:\n- name: g\n  rules:\n  - alert: A\n    expr: '{expr}'\n{more}"
        )
    }

    #[test]
    fn expression_of_too_many_parts_is_left_alone() {
        let expr = vec!["a"; 600].join(" + ") + " > 5 and a < 1";
        assert_silent("expression/contradiction", &alerts_on(&expr));
    }
}
