//! Labels that every sample of an expression surely has.

use promql_parser::label::MatchOp;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Expr, LabelModifier, VectorMatchCardinality, VectorSelector, token,
};

use crate::knowledge::Knowledge;

/// The labels that every scraped series has.
const OF_SCRAPES: [&str; 2] = ["job", "instance"];

/// Whether every sample of `expression` surely has the label `name`, with some value. That is known
/// of `job` and `instance` alone.
pub(super) fn is_surely_there(expression: &Expr, name: &str, knowledge: &Knowledge) -> bool {
    OF_SCRAPES.contains(&name) && is_there(expression, name, knowledge)
}

fn is_there(expression: &Expr, name: &str, knowledge: &Knowledge) -> bool {
    let of = |expression: &Expr| is_there(expression, name, knowledge);
    match expression {
        Expr::Paren(inner) => of(&inner.expr),
        Expr::Unary(inner) => of(&inner.expr),
        Expr::Subquery(inner) => of(&inner.expr),
        Expr::VectorSelector(selector) => of_selector(selector, name, knowledge),
        Expr::MatrixSelector(selector) => of_selector(&selector.vs, name, knowledge),
        Expr::Call(call) => {
            let lose_labels = ["absent", "absent_over_time", "scalar", "vector", "info"];
            let changes = ["label_replace", "label_join"].contains(&call.func.name)
                && call.args.args.get(1).is_none_or(|label| match &**label {
                    Expr::StringLiteral(label) => label.val == name,
                    _ => true,
                });
            let mut vectors = call.args.args.iter().map(AsRef::as_ref);
            let vector = vectors.find(|it: &&Expr| {
                [ValueType::Vector, ValueType::Matrix].contains(&it.value_type())
            });
            !changes && !lose_labels.contains(&call.func.name) && vector.is_some_and(of)
        }
        Expr::Aggregate(aggregate) => keeps(aggregate, name) && of(&aggregate.expr),
        Expr::Binary(binary) => of_binary(binary, name, knowledge),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => false,
    }
}

fn of_selector(selector: &VectorSelector, name: &str, knowledge: &Knowledge) -> bool {
    let matchers = &selector.matchers;
    let mut of_label = matchers.matchers.iter().filter(|it| it.name == name);
    if !matchers.or_matchers.is_empty() || of_label.any(|it| it.op == MatchOp::NotEqual) {
        return false;
    }
    // Prometheus writes `up` itself, after the labels of the target.
    let is_of_prometheus = selector.name.as_deref() == Some("up");
    let labels = knowledge.labels_of(selector);
    labels.map_or(is_of_prometheus, |labels| labels.contains(name))
}

fn keeps(aggregate: &AggregateExpr, name: &str) -> bool {
    let takes_samples = [
        token::T_TOPK,
        token::T_BOTTOMK,
        token::T_LIMITK,
        token::T_LIMIT_RATIO,
    ];
    if takes_samples.contains(&aggregate.op.id()) {
        return true;
    }
    let has = |labels: &[String]| labels.iter().any(|label| label == name);
    match &aggregate.modifier {
        Some(LabelModifier::Include(by)) => has(&by.labels),
        Some(LabelModifier::Exclude(without)) => !has(&without.labels),
        None => false,
    }
}

fn of_binary(binary: &BinaryExpr, name: &str, knowledge: &Knowledge) -> bool {
    let left = || is_there(&binary.lhs, name, knowledge);
    let right = || is_there(&binary.rhs, name, knowledge);
    if binary.lhs.value_type() == ValueType::Scalar {
        return right();
    }
    if binary.rhs.value_type() == ValueType::Scalar {
        return left();
    }
    match binary.op.id() {
        token::T_LAND | token::T_LUNLESS => return left(),
        token::T_LOR => return left() && right(),
        _ => {}
    }
    let Some(modifier) = &binary.modifier else {
        // Both sides have it alike.
        return left() || right();
    };
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        return false;
    }
    let is_taken = |labels: &[String]| labels.iter().any(|label| label == name);
    match &modifier.card {
        VectorMatchCardinality::ManyToOne(taken) => !is_taken(&taken.labels) && left(),
        VectorMatchCardinality::OneToMany(taken) => !is_taken(&taken.labels) && right(),
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {
            let is_matched = match &modifier.matching {
                Some(LabelModifier::Include(on)) => is_taken(&on.labels),
                Some(LabelModifier::Exclude(ignored)) => !is_taken(&ignored.labels),
                None => true,
            };
            is_matched && (left() || right())
        }
    }
}

#[cfg(test)]
mod tests {
    use promql_parser::parser::parse;

    use super::*;

    #[test]
    fn instance_is_there_unless_something_takes_it_away() {
        let is_there = |expression: &str| {
            is_surely_there(
                &parse(expression).unwrap(),
                "instance",
                &Knowledge::default(),
            )
        };
        for expression in [
            "up == 0",
            "up{job=\"a\"} == 0 or up{job=\"b\"} == 0",
            "sum by (instance) (up) < 1",
            "avg without (job) (avg_over_time(up[5m])) < 0.9",
            "up == 0 and on (job) sum(x) > 1",
            "up * on (instance) group_left (a) b",
        ] {
            assert!(is_there(expression), "{expression}");
        }
        for expression in [
            "x == 0",
            "sum(up) == 0",
            "absent(up)",
            "up{instance!=\"a\"} == 0",
            "up == 0 or sum(up) == 0",
            "up / on (job) group_left (instance) x",
            "label_replace(up, \"instance\", \"\", \"job\", \".*\")",
            "up * ignoring (instance) y",
            "vector(1)",
        ] {
            assert!(!is_there(expression), "{expression}");
        }
    }
}
