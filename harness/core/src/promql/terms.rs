//! An alert's expression as what it looks at and what it compares that with, so that a graph can
//! show why the alert fires.
//!
//! A comparison filters: where it is false there is no value to draw. So its sides are asked for
//! apart. `and`, `or` and `unless` join such terms; within functions and aggregations nothing is
//! taken apart, for there a comparison is part of the value.

use std::convert::Infallible;
use std::fmt;

use promql_parser::parser::{BinaryExpr, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde::{Deserialize, Serialize};

/// One thing that an expression looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// How it joins those before it.
    pub role: Role,
    /// What is looked at, as `PromQL`.
    pub query: String,
    /// What that is compared with; nothing if every sample counts.
    pub limits: Vec<Limit>,
}

/// How a term joins those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It is the first.
    First,
    /// It is enough, too.
    Or,
    /// It must be so, too.
    And,
    /// It must not be so.
    Unless,
}

/// What a term is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The comparison: `>`, for example.
    pub operator: String,
    /// What stands on its other side, as `PromQL`.
    pub query: String,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "",
            Self::Or => "or",
            Self::And => "and",
            Self::Unless => "unless",
        })
    }
}

/// The terms of an expression, in its own order.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn terms_of(expression: &str) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    collect(
        &promql_parser::parser::parse(expression)?,
        Role::First,
        &mut terms,
    );
    Ok(terms)
}

/// The number that an expression is, if it is written as one.
#[must_use]
pub fn number_of(expression: &str) -> Option<f64> {
    number(&promql_parser::parser::parse(expression).ok()?)
}

fn collect(expression: &Expr, role: Role, terms: &mut Vec<Term>) {
    match expression {
        Expr::Paren(inner) => collect(&inner.expr, role, terms),
        Expr::Binary(binary) if binary.op.is_set_operator() => {
            let joins = match binary.op.to_string().as_str() {
                "or" => Role::Or,
                "and" => Role::And,
                _ => Role::Unless,
            };
            collect(&binary.lhs, role, terms);
            collect(&binary.rhs, joins, terms);
        }
        _ => {
            let (query, limits) = sides(expression);
            terms.push(Term {
                role,
                query,
                limits,
            });
        }
    }
}

/// What is looked at, and its limits; `a > 5 < 10` has two.
fn sides(expression: &Expr) -> (String, Vec<Limit>) {
    match expression {
        Expr::Paren(inner) => sides(&inner.expr),
        Expr::Binary(binary) if binary.op.is_comparison_operator() && !binary.return_bool() => {
            let operator = binary.op.to_string();
            let is_turned = is_constant(&binary.lhs) && !is_constant(&binary.rhs);
            let BinaryExpr { lhs, rhs, .. } = binary;
            let (looked_at, other, operator) = if is_turned {
                (rhs, lhs, turned(&operator))
            } else {
                (lhs, rhs, operator)
            };
            let (query, mut limits) = sides(looked_at);
            limits.push(Limit {
                operator,
                query: other.to_string(),
            });
            (query, limits)
        }
        _ => (expression.to_string(), Vec::new()),
    }
}

/// The same comparison, read from its other side.
fn turned(operator: &str) -> String {
    match operator {
        ">" => "<",
        ">=" => "<=",
        "<" => ">",
        "<=" => ">=",
        same => same,
    }
    .to_owned()
}

/// What a comparison compares with a number, how it is compared, and the number.
pub(super) fn compared_with_a_number(binary: &BinaryExpr) -> Option<(&Expr, String, f64)> {
    if !binary.op.is_comparison_operator() {
        return None;
    }
    let BinaryExpr { lhs, rhs, op, .. } = binary;
    let operator = op.to_string();
    match (number(lhs), number(rhs)) {
        (_, Some(number)) => Some((lhs, operator, number)),
        (Some(number), None) => Some((rhs, turned(&operator), number)),
        (None, None) => None,
    }
}

/// Whether it reads no metric.
fn is_constant(expression: &Expr) -> bool {
    struct Reads(bool);
    impl ExprVisitor for Reads {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            self.0 |= matches!(part, Expr::VectorSelector(_) | Expr::MatrixSelector(_));
            Ok(!self.0)
        }
    }
    let mut reads = Reads(false);
    let _ = walk_expr(&mut reads, expression);
    !reads.0
}

fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::NumberLiteral(literal) => Some(literal.val),
        Expr::Paren(inner) => number(&inner.expr),
        Expr::Unary(negated) => number(&negated.expr).map(|value| -value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(expression: &str) -> Vec<String> {
        let text = |term: Term| {
            let limits = term.limits.iter();
            let limits = limits.map(|limit| format!("[{} {}]", limit.operator, limit.query));
            let limits: String = limits.collect();
            let text = format!("{} {} {limits}", term.role, term.query);
            text.trim().to_owned()
        };
        let terms = terms_of(expression).unwrap().into_iter();
        terms.map(text).collect()
    }

    #[test]
    fn comparison_is_what_is_looked_at_and_its_limit() {
        assert_eq!(
            terms("kafka_consumer_group_lag > 1000"),
            ["kafka_consumer_group_lag [> 1000]"]
        );
        assert_eq!(
            terms("up{job=\"feed-handler\"} == 0"),
            ["up{job=\"feed-handler\"} [== 0]"]
        );
        assert_eq!(
            terms("time() - last_over_time(seen[1m]) > 120"),
            ["time() - last_over_time(seen[1m]) [> 120]"],
            "arithmetic belongs to what is looked at"
        );
        assert_eq!(
            terms("avg by (exchange) (last_over_time(delay_s[1m])) > 30"),
            ["avg by (exchange) (last_over_time(delay_s[1m])) [> 30]"]
        );
    }

    #[test]
    fn other_side_of_a_comparison_may_be_any_expression() {
        assert_eq!(
            terms("memory_bytes > 0.9 * limit_bytes"),
            ["memory_bytes [> 0.9 * limit_bytes]"]
        );
        assert_eq!(terms("a > on (job) group_left () b"), ["a [> b]"]);
    }

    #[test]
    fn limit_that_stands_first_is_read_from_its_other_side() {
        assert_eq!(terms("1000 < lag"), ["lag [> 1000]"]);
        assert_eq!(terms("(-5) >= lag"), ["lag [<= (-5)]"]);
        assert_eq!(terms("0 == up"), ["up [== 0]"]);
    }

    #[test]
    fn value_between_two_limits_has_both() {
        assert_eq!(terms("(lag > 5) < 10"), ["lag [> 5][< 10]"]);
    }

    #[test]
    fn terms_that_set_operators_join_are_told_apart_by_how_they_join() {
        let restarted = "increase(restarts[2m]) > 0";
        let killed = "last_over_time(oom_killed[1m])";
        assert_eq!(
            terms(&format!("{restarted} and on (service, name) {killed} == 1")),
            [
                "increase(restarts[2m]) [> 0]",
                &format!("and {killed} [== 1]")
            ]
        );
        let seen = "last_over_time(errors[15m] offset 2m)";
        assert_eq!(
            terms(&format!(
                "errors > 0 or failures > 0 unless {seen} and on (job) up == 1"
            )),
            [
                "errors [> 0]",
                "or failures [> 0]",
                &format!("unless {seen}"),
                "and up [== 1]"
            ]
        );
    }

    #[test]
    fn what_has_no_comparison_of_its_own_is_looked_at_whole() {
        assert_eq!(
            terms("absent(up{job=\"kafka\"})"),
            ["absent(up{job=\"kafka\"})"]
        );
        assert_eq!(terms("lag > bool 5"), ["lag > bool 5"]);
        assert_eq!(terms("count(up == 0) > 2"), ["count(up == 0) [> 2]"]);
        assert_eq!(terms("(lag > 5) * 2"), ["(lag > 5) * 2"]);
    }

    #[test]
    fn number_is_known_without_asking() {
        assert_eq!(
            [
                number_of("1000"),
                number_of("(-5)"),
                number_of("0.9 * limit")
            ],
            [Some(1000.0), Some(-5.0), None]
        );
    }

    #[test]
    fn each_term_is_promql_again() {
        let expression = "max_over_time(up{job=~\"a|b\"}[15m:5s] offset 2m) == 1 \
                          and sum without (x) (rate(y[1m])) / 2 >= 0.5";
        for term in terms_of(expression).unwrap() {
            assert!(terms_of(&term.query).is_ok(), "{}", term.query);
        }
    }
}
