//! Whether two expressions say the same.

use std::collections::BTreeSet;

use promql_parser::label::{Matcher, Matchers};
use promql_parser::parser::{Expr, LabelModifier, VectorSelector};

use super::bare;

/// Whether two expressions say the same, however they are set in parentheses and whatever the order
/// of their matchers.
pub(crate) fn same(left: &Expr, right: &Expr) -> bool {
    alike(left, right, &|left, right| {
        left.name == right.name && same_matchers(&left.matchers, &right.matchers)
    })
}

/// As [`same`], where `same_selectors` tells which selectors are taken for the same; their offsets
/// are compared here.
pub(crate) fn alike(
    left: &Expr,
    right: &Expr,
    same_selectors: &dyn Fn(&VectorSelector, &VectorSelector) -> bool,
) -> bool {
    let also = |left: &Expr, right: &Expr| alike(left, right, same_selectors);
    let selectors = |left: &VectorSelector, right: &VectorSelector| {
        left.offset == right.offset && left.at == right.at && same_selectors(left, right)
    };
    match (bare(left), bare(right)) {
        (Expr::Aggregate(left), Expr::Aggregate(right)) => {
            let params = match (&left.param, &right.param) {
                (Some(left), Some(right)) => also(left, right),
                (left, right) => left.is_none() && right.is_none(),
            };
            params
                && left.op == right.op
                && same_modifiers(left.modifier.as_ref(), right.modifier.as_ref())
                && also(&left.expr, &right.expr)
        }
        (Expr::Unary(left), Expr::Unary(right)) => also(&left.expr, &right.expr),
        (Expr::Binary(left), Expr::Binary(right)) => {
            left.op == right.op
                && left.modifier == right.modifier
                && also(&left.lhs, &right.lhs)
                && also(&left.rhs, &right.rhs)
        }
        (Expr::Subquery(left), Expr::Subquery(right)) => {
            left.range == right.range
                && left.step == right.step
                && left.offset == right.offset
                && left.at == right.at
                && also(&left.expr, &right.expr)
        }
        (Expr::VectorSelector(left), Expr::VectorSelector(right)) => selectors(left, right),
        (Expr::MatrixSelector(left), Expr::MatrixSelector(right)) => {
            left.range == right.range && selectors(&left.vs, &right.vs)
        }
        (Expr::Call(left), Expr::Call(right)) => {
            let (of_left, of_right) = (&left.args.args, &right.args.args);
            left.func.name == right.func.name
                && of_left.len() == of_right.len()
                && of_left
                    .iter()
                    .zip(of_right)
                    .all(|(left, right)| also(left, right))
        }
        (left, right) => left == right,
    }
}

fn same_modifiers(left: Option<&LabelModifier>, right: Option<&LabelModifier>) -> bool {
    let labels = |modifier: Option<&LabelModifier>| -> (bool, BTreeSet<String>) {
        let names = modifier.map(|modifier| modifier.labels().labels.iter().cloned().collect());
        let keeps = modifier.is_none_or(LabelModifier::is_include);
        (keeps, names.unwrap_or_default())
    };
    labels(left) == labels(right)
}

fn same_matchers(left: &Matchers, right: &Matchers) -> bool {
    left.or_matchers == right.or_matchers
        && covers(&left.matchers, &right.matchers)
        && covers(&right.matchers, &left.matchers)
}

/// Whether each matcher of `inner` is one of `outer`, too.
pub(crate) fn covers(outer: &[Matcher], inner: &[Matcher]) -> bool {
    inner.iter().all(|matcher| outer.contains(matcher))
}

#[cfg(test)]
mod tests {
    use super::*;
    use promql_parser::parser::parse;

    #[test]
    fn parentheses_and_the_order_of_matchers_do_not_matter() {
        let one = parse("sum by (a, b) (rate(x{p=\"1\", q=\"2\"}[5m]))").unwrap();
        let other = parse("(sum(rate((x{q=\"2\", p=\"1\"}[5m]))) by (b, a))");
        assert!(same(&one, &other.unwrap_or_else(|_| one.clone())));
        for different in [
            "sum by (a) (rate(x{p=\"1\", q=\"2\"}[5m]))",
            "sum by (a, b) (rate(x{p=\"1\", q=\"2\"}[1m]))",
            "sum by (a, b) (rate(x{p=\"1\", q=\"2\"}[5m] offset 1h))",
            "sum by (a, b) (rate(x{p=\"1\"}[5m]))",
        ] {
            assert!(!same(&one, &parse(different).unwrap()), "{different}");
        }
    }
}
