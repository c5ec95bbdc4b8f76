//! Why no series of one side of an operation meets one of the other.

use std::collections::BTreeSet;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier};

use super::parts::is_vector;
use super::{Operator, Reading, Shape, parts};

/// Why nothing meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoMatch {
    /// Each series of one side has a label that none of the other has.
    OneSided { label: String, is_left: bool },
    /// A label has other values on the left than on the right.
    Values {
        label: String,
        left: String,
        right: String,
    },
}

/// All operations between two vectors.
pub(crate) fn joins(expr: &Expr) -> impl Iterator<Item = &BinaryExpr> {
    parts(expr).into_iter().filter_map(|part| match part {
        Expr::Binary(binary) if is_vector(&binary.lhs) && is_vector(&binary.rhs) => Some(binary),
        _ => None,
    })
}

/// Whether a label is compared when the sides of an operation are matched.
pub(crate) fn is_matched(binary: &BinaryExpr, label: &str) -> bool {
    let modifier = binary.modifier.as_ref();
    match modifier.and_then(|modifier| modifier.matching.as_ref()) {
        Some(LabelModifier::Include(on)) => on.labels.iter().any(|name| name == label),
        Some(LabelModifier::Exclude(ignored)) => !ignored.labels.iter().any(|name| name == label),
        None => true,
    }
}

/// Why no series of one side meets one of the other; `None` if they may meet, or need not.
pub(crate) fn why_no_match(reading: &Reading<'_>, binary: &BinaryExpr) -> Option<NoMatch> {
    let modifier = binary.modifier.as_ref();
    let fills = modifier.map(|modifier| &modifier.fill_values);
    if Operator::of(binary) == Operator::Or
        || fills.is_some_and(|fills| fills.lhs.is_some() || fills.rhs.is_some())
    {
        return None;
    }
    let (left, right) = (reading.shape(&binary.lhs), reading.shape(&binary.rhs));
    let one_sided = |one: &Shape, other: &Shape| {
        let mut labels = one.always.iter();
        labels
            .find(|label| is_matched(binary, label) && !other.can_have(label))
            .cloned()
    };
    if let Some(label) = one_sided(&left, &right) {
        let is_left = true;
        return Some(NoMatch::OneSided { label, is_left });
    }
    if let Some(label) = one_sided(&right, &left) {
        let is_left = false;
        return Some(NoMatch::OneSided { label, is_left });
    }
    let labels: BTreeSet<_> = left.always.intersection(&right.always).collect();
    labels
        .into_iter()
        .filter(|label| is_matched(binary, label))
        .find_map(|label| differs(label, &left, &right))
}

fn differs(label: &str, left: &Shape, right: &Shape) -> Option<NoMatch> {
    let of = |shape: &Shape| -> Vec<Matcher> {
        let all = shape
            .matchers
            .iter()
            .filter(|matcher| matcher.name == label);
        all.cloned().collect()
    };
    let fits = |value: &String, shape: &Shape| {
        let known = shape.values.get(label);
        of(shape).iter().all(|matcher| matcher.is_match(value))
            && known.is_none_or(|known| known.contains(value))
    };
    let sets = finite(label, left).into_iter().chain(finite(label, right));
    for values in sets {
        if values
            .iter()
            .any(|value| fits(value, left) && fits(value, right))
        {
            continue;
        }
        return Some(NoMatch::Values {
            label: label.to_owned(),
            left: in_words(label, left)?,
            right: in_words(label, right)?,
        });
    }
    None
}

/// Each set that holds all values that a label can have.
fn finite(label: &str, shape: &Shape) -> Vec<BTreeSet<String>> {
    let mut sets: Vec<_> = shape.values.get(label).cloned().into_iter().collect();
    let matchers = shape
        .matchers
        .iter()
        .filter(|matcher| matcher.name == label);
    sets.extend(matchers.filter_map(alternatives));
    sets
}

/// The values that a matcher names one by one: `a`, `a|b`.
pub(crate) fn alternatives(matcher: &Matcher) -> Option<BTreeSet<String>> {
    match matcher.op {
        MatchOp::Equal => Some([matcher.value.clone()].into()),
        MatchOp::Re(_) => {
            let value = &matcher.value;
            let value = value.strip_prefix('^').unwrap_or(value);
            let value = value.strip_suffix('$').unwrap_or(value);
            let inner = value
                .strip_prefix('(')
                .and_then(|value| value.strip_suffix(')'));
            let value = inner.unwrap_or(value);
            let is_plain = |c: char| c.is_alphanumeric() || "-_/ :|".contains(c);
            let values = value.split('|').map(str::to_owned);
            value.chars().all(is_plain).then(|| values.collect())
        }
        _ => None,
    }
}

fn in_words(label: &str, shape: &Shape) -> Option<String> {
    let matchers = shape
        .matchers
        .iter()
        .filter(|matcher| matcher.name == label);
    let written: Vec<_> = matchers.map(|matcher| format!("`{matcher}`")).collect();
    if !written.is_empty() {
        return Some(written.join(" and "));
    }
    let values = shape.values.get(label)?;
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    Some(format!("`{label}` {}", values.join(" or ")))
}
