//! Which labels the result of an expression can have.

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::{
    BinaryExpr, Call, Expr, LabelModifier, StringLiteral, VectorMatchCardinality, VectorSelector,
};

use super::series::Labels;

/// Labels of what an expression gives; `None` if they are not known. `of` tells those of a selector.
pub(crate) fn result_labels(
    expression: &Expr,
    of: &dyn Fn(&VectorSelector) -> Option<Labels>,
) -> Option<Labels> {
    match expression {
        Expr::VectorSelector(selector) => of(selector),
        Expr::MatrixSelector(matrix) => of(&matrix.vs),
        Expr::Paren(it) => result_labels(&it.expr, of),
        Expr::Unary(it) => result_labels(&it.expr, of),
        Expr::Subquery(it) => result_labels(&it.expr, of),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Some(Labels::new()),
        Expr::Extension(_) => None,
        Expr::Aggregate(it) => {
            let name = it.op.to_string();
            if ["topk", "bottomk", "limitk", "limit_ratio"].contains(&name.as_str()) {
                return result_labels(&it.expr, of);
            }
            let mut labels = match &it.modifier {
                None => Labels::new(),
                Some(LabelModifier::Include(by)) => {
                    let inner = result_labels(&it.expr, of);
                    // Whatever else is not known: no other label is left.
                    let kept = by.labels.iter().filter_map(|label| match &inner {
                        None => Some((label.clone(), None)),
                        Some(inner) => Some((label.clone(), inner.get(label)?.clone())),
                    });
                    kept.collect()
                }
                Some(LabelModifier::Exclude(without)) => {
                    let mut labels = result_labels(&it.expr, of)?;
                    labels.retain(|label, _| !without.labels.contains(label));
                    labels
                }
            };
            if name == "count_values"
                && let Some(Expr::StringLiteral(label)) = it.param.as_deref()
            {
                labels.insert(label.val.clone(), None);
            }
            Some(labels)
        }
        Expr::Call(call) => of_call(call, of),
        Expr::Binary(it) => of_binary(it, of),
    }
}

fn of_call(call: &Call, of: &dyn Fn(&VectorSelector) -> Option<Labels>) -> Option<Labels> {
    let arguments = &call.args.args;
    let text = |index: usize| match arguments.get(index).map(|it| &**it) {
        Some(Expr::StringLiteral(StringLiteral { val })) => Some(val.clone()),
        _ => None,
    };
    let first = || result_labels(arguments.first()?, of);
    match call.func.name {
        "time" | "vector" | "scalar" | "pi" => Some(Labels::new()),
        "absent" | "absent_over_time" => match arguments.first().map(|it| &**it) {
            Some(Expr::VectorSelector(selector)) => Some(equal_matchers(&selector.matchers)),
            Some(Expr::MatrixSelector(matrix)) => Some(equal_matchers(&matrix.vs.matchers)),
            _ => Some(Labels::new()),
        },
        "label_replace" | "label_join" => {
            let mut labels = first()?;
            labels.insert(text(1)?, None);
            Some(labels)
        }
        "histogram_quantile" => {
            let mut labels = result_labels(arguments.get(1)?, of)?;
            labels.remove("le");
            Some(labels)
        }
        "quantile_over_time" => result_labels(arguments.get(1)?, of),
        "info" => None,
        _ if arguments.is_empty() => Some(Labels::new()),
        _ => first(),
    }
}

fn equal_matchers(matchers: &Matchers) -> Labels {
    let equal = matchers
        .matchers
        .iter()
        .filter(|it| it.op == MatchOp::Equal);
    equal
        .map(|it| (it.name.clone(), Some([it.value.clone()].into())))
        .collect()
}

fn is_number(expression: &Expr) -> bool {
    match expression {
        Expr::NumberLiteral(_) => true,
        Expr::Paren(it) => is_number(&it.expr),
        Expr::Unary(it) => is_number(&it.expr),
        Expr::Binary(it) => is_number(&it.lhs) && is_number(&it.rhs),
        Expr::Call(call) => ["time", "scalar", "pi"].contains(&call.func.name),
        _ => false,
    }
}

fn of_binary(it: &BinaryExpr, of: &dyn Fn(&VectorSelector) -> Option<Labels>) -> Option<Labels> {
    if is_number(&it.rhs) {
        return result_labels(&it.lhs, of);
    }
    if is_number(&it.lhs) {
        return result_labels(&it.rhs, of);
    }
    let (left, right) = (result_labels(&it.lhs, of), result_labels(&it.rhs, of));
    match it.op.to_string().as_str() {
        "and" | "unless" => return left,
        "or" => {
            let mut labels = left?;
            labels.extend(right?);
            return Some(labels);
        }
        _ => {}
    }
    let Some(modifier) = &it.modifier else {
        return left;
    };
    match &modifier.card {
        VectorMatchCardinality::ManyToOne(include) => {
            let mut labels = left?;
            labels.extend(include.labels.iter().map(|label| (label.clone(), None)));
            Some(labels)
        }
        VectorMatchCardinality::OneToMany(include) => {
            let mut labels = right?;
            labels.extend(include.labels.iter().map(|label| (label.clone(), None)));
            Some(labels)
        }
        _ if it.op.is_comparison_operator()
            && !modifier.return_bool
            && modifier.matching.is_none() =>
        {
            left
        }
        _ => match &modifier.matching {
            None => left,
            Some(LabelModifier::Include(on)) => {
                let left = left.unwrap_or_default();
                let kept = on
                    .labels
                    .iter()
                    .map(|label| (label.clone(), left.get(label).cloned().flatten()));
                Some(kept.collect())
            }
            Some(LabelModifier::Exclude(ignored)) => {
                let mut labels = left?;
                labels.retain(|label, _| !ignored.labels.contains(label));
                Some(labels)
            }
        },
    }
}
