//! Expressions that have a result whatever the values are: nothing of them decides.

use promql_parser::parser::{BinaryExpr, Expr};

use super::parts::is_vector;
use super::{Operator, Reading, argument, bare, name_of};

/// Functions that compute something which is there as long as their series are.
const COMPUTES: &[&str] = &[
    "abs",
    "avg_over_time",
    "ceil",
    "changes",
    "clamp",
    "clamp_max",
    "clamp_min",
    "delta",
    "deriv",
    "floor",
    "histogram_quantile",
    "idelta",
    "increase",
    "irate",
    "label_join",
    "label_replace",
    "max_over_time",
    "min_over_time",
    "predict_linear",
    "quantile_over_time",
    "rate",
    "resets",
    "round",
    "sort",
    "sort_desc",
    "sum_over_time",
];

/// Why an expression has a result whenever its series are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// It computes something and compares it with nothing.
    WithoutComparison,
    /// It gives 0 or 1, and both are a result.
    WithTruth,
}

/// Whether an expression has a result whenever its series are there, and why; `None` if it need
/// not, or if that may be meant.
pub(crate) fn always_answers(reading: &Reading<'_>, expr: &Expr) -> Option<Answers> {
    answers(reading, expr, 0).filter(|_| computes(expr))
}

/// The deepest that recorded metrics are looked through.
const DEEPEST: usize = 4;

fn answers(reading: &Reading<'_>, expr: &Expr, depth: usize) -> Option<Answers> {
    match bare(expr) {
        Expr::VectorSelector(selector) => {
            let name = name_of(selector)?;
            if name.starts_with("ALERTS") || depth > DEEPEST {
                return None;
            }
            if !reading.is_recorded(name) {
                return Some(Answers::WithoutComparison);
            }
            let mut rules = reading.recorders(name).iter();
            let all_answer = rules.len() > 0
                && rules.all(|rule| {
                    let expr = rule.expression.parsed.as_ref().ok();
                    expr.is_some_and(|expr| answers(reading, expr, depth + 1).is_some())
                });
            all_answer.then_some(Answers::WithoutComparison)
        }
        Expr::MatrixSelector(_) => Some(Answers::WithoutComparison),
        Expr::Subquery(subquery) => answers(reading, &subquery.expr, depth),
        Expr::Unary(unary) => answers(reading, &unary.expr, depth),
        Expr::Aggregate(aggregate) => match aggregate.op.to_string().as_str() {
            "sum" | "avg" | "min" | "max" | "quantile" | "stddev" | "stdvar" => {
                answers(reading, &aggregate.expr, depth)
            }
            _ => None,
        },
        Expr::Call(call) if COMPUTES.contains(&call.func.name) => {
            answers(reading, argument(call)?, depth)
        }
        Expr::Binary(binary) => answers_of_binary(reading, binary, depth),
        _ => None,
    }
}

fn answers_of_binary(reading: &Reading<'_>, binary: &BinaryExpr, depth: usize) -> Option<Answers> {
    let of = |side: &Expr| {
        if is_vector(side) {
            answers(reading, side, depth)
        } else {
            Some(Answers::WithoutComparison)
        }
    };
    if !is_vector(&binary.lhs) && !is_vector(&binary.rhs) {
        return None;
    }
    let operator = Operator::of(binary);
    if operator.compares() {
        return (binary.return_bool() && of(&binary.lhs).is_some() && of(&binary.rhs).is_some())
            .then_some(Answers::WithTruth);
    }
    let (left, right) = (of(&binary.lhs)?, of(&binary.rhs)?);
    let has_truth = left == Answers::WithTruth || right == Answers::WithTruth;
    match operator {
        Operator::Unless => None,
        Operator::And | Operator::Or if !has_truth => None,
        _ if has_truth => Some(Answers::WithTruth),
        _ => Some(Answers::WithoutComparison),
    }
}

/// Whether an expression is more than the name of something that may be there or not.
fn computes(expr: &Expr) -> bool {
    !matches!(bare(expr), Expr::VectorSelector(_))
}
