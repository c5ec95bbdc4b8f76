//! The labels that the samples of an expression have.

use std::collections::BTreeMap;

use promql_parser::label::{MatchOp, Matchers};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality, VectorSelector,
    token,
};

use super::LabelValue;
use crate::knowledge::Knowledge;

/// The labels that the samples of an expression have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultLabels {
    named: BTreeMap<String, LabelValue>,
    /// Of every label that is not named.
    others: LabelValue,
}

impl ResultLabels {
    /// None at all.
    fn none() -> Self {
        Self {
            named: BTreeMap::new(),
            others: LabelValue::Absent,
        }
    }

    pub(super) fn unknown() -> Self {
        Self {
            named: BTreeMap::new(),
            others: LabelValue::Unknown,
        }
    }

    /// The value of the label `name`.
    pub(crate) fn value_of(&self, name: &str) -> LabelValue {
        self.named.get(name).unwrap_or(&self.others).clone()
    }

    /// Whether it is known which labels there are.
    pub(crate) fn are_known(&self) -> bool {
        self.others == LabelValue::Absent
    }

    /// The labels that may be there, where it is known which there are.
    pub(crate) fn names(&self) -> Vec<&str> {
        let named = self.named.iter();
        let there = named.filter(|(_, value)| **value != LabelValue::Absent);
        there.map(|(name, _)| name.as_str()).collect()
    }

    fn with(mut self, name: &str, value: LabelValue) -> Self {
        self.named.insert(name.to_owned(), value);
        self
    }

    /// Only these labels.
    fn only<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Self {
        let kept = names.into_iter();
        Self {
            named: kept
                .map(|name| (name.clone(), self.value_of(name)))
                .collect(),
            others: LabelValue::Absent,
        }
    }

    /// All but these labels.
    fn without<'a>(self, names: impl IntoIterator<Item = &'a String>) -> Self {
        let names = names.into_iter();
        names.fold(self, |labels, name| labels.with(name, LabelValue::Absent))
    }

    fn combined(&self, other: &Self, with: impl Fn(LabelValue, LabelValue) -> LabelValue) -> Self {
        let names = self.named.keys().chain(other.named.keys());
        Self {
            named: names
                .map(|name| {
                    (
                        name.clone(),
                        with(self.value_of(name), other.value_of(name)),
                    )
                })
                .collect(),
            others: with(self.others.clone(), other.others.clone()),
        }
    }
}

/// The labels that the samples of `expression` have.
pub(crate) fn result_labels_of(expression: &Expr, knowledge: &Knowledge) -> ResultLabels {
    let of = |expression: &Expr| result_labels_of(expression, knowledge);
    match expression {
        Expr::Paren(inner) => of(&inner.expr),
        Expr::Unary(inner) => of(&inner.expr),
        Expr::Subquery(inner) => of(&inner.expr),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => ResultLabels::none(),
        Expr::VectorSelector(selector) => of_selector(selector, knowledge),
        Expr::MatrixSelector(selector) => of_selector(&selector.vs, knowledge),
        Expr::Call(call) => of_call(call, knowledge),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate, knowledge),
        Expr::Binary(binary) => of_binary(binary, knowledge),
        Expr::Extension(_) => ResultLabels::unknown(),
    }
}

fn of_selector(selector: &VectorSelector, knowledge: &Knowledge) -> ResultLabels {
    let mut labels = match knowledge.labels_of(selector) {
        Some(known) => {
            let named = known.into_iter().map(|name| (name, LabelValue::Unknown));
            ResultLabels {
                named: named.collect(),
                others: LabelValue::Absent,
            }
        }
        None => ResultLabels::unknown(),
    };
    labels = labels.with("__name__", LabelValue::Unknown);
    for (name, value) in fixed(&selector.matchers) {
        labels = labels.with(&name, value);
    }
    labels
}

/// What `name="value"` fixes.
fn fixed(matchers: &Matchers) -> Vec<(String, LabelValue)> {
    if !matchers.or_matchers.is_empty() {
        return Vec::new();
    }
    let equal = matchers.matchers.iter();
    let equal = equal.filter(|matcher| matcher.op == MatchOp::Equal);
    let named = equal.map(|matcher| {
        let value = if matcher.value.is_empty() {
            LabelValue::Absent
        } else {
            LabelValue::One(matcher.value.clone())
        };
        (matcher.name.clone(), value)
    });
    named.collect()
}

fn of_call(call: &Call, knowledge: &Knowledge) -> ResultLabels {
    let argument =
        |number: usize| -> Option<&Expr> { call.args.args.get(number).map(AsRef::as_ref) };
    let labels_at = |number: usize| {
        argument(number).map_or_else(ResultLabels::none, |it| result_labels_of(it, knowledge))
    };
    let text_at = |number: usize| match argument(number) {
        Some(Expr::StringLiteral(text)) => Some(text.val.as_str()),
        _ => None,
    };
    match call.func.name {
        "absent" | "absent_over_time" => of_absent(argument(0)),
        "scalar" | "time" | "vector" | "pi" => ResultLabels::none(),
        "label_replace" | "label_join" => match text_at(1) {
            Some(name) => labels_at(0).with(name, LabelValue::Unknown),
            None => ResultLabels::unknown(),
        },
        "histogram_quantile" => labels_at(1).with("le", LabelValue::Absent),
        "info" | "histogram_quantiles" => ResultLabels::unknown(),
        _ => {
            let is_vector = |argument: &&Expr| {
                let kind = argument.value_type();
                kind == ValueType::Vector || kind == ValueType::Matrix
            };
            let mut vectors = call.args.args.iter().map(AsRef::as_ref);
            let vector = vectors.find(is_vector);
            vector.map_or_else(ResultLabels::none, |it| result_labels_of(it, knowledge))
        }
    }
}

/// `absent()` has the labels that its selector fixes, and no others; none of a label that is named
/// twice.
fn of_absent(argument: Option<&Expr>) -> ResultLabels {
    let selector = match argument {
        Some(Expr::VectorSelector(selector)) => selector,
        Some(Expr::MatrixSelector(selector)) => &selector.vs,
        Some(Expr::Paren(inner)) => return of_absent(Some(&inner.expr)),
        _ => return ResultLabels::none(),
    };
    let mut labels = ResultLabels::none();
    for (name, value) in fixed(&selector.matchers) {
        let named = selector.matchers.matchers.iter();
        let is_named_once = named.filter(|matcher| matcher.name == name).count() == 1;
        if name != "__name__" && is_named_once {
            labels = labels.with(&name, value);
        }
    }
    labels
}

fn of_aggregate(aggregate: &AggregateExpr, knowledge: &Knowledge) -> ResultLabels {
    let inner = result_labels_of(&aggregate.expr, knowledge);
    let operation = aggregate.op.id();
    if [
        token::T_TOPK,
        token::T_BOTTOMK,
        token::T_LIMITK,
        token::T_LIMIT_RATIO,
    ]
    .contains(&operation)
    {
        return inner;
    }
    let groups = match &aggregate.modifier {
        Some(LabelModifier::Include(names)) => inner.only(&names.labels),
        Some(LabelModifier::Exclude(names)) => inner
            .without(&names.labels)
            .with("__name__", LabelValue::Absent),
        None => ResultLabels::none(),
    };
    match aggregate.param.as_deref() {
        Some(Expr::StringLiteral(name)) => groups.with(&name.val, LabelValue::Unknown),
        _ => groups,
    }
}

fn of_binary(binary: &BinaryExpr, knowledge: &Knowledge) -> ResultLabels {
    let left = || result_labels_of(&binary.lhs, knowledge);
    let right = || result_labels_of(&binary.rhs, knowledge);
    if binary.lhs.value_type() == ValueType::Scalar {
        return right();
    }
    if binary.rhs.value_type() == ValueType::Scalar {
        return left();
    }
    match binary.op.id() {
        token::T_LAND | token::T_LUNLESS => return left(),
        token::T_LOR => return left().combined(&right(), LabelValue::or),
        _ => {}
    }
    let (left, right) = (left(), right());
    let Some(modifier) = &binary.modifier else {
        return left.combined(&right, LabelValue::and);
    };
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        return ResultLabels::unknown();
    }
    let both = left.combined(&right, LabelValue::and);
    let (many, one) = match &modifier.card {
        VectorMatchCardinality::OneToMany(_) => (right, left),
        _ => (left, right),
    };
    match &modifier.card {
        VectorMatchCardinality::ManyToOne(taken) | VectorMatchCardinality::OneToMany(taken) => {
            let mut labels = match &modifier.matching {
                Some(LabelModifier::Include(names)) => {
                    let mut labels = many;
                    for name in &names.labels {
                        labels = labels.with(name, both.value_of(name));
                    }
                    labels
                }
                _ => many,
            };
            for name in &taken.labels {
                labels = labels.with(name, one.value_of(name));
            }
            labels
        }
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {
            match &modifier.matching {
                Some(LabelModifier::Include(names)) => both.only(&names.labels),
                Some(LabelModifier::Exclude(names)) => both.without(&names.labels),
                None => both,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use promql_parser::parser::parse;

    use super::*;

    fn shown(expression: &str) -> String {
        let labels = result_labels_of(&parse(expression).unwrap(), &Knowledge::default());
        let values = labels.named.iter().filter(|(name, _)| *name != "__name__");
        let values = values.map(|(name, value)| match value {
            LabelValue::Absent => format!("!{name}"),
            LabelValue::One(value) => format!("{name}={value}"),
            LabelValue::Unknown => name.clone(),
        });
        let others = if labels.are_known() { "" } else { "…" };
        let values: Vec<_> = values.chain([others.to_owned()]).collect();
        values.join(" ").trim().to_owned()
    }

    #[test]
    fn labels_of_results_follow_from_selectors_functions_aggregations_and_matching() {
        for (expression, expected) in [
            ("up{job=\"a\",x=~\"b\"} == 0", "job=a …"),
            ("absent(up{job=\"a\",x=~\"b\"})", "job=a"),
            ("absent(up{job=\"a\",job=\"b\"})", ""),
            ("absent(sum(up))", ""),
            ("sum(rate(x[5m])) > 0", ""),
            ("sum by (job) (x{job=\"a\"}) > 0", "job=a"),
            ("sum without (job) (x)", "!job …"),
            ("topk(3, sum by (a) (x))", "a"),
            ("count_values by (a) (\"v\", x)", "a v"),
            ("sum by (a, b) (x) / sum by (a) (y)", "a !b"),
            ("x / on (a) y", "a"),
            ("x / ignoring (a) y", "!a …"),
            ("sum by (a, b) (x) / on (a) group_left (c) z", "a b c"),
            ("sum(x) or sum by (a) (y)", "a"),
            ("sum by (a) (x) and on () y", "a"),
            ("5 < sum by (a) (x)", "a"),
            ("label_replace(sum(x), \"d\", \"$1\", \"a\", \"(.*)\")", "d"),
            ("histogram_quantile(0.9, sum by (le, a) (x))", "a !le"),
            ("vector(1)", ""),
            ("time() - x{a=\"b\"} > 3", "a=b …"),
        ] {
            assert_eq!(shown(expression), expected, "{expression}");
        }
    }
}
