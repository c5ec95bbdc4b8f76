//! The labels that an expression's samples can have.

use std::collections::BTreeSet;

use promql_parser::parser::LabelModifier;
use promql_parser::parser::{Expr, parse, token, value::ValueType};

/// The labels that the samples of `expression` can have, where its outermost aggregation tells:
/// those of `by (…)`, and none of an aggregation without it. `None` if nothing tells.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn result_labels_of(expression: &str) -> Result<Option<BTreeSet<String>>, String> {
    Ok(labels_of(&parse(expression)?))
}

fn labels_of(expression: &Expr) -> Option<BTreeSet<String>> {
    match expression {
        Expr::Paren(inner) => labels_of(&inner.expr),
        Expr::Unary(negated) => labels_of(&negated.expr),
        Expr::Aggregate(aggregate) if gives_groups(aggregate.op.id()) => {
            match &aggregate.modifier {
                Some(LabelModifier::Include(labels)) => {
                    Some(labels.labels.iter().cloned().collect())
                }
                Some(LabelModifier::Exclude(_)) => None,
                None => Some(BTreeSet::new()),
            }
        }
        Expr::Binary(binary) => match binary.op.id() {
            token::T_LAND | token::T_LUNLESS => labels_of(&binary.lhs),
            token::T_LOR => Some(&labels_of(&binary.lhs)? | &labels_of(&binary.rhs)?),
            // A number has no labels. What two vectors give depends on how they are matched.
            _ if binary.rhs.value_type() == ValueType::Scalar => labels_of(&binary.lhs),
            _ if binary.lhs.value_type() == ValueType::Scalar => labels_of(&binary.rhs),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the aggregation gives one sample per group, with the group's labels and no others.
fn gives_groups(operation: token::TokenId) -> bool {
    use token::{T_BOTTOMK, T_COUNT_VALUES, T_LIMIT_RATIO, T_LIMITK, T_TOPK};
    ![T_BOTTOMK, T_COUNT_VALUES, T_LIMIT_RATIO, T_LIMITK, T_TOPK].contains(&operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(expression: &str) -> Option<String> {
        let labels = result_labels_of(expression).unwrap()?;
        Some(labels.into_iter().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn aggregation_gives_the_labels_that_it_groups_by_and_no_others() {
        for expression in [
            "sum by (job, exchange) (rate(x[1m]))",
            "-(avg by (job, exchange) (x)) * 2 > 5",
            "0.5 < max by (job, exchange) (x{service=\"kafka\"})",
            "sum by (job, exchange) (x) > 0 unless on (job) up == 0",
            "time() - min by (exchange) (x) > 5 or count by (job) (x)",
            "count by (job, exchange) (sum by (job, exchange, zone) (x))",
        ] {
            assert_eq!(
                labels(expression).as_deref(),
                Some("exchange job"),
                "{expression}"
            );
        }
        assert_eq!(labels("sum(x) > 5").as_deref(), Some(""));
    }

    #[test]
    fn labels_are_not_known_where_no_outermost_aggregation_says_them() {
        for expression in [
            "up == 0",
            "sum without (job) (x)",
            "topk by (job) (3, x)",
            "count_values by (job) (\"version\", x)",
            "sum by (job) (x) / on (job) group_left (zone) info",
            "label_replace(sum by (job) (x), \"zone\", \"$1\", \"job\", \"(.*)\")",
            "sum by (job) (x) or up",
        ] {
            assert_eq!(labels(expression), None, "{expression}");
        }
    }
}
