//! The parts of an expression.

use std::time::Duration;

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Call, Expr, VectorSelector};

use super::Operator;

/// The expression without the parentheses around it.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    let mut inner = expr;
    while let Expr::Paren(paren) = inner {
        inner = &paren.expr;
    }
    inner
}

/// What an expression is made of, one level down.
pub(crate) fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.as_deref();
            param.into_iter().chain(Some(&*aggregate.expr)).collect()
        }
        Expr::Unary(unary) => vec![&unary.expr],
        Expr::Binary(binary) => vec![&binary.lhs, &binary.rhs],
        Expr::Paren(paren) => vec![&paren.expr],
        Expr::Subquery(subquery) => vec![&subquery.expr],
        Expr::Call(call) => call.args.args.iter().map(|argument| &**argument).collect(),
        _ => Vec::new(),
    }
}

/// The expression and all its parts, each before what it is made of, from left to right.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(next) = open.pop() {
        found.push(next);
        open.extend(children(next).into_iter().rev());
    }
    found
}

/// The selector that this is, with or without a range.
pub(crate) fn selector(expr: &Expr) -> Option<&VectorSelector> {
    match bare(expr) {
        Expr::VectorSelector(selector) => Some(selector),
        Expr::MatrixSelector(matrix) => Some(&matrix.vs),
        _ => None,
    }
}

/// All its selectors, from left to right.
pub(crate) fn selectors(expr: &Expr) -> Vec<&VectorSelector> {
    let all = parts(expr).into_iter();
    all.filter(|part| !matches!(part, Expr::Paren(_)))
        .filter_map(selector)
        .collect()
}

/// The metric that a selector names.
pub(crate) fn name_of(selector: &VectorSelector) -> Option<&str> {
    if let Some(name) = &selector.name {
        return Some(name);
    }
    let mut matchers = selector.matchers.matchers.iter();
    let named = matchers.find(|matcher| matcher.name == METRIC_NAME)?;
    matches!(named.op, MatchOp::Equal).then_some(&named.value)
}

/// The first metric that an expression names.
pub(crate) fn first_name(expr: &Expr) -> Option<&str> {
    selectors(expr).into_iter().find_map(name_of)
}

/// The number that an expression always is.
pub(crate) fn constant(expr: &Expr) -> Option<f64> {
    match bare(expr) {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Unary(unary) => Some(-constant(&unary.expr)?),
        Expr::Binary(binary) => {
            let (left, right) = (constant(&binary.lhs)?, constant(&binary.rhs)?);
            match Operator::of(binary) {
                Operator::Plus => Some(left + right),
                Operator::Minus => Some(left - right),
                Operator::Times => Some(left * right),
                Operator::DividedBy => Some(left / right),
                Operator::Other if binary.op.to_string() == "^" => Some(left.powf(right)),
                Operator::Other if binary.op.to_string() == "%" => Some(left % right),
                _ => None,
            }
        }
        Expr::Call(call) if matches!(call.func.name, "scalar" | "vector") => {
            constant(call.args.args.first()?)
        }
        _ => None,
    }
}

/// The call of one of these functions that an expression is.
pub(crate) fn call<'a>(expr: &'a Expr, functions: &[&str]) -> Option<&'a Call> {
    match bare(expr) {
        Expr::Call(call) if functions.contains(&call.func.name) => Some(call),
        _ => None,
    }
}

/// The argument of a call whose series the result's are.
pub(crate) fn argument(call: &Call) -> Option<&Expr> {
    let mut arguments = call.args.args.iter();
    let of_series = arguments
        .find(|argument| matches!(argument.value_type(), ValueType::Vector | ValueType::Matrix));
    of_series.map(|argument| &**argument)
}

/// The range that a selector or a subquery looks back.
pub(crate) fn range_of(expr: &Expr) -> Option<Duration> {
    match bare(expr) {
        Expr::MatrixSelector(matrix) => Some(matrix.range),
        Expr::Subquery(subquery) => Some(subquery.range),
        _ => None,
    }
}

/// Whether it is a vector rather than a number.
pub(crate) fn is_vector(expr: &Expr) -> bool {
    expr.value_type() == ValueType::Vector
}
